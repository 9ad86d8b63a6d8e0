"""Candidates: documents with hashes in common, from sidecars of any size, in bounded memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from traced_texts import SOURCE, spun, unrelated

from detector.trace.candidates import MOST_PAIRED, find_candidates
from detector.trace.sidecar import Entry, Part, Sidecar
from detector.trace.signatures import Signature, sign_text


def part(folder: Path, *texts: str) -> Part:
    documents = [(Entry(str(number), f"t:{number}", text), sign_text(text)) for number, text in enumerate(texts)]
    return Sidecar.create(folder).add(documents, {"files": [], "errors": []})


def of_hashes(folder: Path, *hashes: list[int]) -> Part:
    documents = [
        (Entry(str(number), "", ""), Signature(np.array(sorted(one), np.uint64), number, len(one)))
        for number, one in enumerate(hashes)
    ]
    return Sidecar.create(folder).add(documents, {"files": [], "errors": []})


def test_a_copy_is_a_candidate_and_so_are_two_copies_without_the_source(tmp_path: Path) -> None:
    texts = [spun(0.5, 1), *(unrelated(seed) for seed in range(50)), spun(0.5, 2)]
    assert [(one.a, one.b) for one in find_candidates([part(tmp_path, *texts)])] == [(0, 51)]


@pytest.mark.parametrize(("slice_size", "partition_size"), [(10, 10), (100, 7), (10**6, 50), (50, 10**6)])
def test_slices_and_partitions_change_nothing(tmp_path: Path, slice_size: int, partition_size: int) -> None:
    rng = np.random.default_rng(1)
    hashes = [rng.integers(0, 2**63, 20).tolist() for _ in range(60)]
    for _ in range(40):
        one, other = rng.integers(0, 60, 2)
        hashes[one] = [*hashes[one], *hashes[other][:6]]
    for number in range(15):
        hashes[4 * number] = [*hashes[4 * number], *(rng.permutation(40)[:25] + 10**6).tolist()]
    parts = [of_hashes(tmp_path / "a", *hashes[:30]), of_hashes(tmp_path / "b", *hashes[30:])]
    whole = list(find_candidates(parts))
    assert len(whole) > 20
    assert list(find_candidates(parts, slice_size=slice_size, partition_size=partition_size)) == whole
    assert whole == sorted(whole, key=lambda one: (not one.near, one.a, one.b))
    assert {one.near for one in whole} == {True, False}


def test_a_family_of_many_copies_stays_together(tmp_path: Path) -> None:
    copies = [list(range(10, 20))] * (3 * MOST_PAIRED)  # of the same hashes, and each with words of its own
    found = [(one.a, one.b) for one in find_candidates([of_hashes(tmp_path, *copies)])]
    assert {(n, n + 1) for n in range(3 * MOST_PAIRED - 1)} <= set(found)
    assert len(found) < 5 * len(copies)  # and not each with each


def test_what_a_document_has_most_in_common_with_is_near(tmp_path: Path) -> None:
    whole = list(range(1000, 1100))
    shorter = [whole[: 40 + 4 * number] for number in range(15)]
    found = list(find_candidates([of_hashes(tmp_path, *shorter, whole)]))
    near = {(one.a, one.b) for one in found if one.near}
    assert {(number, 15) for number in range(15)} <= near
    assert len(found) == 16 * 15 / 2  # nothing is left out


@pytest.mark.parametrize("size", [3, 300])
def test_documents_of_the_same_words_are_candidates_with_the_first_one_only(tmp_path: Path, size: int) -> None:
    made = part(tmp_path, unrelated(1), *([SOURCE] * size), spun(0.5, 1), *([SOURCE] * size))
    found = [(one.a, one.b) for one in find_candidates([made])]
    assert sorted(found) == [(1, number) for number in range(2, 2 * size + 2)]


def test_against_references_only_pairs_across_are_candidates(tmp_path: Path) -> None:
    corpus = part(tmp_path / "corpus", spun(1.0), unrelated(1), spun(0.5))
    references = part(tmp_path / "references", unrelated(2), SOURCE, SOURCE, f"{SOURCE} It rained.")
    found = [(one.a, one.b) for one in find_candidates([corpus], [references])]
    assert found == [(0, 4), (0, 6), (2, 4), (2, 6)]  # 5 has the words of 4


def test_many_copies_of_one_reference_are_all_found(tmp_path: Path) -> None:
    corpus = of_hashes(tmp_path / "corpus", *([list(range(10, 20))] * (3 * MOST_PAIRED)))
    references = of_hashes(tmp_path / "references", list(range(10, 20)))
    found = list(find_candidates([corpus], [references]))
    assert [one.a for one in found] == list(range(3 * MOST_PAIRED))


def test_nothing_gives_nothing(tmp_path: Path) -> None:
    assert list(find_candidates([])) == []
    assert list(find_candidates([part(tmp_path / "empty")])) == []
    assert list(find_candidates([part(tmp_path / "short", "a word", "a word")])) == []
