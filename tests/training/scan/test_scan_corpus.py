"""The first stage's corpus: words, what stands before them, and which were put in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from detector.signals.scan.words import CASES
from detector.training.scan.corpus import LONGEST, Collected, _write, number
from detector.training.spinners import Replacement, Spun


def test_words_of_an_edit_are_labelled_and_no_others() -> None:
    text = "The wings-offer was big."
    found = Collected()
    found.add(Spun(text, (Replacement(4, 8, 4, 15), Replacement(13, 16, 20, 23))))
    assert [list(found.numbers)[word] for word in found.words] == ["The", "wings", "offer", "was", "big"]
    assert found.labels == [False, True, True, False, True]
    assert found.ends == [5]


def test_long_windows_go_on_in_another(tmp_path: Path) -> None:
    found = Collected()
    found.add(Spun("word " * (LONGEST + 2), ()))
    found.add(Spun("Word, other", ()))
    assert found.ends == [LONGEST, LONGEST + 2, LONGEST + 4]
    _write(found, tmp_path / "windows-0.npz")
    (tmp_path / "surfaces.txt").write_text("\n".join(found.numbers), encoding="utf-8")
    number(tmp_path, size=1)
    stored = np.load(tmp_path / "numbered-0.npz")
    assert (tmp_path / "vocabulary.txt").read_text(encoding="utf-8") == "word"
    assert set(stored["ids"][: LONGEST + 3].tolist()) == {0}
    assert stored["ids"][-1] > 0
    assert stored["styles"][0] // CASES == stored["styles"][LONGEST + 2] // CASES  # both begin a window
    assert not stored["labels"].any()
