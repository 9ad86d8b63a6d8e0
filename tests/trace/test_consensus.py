"""Consensus: what the other members of a family say of one."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from traced_texts import SOURCE

from detector import model_files
from detector.trace.comparing import Comparer
from detector.trace.consensus import ask_others
from detector.trace.sidecar import Entry, Sidecar
from detector.trace.signatures import sign_text
from detector.trace.swaps import Words
from detector.trace.tracing import Library, Result

#: What spinners put in for words of the source, several for each.
ALTERNATIVES = {
    "old": "aged elderly erstwhile", "opened": "unfolded unsealed", "plans": "designs schemes contrivances",
    "drawn": "pulled hauled", "retired": "superannuated withdrawn", "small": "little minuscule", "sell": "peddle vend",
    "money": "lucre cash", "repair": "mend fix", "leads": "directs conducts", "told": "apprised informed",
    "people": "individuals mortals", "signed": "inked autographed", "letter": "missive epistle", "need": "require necessitate",
    "grant": "allowance subvention", "year": "twelvemonth annum", "long": "lengthy protracted", "debate": "argument disputation",
    "asked": "requested besought", "bring": "convey fetch", "better": "superior finer", "figures": "digits numerals",
    "next": "ensuing adjacent", "meeting": "gathering confluence", "stay": "linger tarry", "volunteers": "helpers unpaids",
    "painting": "coloring daubing", "hull": "husk carapace", "cost": "price outlay", "good": "beneficent goodly",
    "evening": "eventide night", "listened": "harked hearkened", "treasurer": "bursar", "museum": "repository",
}  # fmt: skip


def spun(share: float, seed: int, text: str = SOURCE) -> str:
    rng = random.Random(seed)

    def put_in(match: re.Match[str]) -> str:
        there = ALTERNATIVES.get(match[0], "").split()
        return rng.choice(there) if there and rng.random() < share else match[0]

    return re.sub(r"[a-z]+", put_in, text)


@pytest.fixture(scope="module")
def comparer() -> Comparer:
    return Comparer(model_files.read_manifest(model_files.locate()))


def trace(folder: Path, comparer: Comparer, *texts: str) -> Result:
    documents = [(Entry(str(n), f"t:{n}", text), sign_text(text)) for n, text in enumerate(texts)]
    result = Result(Library([Sidecar.create(folder).add(documents, {"files": [], "errors": []})]))
    result.fill(comparer)
    return result


@pytest.mark.parametrize("seed", range(3))
def test_the_least_spun_of_copies_is_no_original_and_the_original_is(
    seed: int, tmp_path: Path, comparer: Comparer
) -> None:
    copies = [spun(share, 10 * seed + n) for n, share in enumerate((0.3, 0.4, 0.5, 0.6, 0.7))]
    with (
        trace(tmp_path / "gone", comparer, *copies) as gone,
        trace(tmp_path / "there", comparer, *copies, SOURCE) as there,
    ):
        assert [family.original for family in gone.families] == [None]
        least = gone.families[0].likeliest
        assert least is None or gone.relations["spun siblings"] >= 2
        assert [family.original for family in there.families] == [5]
        assert [there.families[0].relations[member] for member in range(5)] == ["spun copy"] * 5


#: Words of the source that each copy swaps, and no other one.
OF_ITS_OWN = [
    "harbour board met decide", "lain north bridge table", "group sailors turn upper", "deck second scrap quay",
    "replied every nobody come",
]  # fmt: skip


def pairs(*swaps: Mapping[str, str], text: str = SOURCE) -> dict[int, dict[str, Any]]:
    """Return pairs of the text and copies with these words in them, as they are written for machines."""
    return {
        number: pair({**one, **dict.fromkeys(OF_ITS_OWN[number].split(), f"other {number}")}, text)
        for number, one in enumerate(swaps)
    }


def pair(swaps: Mapping[str, str], text: str) -> dict[str, Any]:
    found = [(match, swaps[match[0]]) for match in re.finditer(r"[a-z]+", text) if match[0] in swaps]
    return {
        "words": len(text.split()),
        "swapped": len(found),
        "swaps": [
            {"a": {"start": match.start(), "end": match.end(), "text": match[0]}, "b": {"text": other}}
            for match, other in found
        ],
    }


OWN = {
    "old": "new",
    "small": "big",
    "long": "short",
    "better": "worse",
}  # what only the document has, and what others have


def no_direction(one: Words, other: Words) -> float:
    return 0.0


def test_words_that_only_one_document_has_were_put_in() -> None:
    found = ask_others(pairs(OWN, OWN, OWN), [0, 1, 2], no_direction)
    assert found.is_contradicted
    assert not found.is_original
    assert set(found.agreeing) == {0, 1, 2}


@pytest.mark.parametrize(
    "swaps",
    [
        [{}, {"old": "aged"}, {"old": "antique"}],  # nobody agrees
        [{"old": "aged", "small": "little"}] * 3,  # that is not enough
        [OWN, OWN, {"good": "fine"}],  # one has what the document has
    ],
)
def test_what_few_agree_on_says_nothing(swaps: list[dict[str, str]]) -> None:
    assert ask_others(pairs(*swaps), [0, 1, 2], no_direction).is_original


def test_a_spinner_that_knows_one_word_for_each_does_not_outvote_the_original() -> None:
    """All copies have the same words then: those of the document are the ones that a person would write."""
    copies = pairs(*[OWN] * 5)
    assert ask_others(copies, list(copies), lambda one, other: 2.0).is_original
    assert ask_others(copies, list(copies), lambda one, other: -2.0).is_contradicted


def test_one_other_document_says_nothing_and_a_copy_of_it_adds_nothing() -> None:
    copies = pairs(OWN, OWN)
    copies[1] = pair({**OWN, "harbour": "port", "money": "cash"}, SOURCE)
    for voters in ([0], [0, 1]):
        found = ask_others(copies, voters, no_direction)
        assert found.voters == 1
        assert not found.is_contradicted
        assert not found.is_original
