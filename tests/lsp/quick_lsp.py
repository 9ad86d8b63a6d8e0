"""A language server whose detector is a quick stand-in: `wings` is a finding, and `spun` makes a section spun.

What is scored is written to standard error, a line each, so that a test sees what was read again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext

from detector.lsp.server import Server
from detector.options import Options
from detector.report import Finding, ModelInfo, Outcome, Report, Suggestion, Thresholds, Verdict
from detector.settings import choose
from detector.text.document import Document


class Quick:
    def __init__(self, name: str) -> None:
        self._name = name

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        for document in documents:
            text = document.prose.text
            print(f"{self._name}: {text.split(maxsplit=1)[0]}", file=sys.stderr, flush=True)
            findings = []
            at = text.find("wings")
            while at >= 0 and document.ignore != ("wings",):
                suggestions = (Suggestion("arms", 0.9), Suggestion("sides", 0.1))
                swapped = ("wording", "SWAPPED_WORD", "“wings” looks put in by a substitution.", 0.9, suggestions)
                span = document.locate(at, at + 5)
                findings.append(Finding(span.start, span.end, document.text[span.start : span.end], *swapped))
                at = text.find("wings", at + 1)
            article = Finding(0, 1, text[:1], "grammar", "EN_A_VS_AN", "Odd.", 0.3)
            threshold = (document.options or Options()).threshold or 0.9
            spun = "spun" in text and threshold < 0.99
            yield Report(
                document.id, document.source, Verdict.SPUN if spun else Verdict.CLEAN, 0.98 if spun else 0.02, None, "en", 50,
                (), (article, *findings), {}, ModelInfo("1", "ab" * 32), Thresholds(0.5, threshold),
            )  # fmt: skip


if __name__ == "__main__":
    chosen = choose("lsp", {})
    Server(chosen, lambda: nullcontext(Quick("section")), lambda: nullcontext(Quick("whole"))).start()
