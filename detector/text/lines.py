"""Lines of plain text that are no prose: code, rows of tables, figures, rules.

Much of what a line of code looks like, a line of prose may look like, too: a clause of a statute that ends in a reference
and a semicolon, a line of verse that begins with *let* or *return*. Such a line is code where its neighbours are, or where
it has the signs of code and not the small words of prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from detector.text.small_words import has_prose_word, share, words_of

LONGEST_ROW = 300  # characters; a longer line is a paragraph, however odd
_SMALL_WORDS_IN_PROSE = 0.14  # as in the gates
_SMALL_WORDS_IN_CELLS = 0.25  # cells of tables hold phrases (name of the owner)
_CLAUSE, _SENTENCE = 5, 6  # words

_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})[^`\s]*\s*$")
_RULE = re.compile(r"^\s*[-=+_*~`#|─━│┌┐└┘├┤┬┴┼ \t]{3,}\s*$")
_COLUMN_GAP = re.compile(r"\S {3,}(?=\S)")
#: What no sentence looks like.
_CODE = re.compile(
    r"""^\s*(?:
        \#include\b | \#!/ | \#define\b
      | (?:async\ )?def\ \w+\(.*\).*:$ | class\ \w+\([^()]*\):$
      | [\])}]+[;,)]*$ | .*[)=\s]\{$
      | [A-Za-z_][\w.:]*\(["'].*\)\s*[;{:]?$ | [A-Za-z_][\w.:]*\((?!e?s\)|se\))[^()\s]*\)\s*[;{:]?$
      | (?:(?:await|return|(?:const|let|var)\ \w+\ =|\w+\ (?:=|<-))\ )?[\w$]+(?:\.[\w$]+)+\(.*[);,({]$ | \w+_\w+\ (?:=|<-)\ .*
      | from\ [\w.]+\ import\ [\w*]+(?:,\ \w+)*$ | import\ [\w.]+\ as\ \w{1,4}$
      | </?[A-Za-z][\w:-]*(?:\ [^<>]*=[^<>]*|\ /)?/?>$
      | "[\w-]+"\s*:\ *(?:["\[{\d-]|(?:true|false|null)\b)
    )""",
    re.VERBOSE,
)
#: What a sentence, or a line of one, may look like as well.
_MAYBE_CODE = re.compile(
    r"""^\s*(?:
        import\ [\w.]+(?:\ as\ \w+)?;?$ | from\ [\w.]+\ import\b | class\ \w+:$
      | (?:if|elif|for|while|with|except)\ .*[()\[\]"'=]:$
      | (?:public|private|protected|static)\ .*[;{=]\s*$
      | (?:const|let|var|val)\ \w+\s*[:=;] | (?:const|let|var|val)\ .*[;{=]\s*$
      | (?:function|func|fn)\ \w*\(.*
      | return\b.*;$
      | </?[A-Za-z][\w:-]*(?:\ [^<>]*)?/?>.*</[A-Za-z][\w:-]*> | </?[A-Za-z][\w:-]*(?:\ [^<>]*)?/?>$
      | [\w.\[\]"'$@]+\s*(?:[-+*/|&:]?=|<-)\s*[\w"'\[({$-].*[;\])}"'\w]$
      | [A-Za-z_][\w.:]*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*[;{:]?$
      | .*[^\W\d]\w*\((?!e?s\)).*\)\s*;$ | .*=>\s*\{?$
      | \$\ [a-z] | >>>\ | (?:sudo|pip|npm|git|apt-get|docker|curl|wget)\ (?:install|clone|run|add|commit|push|-\w|http)
      | "[\w-]+"\s*:\ .*
    )""",
    re.VERBOSE,
)
_SIGNS_OF_CODE = re.compile(
    r"[=<>{}\[\]\\$@]|\w_\w|[a-z][A-Z]|\w\.\w+\(|\w\(\)|::|->|&&|\|\||\ --?\w|>>>|\w\([^()]*[\"']|\w\.[a-z]{2,}\b"
    r"|^\s*(?:sudo|pip|npm|git|docker)\ "
)
_FIRST_CELL = re.compile(r"\s*\|\s")
_SPACED_BAR, _TIGHT_BAR = re.compile(r"(?:^|(?<=\s))\|(?=\s|$)"), re.compile(r"(?<=\S)\|(?=\S)")


class Kind(Enum):
    """Why a line is no prose; the value is its name in notes."""

    CODE = "line of code"
    ROW = "row of a table"
    FIGURES = "line of figures"
    RULE = ""


class Line(NamedTuple):
    """`start` and `end` without the line feed; lines without characters are no lines."""

    start: int
    end: int
    text: str


def kinds(lines: Sequence[Line]) -> list[Kind | None]:
    """Return why each line is no prose, or None where it is."""
    rows = _rows(lines)
    code = _code(lines)
    fenced = _fenced(lines)
    result: list[Kind | None] = []
    for number, line in enumerate(lines):
        if number in fenced or code[number]:
            result.append(Kind.CODE)
        elif len(line.text) <= LONGEST_ROW and _RULE.match(line.text):
            result.append(Kind.RULE)
        else:
            result.append(rows[number])
    return result


# --- code -----------------------------------------------------------------------------------------------------------


def _code(lines: Sequence[Line]) -> list[bool]:
    sure, maybe, worded = ([False] * len(lines) for _ in range(3))
    for number, line in enumerate(lines):
        text = line.text.rstrip()
        if len(line.text) > LONGEST_ROW:
            continue
        sure[number] = bool(_CODE.match(text))
        maybe[number] = not sure[number] and bool(_MAYBE_CODE.match(text))
        if maybe[number]:
            worded[number] = _reads_as_prose(text)
            sure[number] = not worded[number] and bool(_SIGNS_OF_CODE.search(text))
    # Two in a row that may be code, and have no small words, are.
    bare = [maybe[n] and not worded[n] for n in range(len(lines))]
    for number in range(len(lines)):
        beside = [n for n in (number - 1, number + 1) if 0 <= n < len(lines)]
        if bare[number] and any(sure[n] or bare[n] for n in beside):
            sure[number] = True
    result = sure.copy()
    for number in range(len(lines)):
        if maybe[number] and worded[number]:
            beside = [n for n in (number - 1, number + 1) if 0 <= n < len(lines) and _touch(lines, n, number)]
            result[number] = bool(beside) and all(sure[n] for n in beside)
    return result


def _touch(lines: Sequence[Line], line: int, other: int) -> bool:
    """Tell whether no blank line is between two lines."""
    first, second = sorted((line, other))
    return lines[second].start - lines[first].end <= 2


def _reads_as_prose(text: str) -> bool:
    words = words_of(text)
    return len(words) >= _CLAUSE and share(words) >= _SMALL_WORDS_IN_PROSE and has_prose_word(words)


def _fenced(lines: Sequence[Line]) -> set[int]:
    """Return the numbers of the lines between code fences, with the fences; a fence that is never closed does not count."""
    inside: set[int] = set()
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines):
        match = _FENCE.match(line.text)
        if not match:
            continue
        if opened is None:
            opened = number, match.group(1)
        elif match.group(1).startswith(opened[1]):
            inside.update(range(opened[0], number + 1))
            opened = None
    return inside


# --- tables ---------------------------------------------------------------------------------------------------------


class _Shape(NamedTuple):
    """What of a line may make it a row of a table."""

    bars: int = 0
    spaced: int = 0  # of the bars, those with white space on both sides,
    tight: int = 0  # and those with none; the others stand at the edge of a formula
    first_cell: bool = False  # it begins with a bar that is not part of a formula
    tabbed: bool = False
    columns: tuple[int, ...] = ()  # where cells after wide gaps begin
    figures: bool = False
    worded: bool = False  # it has the small words of a sentence


_NO_ROW = _Shape()


def _rows(lines: Sequence[Line]) -> list[Kind | None]:
    shapes = [_shape(line.text) if len(line.text) <= LONGEST_ROW else _NO_ROW for line in lines]
    result: list[Kind | None] = []
    for number, shape in enumerate(shapes):
        beside = shapes[max(0, number - 1) : number] + shapes[number + 1 : number + 2]
        if _has_bars(shape, beside) or _has_tabs(shape, beside):
            result.append(Kind.ROW)
        elif (shape.columns or shape.figures) and any(other.columns or other.figures for other in beside):
            result.append(Kind.FIGURES if shape.figures else Kind.ROW if _has_columns(shape, beside) else None)
        else:
            result.append(None)
    return result


def _shape(line: str) -> _Shape:
    bars, tabbed, stripped = line.count("|"), _is_tabbed(line), line.strip()
    gaps = len(_COLUMN_GAP.findall(stripped)) >= 2
    tokens = line.split()
    figures = sum(not any(map(str.isalpha, token)) for token in tokens)
    shape = _Shape(
        bars if bars >= 2 else 0,
        len(_SPACED_BAR.findall(stripped)) if bars >= 2 else 0,
        len(_TIGHT_BAR.findall(stripped)) if bars >= 2 else 0,
        bars >= 2 and bool(_FIRST_CELL.match(line)),
        tabbed,
        tuple(match.end() for match in _COLUMN_GAP.finditer(line)) if gaps else (),
        len(tokens) >= 4 and figures >= 0.75 * len(tokens),
    )
    return shape if shape == _NO_ROW else shape._replace(worded=_is_sentence(line))


def _is_sentence(line: str) -> bool:
    words = words_of(line)
    return len(words) >= _SENTENCE and share(words) >= _SMALL_WORDS_IN_CELLS and has_prose_word(words)


def _has_bars(shape: _Shape, beside: Sequence[_Shape]) -> bool:
    """Tell whether a line is a table's: a sentence may have bars, too (|x|), but in a table the next row has as many."""
    if not shape.bars or not shape.worded:
        return shape.bars > 0
    if shape.first_cell and any(other.bars for other in beside):
        return True
    return max(shape.spaced, shape.tight) == shape.bars and any(other[:3] == shape[:3] for other in beside)


def _has_tabs(shape: _Shape, beside: Sequence[_Shape]) -> bool:
    return shape.tabbed and (not shape.worded or any(other.tabbed for other in beside))


def _has_columns(shape: _Shape, beside: Sequence[_Shape]) -> bool:
    """Tell whether gaps are below one another, which they are not in justified text."""
    return not shape.worded or any(set(shape.columns) & set(other.columns) or other.figures for other in beside)


def _is_tabbed(line: str) -> bool:
    if "\t" not in line:
        return False
    cells = [cell for cell in line.strip().split("\t") if cell.strip()]
    return len(cells) >= 3 and sum(len(cell.split()) for cell in cells) <= 6 * len(cells)
