"""Plain text: everything is prose but addresses, and lines that are code or rows of a table.

Words divided at the end of a line, as in print, are read whole: their halves would look like words put in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from detector.text.masking import Edit, changes, edit
from detector.text.offsets import Prose, Span
from detector.text.segments import WORD

_LONGEST_ROW = 300  # characters; a longer line is a paragraph, however odd
_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})[^`\s]*\s*$")
_RULE = re.compile(r"^\s*[-=+_*~`#|─━│┌┐└┘├┤┬┴┼ \t]{3,}\s*$")
_COLUMN_GAP = re.compile(r"\S {3,}(?=\S)")
_CODE = re.compile(
    r"""^\s*(?:
        \#include\b | \#!/ | \#define\b
      | import\ [\w.]+(?:\ as\ \w+)?;?$ | from\ [\w.]+\ import\b
      | (?:async\ )?def\ \w+\(.*\).*:$ | class\ \w+(?:\(.*\))?:$
      | (?:if|elif|for|while|with|except)\ .*[\w)\]"']:$(?<=[()\[\]"'=]:)
      | (?:public|private|protected|static|const|let|var|val)\ .*[;{=]\s*$
      | (?:const|let|var|val)\ \w+\s*[:=]
      | (?:function|func|fn)\ \w*\(.*
      | return\b.*;$
      | </?[A-Za-z][\w:-]*(?:\ [^<>]*)?/?>.*</[A-Za-z][\w:-]*> | </?[A-Za-z][\w:-]*(?:\ [^<>]*)?/?>$
      | [\w.\[\]"'$@]+\s*(?:[-+*/|&:]?=|<-)\s*[\w"'\[({$-].*[;\])}"'\w]$
      | [A-Za-z_][\w.:]*\([^()]*(?:\([^()]*\)[^()]*)*\)\s*[;{:]?$
      | [\])}]+[;,)]*$ | .*[)=\s]\{$ | .*\w\(.*\)\s*;$ | .*=>\s*\{?$
      | \$\ [a-z] | >>>\ | (?:sudo|pip|npm|git|apt-get|docker|curl|wget)\ (?:install|clone|run|add|commit|push|-\w|http)
      | "[\w-]+"\s*:\ .*
    )""",
    re.VERBOSE,
)
# A hyphen at the end of a line, between letters of one word: soft, or typed.
_DIVIDED = re.compile(r"(?<=[^\W\d_]{2})(?:(?P<soft>\u00ad|¬)|[-‐])[ \t]*\r?\n[ \t]*(?=[^\W\d_]{2})")
_WORD_BEFORE, _WORD_AFTER = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*$"), re.compile(r"[^\W\d_]+")
_LONGEST_WORD = 40  # characters looked at on either side
#: Parts of compounds that are seldom the beginning of a word that has no hyphen.
_COMPOUNDS = re.compile(
    r"(?:.+-)?(?:well|self|half|high|low|long|short|full|part|old|new|two|three|four|five|six|seven|eight|nine|ten|twenty"
    r"|thirty|forty|fifty|sixty|seventy|eighty|ninety|so|all|ex|non|vice|first|second|third|small|large|hard|free|anti)",
    re.IGNORECASE,
)


class _Line(NamedTuple):
    start: int
    end: int  # without the newline
    text: str


def plain_prose(text: str) -> Prose:
    """The prose of a text that has no markup."""
    return edit(text, Prose.verbatim(text), _edits(text)) if text else Prose("", ())


def _edits(text: str) -> Iterator[Edit]:
    dropped = list(_dropped(text))
    following = iter(dropped)
    gap = next(following, None)
    for change in changes(text, _divisions(text)):
        while gap and gap.end <= change.start:
            yield Edit(*gap, drop=True)
            gap = next(following, None)
        if gap is None or change.end <= gap.start:
            yield change
    while gap:
        yield Edit(*gap, drop=True)
        gap = next(following, None)


def _divisions(text: str) -> Iterator[Edit]:
    """What divides a word at the end of a line. A hyphen that belongs to the word stays: what this text has elsewhere decides,
    then what stands before it."""
    elsewhere: set[str] = set()
    for match in _DIVIDED.finditer(text):
        before = _WORD_BEFORE.search(text, max(0, match.start() - _LONGEST_WORD), match.start())
        after = _WORD_AFTER.match(text, match.end(), match.end() + _LONGEST_WORD)
        if before is None or after is None or not after.group().islower():
            continue
        elsewhere = elsewhere or {word.group().lower() for word in WORD.finditer(text)}
        whole, compound = (f"{before.group()}{joint}{after.group()}".lower() in elsewhere for joint in ("", "-"))
        hyphen = not match["soft"] and not whole and (compound or bool(_COMPOUNDS.fullmatch(before.group())))
        yield Edit(match.start() + hyphen, match.end(), text="")


def _dropped(text: str) -> Iterator[Span]:
    """Runs of lines that are no prose, each with its last newline."""
    lines = [_Line(*match.span(), match.group()) for match in re.finditer(r"[^\n]+", text)]
    fenced = _fenced(lines)
    rows = [_looks_like_row(line.text) for line in lines]
    run: Span | None = None
    for number, line in enumerate(lines):
        row = rows[number] and any(rows[max(0, number - 1) : number] + rows[number + 1 : number + 2])
        if number in fenced or row or _is_no_prose(line.text):
            run = Span(run.start if run else line.start, min(line.end + 1, len(text)))
        elif run:
            yield run
            run = None
    if run:
        yield run


def _fenced(lines: list[_Line]) -> set[int]:
    """Numbers of the lines between code fences, the fences too; a fence that is never closed is none."""
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


def _is_no_prose(line: str) -> bool:
    if len(line) > _LONGEST_ROW:
        return False
    return bool(_RULE.match(line)) or line.count("|") >= 2 or _is_tabbed(line) or bool(_CODE.match(line.rstrip()))


def _is_tabbed(line: str) -> bool:
    cells = [cell for cell in line.strip().split("\t") if cell.strip()]
    return len(cells) >= 3 and sum(len(cell.split()) for cell in cells) <= 6 * len(cells)


def _looks_like_row(line: str) -> bool:
    """Columns set with spaces, or figures: a row only where the line above or below is one as well."""
    if len(line) > _LONGEST_ROW:
        return False
    tokens = line.split()
    figures = sum(not any(character.isalpha() for character in token) for token in tokens)
    return len(_COLUMN_GAP.findall(line.strip())) >= 2 or (len(tokens) >= 4 and figures >= 0.75 * len(tokens))
