"""Where the inline parts of Markdown stand.

markdown-it says on which lines a block is, but not at which characters its links, code spans and emphasis marks are.
`Tracer` listens to its inline parser: every rule that matches tells where it began and ended. What no rule takes for
markup is text, character for character.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from markdown_it import MarkdownIt, rules_inline
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from detector.text.markdown_extensions import DROPPED, MASKED
from detector.text.masking import MASK

Rule = Callable[[StateInline, bool], bool]

# What common extensions add and CommonMark takes for text: shortcodes, attributes, footnote marks, check boxes.
_EXTENSION = re.compile(
    r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\{[:.#][^{}\n]*\}|\[\^[^\]\s]{1,60}\]:?|\A\[[ xX]\](?=\s)" rf"|{DROPPED}+|{MASKED}+"
)


class Mark(NamedTuple):
    """A part of a block's content that is no text as it stands: `text` stands for it, or nothing. `tag` is raw HTML."""

    start: int
    end: int
    text: str = ""
    tag: str = ""


class _Delimiter(NamedTuple):
    """An emphasis mark as pushed: it is markup only if the parser finds its partner."""

    start: int
    token: Token
    text: str

    @property
    def is_markup(self) -> bool:
        return self.token.type != "text" or self.token.content != self.text


class Tracer:
    """Finds the marks of one block's content after the other."""

    def __init__(self, markdown: MarkdownIt, environment: dict[str, Any]) -> None:
        self._markdown, self._environment = markdown, environment
        self._parser = _Parser()
        markdown.inline = self._parser

    def marks(self, content: str) -> list[Mark]:
        """Return the marks in order; one may lie within another."""
        marks = self._parser.trace(content, self._markdown, self._environment)
        marks += (Mark(*m.span(), MASK if m.group()[0] == MASKED else "") for m in _EXTENSION.finditer(content))
        return sorted(marks, key=lambda mark: (mark.start, -mark.end))


class _Parser(ParserInline):
    def __init__(self) -> None:
        super().__init__()
        self._marks: list[Mark] = []
        self._delimiters: list[_Delimiter] = []
        self._ranges: list[tuple[int, int]] = []  # what the rules asked to be parsed: the texts of links
        self._nested = 0  # alternative texts of images are parsed as contents of their own
        for name, rule, listener in (
            ("escape", rules_inline.escape, _escape),
            ("backticks", rules_inline.backtick, _code),
            ("autolink", rules_inline.autolink, _masked),
            ("html_inline", rules_inline.html_inline, _tag),
            ("entity", rules_inline.entity, _entity),
        ):
            self.ruler.at(name, self._listening(rule, listener))
        self.ruler.at("link", self._link)
        self.ruler.at("image", self._image)
        self.ruler.at("emphasis", self._emphasis(rules_inline.emphasis.tokenize))
        self.ruler.at("strikethrough", self._emphasis(rules_inline.strikethrough.tokenize))
        self.ruler2.before("fragments_join", "marks", self._keep_markup)

    def trace(self, content: str, markdown: MarkdownIt, environment: dict[str, Any]) -> list[Mark]:
        self._marks, self._delimiters, self._ranges, self._nested = [], [], [], 0
        self.parse(content, markdown, environment, [])
        return self._marks

    def tokenize(self, state: StateInline) -> None:
        self._ranges.append((state.pos, state.posMax))
        super().tokenize(state)

    def _listening(self, rule: Rule, listener: Callable[[StateInline, int, bool], Iterator[Mark]]) -> Rule:
        def listening(state: StateInline, silent: bool) -> bool:
            start, tokens = state.pos, len(state.tokens)
            matched = rule(state, silent)
            if matched and not silent and not self._nested:
                self._marks += listener(state, start, len(state.tokens) > tokens)
            return matched

        return listening

    def _link(self, state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(self._ranges)
        matched = rules_inline.link(state, silent)
        if matched and not silent and not self._nested:
            text_start, text_end = self._ranges[before]
            self._marks += (Mark(start, text_start), Mark(text_end, state.pos))
        return matched

    def _image(self, state: StateInline, silent: bool) -> bool:
        start = state.pos
        self._nested += 1
        matched = rules_inline.image(state, silent)
        self._nested -= 1
        if matched and not silent and not self._nested:
            self._marks.append(Mark(start, state.pos))
        return matched

    def _emphasis(self, rule: Rule) -> Rule:
        def listening(state: StateInline, silent: bool) -> bool:
            start, matched = state.pos, rule(state, silent)
            if matched and not silent and not self._nested:
                position = state.pos
                for token in reversed(state.tokens):
                    if position <= start:
                        break
                    position -= len(token.content)
                    self._delimiters.append(_Delimiter(position, token, token.content))
            return matched

        return listening

    def _keep_markup(self, state: StateInline) -> None:
        if self._nested:
            return
        deleted: list[int] = []
        for delimiter in sorted(self._delimiters, key=lambda delimiter: delimiter.start):
            end = delimiter.start + len(delimiter.text)
            if delimiter.token.type == "s_open":
                deleted.append(delimiter.start)
            elif delimiter.token.type == "s_close" and deleted:
                self._marks.append(Mark(deleted.pop(), end))
            elif delimiter.is_markup:
                self._marks.append(Mark(delimiter.start, end))


def _escape(state: StateInline, start: int, _: bool) -> Iterator[Mark]:
    """Read a backslash: before a line end it alone is markup; before a character that needs no escape it is text."""
    if state.src[start + 1] == "\n" or state.tokens[-1].content != state.src[start : state.pos]:
        yield Mark(start, start + 1)


def _code(state: StateInline, start: int, is_code: bool) -> Iterator[Mark]:
    if is_code and state.tokens[-1].type == "code_inline":
        yield Mark(start, state.pos, MASK)


def _masked(state: StateInline, start: int, _: bool) -> Iterator[Mark]:
    yield Mark(start, state.pos, MASK)


def _tag(state: StateInline, start: int, _: bool) -> Iterator[Mark]:
    yield Mark(start, state.pos, tag=state.src[start : state.pos])


def _entity(state: StateInline, start: int, _: bool) -> Iterator[Mark]:
    text = state.tokens[-1].content
    yield Mark(start, state.pos, " " if text == "\xa0" else text)
