"""Lessons are those of the windows they are asked for, in whatever batches, and computed once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detector.training.encoders.labels import Example
from detector.training.encoders.teacher import Teacher

MODELS = Path(__file__).parents[3] / "models"


@pytest.fixture
def teacher(tmp_path: Path) -> Teacher:
    return Teacher(MODELS, tmp_path, name="light")


def example(teacher: Teacher, text: str) -> Example:
    ids = teacher.encoder.tokenize(text)
    return Example(ids, [0] * len(ids), [-100] * len(ids))


def test_lessons_are_those_of_the_windows_asked_for(teacher: Teacher) -> None:
    one = example(teacher, "He denied agreeing to a wings offer.")
    other = example(teacher, "The bridge was opened on Monday by the mayor of the town.")
    first, second = teacher.lessons([[one], [other]])
    assert (len(first[0].probability), len(second[0].probability)) == (len(one.ids), len(other.ids))
    ((swapped, also),) = teacher.lessons([[other, one]])
    np.testing.assert_array_equal(swapped.probability, second[0].probability)
    np.testing.assert_array_equal(also.probability, first[0].probability)


def test_lessons_are_computed_once(teacher: Teacher, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [[example(teacher, "The rank of big was given to the friends.")]]
    ((lesson,),) = teacher.lessons(batches)
    monkeypatch.setattr(teacher, "encoder", None)
    ((again,),) = teacher.lessons(batches)
    for name in ("probability", "places", "candidates", "shares"):
        np.testing.assert_array_equal(getattr(again, name), getattr(lesson, name))
