from __future__ import annotations

from pathlib import Path

from detector.signals.wording.phrases import PhraseTable, fingerprint
from detector.training.data.known_phrases import write
from detector.training.data.paraphrases import paraphrases
from detector.training.data.swaps import WITHIN_PHRASE, backwards, word_by_word

TABLES = {
    "article": {
        "traffic": [("site visitors", 0.6), ("movement", 0.4)],
        "power plant": [("energy plant", 0.5), ("plant of power", 0.5)],
        "visitors": [("visitors who come", 1.0)],
    },
    "tortured": {"web traffic": [("site visitors", 0.1)]},
}


def test_phrases_are_read_backwards(tmp_path: Path) -> None:
    write(paraphrases(TABLES), tmp_path / "paraphrases.npz")
    assert PhraseTable.load(tmp_path / "paraphrases.npz").originals == {
        fingerprint(("site", "visitors")): "traffic\tweb traffic",
        fingerprint(("energy", "plant")): "power plant",
    }


def test_a_phrase_says_something_of_its_words() -> None:
    assert list(word_by_word("traffic", "movement")) == [("traffic", "movement", 1.0)]
    assert list(word_by_word("power plant", "energy plant")) == [("power", "energy", WITHIN_PHRASE)]
    assert list(word_by_word("traffic", "site visitors")) == []
    found = backwards(TABLES)
    assert 0 < found["energy"]["power"] < found["movement"]["traffic"]
    assert found["visitors"].keys() == {"traffic"}  # of `web traffic`
