"""What people write and nobody swapped: known phrases in honest text, abbreviations, other spellings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.model_files import Manifest
from detector.report import Finding
from detector.signals.wording import WordingSignal
from detector.signals.wording.originals import Candidate
from detector.signals.wording.scoring import leave_out_spellings
from detector.signals.wording.variants import is_abbreviation, is_same_word

Find = Callable[[WordingSignal, str], list[Finding]]
CASES = [json.loads(line) for line in Path("tests/cases/no_swaps.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module", params=["light", "deep"])
def reading(request: pytest.FixtureRequest, manifest: Manifest) -> WordingSignal:
    return WordingSignal(manifest, threads=1, depth=request.param)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_people_write_is_no_finding(reading: WordingSignal, find: Find, case: dict[str, Any]) -> None:
    assert not [f.text for f in find(reading, case["text"]) if f.text in case["not"]]


def test_a_known_phrase_among_swapped_words_is_a_finding(reading: WordingSignal, find: Find) -> None:
    text = (
        "This paper proposes a profound learning technique for picture characterization. We prepare irregular woods on "
        "enormous information, and the help vector machine gives improved exactness over existing strategies."
    )
    found = {finding.text for finding in find(reading, text)}
    assert any("irregular woods" in one for one in found)
    assert any("help vector" in one for one in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("colours", "colors"),
        ("maths", "math"),
        ("centre", "center"),
        ("organisations", "organizations"),
        ("travelled", "traveled"),
        ("programme", "program"),
        ("fulfil", "fulfill"),
        ("judgement", "judgment"),
        ("encyclopaedia", "encyclopedia"),
        ("analysed", "analyzed"),
        ("jewellery", "jewelry"),
        ("email", "e-mail"),
    ],
)
def test_spellings_of_one_word(one: str, other: str) -> None:
    assert is_same_word(one, other)
    assert is_same_word(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("big", "major"), ("rise", "rice"), ("sour", "sore"), ("hour", "hoar"), ("prince", "prize"), ("poets", "pets")],
)
def test_other_words(one: str, other: str) -> None:
    assert not is_same_word(one, other)


def test_in_a_headline_capitals_are_no_abbreviation() -> None:
    assert is_abbreviation("WC", "He asked for the WC.")
    assert not is_abbreviation("ARMS", "KOREA REJECTS ARMS DEAL")
    assert not is_abbreviation("Arms", "The Arms deal")


def test_other_spellings_are_no_candidates() -> None:
    colour, shade = Candidate("color", 0.4, known=True), Candidate("shade", 0.6, known=False)
    left = leave_out_spellings("colour", (shade, colour))
    assert left is not None
    assert [c.word for c in left] == ["shade"]
    assert np.isclose(sum(c.share for c in left), 1)
    assert leave_out_spellings("colour", (colour, shade)) is None
    assert leave_out_spellings("hue", (colour, shade)) == (colour, shade)
