"""A detector without a model that follows a policy: it marks some odd words, and calls what has many of them spun."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext

from detector.options import Options
from detector.policy.notes import note_on
from detector.policy.policy import Policy
from detector.report import (
    Finding,
    ModelInfo,
    Outcome,
    Report,
    SignalState,
    Status,
    Suggestion,
    Thresholds,
    Verdict,
)
from detector.signals import Measurement
from detector.text.document import Document

ODD = re.compile(r"\b(?:wings offer|counterfeit consciousness|damp|noble hops|big)\b", re.IGNORECASE)
MANY = 2
MORE: tuple[tuple[str, Callable[..., Finding]], ...] = ()  # words of other signals, and what makes their findings


class QuickWords:
    """Two odd words make a document spun. `thoroughly` does, too, whatever is ignored."""

    def open(self, options: Options) -> nullcontext[QuickWords]:
        self.policy = Policy.of_options(options)
        return nullcontext(self)

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        return map(self.score, documents)

    def score(self, document: Document) -> Report:
        findings = tuple(
            Finding.at(
                document, *match.span(), signal="wording", rule="SWAPPED_PHRASE" if " " in match.group() else "SWAPPED_WORD",
                message="Odd.", score=0.9, suggestions=(Suggestion("arms deal", 0.5),),
            )
            for match in ODD.finditer(document.prose.text)
        )  # fmt: skip
        for word, made in MORE:
            at = document.prose.text.index(word)
            findings += (made(document, at, at + len(word)),)
        measured = full = Measurement(Status.OK, findings=findings)
        ignores = self.policy.of(document)
        if ignores is not None:
            measured = ignores.apply(full, "wording")
        verdict = self._verdict(document, measured)
        ignored = None
        if ignores is not None:
            before = self._verdict(document, full)
            accepted = ignores.accepts(verdict)
            ignored = ignores.result(before, 0.99 if before is Verdict.SPUN else 0.1, accepted=accepted)
        return Report(
            document.id, document.source, verdict, 0.99 if verdict is Verdict.SPUN else 0.1, None, "en",
            len(document.words), (), measured.findings, {"wording": SignalState(Status.OK, ""), "names": SignalState(Status.OK, "")},
            ModelInfo("1", "ab" * 32), Thresholds(0.5, 0.9), notes=note_on(ignored), ignored=ignored,
        )  # fmt: skip

    @staticmethod
    def _verdict(document: Document, measured: Measurement) -> Verdict:
        spun = len(measured.findings) >= MANY or "thoroughly" in document.text
        return Verdict.SPUN if spun else Verdict.CLEAN
