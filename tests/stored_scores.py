"""Scores as they are stored, made without a model: lines of `detector score --format jsonl`, and runs of `filter`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any

from detector import model_files
from detector.errors import DocumentError
from detector.judge.decision import decide
from detector.options import Options
from detector.report import (
    Failure,
    Finding,
    Grounds,
    ModelInfo,
    Origin,
    Outcome,
    Report,
    SignalState,
    Status,
    Suggestion,
    Thresholds,
    Verdict,
)
from detector.text.document import Document

MODEL = model_files.read_manifest(model_files.locate())
OWN = Thresholds(
    min(MODEL.settings["verdict"]["suspect"], MODEL.settings["verdict"]["spun"]), MODEL.settings["verdict"]["spun"]
)


def report(
    probability: float | None,
    *,
    id: str = "r1",
    source: str = "a.jsonl:1",
    threshold: float | None = None,
    grounds: Grounds | None = None,
    swap: tuple[str, str] = ("moo", "cow"),
    **more: Any,
) -> Report:
    """Return the report of a document with this probability, as the judge of the shipped model would judge it."""
    thresholds = OWN if threshold is None else OWN.moved(threshold, Origin.THRESHOLD)
    verdict = Verdict.UNSCORED
    remarks: tuple[str, ...] = ()
    if probability is not None:
        grounds = grounds or Grounds(probability)
        verdict, remarks = decide(probability, grounds, thresholds)
    finding = Finding(0, 3, swap[0], "wording", "SWAPPED_WORD", "Odd.", 0.9, (Suggestion(swap[1], 0.5),))
    return Report(
        id,
        source,
        verdict,
        probability,
        "under 40 words of prose" if probability is None else None,
        "en",
        100,
        (),
        (finding,) if probability is not None else (),
        {"wording": SignalState(Status.OK, ""), "grammar": SignalState(Status.SKIPPED, "switched off")},
        ModelInfo(MODEL.version, MODEL.sha256),
        more.pop("thresholds", thresholds),
        notes=more.pop("notes", ()) + remarks,
        grounds=grounds,
        **more,
    )


def lines(reports: Iterable[Outcome]) -> str:
    return "".join(json.dumps(one.to_dict()) + "\n" for one in reports)


class NumberScorer:
    """Scores a text by the number it begins with: `0.93 clipped …`; `x` can't be scored and `-` is too short."""

    def __init__(self) -> None:
        self.scored = 0
        self.options = Options()

    def open(self, options: Options) -> nullcontext[NumberScorer]:
        self.options = options
        return nullcontext(self)

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        for document in documents:
            self.scored += 1
            yield self.score(document)

    def score(self, document: Document) -> Outcome:
        first, *words = document.text.split()
        if first == "x":
            return Failure(document.id, document.source, DocumentError("the program broke on this document"))
        probability = None if first == "-" else float(first)
        grounds = Grounds(
            0.0 if "grammar" in words else probability or 0.0,
            clipped="clipped" in words,
            choices=Verdict.SPUN if "choices" in words else None,
        )
        return report(
            probability,
            id=document.id,
            source=document.source,
            threshold=self.options.threshold,
            grounds=None if probability is None else grounds,
            group=document.group,
        )
