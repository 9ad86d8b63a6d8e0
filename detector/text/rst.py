"""reStructuredText: paragraphs, titles, list items and admonitions are prose; code, tables, targets and comments are not.

Own scanner: docutils tells lines, not characters. What it takes for text is compared with docutils' own in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from detector.text.left_out import Tally
from detector.text.marked import ProseAndNotes, edited_prose
from detector.text.masking import Edit
from detector.text.segments import WORD

# Directives whose contents are running text; that of others which hold text (a class, a function) is read, too.
_LEFT_OUT = {
    "code": "listing", "code-block": "listing", "sourcecode": "listing", "literalinclude": "listing", "doctest": "listing",
    "testcode": "listing", "testoutput": "listing", "parsed-literal": "listing", "prompt": "listing", "ipython": "listing",
    "highlight": "directive", "math": "formula", "raw": "directive", "image": "directive", "include": "directive",
    "table": "table", "csv-table": "table", "list-table": "table", "toctree": "directive", "contents": "directive",
    "index": "directive", "plot": "directive", "graphviz": "directive", "productionlist": "directive",
    "autoclass": "directive", "automodule": "directive", "autofunction": "directive", "automethod": "directive",
    "autosummary": "directive", "meta": "directive", "role": "directive", "default-role": "directive",
    "replace": "directive", "sectnum": "directive", "bibliography": "directive", "currentmodule": "directive",
    "module": "directive", "tabularcolumns": "directive", "mermaid": "directive", "uml": "directive",
}  # fmt: skip
# Directives whose argument, on the line of their name, is text.
_TEXT_ARGUMENT = frozenset(
    WORD.findall(
        "topic sidebar admonition rubric note warning tip important caution danger hint attention error seealso epigraph"
        " pull-quote highlights centered container"
    )
)
_MASKED_ROLES = re.compile(
    r"(?:py:|c:|cpp:|js:|rst:|std:)?(?:code|math|literal|file|class|func|meth|mod|attr|obj|exc|data|const|kbd|command|option|envvar"
    r"|samp|program|makevar|mailheader|mimetype|newsgroup|regexp|token|keyword|type|var|macro|member|download|pep|rfc|cite|eq"
    r"|numref|issue|pr|user)",
    re.IGNORECASE,
)
_LINE = re.compile(r"[^\n]*(?:\n|\Z)")
_DIRECTIVE = re.compile(r"[ \t]*\.\.[ \t]+(?:\|[^|\n]+\|[ \t]+)?([\w][\w:.+-]*?)::(?:[ \t]+|[ \t]*\r?$)")
_EXPLICIT = re.compile(r"[ \t]*\.\.(?:[ \t]+|\r?$)")
_NOTE_OR_CITATION = re.compile(r"[ \t]*\.\.[ \t]+\[[^\]\n]{1,60}\][ \t]+(?=\S)")
_TARGET = re.compile(r"[ \t]*(?:\.\.[ \t]+_|__[ \t]+)")
_ADORNMENT = re.compile(r"[ \t]*([!-/:-@\[-`{-~])\1{1,}[ \t]*\r?$")
_GRID = re.compile(r"[ \t]*\+[-=+]{3,}\+[ \t]*\r?$|[ \t]*\|.*\|[ \t]*\r?$")
_GRID_TOP = re.compile(r"[ \t]*\+[-=+]{3,}\+[ \t]*\r?$")
_SIMPLE_TABLE = re.compile(r"[ \t]*={2,}(?:[ \t]+={2,})+[ \t]*\r?$")
_ITEM = re.compile(r"[ \t]*(?:[-*+•‣⁃]|\(?(?:\d{1,3}|#|[A-Za-z]|[ivxlcIVXLC]{1,5})[.)])[ \t]+(?=\S)")
_LINE_BLOCK = re.compile(r"[ \t]*\|[ \t]+(?=\S)")
_FIELD = re.compile(r"[ \t]*:(?![ :])[^:\n`]{1,60}:(?:[ \t]+|[ \t]*\r?$)")
_LITERAL_MARK = re.compile(r"::[ \t]*\r?$")
_DOCTEST = re.compile(r"[ \t]*>>> ")
_INLINE = re.compile(
    r"(?P<escape>\\(?:[ \n]|.))"
    r"|(?P<literal>``(?=\S)(?:[^`\n]|`(?!`)|\n(?![ \t]*\n))*?``)"
    r"|(?<!\w)(?::(?P<role>[\w:.+-]{1,40}):)?`(?P<text>[^`\\\n]+(?:\n(?![ \t]*\n)[^`\\\n]+)*)`"
    r"(?::[\w.+-]{1,40}:)?(?P<link>__?)?"
    r"|(?<![\w|])\|(?P<substitution>[^\s|](?:[^|\n]*[^\s|])?)\|(?:__?)?(?!\w)"
    r"|(?P<note>[ ]?\[(?:\d+|\#[\w-]*|\*)\]_)(?!\w)"
    r"|(?P<citation>\[[\w.-]{1,40}\]_)(?!\w)"
    r"|(?<![\w*])(?P<stars>\*{1,2})(?=[^\s*])(?P<emphasis>[^*\n]*(?:\n(?![ \t]*\n)[^*\n]+)*)(?<=\S)(?P=stars)(?![\w*])"
    r"|(?<=\w)(?P<reference>__?)(?![\w`])"
)
_EMBEDDED = re.compile(r"\s*<[^<>]*>\s*$")


def rst_prose(text: str) -> ProseAndNotes:
    """Return the prose of a reStructuredText document, and notes on what was left out."""
    scanner = _Scanner(text)
    edits = list(scanner.edits())
    return edited_prose(text, edits, scanner.tally)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.tally = Tally()
        self._text = text
        spans = [match.span() for match in _LINE.finditer(text) if match.end() > match.start()]
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]
        self._lines = [text[start:end].rstrip("\n") for start, end in spans]
        self._indents = [_indent(line) for line in self._lines]  # None for a blank line
        self._next_indented = self._ends_of_indented()

    def _ends_of_indented(self) -> list[int]:
        """Return, for each line, the number of the next line that is not blank."""
        following = [len(self._lines)] * (len(self._lines) + 1)
        for number in range(len(self._lines) - 1, -1, -1):
            following[number] = following[number + 1] if self._indents[number] is None else number
        return following

    def edits(self) -> Iterator[Edit]:
        number = 0
        while number < len(self._lines):
            block = self._block(number)
            if block:
                what, end = block
                yield self._drop(number, end, what)
                number = end
                continue
            yield from self._line(number)
            number += 1
        for match in _INLINE.finditer(self._text):
            yield from _inline(match)

    def _block(self, number: int) -> tuple[str | None, int] | None:  # noqa: PLR0911 - one a kind of block
        """Return the kind and the end of the block that begins in this line and is left out."""
        line = self._lines[number]
        if self._indents[number] is None:
            return None
        directive = _DIRECTIVE.match(line)
        if directive:
            what = _LEFT_OUT.get(directive.group(1).lower())
            return (what, self._end_of_body(number)) if what else None
        if _TARGET.match(line):
            return None, self._end_of_body(number)
        if _EXPLICIT.match(line) and not _NOTE_OR_CITATION.match(line):
            return "comment", self._end_of_body(number)
        if _SIMPLE_TABLE.match(line):
            return "table", self._end_of_simple_table(number)
        if _GRID_TOP.match(line):
            end = number
            while end < len(self._lines) and _GRID.match(self._lines[end]):
                end += 1
            return "table", end
        if _DOCTEST.match(line):
            end = number
            while end < len(self._lines) and self._indents[end] is not None:
                end += 1
            return "listing", end
        if number and self._begins_indented_literal(number):
            return "listing", self._end_of_body(number - 1, self._indents[number] or 0)
        return (None, number + 1) if _ADORNMENT.match(line) and self._is_adornment(number) else None

    def _is_adornment(self, number: int) -> bool:
        """Tell whether a line is punctuation under or over a title, or between paragraphs."""
        length = len(self._lines[number].strip())
        above = self._indents[number - 1] is not None if number else False
        return length >= 4 or (above and length + 1 >= len(self._lines[number - 1].strip()))

    def _begins_indented_literal(self, number: int) -> bool:
        """Tell whether a line begins a block that is indented more than the paragraph before it, which ends with `::`."""
        before = number - 1
        if self._indents[before] is not None:
            return False
        while before > 0 and self._indents[before] is None:
            before -= 1
        above, here = self._indents[before], self._indents[number]
        if above is None or here is None or here <= above:
            return False
        return bool(_LITERAL_MARK.search(self._lines[before])) and not _DIRECTIVE.match(self._lines[before])

    def _end_of_body(self, number: int, indent: int | None = None) -> int:
        """Return the number of the line after those below this one that are indented more than it, or by `indent`."""
        least = (self._indents[number] or 0) + 1 if indent is None else indent
        end = number + 1
        while end < len(self._lines):
            following = self._next_indented[end]
            if following == len(self._lines) or (self._indents[following] or 0) < least:
                return end
            end = following + 1
        return end

    def _end_of_simple_table(self, number: int) -> int:
        end, rules = number + 1, 1
        while end < len(self._lines):
            if _SIMPLE_TABLE.match(self._lines[end]):
                rules += 1
                following = self._indents[end + 1] if end + 1 < len(self._lines) else None
                if rules > 1 and following is None:
                    return end + 1
            elif self._indents[end] is None and rules > 2:
                return end
            end += 1
        return end if rules > 1 else number + 1

    def _drop(self, number: int, end: int, what: str | None) -> Edit:
        start, stop = self._starts[number], self._ends[end - 1]
        if what:
            self.tally.add(what, len(WORD.findall(self._text, start, stop)))
        return Edit(start, stop, drop=True)

    def _line(self, number: int) -> Iterator[Edit]:
        """Yield edits of the marks at the beginning and the end of a line of prose."""
        line, start = self._lines[number], self._starts[number]
        directive = _DIRECTIVE.match(line)
        if directive:
            end = directive.end() if directive.group(1).lower() in _TEXT_ARGUMENT else len(line)
            yield Edit(start, start + end, drop=True)
            return
        mark = next((m for p in (_NOTE_OR_CITATION, _ITEM, _LINE_BLOCK, _FIELD) if (m := p.match(line))), None)
        if mark and mark.re is _LINE_BLOCK:
            yield Edit(start, start + mark.end(), text="")
        elif mark and (mark.re is not _ITEM or self._is_item(number)):
            yield Edit(start, start + mark.end(), drop=True)
        literal = _LITERAL_MARK.search(line)
        if literal:
            alone = not line[: literal.start()].strip()
            yield Edit(start + literal.start() + (not alone), start + literal.start() + 2, text="")

    def _is_item(self, number: int) -> bool:
        """Tell whether a line is a list item: it follows a blank line or another item."""
        if number == 0 or self._indents[number - 1] is None:
            return True
        above = self._lines[number - 1]
        return bool(_ITEM.match(above)) or (self._indents[number] or 0) < (self._indents[number - 1] or 0)


def _inline(match: re.Match[str]) -> Iterator[Edit]:
    start, end = match.span()
    if match["escape"]:
        yield Edit(start, start + (2 if match["escape"][1] in " \n" else 1), text="")
    elif match["literal"] or match["substitution"] or match["citation"]:
        yield Edit(start, end)
    elif match["note"] or match["reference"]:
        yield Edit(start, end, text="")
    elif match["stars"]:
        yield Edit(start, match.start("emphasis"), text="")
        yield Edit(match.end("emphasis"), end, text="")
    elif match["text"]:
        if match["role"] and _MASKED_ROLES.fullmatch(match["role"]):
            yield Edit(start, end)
            return
        yield Edit(start, match.start("text"), text="")
        embedded = _EMBEDDED.search(match["text"])
        named = embedded is not None and embedded.start() > 0
        yield Edit(match.start("text") + embedded.start() if embedded and named else match.end("text"), end, text="")


def _indent(line: str) -> int | None:
    """Return the columns of white space before a line, None for a blank one."""
    stripped = line.lstrip(" \t\r")
    return len(line) - len(stripped) if stripped else None
