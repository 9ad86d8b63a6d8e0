r"""LaTeX: paragraphs, titles, captions and items are prose; formulas, listings, tables and commands are not.

Own scanner, one pass: plain prose needs no tree. Macros are not expanded:
of a command that is not known here, the name is left out and the arguments in braces are read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from detector.text.left_out import Tally
from detector.text.marked import ProseAndNotes, edited_prose
from detector.text.masking import MASK, Edit
from detector.text.segments import WORD

_FORMULAS = frozenset(
    ["equation", "align", "gather", "multline", "eqnarray", "math", "displaymath", "alignat", "flalign", "subequations"]
)
_LEFT_OUT = {
    "verbatim": "listing", "Verbatim": "listing", "lstlisting": "listing", "minted": "listing", "alltt": "listing",
    "algorithm": "listing", "algorithmic": "listing", "tabular": "table", "tabularx": "table", "tabulary": "table",
    "longtable": "table", "array": "table", "tikzpicture": "directive", "picture": "directive", "comment": "comment",
    "thebibliography": "directive", "filecontents": "directive", "CCSXML": "directive", "axis": "directive",
}  # fmt: skip
_VERBATIM = frozenset(["verbatim", "Verbatim", "lstlisting", "minted", "comment", "filecontents"])
# Commands whose arguments are no text. Those that point at something are part of the sentence; the others are not.
_MASKED = frozenset(
    WORD.findall(
        "ref eqref pageref autoref cref Cref nameref vref url path nolinkurl verb lstinline mintinline includegraphics texttt"
        " code ensuremath citet citeauthor citeyear textcite SI si num qty unit ce gls Gls glspl acs ac"
    )
)
_DROPPED = frozenset(
    WORD.findall(
        "cite citep parencite autocite footcite nocite label index input include bibliography bibliographystyle usepackage"
        " documentclass vspace hspace setlength addtolength setcounter addtocounter newcommand renewcommand providecommand"
        " newenvironment renewenvironment newtheorem theoremstyle graphicspath hypersetup geometry pagestyle thispagestyle"
        " definecolor color textcolor colorbox rule input addbibresource printbibliography hyphenation def let begin end"
        " RequirePackage DeclareMathOperator newcolumntype captionsetup lstset tikzset usetikzlibrary linespread"
        " selectlanguage fontsize email affiliation institute orcid phantomsection addcontentsline markboth markright"
        " pagenumbering bibitem vskip hskip kern hfill footnotemark footnotetext footnote thanks todo marginpar"
    )
)
_FOOTNOTES = frozenset(["footnote", "footnotetext", "thanks", "todo", "marginpar"])
_FIRST_ONLY = frozenset(["textcolor", "colorbox", "color", "href"])  # the first argument is no text, the next is
_BREAKS = frozenset(
    WORD.findall(
        "part chapter section subsection subsubsection paragraph subparagraph caption title author date maketitle item par"
        " newpage clearpage tableofcontents appendix frametitle framesubtitle bigskip medskip smallskip"
    )
)
_SYMBOLS = {
    "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł",
    "i": "ı", "j": "ȷ", "ldots": "…", "dots": "…", "textellipsis": "…", "textquoteright": "’", "textquoteleft": "‘",
    "textquotedblleft": "“", "textquotedblright": "”", "textendash": "–", "textemdash": "—", "pounds": "£", "S": "§",
    "LaTeX": "LaTeX", "TeX": "TeX", "textbackslash": "\\", "textasciitilde": "~", "textregistered": "®", "copyright": "©",
    "quad": " ", "qquad": " ", "newline": "\n", "linebreak": "\n", "slash": "/", "euro": "€", "degree": "°",
}  # fmt: skip
_ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "r": "\u030a", "k": "\u0328", "d": "\u0323", "b": "\u0331",
}  # fmt: skip
_ACCENTED = re.compile(r"\\(['`^\"~=.]|[cvuHrkdb](?![A-Za-z]))[ \t]*(?:\{\\?([A-Za-z])\}|\\?([A-Za-z])(?![A-Za-z]*\{))")
_TOKEN = re.compile(
    r"(?P<comment>%[^\n]*(?:\n[ \t]*)?)|(?P<environment>\\(?:begin|end)[ \t]*\{(?P<name>[^{}\n]{1,60})\})"
    r"|(?P<command>\\(?:[A-Za-z@]+\*?|.|\n))|(?P<dollars>\$\$?)|(?P<tie>~)|(?P<quote>``|'')|(?P<dash>---?)|(?P<brace>[{}])",
)
_ARGUMENT = re.compile(r"[ \t]*(?:\n[ \t]*)?([\[{])")
_BRACKET = re.compile(r"(?<!\\)[\[\]{}]|\n[ \t\r]*\n")
_END_OF_MATH = {"$": re.compile(r"\\.|\$|\n[ \t\r]*\n", re.DOTALL), "$$": re.compile(r"\\.|\$\$", re.DOTALL)}
_LONGEST_FORMULA = 20_000  # characters


def latex_prose(text: str) -> ProseAndNotes:
    """Return the prose of a LaTeX document or a part of one, and notes on what was left out."""
    scanner = _Scanner(text)
    return edited_prose(text, list(scanner.edits()), scanner.tally)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.tally = Tally()
        self._text = text
        begin, end = text.find("\\begin{document}"), text.find("\\end{document}")
        self._start = begin + len("\\begin{document}") if begin >= 0 else 0
        self._end = end if end > self._start else len(text)
        self._closing = self._closings()
        self._brackets = _matching_brackets(text)
        self._not_after: dict[str, int] = {}  # where there are no more of these

    def _closings(self) -> dict[int, int]:
        """Return where the environment that begins at a place ends, with its `\\end` included."""
        opened: list[tuple[str, int]] = []
        closings: dict[int, int] = {}
        for match in re.finditer(r"\\(begin|end)[ \t]*\{([^{}\n]{1,60})\}", self._text):
            if opened and opened[-1][0] in _VERBATIM and match[2] != opened[-1][0]:
                continue
            if match[1] == "begin":
                opened.append((match[2], match.start()))
            elif opened and opened[-1][0] == match[2]:
                closings[opened.pop()[1]] = match.end()
        return closings

    def edits(self) -> Iterator[Edit]:
        if self._start:
            yield Edit(0, self._start, drop=True)
        at = self._start
        while match := _TOKEN.search(self._text, at, self._end):
            at = match.end()
            for change in self._edits(match):
                yield change
                at = max(at, change.end)
        if self._end < len(self._text):
            yield Edit(self._end, len(self._text), drop=True)

    def _edits(self, match: re.Match[str]) -> Iterator[Edit]:
        start, end = match.span()
        if match["comment"]:
            blank_follows = self._text.startswith("\n", end)
            stop = self._text.find("\n", start) if blank_follows else end
            yield Edit(start, stop, text="")
        elif match["environment"]:
            yield from self._environment(match)
        elif match["command"]:
            yield from self._command(match)
        elif match["dollars"]:
            yield from self._formula(start, match["dollars"])
        elif match["tie"]:
            yield Edit(start, end, text=" ")
        elif match["quote"]:
            yield Edit(start, end, text="“" if match["quote"] == "``" else "”")
        elif match["dash"]:
            yield Edit(start, end, text="—" if len(match["dash"]) == 3 else "–")
        else:
            yield Edit(start, end, text="")

    def _environment(self, match: re.Match[str]) -> Iterator[Edit]:
        start, end, name = *match.span(), match["name"].rstrip("*")
        closing = self._closing.get(start)
        if match["environment"].startswith("\\begin") and closing is not None:
            if name in _FORMULAS:
                yield Edit(start, closing)
                return
            if name in _LEFT_OUT:
                self.tally.add(_LEFT_OUT[name], len(WORD.findall(self._text, start, closing)))
                yield Edit(start, closing, drop=True)
                return
        yield Edit(start, self._arguments(end), drop=True)

    def _command(self, match: re.Match[str]) -> Iterator[Edit]:
        start, end, name = *match.span(), match["command"][1:].rstrip("*") or "*"
        accent = _ACCENTED.match(self._text, start)
        if accent:
            letter = unicodedata.normalize("NFC", (accent[2] or accent[3]) + _ACCENTS[accent[1]])
            yield Edit(start, accent.end(), text=letter)
        elif name in "([" and name:
            close = self._find("\\)" if name == "(" else "\\]", end)
            yield Edit(start, close + 2) if close >= 0 else Edit(start, end, text="")
        elif not name[0].isalpha():
            yield from self._escaped(start, end, name)
        elif name in _SYMBOLS:
            yield Edit(start, self._after_name(end), text=_SYMBOLS[name])
        elif name in {"verb", "lstinline"} and end < self._end and not self._text[end].isspace():
            close = self._text.find(self._text[end], end + 1, min(self._end, end + 300))
            yield Edit(start, close + 1) if close >= 0 else Edit(start, end, text="")
        elif name in _MASKED:
            stop = self._arguments(end)
            yield Edit(start, stop) if stop - start > len(MASK) else Edit(start, end, text="")
        elif name in _FIRST_ONLY:
            yield Edit(start, self._arguments(end, most=1), text="")
        elif name in _DROPPED:
            yield from self._dropped(start, self._arguments(end), name)
        elif name in _BREAKS:
            yield Edit(start, self._arguments(end, braces=False), drop=True)
        else:
            yield Edit(start, self._arguments(self._after_name(end), braces=False), text="")

    def _dropped(self, start: int, end: int, name: str) -> Iterator[Edit]:
        if name in _FOOTNOTES:
            self.tally.add("footnote", len(WORD.findall(self._text, start, end)))
        while start > self._start and self._text[start - 1] in " ~" and name.lower().find("cite") >= 0:
            start -= 1  # `word~\cite{x}.` is read as `word.`
        yield Edit(start, end, text="")

    def _escaped(self, start: int, end: int, name: str) -> Iterator[Edit]:
        if name == "\\":
            yield Edit(start, self._arguments(end, braces=False), text="\n")
        elif name in " \n,;:!/@-":
            yield Edit(start, end, text=" " if name in " \n,;:" else "")
        else:
            yield Edit(start, start + 1, text="")  # the character itself stays

    def _formula(self, start: int, dollars: str) -> Iterator[Edit]:
        at = start + len(dollars)
        while match := _END_OF_MATH[dollars].search(self._text, at, min(self._end, start + _LONGEST_FORMULA)):
            at = match.end()
            if match.group() == dollars and at - start > 2 * len(dollars):
                yield Edit(start, at)
                return
            if match.group()[0] == "\n":
                break

    def _find(self, what: str, start: int) -> int:
        """Return where it occurs next, or -1. A text is searched to its end in vain only once."""
        if start >= self._not_after.get(what, self._end):
            return -1
        position = self._text.find(what, start, self._end)
        if position < 0:
            self._not_after[what] = start
        return position

    def _after_name(self, end: int) -> int:
        """Return the end of the white space after the name of a command, which belongs to the name."""
        while end < self._end and self._text[end] in " \t":
            end += 1
        if self._text.startswith("{}", end):
            return end + 2
        return end

    def _arguments(self, at: int, *, most: int = 9, braces: bool = True) -> int:
        """Return the end of the arguments that follow a place: those in brackets, and those in braces that are no text."""
        for _ in range(most + 3):
            opening = _ARGUMENT.match(self._text, at, self._end)
            if opening is None or (opening[1] == "{" and (not braces or most == 0)):
                return at
            closing = self._brackets.get(opening.end() - 1)
            if closing is None or closing > self._end:
                return at
            most -= opening[1] == "{"
            at = closing
        return at


def _matching_brackets(text: str) -> dict[int, int]:
    """Return, for each brace and bracket that is closed, where its content ends; no bracket encloses a blank line."""
    opened: list[tuple[str, int]] = []
    ends: dict[int, int] = {}
    for match in _BRACKET.finditer(text):
        token = match.group()
        if token in "{[":
            opened.append((token, match.start()))
        elif token == "]":
            if opened and opened[-1][0] == "[":
                ends[opened.pop()[1]] = match.end()
        else:
            while opened and opened[-1][0] == "[":
                opened.pop()
            if token == "}" and opened:
                ends[opened.pop()[1]] = match.end()
    return ends
