"""Tracing: how much is compared of a family, and that nothing is lost by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from traced_texts import SOURCE, spun, unrelated

from detector import model_files
from detector.trace.candidates import NEAREST
from detector.trace.comparing import Comparer
from detector.trace.pairs import Verdict
from detector.trace.sidecar import Entry, Part, Sidecar
from detector.trace.signatures import sign_text
from detector.trace.texts import ComparedText
from detector.trace.tracing import Library, Result


class Counting(Comparer):
    """Counts how many pairs are compared."""

    def __init__(self) -> None:
        super().__init__(model_files.read_manifest(model_files.locate()))
        self.compared = 0

    def compare(self, a: ComparedText, b: ComparedText) -> Verdict | None:
        self.compared += 1
        return super().compare(a, b)


@pytest.fixture(scope="module")
def comparer() -> Counting:
    return Counting()


def part(folder: Path, *texts: str, source: str = "t") -> Part:
    documents = [(Entry(str(n), f"{source}:{n}", text), sign_text(text)) for n, text in enumerate(texts)]
    return Sidecar.create(folder).add(documents, {"files": [], "errors": []})


def test_a_large_family_is_linked_and_its_original_is_compared_with_every_copy(
    tmp_path: Path, comparer: Counting
) -> None:
    copies = [spun((0.5, 0.8)[seed % 2], seed) for seed in range(60)]
    texts = [*copies[:40], *(unrelated(seed) for seed in range(20)), SOURCE, *copies[40:]]
    comparer.compared = 0
    with Result(Library([part(tmp_path, *texts)])) as result:
        result.fill(comparer)
        (family,) = result.families
        assert family.original == 60
        assert len(family.members) == 61
        assert comparer.compared < 4 * NEAREST * 61  # of 1,830 pairs; copies have as much in common as others do
        of_original = [
            pair for pair in result.pairs() if pair["original"] and "60" in (pair["a"]["id"], pair["b"]["id"])
        ]
        assert len(of_original) == 60


def test_documents_of_the_same_words_are_compared_once(tmp_path: Path, comparer: Counting) -> None:
    comparer.compared = 0
    with Result(Library([part(tmp_path, *([SOURCE] * 200), spun(1.0))])) as result:
        result.fill(comparer)
        (family,) = result.families
        assert len(family.members) == 201
        assert family.original == 0
        assert family.relations[200] == "spun copy"
        assert comparer.compared == 2


def test_a_corpus_against_itself_is_the_corpus(tmp_path: Path, comparer: Counting) -> None:
    texts = (unrelated(1), SOURCE, spun(0.5, 1), spun(1.0))
    corpus, references = part(tmp_path / "a", *texts), part(tmp_path / "b", *texts)
    with Result(Library([corpus], [references])) as result, Result(Library([corpus])) as alone:
        result.fill(comparer)
        alone.fill(comparer)
        assert [family.members for family in result.families] == [(1, 2, 3)]
        assert list(result.pairs()) == list(alone.pairs())
