from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detector.report import Finding
from detector.signals.wording import WordingSignal
from detector.signals.wording.encoder import Word
from detector.signals.wording.phrases import NO_PHRASES, KnownPhrase, PhraseTable, find_adjacent, fingerprint
from detector.text.document import Document

PHRASES = PhraseTable(
    {
        fingerprint(("bosom", "peril")): "breast cancer",
        fingerprint(("bosom", "peril", "screening")): "breast cancer screening\tmammography",
        fingerprint(("man", "made", "thinking")): "artificial intelligence",
    }
)


def words(text: str) -> list[Word]:
    found: list[Word] = []
    position = 0
    for part in text.replace("-", " ").replace(",", " ").replace(".", " ").split():
        start = text.index(part, position)
        position = start + len(part)
        found.append(Word(start, position, len(found), len(found)))
    return found


def split(text: str) -> tuple[list[str], list[bool]]:
    there = words(text)
    return [text[word.start : word.end].lower() for word in there], find_adjacent(text, there)


def find_all(text: str) -> list[KnownPhrase]:
    return list(PHRASES.find_all(*split(text)))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("A bosom peril study", 1, 2),
        ("Of BOSOM\nPeril", 1, 2),
        ("Of man-made thinking", 1, 3),
        ("Of man made thinking", 1, 3),
    ],
)
def test_a_known_phrase_is_found_however_it_is_written(text: str, first: int, last: int) -> None:
    assert [(known.first, known.last) for known in find_all(text)] == [(first, last)]


def test_the_longest_phrase_counts() -> None:
    assert find_all("The bosom peril screening began") == [
        KnownPhrase(1, 3, ("breast cancer screening", "mammography"))
    ]


@pytest.mark.parametrize("text", ["bosom, peril", "bosom. Peril", "bosom of peril", "bosom", "", "peril bosom"])
def test_words_that_do_not_stand_together_are_no_phrase(text: str) -> None:
    assert find_all(text) == []


def test_without_a_dictionary_nothing_is_known() -> None:
    assert list(NO_PHRASES.find_all(*split("bosom peril"))) == []


def test_a_known_phrase_is_told_with_what_it_stands_for(
    signal: WordingSignal, find: Callable[[WordingSignal, str], list[Finding]]
) -> None:
    text = (
        "The clinic treats numerous sufferers. Its specialists have contemplated counterfeit consciousness for an "
        "extended period, and they anticipate excellent consequences."
    )
    (finding,) = [f for f in find(signal, text) if "counterfeit" in f.text]
    assert (finding.text, finding.rule) == ("counterfeit consciousness", "SWAPPED_PHRASE")
    assert finding.suggestions[0].text == "artificial intelligence"
    assert "known" in finding.message


def test_a_known_phrase_counts_as_evidence(signal: WordingSignal) -> None:
    with_it, without = (
        signal.measure([Document.from_text(f"The clinic treats many patients with {what} and has done so for years.")])[
            0
        ]
        for what in ("counterfeit consciousness", "counterfeit conscience")
    )
    assert np.isfinite(with_it.features["wording.strongest_3"])
    assert with_it.features["wording.strongest_3"] > without.features["wording.strongest_3"]
