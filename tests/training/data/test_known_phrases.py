from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from detector.signals.wording.phrases import PhraseTable, fingerprint
from detector.training.data.known_phrases import forms, found_in, inflected, known_phrases, without_honest, write
from detector.training.data.records import held_out_records
from detector.training.data.tortured import held_out, held_out_phrases

ROWS = {
    "choice tree": "decision tree",
    "bosom peril": "breast cancer",
    "choice emotionally supportive network": "decision support system (DSS)",
    "decision tree": "verdict bush",  # an original of others
    "trees": "forest",
    "tree decision": "decision tree",  # only another order
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spun").mkdir()
    rows = [json.dumps({"phrase": p, "expected": e, "papers": None if p == "trees" else 3}) for p, e in ROWS.items()]
    (tmp_path / "spun/tortured_phrases.jsonl.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    return tmp_path


def test_phrases_are_known_in_other_numbers_and_held_out_ones_not_at_all(folder: Path) -> None:
    pytest.importorskip("lemminflect")
    found = known_phrases(folder)
    learned = {p for p, e in ROWS.items() if not held_out(e.removesuffix(" (DSS)"))}
    assert learned, "all of them are held out"
    for phrase in ("choice tree", "bosom peril", "choice emotionally supportive network"):
        assert (forms(phrase) in found) == (phrase in learned)
    assert (("choice", "trees") in found) == ("choice tree" in learned)
    assert not {("decision", "tree"), ("trees",), ("tree", "decision")} & set(found)
    assert set(held_out_phrases(folder)) == {
        e for e in ("decision tree", "breast cancer", "decision support system", "verdict bush") if held_out(e)
    }


def test_the_last_word_takes_its_other_forms() -> None:
    pytest.importorskip("lemminflect")
    assert ("choice trees", "decision trees") in inflected("choice tree", "decision tree")
    assert ("fluffy rationales", "fuzzy logics") in inflected("fluffy rationale", "fuzzy logic")


def test_what_honest_texts_have_is_left_out() -> None:
    from collections import Counter

    phrases = {forms("search engine"): Counter("a"), forms("bosom peril"): Counter("b")}
    assert list(without_honest(phrases, ["A Search-Engine finds it.", "bosom", "peril"])) == [("bosom", "peril")]


def test_phrases_kept_for_evaluation_are_put_where_their_originals_stood(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detector.training.data import records
    from detector.training.data import splits as data

    text = "The decision tree grew. A breast cancer study used another Decision tree for breast cancer, it says."
    source = next(source for source in data.SOURCES if not source.encoder)
    one = data.Text("1", source.name, "news", "g", text, {})
    monkeypatch.setattr(records.data, "SOURCES", (source,))
    monkeypatch.setattr(records, "split_documents", lambda *_: ([], [one]))
    monkeypatch.setattr(
        records,
        "held_out_phrases",
        lambda _: {"decision tree": [("choice tree", 1.0)], "breast cancer": [("bosom peril", 1.0)]},
    )
    ((record, originals),) = held_out_records(folder, None, 5)
    assert record.spun
    assert [record.text[slice(*edit)] for edit in record.edits] == [
        "choice tree",
        "bosom peril",
        "Choice tree",
        "bosom peril",
    ]
    assert originals == ("decision tree", "breast cancer", "Decision tree", "breast cancer")


def test_phrases_are_counted_in_texts() -> None:
    phrases = PhraseTable({fingerprint(("bosom", "peril")): "breast cancer"})
    assert found_in(phrases, ["Of bosom peril and bosom-peril.", "None."]) == (2, 7)


def test_a_dictionary_comes_back_from_its_file(tmp_path: Path) -> None:
    from collections import Counter

    path = tmp_path / "phrases.npz"
    write({("bosom", "peril"): Counter({"chest risk": 2, "breast cancer": 9}), ("a", "b"): Counter({"c": 1})}, path)
    loaded = PhraseTable.load(path)
    assert loaded.originals == {
        fingerprint(("bosom", "peril")): "breast cancer\tchest risk",
        fingerprint(("a", "b")): "c",
    }
    assert b"bosom" not in path.read_bytes()
