"""Phrases that a text mentions and does not use, as a news story about spinning does: “bosom peril” for breast cancer.

Two signs of a mention are looked for. The phrase stands in quotation marks and is short, so that it is not what somebody
said; or it is a known phrase, and one of its originals stands in the same sentence. A text with two of the second kind
explains phrases: what it pairs in the lines of a list, or says the meaning of, are mentions, too. What is mentioned says
nothing of how the text around it was written.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.signals.wording.evidence import Evidence
from detector.text.offsets import Span

SHOWN = 3  # mentions, in a note
LONGEST = 5  # words in quotation marks; as long as the longest known phrase
_CONTENT = r"[^\n{marks}]{{1,80}}"
_QUOTED = re.compile(
    "|".join(
        (
            "“" + _CONTENT.format(marks="“”") + "”",
            "«" + _CONTENT.format(marks="«»") + "»",
            r"(?<!\w)‘" + _CONTENT.format(marks="‘") + r"’(?!\w)",
            # Of two straight marks, the one that touches the next word opens.
            r'(?<![\w.,;:!?…"])"(?=\w)' + _CONTENT.format(marks='"') + r'(?<=[\w.,;:!?)])"(?!\w)',
            r"(?<![\w.,;:!?…'])'(?=\w)" + _CONTENT.format(marks="'") + r"(?<=[\w.,;:!?)])'(?!\w)",
        )
    )
)
_QUOTATION = re.compile(r'“[^“”\n]*”|«[^«»\n]*»|(?<![\w.,;:!?…"])"(?=[\w(])[^"\n]*"(?!\w)')
_SPEECH_VERB = (
    "said|says|say|told|tells|asked|asks|added|adds|replied|answered|cried|shouted|whispered"
    "|wrote|writes|explained|insisted"
)
#: `"Dark out," said Mom`, `"Dark out," she said`, `He said, "Dark out."`
_AFTER_SPEECH = re.compile(rf"\s+(?:\w+\s+){{0,3}}(?:{_SPEECH_VERB})\b")
_BEFORE_SPEECH = re.compile(rf"\b(?:{_SPEECH_VERB})(?:\s+\w+){{0,2}}[,:]\s*\Z")
_EXPLAINED = 2  # known phrases beside their originals make a text one that explains phrases
_FEW_WORDS = r"[^\W\d_][\w'’-]*(?:\s[\w'’()-]+){0,5}"
#: `- bosom peril: breast cancer`, a line to each
_PAIR = re.compile(
    rf"^[ \t]*(?:[-*•–]|\d+[.)])?[ \t]*{_FEW_WORDS}[ \t]*(?:[:=→⇒|]|=>|-+>|[–—]|[ \t]--?[ \t])[ \t]*"
    rf"{_FEW_WORDS}[ \t]*[.;,]?[ \t]*$",
    re.MULTILINE,
)
#: `Bosom peril means breast cancer`
_MEANING = re.compile(
    r"(?:^|[.;:,(][ ]|\band[ ])(?P<phrase>[^\W\d_][\w'’-]*(?:[ ][\w'’-]+){1,3})[ ]"
    r"(?:means|meant|stands?[ ]for|stood[ ]for|is[ ]meant[ ]to[ ]be|should[ ](?:be|read)|in[ ]place[ ]of|instead[ ]of)\b",
    re.MULTILINE,
)
_MARKS = " ,.;:“”‘’«»\"'"
_SENTENCE_END = re.compile(r"[.!?…][\"”’')\]]*\s+(?=[\"“‘'(\[]?[A-Z0-9])|\n\s*\n")
_WORDS = re.compile(r"\w+(?:['’\-]\w+)*")


@dataclass(frozen=True, slots=True)
class KnownPhrase:
    """A phrase that spinners are known to put in, at `start` to `end` of a text, and what they put it in for."""

    start: int
    end: int
    originals: tuple[str, ...]


def find_mentions(text: str, phrases: Iterable[KnownPhrase] = ()) -> list[Span]:
    """Return the spans of a text (in its own offsets, in order) that it mentions and does not use; none overlap."""
    beside = list(_beside_original(text, list(phrases)))
    explained = _explained(text) if len(beside) >= _EXPLAINED else []
    return _merged(sorted([*_quoted(text), *beside, *explained]))


def find_suspicious_mentions(text: str, evidence: Evidence, phrases: Iterable[KnownPhrase] = ()) -> list[Span]:
    """Return the mentions in which a word is more likely swapped than not; the other mentions count as usual.

    Returns none where they make up half of the words: such a text mentions nothing, it is made of quotations.
    """
    spans = [
        span
        for span in find_mentions(text, phrases)
        if (log_odds := evidence.between(*span).log_odds).size and log_odds.max() > 0
    ]
    return spans if 2 * inside(evidence, spans).sum() <= len(evidence) else []


def find_quotations(text: str) -> list[Span]:
    """Return the spans in quotation marks, of any length within a paragraph, in order."""
    return [Span(*match.span()) for match in _QUOTATION.finditer(text)]


def leave_out(evidence: Evidence, spans: Iterable[Span]) -> Evidence:
    """Return the evidence of the words that begin in none of the spans."""
    kept = ~inside(evidence, spans)
    return Evidence(evidence.starts[kept], evidence.ends[kept], evidence.inputs[kept], evidence.log_odds[kept])


def note_on(text: str, mentions: Sequence[Span]) -> str:
    """Return a sentence for a report, with some of the mentions in it."""
    shown = ", ".join(f"“{text[start:end].strip(_MARKS)}”" for start, end in mentions[:SHOWN])
    more = f" and {len(mentions) - SHOWN} more" if len(mentions) > SHOWN else ""
    return (
        f"the text mentions odd phrases, in quotation marks or beside what they stand for ({shown}{more}):"
        " they do not count as evidence"
    )


def inside(evidence: Evidence, spans: Iterable[Span]) -> NDArray[np.bool_]:
    """Tell which words begin in one of the spans (prose offsets)."""
    chosen = np.zeros(len(evidence), dtype=bool)
    for start, end in spans:
        first, last = np.searchsorted(evidence.starts, [start, end])
        chosen[first:last] = True
    return chosen


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in spans:
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def _quoted(text: str) -> Iterator[Span]:
    for match in _QUOTED.finditer(text):
        start, end = match.span()
        content = text[start + 1 : end - 1]
        if len(_WORDS.findall(content)) <= LONGEST and not _is_speech(text, start, end):
            yield Span(start, end)


def _is_speech(text: str, start: int, end: int) -> bool:
    """Tell whether a quotation is speech: a question, an exclamation, or next to a verb of saying."""
    last = text[end - 2]
    if last in "!?":
        return True
    said_after = last == "," and _AFTER_SPEECH.match(text, end)
    return bool(said_after or _BEFORE_SPEECH.search(text[max(0, start - 40) : start]))


def _beside_original(text: str, phrases: Sequence[KnownPhrase]) -> Iterator[Span]:
    if not phrases:
        return
    bounds = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    for phrase in phrases:
        first = bounds[bisect_right(bounds, phrase.start) - 1]
        last = bounds[bisect_left(bounds, phrase.end)]
        around = f"{text[first : phrase.start]} | {text[phrase.end : last]}".lower()
        if any(re.search(rf"\b{re.escape(original.lower())}\b", around) for original in phrase.originals):
            yield Span(phrase.start, phrase.end)


def _explained(text: str) -> Iterator[Span]:
    """Yield the pairs in lines of lists, and phrases whose meaning is explained."""
    yield from (Span(*match.span()) for match in _PAIR.finditer(text))
    yield from (Span(*match.span("phrase")) for match in _MEANING.finditer(text))
