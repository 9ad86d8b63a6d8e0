"""What makes a finding the same one in another run: its rule, its words, and those around it in its sentence.

Neither the line nor the offsets, the message, the score or the suggestions: text that is put before it, and another model, do
not change it. The two rules of the wording signal are one here, since it depends on neighbours whether two odd words are one
finding or two.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from detector.report import Finding
from detector.text.document import Document
from detector.text.offsets import Span

AROUND = 3  # words on either side that belong to the identity
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_LONGEST_SENTENCE = 2_000  # code points on either side of a finding that are looked at
_SHORTEST_KNOWN = 3  # words of a sentence that is remembered; a shorter one stands in many texts
HASH_BYTES = 5


class Identity(NamedTuple):
    """A finding apart from where it stands; words as they are written, with blanks between them."""

    rule: str
    words: str
    before: str
    after: str


class InSentence(NamedTuple):
    """The words of the sentence that a finding stands in; those from `first` to before `last` are its own."""

    tokens: tuple[str, ...]
    first: int
    last: int


def rule_of(finding: Finding) -> str:
    """Return the rule of a finding as far as it belongs to its identity."""
    return finding.signal if finding.signal == "wording" else f"{finding.signal}/{finding.rule}"


def identify(document: Document, finding: Finding) -> Identity:
    """Return the identity of a finding of this document."""
    tokens, first, last = in_sentence(document, finding)
    before, words, after = tokens[max(0, first - AROUND) : first], tokens[first:last], tokens[last : last + AROUND]
    return Identity(rule_of(finding), " ".join(words), " ".join(before), " ".join(after))


def in_sentence(document: Document, finding: Finding) -> InSentence:
    """Return a finding's words among those of its sentence; its words alone where it stands in no prose."""
    span = document.prose.find(finding.start, finding.end)
    if span is None:
        words = tuple(_WORD.findall(finding.text))
        return InSentence(words, 0, len(words))
    around = sentence_of(document, span)
    start, end = max(around.start, span.start - _LONGEST_SENTENCE), min(around.end, span.end + _LONGEST_SENTENCE)
    found = list(_WORD.finditer(document.prose.text, start, end))
    first = bisect_right([match.end() for match in found], span.start)
    last = bisect_left([match.start() for match in found], span.end)
    return InSentence(tuple(match.group() for match in found), first, max(first, last))


def sentence_of(document: Document, span: Span) -> Span:
    """Return the sentence, or sentences, that a span of the prose stands in."""
    first = max(0, bisect_right(document.sentences, span.start, key=lambda one: one.start) - 1)
    last = bisect_left(document.sentences, span.end, key=lambda one: one.start)
    some = document.sentences[first : max(first + 1, last)]
    return Span(min(some[0].start, span.start), max(some[-1].end, span.end)) if some else span


def sentence_hashes(document: Document) -> Iterator[bytes]:
    """Yield a hash of the words of each sentence of the prose, but of very short ones."""
    for sentence in document.sentences:
        if (made := sentence_hash(document, sentence)) is not None:
            yield made


def sentence_hash(document: Document, sentence: Span) -> bytes | None:
    """Return the hash of a sentence's words; None where they are too few to say that it is the same one."""
    words = [match.group().casefold() for match in _WORD.finditer(document.prose.text, *sentence)]
    if len(words) < _SHORTEST_KNOWN:
        return None
    return blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES).digest()
