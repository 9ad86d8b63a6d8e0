"""What Obsidian, Jekyll, Hugo, MkDocs, Docusaurus, GitBook, MDX and Pandoc add to Markdown.

CommonMark takes all of it for text. It is written over before the Markdown parser reads the text, character by
character, so that offsets hold: with spaces where whole lines are no prose, with a noncharacter where a part of a
line is left out or masked.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from detector.text.html_elements import is_preformatted_prose, reads_as_prose
from detector.text.jsx import jsx_end
from detector.text.left_out import Tally

#: Stand for a character of a line that is left out, and for one of a part of a line that is masked.
DROPPED, MASKED = "\ufdd0", "\ufdd1"

_TRIGGER = re.compile(
    r"\{[%{/]|=\{|%%|\[\[|\$|:::|^\\?(?:import|export|!!!|\?\?\?|===)\s|\[!|\^[\w-]+[ \t\r]*$|^:[ \t]", re.MULTILINE
)
# In order: what is no extension whatever it holds, then extensions.
_TOKEN = re.compile(
    r"""
      (?P<escape> \\(?!\\?[(\[])[^\n])
    | (?P<fence> ^(?:[ \t]*>)*[ \t]{0,3}(?P<ticks>`{3,}|~{3,})[^\n]*$)
    | (?P<code> `+)
    | (?P<liquid> \{%-?\s*(?P<end>end)?
        (?P<name>highlight|raw|codeblock|code|comment|mermaid|math|katex|style|stylesheet
        |javascript|schema)\b(?:[^\n%]|%(?!\})){0,400}%\})
    | (?P<hugo> \{\{[<%]\s*(?P<hugo_end>/)?\s*(?P<hugo_name>highlight|code|mermaid|math|katex)\b[^\n<>%]{0,400}[>%]\}\})
    | (?P<jsx_comment> \{/\*) | (?P<comment> %%)
    | (?P<address> (?<=\]\()(?:\{\{[<%][^\n{}]{0,400}[>%]\}\}|\{%[^\n{}]{0,400}%\}|\{\{[^\n{}]{0,400}\}\})[^\s()]{0,200}(?=\)))
    | (?P<jsx> </?[A-Z][\w.]*(?=[\s/>]) | <[a-z][\w.-]*(?=\s[^<>\n]{0,400}=\{)) | (?P<expression> \{(?![{%]))
    | (?P<container> ^[ \t]*:{3,}[^\n]*$ | ^(?:(?:!!!|\?\?\?\+?)[ \t]+[a-z][\w-]*|===[!+]?)(?:[ \t]+"[^"\n]*")?[ \t]*\r?$)
    | (?P<module> ^(?=[^\n]{0,400}$)
        (?:import\s[^\n]*?["'][^"'\n]+["'];?[ \t\r]*$
        | import\s+(?:\w+,\s*)?\{[^{}"']{0,1000}\}\s*from\s*["'][^"'\n]+["'];?[ \t\r]*$
        | export\s+(?:default|const|let|function|async)\s[^\n]*$))
    | (?P<callout> ^(?:[ \t]*>)+[ \t]*(?P<kind>\[![\w|-]+\][+-]?[ \t]*)(?P<title>[^\n]*)$)
    | (?P<embed> !\[\[[^\[\]\n]*\]\])
    | (?P<wikilink> (?<![\w\]])\[\[(?!\d+\]\])(?P<target>[^\[\]|\n"=]+)(?:\|(?P<shown>[^\[\]\n]*))?\]\](?!\())
    | (?P<block_id> (?<![ \t])[ \t]{1,20}\^[A-Za-z0-9-]+(?=[ \t\r]*$))
    | (?P<definition> ^:[ \t]+(?=\S))
    | (?P<display> \$\$ | \\\[)
    | (?P<formula> (?<![\w$\\])\$(?=[^\s$])(?P<math>[^$\n`]{1,200})(?<=[^\s\\])\$(?![\w$])
        | \\\\?\((?P<tex>[^\n]{1,200}?)\\\\?\))
    """,
    re.VERBOSE | re.MULTILINE,
)
# What tells MDX from Markdown: modules, comments, and attributes that are expressions.
_MDX = re.compile(
    r"^(?:import\s[^\n]*[\"']|import\s+\{|export\s+(?:default|const|let|function|async)\s)|\{/\*|\s[\w-]+=\{",
    re.MULTILINE,
)
_MATH_SIGN = re.compile(r"[\\^_=<>+*/|{}]")
_TEX_SIGN = re.compile(r"[\\^_=]")
_LONGEST_FORMULA = 5_000  # characters
_LONGEST_TERM = 80  # characters
_TERM = re.compile(r"(?:\A|\n[ \t]*\r?\n|(?<=\n):[ \t])[^\n]*\n\Z")
_TOC = re.compile(r"_?toc_?", re.IGNORECASE)
_REST_OF_STATEMENT = re.compile(r"[ \t]*;?")
_BLANK_LINE = re.compile(r"\n[ \t]*\r?\n")
_NOT_LINE_END = re.compile(r"[^\r\n]")
_NOT_SHOWN = frozenset(("comment", "style", "stylesheet", "javascript", "schema"))
_REST_OF_LINE = re.compile(r"[ \t\r]*(?:\n|\Z)")
_TICKS = re.compile(r"`+")


class _Region(NamedTuple):
    """A part of the text that is written over; `inline` says with what where it does not fill its lines."""

    start: int
    end: int
    inline: str


class _Tag(NamedTuple):
    start: int
    end: int


def without_extensions(text: str, tally: Tally) -> str:
    """Return the text, as long as it was, with what is no prose written over; count in the tally what is left out."""
    if not _TRIGGER.search(text):
        return text
    parts: list[str] = []
    position = 0
    for start, end, inline in _Scanner(text, tally).regions():
        if start < position:
            continue
        parts += (text[position:start], _NOT_LINE_END.sub(_filling(text, start, end, inline), text[start:end]))
        position = end
    return "".join(parts) + text[position:]


def _filling(text: str, start: int, end: int, inline: str) -> str:
    while start and text[start - 1] in " \t>":
        start -= 1
    fills_its_lines = (not start or text[start - 1] == "\n") and _REST_OF_LINE.match(text, end)
    return " " if fills_its_lines else inline


class _Scanner:
    """Finds the regions of one text, in order. What opens and is never closed is none."""

    def __init__(self, text: str, tally: Tally) -> None:
        self._text, self._tally = text, tally
        self._ticks: dict[int, list[int]] = defaultdict(list)
        for match in _TICKS.finditer(text):
            self._ticks[len(match.group())].append(match.start())
        self._position = 0
        self._is_mdx = bool(_MDX.search(text))
        self._missing: set[str] = set()  # what does not come any more

    def regions(self) -> Iterator[_Region]:
        handlers: dict[str, Callable[[re.Match[str]], Iterator[_Region]]] = {
            **dict.fromkeys(("liquid", "hugo"), self._between_tags),
            **dict.fromkeys(("comment", "jsx_comment"), self._comment),
            "display": self._display,
            "module": self._module,
            **dict.fromkeys(("jsx", "expression"), self._jsx),
        }
        while match := _TOKEN.search(self._text, self._position):
            self._position = match.end()
            kind = next(name for name in _KINDS if match.start(name) >= 0)
            if kind == "fence":
                self._position = self._fence_end(match)
            elif kind == "code":
                self._position = self._code_end(match)
            elif kind in handlers:
                yield from handlers[kind](match)
            else:
                yield from self._in_line(match, kind)

    def _between_tags(self, match: re.Match[str]) -> Iterator[_Region]:
        name = match["name"] or match["hugo_name"]
        end = self._block_end(match, name)
        if end is None:
            return
        content = self._text[match.end() : end.start]
        self._position = end.end
        if name == "raw" and is_preformatted_prose(content):
            yield _Region(*match.span(), DROPPED)
            yield _Region(end.start, end.end, DROPPED)
            return
        self._tally.add("comment" if name == "comment" else "listing", len(content.split()))
        yield _Region(match.start(), end.end, DROPPED if name in _NOT_SHOWN else MASKED)

    def _comment(self, match: re.Match[str]) -> Iterator[_Region]:
        end = self._closed(match, "%%" if match.group() == "%%" else "*/}")
        if self._is_comment(match, end):
            self._position = end
            self._tally.add("comment", len(self._text[match.end() : end].split()))
            yield _Region(self._with_space_before(match.start(), end), end, DROPPED)

    def _display(self, match: re.Match[str]) -> Iterator[_Region]:
        end = self._closed(match, "$$" if match.group() == "$$" else "\\]")
        if self._is_formula(match, end):
            self._position = end
            yield _Region(match.start(), end, MASKED)

    def _module(self, match: re.Match[str]) -> Iterator[_Region]:
        self._position = self._module_end(match)
        yield _Region(match.start(), self._position, DROPPED)

    def _jsx(self, match: re.Match[str]) -> Iterator[_Region]:
        """Leave out a tag of MDX; mask an expression, which may be the name of anything."""
        is_tag = match.start("jsx") >= 0
        end = jsx_end(self._text, match.end(), ">" if is_tag else "}") if self._is_mdx else 0
        if not end:
            self._position = match.start() + 1
            return
        self._position = end
        if not is_tag:
            self._tally.add("listing", len(self._text[match.end() : end - 1].split()))
        yield _Region(match.start(), end, DROPPED if is_tag else MASKED)

    def _in_line(self, match: re.Match[str], kind: str) -> Iterator[_Region]:
        if kind == "wikilink":
            if match["shown"] is None and _TOC.fullmatch(match["target"]):
                yield _Region(*match.span(), DROPPED)
            else:
                shown = match.span("shown" if match["shown"] is not None else "target")
                yield _Region(match.start(), shown[0], DROPPED)
                yield _Region(shown[1], match.end(), DROPPED)
        elif kind == "callout":
            yield _Region(*match.span("kind"), DROPPED)
        elif kind == "formula":
            math = match["math"] or match["tex"] or ""
            signs = _MATH_SIGN if match["math"] else _TEX_SIGN
            if signs.search(math) or (match["math"] and " " not in math and not math[0].isdigit()):
                yield _Region(*match.span(), MASKED)
        elif kind in ("container", "embed", "address", "block_id") or (
            kind == "definition" and self._follows_term(match.start())
        ):
            yield _Region(*match.span(), DROPPED)

    def _is_comment(self, match: re.Match[str], end: int) -> bool:
        """Tell whether this is a comment; one that begins within a line has to end in its paragraph."""
        start = match.start()
        at_line = not start or self._text[start - 1] == "\n"
        return end > match.end() and (at_line or not _BLANK_LINE.search(self._text, match.end(), end))

    def _is_formula(self, match: re.Match[str], end: int) -> bool:
        """Tell whether this is a formula: two dollar signs can also be prices, and brackets are escaped for other reasons."""
        if end == match.end() or end - match.end() > _LONGEST_FORMULA:
            return False
        content = self._text[match.end() : end - 2]
        signs = _MATH_SIGN if match.group() == "$$" else _TEX_SIGN
        return bool(signs.search(content)) and not _BLANK_LINE.search(content) and not reads_as_prose(content, 10)

    def _follows_term(self, start: int) -> bool:
        """Tell whether a line is below a term (a short line that begins a paragraph) or below another definition."""
        term = _TERM.search(self._text, max(0, start - _LONGEST_TERM), start)
        return bool(term)

    def _with_space_before(self, start: int, end: int) -> int:
        """Add the space before a region that is at the end of its line."""
        if not _REST_OF_LINE.match(self._text, end):
            return start
        while start and self._text[start - 1] in " \t":
            start -= 1
        return start

    def _closed(self, match: re.Match[str], mark: str) -> int:
        """Return where the next mark ends, or, if there is none, where the match ends."""
        end = -1 if mark in self._missing else self._text.find(mark, match.end())
        if end < 0:
            self._missing.add(mark)
            return match.end()
        return end + len(mark)

    def _fence_end(self, match: re.Match[str]) -> int:
        key = match["ticks"]
        if key in self._missing:
            return match.end()
        closing = re.compile(rf"^(?:[ \t]*>)*[ \t]*{key}{key[0]}*[ \t]*\r?$", re.MULTILINE)
        end = closing.search(self._text, match.end())
        if end is None:
            self._missing.add(key)
            return match.end()
        return end.end()

    def _code_end(self, match: re.Match[str]) -> int:
        """Return the end of a code span: the next run of as many backticks in its paragraph."""
        runs = self._ticks[len(match.group())]
        number = bisect_right(runs, match.start())
        if number == len(runs):
            return match.end()
        end = runs[number] + len(match.group())
        return match.end() if _BLANK_LINE.search(self._text, match.end(), end) else end

    def _module_end(self, match: re.Match[str]) -> int:
        if match.group().startswith("import"):
            return match.end()
        bracket = re.compile(r"[^\n]*?=\s*([\[{])").match(self._text, match.start())
        if bracket and (end := jsx_end(self._text, bracket.end(), "]" if bracket[1] == "[" else "}")):
            rest = _REST_OF_STATEMENT.match(self._text, end)
            return rest.end() if rest else end
        blank = _BLANK_LINE.search(self._text, match.end())
        return blank.start() if blank else len(self._text)

    def _block_end(self, match: re.Match[str], name: str) -> _Tag | None:
        key = "end" + name + match.group()[:2]
        if match["end"] or match["hugo_end"] or key in self._missing:
            return None
        pattern = rf"\{{%-?\s*end{name}\s*-?%\}}" if match["name"] else rf"\{{\{{[<%]\s*/\s*{name}\s*[>%]\}}\}}"
        end = re.compile(pattern).search(self._text, match.end())
        if end is None:
            self._missing.add(key)
            return None
        return _Tag(*end.span())


_KINDS = (
    *(
        "escape",
        "fence",
        "code",
        "liquid",
        "hugo",
        "jsx_comment",
        "comment",
        "address",
        "jsx",
        "expression",
        "container",
    ),
    *("module", "callout", "embed", "wikilink", "block_id", "definition", "display", "formula"),
)
