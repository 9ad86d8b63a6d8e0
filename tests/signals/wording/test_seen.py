"""Windows of a text that was scored before have the same result, without the encoder."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import numpy as np
import pytest

from detector.signals.wording import seen
from detector.signals.wording.evidence import WORD_INPUTS, Evidence
from detector.signals.wording.scoring import ScoredWindow
from detector.signals.wording.seen import MOST_KEPT, SeenWindows
from detector.text.document import Document
from detector.text.offsets import Span


class Scorer:
    """Says of each word how long it is, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def score_windows(
        self,
        documents: Sequence[Document],
        windows: Sequence[Sequence[Span]],
        light: Sequence[Evidence | None] | None = None,
    ) -> list[list[ScoredWindow]]:
        scored = []
        for document, chosen in zip(documents, windows, strict=True):
            of_one = []
            for window in chosen:
                text = document.prose.text[slice(*window)]
                self.asked.append(text)
                words = [word for word in document.words if window.start <= word.start < window.end]
                if words:
                    starts = np.array([word.start for word in words])
                    ends = np.array([word.end for word in words])
                    inputs = np.full((len(words), len(WORD_INPUTS)), float(len(text)), np.float32)
                    nothing = np.zeros(0, np.int64)
                    evidence = Evidence(starts, ends, inputs, (ends - starts).astype(np.float32))
                    of_one.append(
                        ScoredWindow(evidence, text, [], [], nothing, [], nothing, inputs[:0], (), inputs[:0, 0])
                    )
            scored.append(of_one)
        return scored


def document(*paragraphs: str) -> tuple[Document, list[Span]]:
    """A document whose windows are its paragraphs."""
    text = "\n\n".join(paragraphs)
    starts = [sum(len(one) + 2 for one in paragraphs[:n]) for n in range(len(paragraphs))]
    made = Document.from_text(text, format="plain")
    assert made.prose.text == text
    return made, [Span(start, start + len(one)) for start, one in zip(starts, paragraphs, strict=True)]


ONE = document("All rights are reserved.", "The bridge was opened.", "( … )", "All rights are reserved.")
OTHER = document("The mayor spoke.", "The bridge was opened.")


def same(a: ScoredWindow, b: ScoredWindow) -> bool:
    return a.text == b.text and all(
        np.array_equal(getattr(a.evidence, name), getattr(b.evidence, name))
        for name in ("starts", "ends", "inputs", "log_odds")
    )


def test_each_text_is_scored_once_and_stands_where_it_stands() -> None:
    scorer = Scorer()
    windows = SeenWindows(scorer)  # type: ignore[arg-type]
    found = windows.score_windows([ONE[0], OTHER[0]], [ONE[1], OTHER[1]])
    found += windows.score_windows([OTHER[0]], [OTHER[1]])
    assert scorer.asked == ["All rights are reserved.", "The bridge was opened.", "( … )", "The mayor spoke."]
    expected = Scorer().score_windows([ONE[0], OTHER[0], OTHER[0]], [ONE[1], OTHER[1], OTHER[1]])
    assert [len(of_one) for of_one in found] == [3, 2, 2]
    for ours, theirs in zip(found, expected, strict=True):
        assert all(same(*pair) for pair in zip(ours, theirs, strict=True))


def test_what_the_light_encoder_said_belongs_to_the_text() -> None:
    scorer = Scorer()
    windows = SeenWindows(scorer)  # type: ignore[arg-type]
    (read,) = Scorer().score_windows([OTHER[0]], [OTHER[1]])
    first = read[0].evidence
    other = Evidence(first.starts, first.ends, first.inputs + 1, first.log_odds)
    for light in (first, first, other, Evidence(first.starts + 1, first.ends, first.inputs, first.log_odds)):
        windows.score_windows([OTHER[0]], [OTHER[1][:1]], [light])
    assert scorer.asked == ["The mayor spoke."] * 3


def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "MOST_KEPT", 2)
    scorer = Scorer()
    windows = SeenWindows(scorer)  # type: ignore[arg-type]
    for _ in range(2):
        assert len(windows.score_windows([ONE[0]], [ONE[1]])[0]) == 3
        for span in OTHER[1]:
            windows.score_windows([OTHER[0]], [[span]])
    assert scorer.asked.count("All rights are reserved.") == 2
    assert MOST_KEPT > 100


def test_a_copy_remembers_nothing() -> None:
    windows = SeenWindows(Scorer())  # type: ignore[arg-type]
    windows.score_windows([ONE[0]], [ONE[1]])
    assert pickle.loads(pickle.dumps(windows))._kept == {}


def test_what_is_forgotten_is_scored_again() -> None:
    scorer = Scorer()
    windows = SeenWindows(scorer)  # type: ignore[arg-type]
    for _ in range(2):
        windows.score_windows([OTHER[0]], [OTHER[1]])
        windows.forget()
    assert len(scorer.asked) == 4
