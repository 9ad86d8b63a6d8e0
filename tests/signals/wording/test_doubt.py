"""Which windows the deep encoder reads after the light one, and that what it reads is what it would read anyway."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import numpy as np
import pytest

from detector.document import Document, Span
from detector.models import Manifest
from detector.signals.wording import WordingMeasurement, WordingSignal
from detector.signals.wording.doubt import Doubt
from detector.signals.wording.evidence import ALL_INPUTS, WORD_INPUTS, Evidence, with_light

HONEST = "The minister said on Monday that the new bridge would be opened before the end of the year. " * 15
SPUN = (
    "The president denied agreeing to an wings offer with the neighbouring nation. He held the rank of big in the "
    "military and was given to the friends of the administration, according to an announcement printed by the state. "
) * 5


def evidence(log_odds: list[float]) -> Evidence:
    """Words of one letter, one every two characters."""
    starts = np.arange(len(log_odds), dtype=np.int64) * 2
    inputs = np.zeros((len(log_odds), len(WORD_INPUTS)), dtype=np.float32)
    return Evidence(starts, starts + 1, inputs, np.array(log_odds, dtype=np.float32))


WINDOWS = [Span(0, 20), Span(20, 40), Span(40, 60), Span(60, 80)]
QUIET = [-5.0] * 40
LOOKING = Doubt(look=-math.inf, read=math.inf, share=0.1, again=-math.inf, rest=-math.inf)  # and going on


def at(place: int, value: float) -> list[float]:
    return [*QUIET[:place], value, value, value, *QUIET[place + 3 :]]


def doubt(**limits: float) -> Doubt:
    return replace(Doubt(look=0.0, read=4.0, share=0.25, again=-1.0, rest=1.0), **limits)


def test_nothing_is_read_again_where_the_light_encoder_has_no_suspicion() -> None:
    assert doubt().portions(evidence(QUIET), WINDOWS) == []


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.01, [[2], [0], [1, 3]]), (0.25, [[2], [0], [1, 3]]), (0.5, [[0, 2], [1, 3]]), (1.0, [[0, 1, 2, 3]])],
)
def test_the_strangest_windows_come_first(share: float, expected: list[list[int]]) -> None:
    words = at(22, 2.0)
    words[3] = 1.0  # of the first window
    portions = doubt(share=share).portions(evidence(words), WINDOWS)
    assert portions == [[WINDOWS[n] for n in portion] for portion in expected]


def test_what_is_very_suspicious_is_read_at_once() -> None:
    assert doubt().portions(evidence(at(22, 6.0)), WINDOWS) == [WINDOWS]


def test_windows_without_words_are_left_out() -> None:
    spaced = replace(evidence(at(22, 2.0)), starts=np.append(np.arange(30), np.arange(60, 70)))
    assert doubt().portions(spaced, WINDOWS) == [[WINDOWS[1]], [WINDOWS[3]], [WINDOWS[0]]]


def test_a_first_glance_asks_for_a_second_and_both_for_the_rest() -> None:
    def odd(value: float) -> Evidence:
        return evidence([-5.0] * 7 + [value] * 3)

    assert doubt().goes_on(odd(0.0), 1)
    assert not doubt().goes_on(odd(-2.0), 1)
    assert doubt().goes_on(odd(2.0), 2)
    assert not doubt().goes_on(odd(0.0), 2)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [Document.plain(HONEST), Document.plain(SPUN), Document.plain(HONEST + "\n\n" + SPUN + "\n\n" + HONEST)]


def read(manifest: Manifest, documents: list[Document], depth: str, limits: Doubt | None = None) -> list[Evidence]:
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
        assert np.array_equal(deep.inputs, with_light(deep.inputs[:, : len(WORD_INPUTS)], light.inputs))
        assert not np.array_equal(deep.inputs[:, : len(WORD_INPUTS)], light.inputs)


@pytest.mark.parametrize(
    "limits",
    [
        replace(LOOKING, again=math.inf),  # a glance, and no more
        doubt(look=math.inf),
    ],
)
def test_what_the_deep_encoder_leaves_is_weighed_by_the_light_one(
    manifest: Manifest, documents: list[Document], limits: Doubt
) -> None:
    light, auto = (read(manifest, documents, depth, limits) for depth in ("light", "auto"))
    for one, found in zip(light, auto, strict=True):
        assert np.array_equal(found.starts, one.starts)
        assert np.array_equal(found.log_odds, one.log_odds)


def test_two_glances_decide_over_the_rest_if_there_is_one(manifest: Manifest, documents: list[Document]) -> None:
    glanced = read(manifest, documents, "auto", replace(LOOKING, rest=math.inf))
    read_by_deep = [found.inputs.shape[1] == len(ALL_INPUTS) for found in glanced]
    assert read_by_deep == [len(document.windows) <= 2 for document in documents]
    assert set(read_by_deep) == {True, False}


def test_the_shipped_limits_pick_what_is_suspicious(manifest: Manifest, documents: list[Document]) -> None:
    widths = [evidence.inputs.shape[1] for evidence in read(manifest, documents, "auto")]
    assert widths[:2] == [len(WORD_INPUTS), len(ALL_INPUTS)]
