"""Which documents the deep encoder reads after the light one.

The light encoder seldom overlooks a spun document altogether, but it often cannot tell one from honest odd writing. So where
it has some suspicion the deep one reads a sample, the passages that it finds most suspicious, a sentence or two each, and a
second sample if those look a little odd; all of it is read, window by window as when the deep one reads everything, only if
both samples together look spun.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

from detector.model_files import Settings
from detector.signals.wording.evidence import Evidence, concatenate
from detector.signals.wording.likelihood import suspicion
from detector.text.document import Document
from detector.text.offsets import Span


class Step(NamedTuple):
    """Spans that the deep encoder reads next (prose offsets): a sample of a document, or the whole of it."""

    spans: list[Span]
    whole: bool


@dataclass(frozen=True)
class Cascade:
    """Suspicions (`likelihood.suspicion`, in log-odds) above which the deep encoder reads more. Immutable."""

    sample_above: float  # of the light encoder: the deep one reads a sample
    whole_above: float  # of the light encoder: the deep one reads everything at once
    sample_share: float  # of the passages, how many a sample has; one at least
    second_sample_above: float  # of the deep encoder, after a sample: it reads another
    rest_above: float  # of the deep encoder, after two samples: it reads everything

    @classmethod
    def from_settings(cls, settings: Settings) -> Cascade:
        return cls(**settings.numbers(field.name for field in fields(cls)))

    def steps(self, document: Document, light: Evidence, windows: Sequence[Span]) -> Generator[Step, Evidence, None]:
        """Yield what the deep encoder reads of a document, in turn; send what it finds there.

        Ends without a step where the light encoder has no suspicion. A whole step is the last one; its evidence, with
        which the light encoder's is replaced, is not sent.
        """
        steps = self._plan(document, light, windows)
        samples: list[Evidence] = []
        for step, limit in zip(steps, (self.second_sample_above, self.rest_above, math.inf), strict=False):
            if step.whole:
                yield step
                return
            samples.append((yield step))
            if suspicion(concatenate(samples)) <= limit:
                return

    def _plan(self, document: Document, light: Evidence, windows: Sequence[Span]) -> list[Step]:
        of_light = suspicion(light)
        if of_light <= self.sample_above:
            return []
        whole = Step(_with_words(windows, light), whole=True)
        passages = _with_words((s for window in whole.spans for s in document.stretches(window)), light)
        size = max(1, round(self.sample_share * len(passages)))
        if of_light > self.whole_above or len(passages) <= 2 * size:
            return [whole]
        ordered = sorted(passages, key=lambda span: (suspicion(light.between(*span)), span), reverse=True)
        samples = ordered[:size], ordered[size : 2 * size]
        return [*(Step(sorted(spans), whole=False) for spans in samples), whole]


def _with_words(spans: Iterable[Span], light: Evidence) -> list[Span]:
    return [span for span in spans if len(light.between(*span))]


#: The deep encoder reads everything.
READ_EVERYTHING = Cascade(
    sample_above=-math.inf,
    whole_above=-math.inf,
    sample_share=1.0,
    second_sample_above=-math.inf,
    rest_above=-math.inf,
)
