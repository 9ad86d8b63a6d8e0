"""A branch beside a text is read as if it stood in the text."""

from __future__ import annotations

import pytest

from detector.signals.last_reader.model import AFTER, BEFORE, TOKENS, Answer, LanguageModel, Question

TEXT = "We saw the cat there. The dog, who barked at it all day long, slept. Then the man went home."


def question(text: str, word: str, *others: str, after: int = 0) -> Question:
    start = text.index(word, after)
    return Question(start, start + len(word), others)


def plain(model: LanguageModel, text: str, asked: Question, other: str) -> Answer:
    """What the model says of a text in which the other word stands."""
    written = text[: asked.start] + other + text[asked.end :]
    (answer,) = model.ask(written, [Question(asked.start, asked.start + len(other), ())])
    return answer.observed


@pytest.mark.parametrize("text", [TEXT, f"“{TEXT}”\n\nÉtat – {TEXT}", TEXT.replace(" ", "\n")])
def test_an_other_word_is_read_as_in_a_text_that_has_it(looking: LanguageModel, text: str) -> None:
    asked = [question(text, "cat", "cow", "elephant"), question(text, "barked", "b"), question(text, "home", "the")]
    answers = looking.ask(text, asked)
    for one, answer in zip(asked, answers, strict=True):
        assert answer.observed == plain(looking, text, one, text[one.start : one.end])
        assert answer.others == tuple(plain(looking, text, one, other) for other in one.others)


def test_the_first_and_the_last_word_and_what_is_no_sentence(looking: LanguageModel) -> None:
    for text in ("cat", "cat dog", "x"):
        first = Question(0, len(text.split()[0]), ("the",))
        last = Question(len(text) - len(text.split()[-1]), len(text), ("y",))
        for one in (first, last):
            (answer,) = looking.ask(text, [one])
            assert answer.others == (plain(looking, text, one, one.others[0]),)
    assert looking.ask("", []) == looking.ask(TEXT, []) == []


def test_of_a_long_text_a_part_is_read_and_each_place_by_itself(looking: LanguageModel) -> None:
    text = " ".join(f"{TEXT} {number}" for number in range(60))
    asked = [question(text, "dog", "cow", after=at) for at in (0, 900, 1000, 4000)]
    answers = looking.ask(text, asked)
    assert looking.session.longest < TOKENS + 4 * 2 * AFTER  # type: ignore[attr-defined]
    assert BEFORE < TOKENS
    assert len({answer.observed for answer in answers}) == len(asked)
    # The text before a place is another one, but so far before it that it is not read.
    assert looking.ask("It" + text[2:], [asked[-1]]) == answers[-1:]


def test_what_follows_ends_with_the_sentence(looking: LanguageModel) -> None:
    short, longer = "We saw a dog. The rest.", "We saw a dog. Another rest."
    asked = question(short, "dog", "cow")
    assert looking.ask(short, [asked]) == looking.ask(longer, [asked])
