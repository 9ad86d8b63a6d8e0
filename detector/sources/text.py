"""Plain text: everything is prose but addresses, and lines that are code or rows of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from detector.document import Prose, Span
from detector.sources.prose import Edit, addresses, edit

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
    for address in addresses(text):
        while gap and gap.end <= address.start:
            yield Edit(*gap, drop=True)
            gap = next(following, None)
        if gap is None or address.end <= gap.start:
            yield Edit(*address)
    while gap:
        yield Edit(*gap, drop=True)
        gap = next(following, None)


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
