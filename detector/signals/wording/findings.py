"""Swapped words as findings: neighbours joined into phrases, and what may have stood there before."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, product
from math import prod
from typing import NamedTuple

from detector.report import Finding, Suggestion
from detector.rules import RULES
from detector.signals.wording.originals import Candidate
from detector.signals.wording.posterior import FindingModel, any_swapped
from detector.text.document import Document

SUGGESTIONS = 5
JOINED_WORDS = 4  # longest phrase
# Of its most probable word's probability, the least that the first and the last word of a phrase have. Of the spans replaced
# in left-out sources .55 are found exactly with it, .50 without.
CORE = 0.5
_GAP = re.compile(r"[\s-]")  # between neighbours of one phrase


class SuspiciousSpan(NamedTuple):
    """A suspicious word or phrase (prose offsets), how likely it is of each word that it was swapped, and what may have
    stood there. `known`: spinners are known to put this very phrase in, and people hardly ever do."""

    start: int
    end: int
    probabilities: tuple[float, ...]
    candidates: tuple[Candidate, ...]
    known: bool = False


def make_findings(
    document: Document, spans: Iterable[SuspiciousSpan], model: FindingModel, document_log_odds: float
) -> Iterator[Finding]:
    """Yield findings for the suspicious words of a document, which come in order.

    Words next to each other are one finding, as probable as that one of them was swapped.
    """
    text = document.prose.text
    for phrase in _join_neighbours(text, spans):
        probability = any_swapped((one for span in phrase for one in span.probabilities), document_log_odds)
        if any(span.known for span in phrase):
            probability = max(probability, model.possible)
        grade = model.grade(probability)
        if grade is None:
            continue
        core = _core(phrase)
        start, end = core[0].start, core[-1].end
        suggestions = _suggest(text, core)
        known = len(core) == 1 and any(candidate.known for candidate in core[0].candidates[:1])
        rule = "SWAPPED_PHRASE" if _GAP.search(text, start, end) else "SWAPPED_WORD"
        yield Finding.at(
            document,
            start,
            end,
            signal="wording",
            rule=rule,
            message=_message(rule, text[start:end], suggestions, known=known),
            score=probability,
            suggestions=suggestions,
            grade=grade,
        )


def _join_neighbours(text: str, spans: Iterable[SuspiciousSpan]) -> Iterator[list[SuspiciousSpan]]:
    """Yield phrases of spans next to each other; a known phrase is one by itself, with what it stands for."""
    phrase: list[SuspiciousSpan] = []
    for span in spans:
        joined = phrase and not (span.known or phrase[-1].known) and _GAP.fullmatch(text[phrase[-1].end : span.start])
        if phrase and (not joined or len(phrase) == JOINED_WORDS):
            yield phrase
            phrase = []
        phrase.append(span)
    if phrase:
        yield phrase


def _core(phrase: Sequence[SuspiciousSpan]) -> Sequence[SuspiciousSpan]:
    """Return the phrase without words at its ends that are far less probable than its most probable word."""
    strengths = [max(span.probabilities) for span in phrase]
    strong = [number for number, one in enumerate(strengths) if one >= max(strengths) * CORE]
    return phrase[strong[0] : strong[-1] + 1]


def _suggest(text: str, phrase: Sequence[SuspiciousSpan]) -> tuple[Suggestion, ...]:
    """Return the best combinations of the suggestions for each word, in the case of the phrase."""
    few = SUGGESTIONS if len(phrase) == 1 else 3
    gaps = [text[a.end : b.start] for a, b in pairwise(phrase)]
    shares: defaultdict[str, float] = defaultdict(float)
    for choice in product(*(span.candidates[:few] for span in phrase)):
        words = [match_case(text[p.start : p.end], candidate.word) for p, candidate in zip(phrase, choice, strict=True)]
        shares[_write(words, gaps)] += prod(candidate.share for candidate in choice)
    best = sorted(shares.items(), key=lambda item: -item[1])[:SUGGESTIONS]
    return tuple(Suggestion(written, round(share, 4)) for written, share in best)


def _write(words: Sequence[str], gaps: Sequence[str]) -> str:
    """Return the words joined by their gaps. Two words that replaced one both suggest it: it is written once.

    >>> _write(["Left", "left", "town"], [" ", " "]), _write(["go", "go down", "down"], [" ", " "])
    ('Left town', 'go down')
    """
    written = words[0]
    for gap, word in zip(gaps, words[1:], strict=True):
        so_far, added = written.casefold().split(), word.casefold().split()
        repeated = max(n for n in range(len(added) + 1) if so_far[len(so_far) - n :] == added[:n])
        rest = " ".join(word.split()[repeated:])
        written += gap + rest if rest else ""
    return written


def match_case(model: str, word: str) -> str:
    """Return the word with capitals as the model has them: all, the first, or none."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word.capitalize() if model[:1].isupper() else word


def _message(rule: str, phrase: str, suggestions: Sequence[Suggestion], *, known: bool) -> str:
    templates = RULES[f"wording/{rule}"]
    if not suggestions:
        return templates.message.format(text=phrase)
    return templates.cases["known" if known else "guessed"].format(text=phrase, original=suggestions[0].text)
