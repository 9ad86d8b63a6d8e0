"""What the deep encoder reads after the light one, and that what it says then is what it would say anyway."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from itertools import islice

import numpy as np
import pytest

from detector.model_files import Manifest
from detector.signals.wording import WordingMeasurement, WordingSignal
from detector.signals.wording.cascade import Cascade, Step
from detector.signals.wording.evidence import ALL_INPUTS, WORD_INPUTS, Evidence, append_light_logit
from detector.text.document import Document

HONEST = "The minister said on Monday that the new bridge would be opened before the end of the year. " * 15
SPUN = (
    "The president denied agreeing to an wings offer with the neighbouring nation. He held the rank of big in the "
    "military and was given to the friends of the administration, according to an announcement printed by the state. "
) * 5


WORDS = 240  # six sentences of forty
PROSE = Document.from_text(" ".join("abcdefghij"[n % 10] if n % 40 else "A" for n in range(WORDS)).replace(" A", ". A"))
SAMPLES_FIRST = Cascade(
    sample_above=-math.inf,
    whole_above=math.inf,
    sample_share=0.1,
    second_sample_above=-math.inf,
    rest_above=-math.inf,
)


def evidence(words: dict[int, float] | None = None) -> Evidence:
    """Of the words of `PROSE`; those given have such log-odds, as have the two after each."""
    log_odds = np.full(WORDS, -5.0, dtype=np.float32)
    for first, value in (words or {}).items():
        log_odds[first : first + 3] = value
    starts = np.array([word.start for word in PROSE.words], dtype=np.int64)
    return Evidence(starts, starts + 1, np.zeros((WORDS, len(WORD_INPUTS)), dtype=np.float32), log_odds)


def cascade(**limits: float) -> Cascade:
    shipped = Cascade(sample_above=0.0, whole_above=4.0, sample_share=0.25, second_sample_above=-1.0, rest_above=1.0)
    return replace(shipped, **limits)


def steps(light: Evidence, limits: Cascade, *sent: float) -> list[Step]:
    """The steps of `PROSE` where the deep encoder finds one suspicion after the other; at the end as suspicious as can be."""
    course = limits.steps(PROSE, light, PROSE.windows)
    taken = list(islice(course, 1))
    while taken and not taken[-1].whole:
        value = sent[len(taken) - 1] if len(taken) <= len(sent) else 99.0
        try:
            taken.append(course.send(evidence({0: value}).between(*PROSE.sentences[0])))
        except StopIteration:
            break
    return taken


def test_nothing_is_read_again_where_the_light_encoder_has_no_suspicion() -> None:
    assert steps(evidence(), cascade()) == []


@pytest.mark.parametrize(("share", "expected"), [(0.01, [[2], [0]]), (0.25, [[0, 2], [1, 4]])])
def test_the_most_suspicious_sentences_come_first(share: float, expected: list[list[int]]) -> None:
    words = {90: 3.0, 10: 2.0, 170: 1.0, 50: 0.0}
    *samples, whole = steps(evidence(words), cascade(sample_share=share))
    assert [one.spans for one in samples] == [[PROSE.sentences[n] for n in sample] for sample in expected]
    assert whole == Step(list(PROSE.windows), whole=True)


def test_what_is_very_suspicious_is_read_at_once() -> None:
    assert steps(evidence({90: 9.0}), cascade()) == [Step(list(PROSE.windows), whole=True)]


def test_where_two_samples_would_be_everything_it_is_read_at_once() -> None:
    assert steps(evidence({90: 3.0}), cascade(sample_share=0.5)) == [Step(list(PROSE.windows), whole=True)]


def test_windows_without_words_are_left_out() -> None:
    light = evidence({90: 3.0})
    end = PROSE.windows[0].end
    *samples, whole = steps(light.between(0, end), cascade())
    assert whole.spans == [PROSE.windows[0]]
    assert all(span.end <= end for sample in samples for span in sample.spans)


@pytest.mark.parametrize(("sent", "count"), [([-2.0], 1), ([0.0, 0.0], 2), ([2.0, 2.0], 3)])
def test_a_first_sample_asks_for_a_second_and_both_for_the_rest(sent: list[float], count: int) -> None:
    taken = steps(evidence({90: 3.0}), cascade(), *sent)
    assert len(taken) == count
    assert [step.whole for step in taken] == [False, False, True][:count]


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [
        Document.from_text(HONEST),
        Document.from_text(SPUN),
        Document.from_text(HONEST + "\n\n" + SPUN + "\n\n" + HONEST),
    ]


def read(manifest: Manifest, documents: list[Document], depth: str, limits: Cascade | None = None) -> list[Evidence]:
    wording = {**manifest.settings["wording"], **({"cascade": asdict(limits)} if limits else {})}
    own = replace(manifest, settings={**manifest.settings, "wording": wording})
    signal = WordingSignal(own, threads=1, depth=depth)  # type: ignore[arg-type]
    found = []
    for measured in signal.measure(documents):
        assert isinstance(measured, WordingMeasurement)
        assert measured.evidence is not None
        found.append(measured.evidence)
    return found


def test_a_sample_and_then_the_rest_is_all_of_it(manifest: Manifest, documents: list[Document]) -> None:
    sampled = read(manifest, documents, "auto", SAMPLES_FIRST)
    for found, deep in zip(sampled, read(manifest, documents, "deep"), strict=True):
        assert np.array_equal(found.starts, deep.starts)
        assert np.array_equal(found.inputs, deep.inputs)


def test_what_the_deep_encoder_reads_is_weighed_by_both(manifest: Manifest, documents: list[Document]) -> None:
    for light, deep in zip(*(read(manifest, documents, depth) for depth in ("light", "deep")), strict=True):
        assert np.array_equal(deep.starts, light.starts)
        assert np.array_equal(deep.inputs, append_light_logit(deep.inputs[:, : len(WORD_INPUTS)], light.inputs))
        assert not np.array_equal(deep.inputs[:, : len(WORD_INPUTS)], light.inputs)


@pytest.mark.parametrize(
    "limits",
    [
        replace(SAMPLES_FIRST, second_sample_above=math.inf),  # a sample, and no more
        cascade(sample_above=math.inf),
    ],
)
def test_what_the_deep_encoder_leaves_is_weighed_by_the_light_one(
    manifest: Manifest, documents: list[Document], limits: Cascade
) -> None:
    light, auto = (read(manifest, documents, depth, limits) for depth in ("light", "auto"))
    for one, found in zip(light, auto, strict=True):
        assert np.array_equal(found.starts, one.starts)
        assert np.array_equal(found.log_odds, one.log_odds)


def test_two_samples_decide_over_the_whole(manifest: Manifest, documents: list[Document]) -> None:
    short = Document.from_text(documents[1].text[:240])
    for limits, expected in (
        (replace(SAMPLES_FIRST, rest_above=math.inf), [False] * 3 + [True]),
        (SAMPLES_FIRST, [True] * 4),
    ):
        found = read(manifest, [*documents, short], "auto", limits)
        assert [evidence.inputs.shape[1] == len(ALL_INPUTS) for evidence in found] == expected


@pytest.mark.parametrize("between", ["\u200b", "\u00ad", "\u0301", "\u00a9"])
def test_a_sample_may_begin_or_end_within_what_the_tokenizer_takes_for_one_word(
    manifest: Manifest, between: str
) -> None:
    one = Document.from_text(" ".join(f"word{between}word plain" for _ in range(100)))
    (sampled,) = read(manifest, [one], "auto", SAMPLES_FIRST)
    (deep,) = read(manifest, [one], "deep")
    assert np.array_equal(sampled.inputs, deep.inputs)


def test_the_shipped_limits_pick_what_is_suspicious(manifest: Manifest, documents: list[Document]) -> None:
    widths = [evidence.inputs.shape[1] for evidence in read(manifest, documents, "auto")]
    assert widths[:2] == [len(WORD_INPUTS), len(ALL_INPUTS)]
