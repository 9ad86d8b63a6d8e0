"""What the deep encoder reads after the light one, as it is chosen from the documents that the verdict is fitted on."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detector.signals.wording.cascade import Cascade
from detector.signals.wording.evidence import WORD_INPUTS, Evidence
from detector.text.offsets import Span
from detector.training.data.records import Record
from detector.training.fit.measure import document_of
from detector.training.fit.words import RecordEvidence, Shares, fit_cascade, run_cascade, trace_cascade

SENTENCE = "The minister said on Monday that the new bridge would be opened before the end of the year. "
ALWAYS = Cascade(-math.inf, math.inf, 0.1, -math.inf, -math.inf)


def record(number: int, sentences: int = 30) -> Record:
    return Record(str(number), "one", "news", str(number), f"Number {number}. " + SENTENCE * sentences, False)


def reading(of: Record, odds: float, strange: Span | None = None) -> RecordEvidence:
    """The same log-odds for every word; higher in the window `strange`."""
    words = document_of(of).words
    starts = np.array([word.start for word in words], dtype=np.int64)
    ends = np.array([word.end for word in words], dtype=np.int64)
    values = np.full(len(words), odds, dtype=np.float32)
    if strange:
        values[(starts >= strange.start) & (ends <= strange.end)] += 1.0
    inputs = np.zeros((len(words), len(WORD_INPUTS)), dtype=np.float32)
    return RecordEvidence(Evidence(starts, ends, inputs, values), 0.05, np.zeros(len(words), dtype=bool))


def test_the_deep_encoder_goes_on_as_long_as_it_is_asked_to() -> None:
    one = record(1)
    document = document_of(one)
    light, deep = reading(one, -3.0, strange=document.sentences[12]), reading(one, -2.0)
    whole = trace_cascade(one, light, deep, ALWAYS)
    assert whole.settled
    first, second, everything = np.diff(whole.words, prepend=0)
    assert everything == len(deep.evidence)
    stretches = [stretch for window in document.windows for stretch in document.stretches(window)]
    assert first / everything == pytest.approx(ALWAYS.sample_share, abs=1 / len(stretches))
    assert second / everything == pytest.approx(ALWAYS.sample_share, abs=1 / len(stretches))
    looks = {
        Cascade(-math.inf, math.inf, 0.1, 0.0, 0.0): whole.words[:1],
        Cascade(-math.inf, math.inf, 0.1, -3.0, 0.0): whole.words[:2],
        Cascade(0.0, math.inf, 0.1, 0.0, 0.0): [],
    }
    for limits, read in looks.items():
        found = trace_cascade(one, light, deep, limits)
        assert (found.words, found.settled) == (read, False)


def test_where_it_has_not_read_to_the_end_the_light_one_answers() -> None:
    records = [record(1), record(2)]
    light = [reading(records[0], -3.0), reading(records[1], 1.0)]
    deep = [reading(one, -5.0) for one in records]
    limits = Cascade(-4.0, 0.0, 0.1, -3.0, -3.0)
    found = run_cascade(records, light, deep, limits)
    assert found.readings == [light[0], deep[1]]
    assert 0 < found.words[0] < found.words[1] == len(deep[1].evidence)


@pytest.mark.parametrize(
    "shares", [Shares(look=0.6, read=0.1, again=0.4, rest=0.2), Shares(look=1.0, again=1.0, rest=1.0)]
)
def test_limits_are_such_that_honest_documents_have_their_shares(shares: Shares) -> None:
    records = [record(number) for number in range(20)]
    light = [reading(one, -5.0 + number / 10) for number, one in enumerate(records)]
    deep = [reading(one, -5.0 + number / 10) for number, one in enumerate(records)]
    found = run_cascade(records, light, deep, fit_cascade(records, light, deep, shares))
    looked = found.words > 0
    settled = np.array([one is two for one, two in zip(found.readings, deep, strict=True)])
    assert looked.sum() == pytest.approx(20 * shares.look, abs=1)
    assert settled.sum() == pytest.approx(20 * max(shares.rest, shares.read), abs=1)
