"""The real language model, where `detector setup lm` brought it."""

from __future__ import annotations

import pickle

import pytest

from detector.errors import ModelError
from detector.model_files import Manifest
from detector.signals.last_reader.installation import open_model
from detector.signals.last_reader.model import LanguageModel, Question

TEXT = (
    "The winter had been long, and the roads to the village were closed for weeks. When the snow melted at last, the first"
    " cars brought flour and sugar, and the baker lit his oven again. That evening every house smelled of fresh bread, and the"
    " children ate it on the stairs while it was still warm."
)


@pytest.fixture(scope="module")
def model(manifest: Manifest) -> LanguageModel:
    try:
        return open_model(manifest)
    except ModelError as error:
        pytest.skip(f"the language model is not installed: {error}")


def question(word: str, *others: str) -> Question:
    start = TEXT.index(f" {word} ") + 1
    return Question(start, start + len(word), others)


def test_it_prefers_what_people_write(model: LanguageModel) -> None:
    answers = model.ask(TEXT, [question("closed", "shuttered", "nearby"), question("fresh", "clean", "impudent")])
    for answer in answers:
        assert all(other.both < answer.observed.both - 1 for other in answer.others)


def test_its_log_probabilities_are_those_of_the_weights_in_float(model: LanguageModel) -> None:
    """The numbers are those of the same weights in transformers 5.24 and torch 2.15, in 32 bits."""
    (answer,) = model.ask(TEXT, [question("fresh")])
    assert answer.observed.word == pytest.approx(-4.97, abs=0.7)
    assert answer.observed.after == pytest.approx(-35.75, abs=2.0)


def test_an_answer_does_not_depend_on_what_was_asked_before(model: LanguageModel) -> None:
    asked = [question("closed", "shut"), question("fresh", "clean")]
    first = model.ask(TEXT, asked)
    model.ask("Another text, of which nobody knows what it is about.", [Question(8, 12, ("word",))])
    assert model.ask(TEXT, asked) == first == pickle.loads(pickle.dumps(model)).ask(TEXT, asked)
