"""Scorers for workers that go wrong, importable from a worker process."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from detector.engine.batches import Scored
from detector.errors import ModelError
from detector.report import ModelInfo, Report, Thresholds, Verdict
from detector.text.document import Document


def make() -> Callable[[Sequence[Document]], Scored]:
    return _score


def make_nothing() -> Callable[[Sequence[Document]], Scored]:
    raise ModelError("models/manifest.json: is gone")


def make_or_die_once(marker: str) -> Callable[[Sequence[Document]], Scored]:
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return _score


def make_and_die() -> Callable[[Sequence[Document]], Scored]:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def make_with_a_thread() -> Callable[[Sequence[Document]], Scored]:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return _score


def make_slowly() -> Callable[[Sequence[Document]], Scored]:
    time.sleep(60)
    return _score


def make_large() -> Callable[[Sequence[Document]], Scored]:
    _kept.append(bytearray(b"x" * LARGE))
    return _score


LARGE = 100_000_000  # bytes
_kept: list[bytearray] = []


def _score(documents: Sequence[Document]) -> Scored:
    return Scored([_one(document) for document in documents], {"gates": 0.5})


def _one(document: Document) -> Report:
    if document.text == "sleep":
        time.sleep(60)
    if document.text == "rest":
        time.sleep(2)
    if document.text == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if document.text == "print":
        print("noise", flush=True)
    if document.text.startswith("die once "):
        marker = Path(document.text.removeprefix("die once "))
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return Report(
        id=document.id,
        source=str(os.getpid()),
        verdict=Verdict.UNSCORED,
        probability=None,
        reason="a test",
        language=None,
        words=0,
        windows=(),
        findings=(),
        signals={},
        model=ModelInfo("0", ""),
        thresholds=Thresholds(0.5, 0.9),
    )
