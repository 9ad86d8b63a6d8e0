"""Tracing: how much is compared of a family, and that nothing is lost by it."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from traced_texts import SECOND, SOURCE, spun, unrelated

from detector import model_files
from detector.reports.traced import write_text
from detector.reports.traced_page import make_families_page
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


def test_neither_original_of_a_sewn_document_is_called_a_copy_of_it(tmp_path: Path, comparer: Counting) -> None:
    sewn = spun(0.7, 5, f"{SOURCE}\n\n{SECOND}")
    texts = [SOURCE, SECOND, sewn, spun(0.6, 1, SECOND)]
    with Result(Library([part(tmp_path, *texts)])) as result:
        result.fill(comparer)
        (family,) = result.families
        assert sorted(family.originals) == [0, 1]
        shown = result.family(family)
        assert shown["originals"] == [{"id": str(one), "source": f"t:{one}"} for one in family.originals]
        first, second = family.originals
        of = {member["id"]: (member["relation"], member["of"] and member["of"]["id"]) for member in shown["members"]}
        assert of[str(first)] == (None, None)
        assert of[str(second)] == ("original", "2")
        assert of["2"] == ("spun copy", str(first))
        assert of["3"] == ("spun copy", "1")
        stream = StringIO()
        write_text(result, stream)
        assert f"the originals are t:{first} and t:{second}" in stream.getvalue()
        assert f"  original      t:{second}  of t:2  " in stream.getvalue()
        page = make_families_page(result)
        assert f"The originals are t:{first} and t:{second}." in page
        (place,) = re.findall(rf't:{second} <span class="faint"><a href="#(.*?)">original of the one above</a>', page)
        assert re.search(rf'id="{place}".*?<th>t:{second}</th><th>t:2</th>', page)
