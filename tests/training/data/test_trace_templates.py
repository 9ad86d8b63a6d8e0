"""Frames that texts are filled into: what is evaluated on is not what is fitted on."""

from __future__ import annotations

import random

import pytest

from detector.training.data.trace_templates import EVALUATION_FRAMES, FIT_FRAMES, Frame, template_pairs


def sentences(frames: dict[str, Frame]) -> set[str]:
    return {line for frame in frames.values() for line in frame.sentences}


def test_no_sentence_is_on_both_sides() -> None:
    assert not sentences(FIT_FRAMES) & sentences(EVALUATION_FRAMES)
    assert not FIT_FRAMES.keys() & EVALUATION_FRAMES.keys()


@pytest.mark.parametrize("name", [*FIT_FRAMES, *EVALUATION_FRAMES])
def test_each_slot_has_words_and_two_texts_of_a_frame_differ(name: str) -> None:
    frame = {**FIT_FRAMES, **EVALUATION_FRAMES}[name]
    text = frame.fill(random.Random(1))
    assert "{" not in text
    assert len(text.split()) > 60
    ((kind, one, other),) = template_pairs({name: frame}, 1)
    assert kind == name
    assert one != other
    assert set(frame.words) <= set(" ".join(frame.sentences).replace("}", "{").split("{"))  # none is for nothing
