"""What directives in a text say: which of its findings are ignored, where, and why.

    ignore "noble hops" "damp" -- a reason      these phrases, wherever they stand in the document
    ignore names/BROKEN_NAME -- a reason        findings of this rule, or of a whole signal: grammar
    ignore-next -- a reason                     the paragraph that follows, or the one that the directive stands in
    ignore-begin -- a reason                    all up to ignore-end
    ignore-end
    ignore-file -- a reason                     the whole document

The last four may name rules, and are then about findings of these rules only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from detector.policy.allow import AllowEntry, Kind
from detector.rules import RULES
from detector.text.directives import Directive, find_directives
from detector.text.document import Document
from detector.text.offsets import Span
from detector.text.segments import blocks

_SAYS = re.compile(
    r"(?P<verb>ignore(?:-\w+)?)(?:\s+(?P<what>.*?))??(?:\s*(?:(?:^|\s)--|—|–)\s*(?P<reason>.*))?", re.DOTALL
)
_WHAT = re.compile(r"[\"“](?P<phrase>[^\"“”]+)[\"”]|(?P<rule>[a-z]+(?:/\w+)?)|(?P<wrong>[^\s,]+)")
_INLINE_TAG = re.compile(
    r"</?(?:a|b|cite|code|del|em|i|ins|mark|q|s|small|span|strong|sub|sup|u)\b[^<>]*>", re.IGNORECASE
)
_LINE_OR_TAG = re.compile(r"[\r\n<]")
SIGNALS = frozenset({rule.signal for rule in RULES.values()} | {"grammar"})
VERBS = ("ignore", "ignore-next", "ignore-begin", "ignore-end", "ignore-file")


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the text (code points) whose findings are ignored: those of `rules`, or all of them where there are none."""

    span: Span
    entry: str
    reason: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inline:
    """What the directives of a document say. `problems` are sentences on those that say nothing that can be done."""

    regions: tuple[Region, ...] = ()
    phrases: tuple[AllowEntry, ...] = ()
    problems: tuple[str, ...] = ()


def read_inline(document: Document) -> Inline:
    """Return what the directives of a document say."""
    regions: list[Region] = []
    phrases: list[AllowEntry] = []
    problems: list[str] = []
    opened: list[tuple[Directive, _Said]] = []
    for directive in find_directives(document.text, document.format):
        said = _understand(directive.says)
        line = document.text.count("\n", 0, directive.span.start) + 1
        entry = f"line {line}: {said.verb}{''.join(f' {one}' for one in said.shown)}"
        problem = said.problem
        if problem is None and said.verb == "ignore-begin":
            opened.append((directive, said))
        elif problem is None and said.verb == "ignore-end":
            if opened:
                begin, before = opened.pop()
                span = Span(begin.span.end, directive.span.start)
                regions.append(Region(span, _entry(document, begin, before), before.reason, before.rules))
            else:
                problem = "ends nothing that was begun"
        elif problem is None and said.verb == "ignore-next":
            span_or_none = _next_paragraph(document, directive.span)
            if span_or_none is None:
                problem = "no paragraph follows"
            else:
                regions.append(Region(span_or_none, entry, said.reason, said.rules))
        elif problem is None and said.verb == "ignore-file":
            regions.append(Region(Span(0, len(document.text)), entry, said.reason, said.rules))
        elif problem is None:
            start = f"line {line}: ignore"
            phrases += [AllowEntry(f"{start} “{one}”", Kind.LITERAL, one, "", said.reason) for one in said.phrases]
            whole = Span(0, len(document.text))
            regions += [Region(whole, f"{start} {rule}", said.reason, (rule,)) for rule in said.rules]
        if problem is not None:
            problems.append(f"line {line}, “{directive.says}”: {problem}")
    problems += [
        f"{_entry(document, begin, said)}: has no ignore-end, and so ignores nothing" for begin, said in opened
    ]
    return Inline(tuple(regions), tuple(phrases), tuple(problems))


def of_field(ignore: bool | tuple[str, ...], document: Document) -> Inline:
    """Return what a record's own field says: all of it, phrases, and rules."""
    whole = Span(0, len(document.text))
    if ignore is True:
        return Inline((Region(whole, "all of it", ""),))
    if not ignore:
        return Inline()
    rules = tuple(one for one in ignore if is_rule(one))
    regions = tuple(Region(whole, rule, "", (rule,)) for rule in rules)
    phrases = tuple(AllowEntry(one, Kind.LITERAL, one, "", "") for one in ignore if one not in rules)
    return Inline(regions, phrases)


def is_rule(name: str) -> bool:
    """Tell whether this is the name of a signal, or of a rule as reports write it: `names/BROKEN_NAME`.

    The rules of grammar are those of its engine, and any name may be one.
    """
    signal, slash, rule = name.partition("/")
    if signal == "grammar":
        return bool(rule) == bool(slash) and " " not in rule
    return name in RULES if slash else signal in SIGNALS


def is_of(rule: str, rules: Iterable[str]) -> bool:
    """Tell whether a rule, `signal/RULE`, is one of those named, or of a signal that is named."""
    return any(rule == one or rule.partition("/")[0] == one for one in rules)


@dataclass(frozen=True, slots=True)
class _Said:
    verb: str
    phrases: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    reason: str = ""
    problem: str | None = None

    @property
    def shown(self) -> Iterator[str]:
        yield from (f"“{phrase}”" for phrase in self.phrases)
        yield from self.rules


def _understand(says: str) -> _Said:
    match = _SAYS.fullmatch(says)
    if match is None or match["verb"] not in VERBS:
        return _Said(says, problem=f"is none of {', '.join(f'detector: {verb}' for verb in VERBS)}")
    phrases: list[str] = []
    rules: list[str] = []
    problem = None
    for what in _WHAT.finditer(match["what"] or ""):
        if what["phrase"]:
            phrases.append(" ".join(what["phrase"].split()))
        elif what["rule"] and is_rule(what["rule"]):
            rules.append(what["rule"])
        elif what["rule"] and what["rule"].partition("/")[0] in SIGNALS:
            signal = what["rule"].partition("/")[0]
            known = sorted(one for one in RULES if one.startswith(f"{signal}/"))
            problem = f"there is no rule {what['rule']}{'; there are ' if known else ''}{', '.join(known)}"
        else:
            problem = f"“{what.group()}” is no rule; phrases stand in quotation marks, reasons after --"
    verb = match["verb"]
    if problem is None and verb == "ignore" and not phrases and not rules:
        problem = "names no phrase and no rule"
    if problem is None and verb != "ignore" and phrases:
        problem = f"phrases are ignored with “ignore”, not with “{verb}”"
    reason = " ".join((match["reason"] or "").split())
    return _Said(verb, tuple(phrases), tuple(rules), reason, problem)


def _entry(document: Document, directive: Directive, said: _Said) -> str:
    line = document.text.count("\n", 0, directive.span.start) + 1
    return f"line {line}: {said.verb}{''.join(f' {one}' for one in said.shown)}"


def _next_paragraph(document: Document, directive: Span) -> Span | None:
    """Return the paragraph that a directive stands in, or else the one that follows (code points of the text)."""
    for block in map(partial(_stripped, document.prose.text), blocks(document.prose.text)):
        start, end = document.locate(*block)
        if end > directive.start or not _LINE_OR_TAG.search(_INLINE_TAG.sub("", document.text[end : directive.start])):
            return Span(start, end)
    return None


def _stripped(text: str, block: Span) -> Span:
    inside = text[slice(*block)]
    return Span(block.end - len(inside.lstrip()), block.start + len(inside.rstrip()))
