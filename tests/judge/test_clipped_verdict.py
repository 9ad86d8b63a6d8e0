"""Clipped style makes the verdict milder, not the probability."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.engine.detector import Detector
from detector.judge.decision import OVERWHELMING
from detector.judge.probability import logit
from detector.judge.register import is_clipped
from detector.judge.verdict import Judge
from detector.model_files import Manifest
from detector.report import Status, Verdict
from detector.signals import Measurement
from detector.signals.grammar.features import FEATURES as GRAMMAR
from detector.signals.names import NamesSignal
from detector.signals.readability import ReadabilitySignal
from detector.signals.typography import TypographySignal
from detector.signals.wording.features import FEATURES as WORDING
from detector.text.document import Document

CASES = Path(__file__).parents[1] / "cases"


def clipped_texts() -> list[Any]:
    lines = (CASES / "clipped.jsonl").read_text(encoding="utf-8").splitlines()
    return [pytest.param(case["text"], id=case["id"]) for case in map(json.loads, lines)]


@pytest.mark.parametrize("text", clipped_texts())
def test_clipped_texts_are_known_and_not_called_spun(detector: Detector, text: str) -> None:
    assert is_clipped(Document.from_text(text))
    report = detector.score(text)
    assert report.verdict is not Verdict.SPUN
    assert (report.probability or 0) < OVERWHELMING


@pytest.mark.parametrize("name", ["documents/clean.txt", "documents/spun.txt"])
def test_sentences_are_not_clipped_spun_or_not(name: str) -> None:
    assert not is_clipped(Document.from_text((CASES / name).read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def judge(manifest: Manifest) -> Judge:
    signals = (NamesSignal, ReadabilitySignal, TypographySignal)
    return Judge(manifest, [*WORDING, *GRAMMAR, *(feature for signal in signals for feature in signal.features)])


@pytest.mark.parametrize(
    ("probability", "clipped", "verdict"),
    [
        (OVERWHELMING - 0.005, True, Verdict.SUSPECT),
        (OVERWHELMING - 0.005, False, Verdict.SPUN),
        (OVERWHELMING, True, Verdict.SPUN),
        (0.1, True, Verdict.CLEAN),
    ],
)
def test_clipped_style_needs_overwhelming_evidence(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, probability: float, clipped: bool, verdict: Verdict
) -> None:
    monkeypatch.setattr(judge, "_log_odds", lambda values: np.full(len(values), logit(probability)))
    judgement = judge.judge({"wording": Measurement(Status.OK)}, clipped=clipped)
    assert judgement is not None
    assert (judgement.verdict, judgement.probability) == (verdict, probability)
    assert bool(judgement.remarks) == (verdict is Verdict.SUSPECT)
