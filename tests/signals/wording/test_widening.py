from __future__ import annotations

import pytest

from detector.signals.wording.originals import Candidate
from detector.signals.wording.phrases import NO_PHRASES, PhraseTable, fingerprint
from detector.signals.wording.widening import widen_to_phrases

PHRASES = PhraseTable(
    {
        fingerprint(phrase.split()): "\t".join(originals)
        for phrase, originals in {
            "site visitors": ("traffic",),
            "regulation enforcement": ("law enforcement",),
            "loss of life": ("death", "demise"),
            "loss of life toll": ("death toll",),
            "went away": ("left", "departed"),
        }.items()
    }
)
TRAFFIC, FREIGHT, LAW, DEATH, LEFT = (
    Candidate(word, share, known=False)
    for word, share in (("traffic", 0.2), ("freight", 0.6), ("law", 0.5), ("death", 0.4), ("left", 0.9))
)


def widen(text: str, *, taken: tuple[int, ...] = (), **said: list[Candidate]) -> list[tuple[str, list[str]]]:
    """What comes of a text of which these words look swapped: what was put in, and what for."""
    forms = text.lower().split()
    suspicious = {forms.index(form): tuple(options) for form, options in said.items()}
    return [
        (" ".join(forms[s.first : s.last + 1]), [candidate.word for candidate in s.candidates])
        for s in widen_to_phrases(forms, [True] * (len(forms) - 1), suspicious, PHRASES, taken)
    ]


def test_a_phrase_put_in_for_a_word_is_found_by_one_of_its_words() -> None:
    assert widen("Container site visitors fell", visitors=[FREIGHT, TRAFFIC]) == [
        ("site visitors", ["traffic", "freight"])
    ]


def test_only_what_differs_was_put_in() -> None:
    assert widen("the regulation enforcement agencies", regulation=[LAW]) == [("regulation", ["law"])]


def test_the_longest_phrase_that_is_believed_counts() -> None:
    assert widen("the loss of life toll rose", life=[DEATH]) == [("loss of life", ["death"])]
    assert widen("the loss of life was great", life=[DEATH]) == [("loss of life", ["death"])]


@pytest.mark.parametrize("text", ["Container site visitors fell", "the visitors fell"])
def test_a_word_whose_place_nothing_else_speaks_for_stays_alone(text: str) -> None:
    assert widen(text, visitors=[FREIGHT]) == [("visitors", ["freight"])]


def test_two_words_of_one_phrase_are_one_span() -> None:
    assert widen("he went away with freight", went=[LEFT], away=[LEFT], freight=[LAW]) == [
        ("went away", ["left"]),
        ("freight", ["law"]),
    ]


def test_a_word_that_both_have_speaks_for_nothing() -> None:
    assert widen("the regulation enforcement agencies", enforcement=[LAW]) == [("enforcement", ["law"])]


def test_what_is_part_of_something_else_is_left_to_it() -> None:
    assert widen("Container site visitors fell", taken=(1,), visitors=[TRAFFIC]) == [("visitors", ["traffic"])]


def test_shares_of_a_span_sum_to_one() -> None:
    (span,) = widen_to_phrases(["site", "visitors"], [True], {1: (FREIGHT, TRAFFIC)}, PHRASES)
    assert sum(candidate.share for candidate in span.candidates) == pytest.approx(1)
    assert [candidate.known for candidate in span.candidates] == [True, False]


def test_without_phrases_every_word_stands_for_itself() -> None:
    forms = ["site", "visitors"]
    said = {0: (LAW,), 1: (TRAFFIC,)}
    assert [(s.first, s.last, s.candidates) for s in widen_to_phrases(forms, [True], said, NO_PHRASES)] == [
        (0, 0, (LAW,)),
        (1, 1, (TRAFFIC,)),
    ]
