"""Commands that go on where they were, with a scorer that looks for a word: what a test starts, kills and starts again.

python filter_process.py SECONDS_A_DOCUMENT filter IN --kept DIR --rejected DIR
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from itertools import islice

from detector.cli import scoring
from detector.cli.app import app
from detector.errors import DocumentError
from detector.options import Options
from detector.report import OFF, Failure, Finding, ModelInfo, Outcome, Report, Suggestion, Thresholds, Verdict
from detector.text.document import Document

VERDICTS = {"[spun]": Verdict.SPUN, "[suspect]": Verdict.SUSPECT, "[short]": Verdict.UNSCORED}
PROBABILITIES = {Verdict.SPUN: 0.99, Verdict.SUSPECT: 0.7, Verdict.CLEAN: 0.03125, Verdict.UNSCORED: None}


class WordScorer:
    """Scores in batches of five, as the engine scores in batches. A text with [broken] can't be scored."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self.scored = 0

    def open(self, options: Options | None = None) -> nullcontext[WordScorer]:
        return nullcontext(self)

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        remaining = iter(documents)
        while batch := list(islice(remaining, 5)):
            for document in batch:
                time.sleep(self._seconds)
                self.scored += 1
                yield self.outcome(document)

    def outcome(self, document: Document) -> Outcome:
        return outcome(document)


class SwapScorer(WordScorer):
    """Finds each WINGS, which was swapped for `ärms`."""

    def outcome(self, document: Document) -> Outcome:
        made = outcome(document)
        if isinstance(made, Failure):
            return made
        suggestions = (Suggestion("ärms", 0.99),)
        found = (
            Finding(*match.span(), "WINGS", "wording", "SWAPPED_WORD", "Odd.", 0.99, suggestions)
            for match in re.finditer("WINGS", document.text)
        )
        return replace(made, findings=tuple(found))


def outcome(document: Document) -> Outcome:
    if "[broken]" in document.text:
        return Failure(document.id, document.source, DocumentError("the program broke on this document"))
    verdict = next((verdict for mark, verdict in VERDICTS.items() if mark in document.text), Verdict.CLEAN)
    verdict = Verdict.UNSCORED if document.off else verdict
    probability = PROBABILITIES[verdict]
    threshold = (document.options and document.options.threshold) or 0.9
    if probability is not None and probability >= threshold:
        verdict = Verdict.SPUN
    at = document.text.find("[")
    finding = Finding(
        at, at + 6, document.text[at : at + 6], "wording", "SWAPPED_WORD", "Odd.", 0.5, (Suggestion("é\u2028", 0.5),)
    )
    return Report(
        document.id,
        document.source,
        verdict,
        probability,
        OFF if document.off else "under 40 words of prose" if verdict is Verdict.UNSCORED else None,
        "en",
        len(document.text.split()),
        (),
        (finding,) if at >= 0 else (),
        {},
        ModelInfo("1", "ab" * 32),
        Thresholds(0.5, threshold),
    )


if __name__ == "__main__":
    scorer = SwapScorer if "repair" in sys.argv else WordScorer
    scoring.load_detector = scorer(float(sys.argv[1])).open  # type: ignore[assignment]
    app(sys.argv[2:], prog_name="detector")
