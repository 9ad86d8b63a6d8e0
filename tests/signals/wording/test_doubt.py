"""What the deep encoder reads after the light one, and that what it says then is what it would say anyway."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import numpy as np
import pytest

from detector.model_files import Manifest
from detector.signals.wording import WordingMeasurement, WordingSignal
from detector.signals.wording.cascade import Cascade
from detector.signals.wording.evidence import ALL_INPUTS, WORD_INPUTS, Evidence, append_light_logit
from detector.text.document import Document
from detector.text.offsets import Span

HONEST = "The minister said on Monday that the new bridge would be opened before the end of the year. " * 15
SPUN = (
    "The president denied agreeing to an wings offer with the neighbouring nation. He held the rank of big in the "
    "military and was given to the friends of the administration, according to an announcement printed by the state. "
) * 5


WORDS = 240  # six sentences of forty
PROSE = Document.from_text(" ".join("abcdefghij"[n % 10] if n % 40 else "A" for n in range(WORDS)).replace(" A", ". A"))
LOOKING = Cascade(look=-math.inf, read=math.inf, share=0.1, again=-math.inf, rest=-math.inf)  # and going on


def evidence(words: dict[int, float] | None = None) -> Evidence:
    """Of the words of `PROSE`; those given have such log-odds, as have the two after each."""
    log_odds = np.full(WORDS, -5.0, dtype=np.float32)
    for first, value in (words or {}).items():
        log_odds[first : first + 3] = value
    starts = np.array([word.start for word in PROSE.words], dtype=np.int64)
    return Evidence(starts, starts + 1, np.zeros((WORDS, len(WORD_INPUTS)), dtype=np.float32), log_odds)


def doubt(**limits: float) -> Cascade:
    return replace(Cascade(look=0.0, read=4.0, share=0.25, again=-1.0, rest=1.0), **limits)


def portions(light: Evidence, limits: Cascade) -> list[list[Span]]:
    return limits.portions(PROSE, light, PROSE.windows)


def test_nothing_is_read_again_where_the_light_encoder_has_no_suspicion() -> None:
    assert portions(evidence(), doubt()) == []


@pytest.mark.parametrize(("share", "expected"), [(0.01, [[2], [0]]), (0.25, [[0, 2], [1, 4]])])
def test_the_strangest_sentences_come_first(share: float, expected: list[list[int]]) -> None:
    words = {90: 3.0, 10: 2.0, 170: 1.0, 50: 0.0}
    *glances, whole = portions(evidence(words), doubt(share=share))
    assert glances == [[PROSE.sentences[n] for n in glance] for glance in expected]
    assert whole == list(PROSE.windows)


def test_what_is_very_suspicious_is_read_at_once() -> None:
    assert portions(evidence({90: 9.0}), doubt()) == [list(PROSE.windows)]


def test_where_two_glances_would_take_in_everything_it_is_read_at_once() -> None:
    assert portions(evidence({90: 3.0}), doubt(share=0.5)) == [list(PROSE.windows)]


def test_windows_without_words_are_left_out() -> None:
    light = evidence({90: 3.0})
    end = PROSE.windows[0].end
    *glances, whole = portions(light.between(0, end), doubt())
    assert whole == [PROSE.windows[0]]
    assert all(span.end <= end for glance in glances for span in glance)


def test_a_first_glance_asks_for_a_second_and_both_for_the_rest() -> None:
    def odd(value: float) -> Evidence:
        return evidence({0: value}).between(*PROSE.sentences[0])

    assert doubt().goes_on(odd(0.0), 1)
    assert not doubt().goes_on(odd(-2.0), 1)
    assert doubt().goes_on(odd(2.0), 2)
    assert not doubt().goes_on(odd(0.0), 2)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [
        Document.from_text(HONEST),
        Document.from_text(SPUN),
        Document.from_text(HONEST + "\n\n" + SPUN + "\n\n" + HONEST),
    ]


def read(manifest: Manifest, documents: list[Document], depth: str, limits: Cascade | None = None) -> list[Evidence]:
    wording = {**manifest.settings["wording"], **({"doubt": asdict(limits)} if limits else {})}
    own = replace(manifest, settings={**manifest.settings, "wording": wording})
    signal = WordingSignal(own, threads=1, depth=depth)  # type: ignore[arg-type]
    found = []
    for measured in signal.measure(documents):
        assert isinstance(measured, WordingMeasurement)
        assert measured.evidence is not None
        found.append(measured.evidence)
    return found


def test_a_glance_and_then_the_rest_is_all_of_it(manifest: Manifest, documents: list[Document]) -> None:
    glanced = read(manifest, documents, "auto", LOOKING)
    for found, deep in zip(glanced, read(manifest, documents, "deep"), strict=True):
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
        replace(LOOKING, again=math.inf),  # a glance, and no more
        doubt(look=math.inf),
    ],
)
def test_what_the_deep_encoder_leaves_is_weighed_by_the_light_one(
    manifest: Manifest, documents: list[Document], limits: Cascade
) -> None:
    light, auto = (read(manifest, documents, depth, limits) for depth in ("light", "auto"))
    for one, found in zip(light, auto, strict=True):
        assert np.array_equal(found.starts, one.starts)
        assert np.array_equal(found.log_odds, one.log_odds)


def test_two_glances_decide_over_the_whole(manifest: Manifest, documents: list[Document]) -> None:
    short = Document.from_text(documents[1].text[:240])
    for limits, expected in ((replace(LOOKING, rest=math.inf), [False] * 3 + [True]), (LOOKING, [True] * 4)):
        found = read(manifest, [*documents, short], "auto", limits)
        assert [evidence.inputs.shape[1] == len(ALL_INPUTS) for evidence in found] == expected


@pytest.mark.parametrize("between", ["\u200b", "\u00ad", "\u0301", "\u00a9"])
def test_a_glance_may_begin_or_end_within_what_the_tokenizer_takes_for_one_word(
    manifest: Manifest, between: str
) -> None:
    one = Document.from_text(" ".join(f"word{between}word plain" for _ in range(100)))
    (glanced,) = read(manifest, [one], "auto", LOOKING)
    (deep,) = read(manifest, [one], "deep")
    assert np.array_equal(glanced.inputs, deep.inputs)


def test_the_shipped_limits_pick_what_is_suspicious(manifest: Manifest, documents: list[Document]) -> None:
    widths = [evidence.inputs.shape[1] for evidence in read(manifest, documents, "auto")]
    assert widths[:2] == [len(WORD_INPUTS), len(ALL_INPUTS)]
