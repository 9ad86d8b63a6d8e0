"""What the wording signal says of one document, read in whole or in part."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.report import Finding, Status
from detector.signals import Ignoring, Measurement
from detector.signals.wording.evidence import WORD_INPUTS, Evidence, concatenate
from detector.signals.wording.features import features, without_masked_log_probs
from detector.signals.wording.findings import make_findings
from detector.signals.wording.mentions import (
    KnownPhrase,
    find_quotations,
    find_suspicious_mentions,
    inside,
    leave_out,
    note_on,
)
from detector.signals.wording.neutral import neutralise
from detector.signals.wording.scoring import ScoredDocument, Suspect
from detector.text.document import Document
from detector.text.offsets import Span


@dataclass(frozen=True)
class WordingMeasurement(Measurement):
    """A measurement with the evidence of each word that was read, in order of the prose.

    `closer` are the windows of a long document that the deep encoder read after the light one, and `closer_scored` is what it
    said of them; the evidence of their words is the deep encoder's, that of all others the light one's. `read` are all windows
    that an encoder has read, also those whose words do not count.
    """

    evidence: Evidence | None = None
    prior: float = 0.5
    quotations: tuple[Span, ...] = ()
    scored: ScoredDocument | None = None
    mentions: tuple[Span, ...] = ()
    closer: tuple[Span, ...] = ()
    closer_scored: ScoredDocument | None = None
    read: frozenset[Span] = frozenset()

    def without(self, ignoring: Ignoring) -> Measurement:
        """Return the measurement with ordinary words in the place of ignored ones, and without what is not to be read."""
        kept = tuple(finding for finding in self.findings if finding not in ignoring.findings)
        if self.evidence is None:
            return replace(self, findings=kept)
        evidence = leave_out(self.evidence, ignoring.unread) if ignoring.unread else self.evidence
        if not len(evidence) or inside(evidence, ignoring.unremarkable).all():
            return Measurement.skipped("all its words are ignored")
        deep = inside(evidence, self.closer)
        weights = [scored.neighbour_weight if scored else 0.0 for scored in (self.scored, self.closer_scored)]
        evidence = neutralise(
            evidence, ignoring.unremarkable, np.where(deep, weights[1], weights[0]).astype(np.float32), deep
        )
        return replace(self, features=self._features(evidence), findings=kept, evidence=evidence)

    def find(self, document: Document, log_odds: float) -> tuple[Finding, ...]:
        """Return the findings in a document, given the log-odds that it was spun; what it only mentions is none."""
        if self.scored is None:
            return ()
        found = self._find(self.scored, document, log_odds, self.mentions + self.closer)
        if self.closer_scored is not None:
            found += self._find(self.closer_scored, document, log_odds, self.mentions)
        return tuple(sorted(found, key=lambda finding: finding.start))

    def _find(
        self, scored: ScoredDocument, document: Document, log_odds: float, left_out: Sequence[Span]
    ) -> list[Finding]:
        spans = (span for span in scored.find_swaps(log_odds) if not _is_in(span.start, left_out))
        return list(make_findings(document, spans, scored.scorer.findings, log_odds))

    def _features(self, evidence: Evidence) -> dict[str, float]:
        """Return the features of some of the words. Where both encoders have read them, what only one measures is absent."""
        if self.closer and not inside(evidence, self.closer).all():
            evidence = without_masked_log_probs(evidence)
        return features(evidence, self.prior)

    def with_closer(self, scored: ScoredDocument, windows: Sequence[Span]) -> WordingMeasurement:
        """Return the measurement with what the deep encoder says of some windows in the place of what the light one said."""
        if self.evidence is None:
            return self
        rest = leave_out(self.evidence, windows)
        closer = replace(scored.evidence, inputs=scored.evidence.inputs[:, : len(WORD_INPUTS)])
        if self.mentions:
            closer = leave_out(closer, self.mentions)
        together = concatenate([rest, closer])
        order = together.starts.argsort(kind="stable")
        evidence = Evidence(*(getattr(together, name)[order] for name in ("starts", "ends", "inputs", "log_odds")))
        changed = replace(self, evidence=evidence, closer=tuple(windows), closer_scored=scored)
        detail = f"{self.detail}; the deep encoder read {len(windows)} of them, too"
        return replace(changed, features=changed._features(evidence), detail=detail)

    def suspects(self, count: int) -> list[Suspect]:
        """Return the words that were most likely swapped, what is only mentioned left out."""
        if self.scored is None:
            return []
        found = [one for one in self.scored.strongest(count) if not _is_in(one.start, self.mentions + self.closer)]
        if self.closer_scored is None:
            return found
        found += [one for one in self.closer_scored.strongest(count) if not _is_in(one.start, self.mentions)]
        found = sorted(found, key=lambda one: -one.log_odds)[:count]
        return sorted(found, key=lambda one: one.start)

    def with_log_odds(self, changed: Mapping[int, float]) -> WordingMeasurement:
        """Return the measurement with other log-odds for some words, by where they start in the prose."""
        if self.evidence is None or self.scored is None:
            return self
        evidence = self.evidence.with_log_odds(changed)
        scored = self.scored.with_log_odds(changed)
        closer = self.closer_scored and self.closer_scored.with_log_odds(changed)
        features = self._features(evidence)
        return replace(self, features=features, evidence=evidence, scored=scored, closer_scored=closer)

    def of_window(self, window: Span) -> dict[str, float] | None:
        """Return the features of a window, or of several in a row; None where one of them was not read."""
        following = bisect_left(self.unread, window.start, key=lambda other: other.start)
        if following < len(self.unread) and self.unread[following].start < window.end:
            return None
        part = self.evidence.between(*window) if self.evidence else None
        return self._features(part) if part else None

    def has_read(self, window: Span) -> bool:
        """Tell whether an encoder has read a window."""
        return window in self.read

    def outside_quotations(self) -> dict[str, float] | None:
        """Return the features of the words outside quotation marks; None if these are fewer than half, or all."""
        if self.evidence is None or not self.quotations:
            return None
        outside = leave_out(self.evidence, self.quotations)
        return self._features(outside) if len(self.evidence) > len(outside) >= len(self.evidence) / 2 else None


def _is_in(at: int, spans: Sequence[Span]) -> bool:
    return any(start <= at < end for start, end in spans)


def make_measurement(
    document: Document, windows: Sequence[Span], read: Sequence[Span], scored: ScoredDocument | None
) -> Measurement:
    """`windows` may be read, `read` are those that were."""
    if scored is None:
        return Measurement.skipped("no words to read")
    detail = f"{len(scored.evidence):,} words"
    if len(read) < len(windows):
        first_stage = (
            "all of it" if len(windows) == len(document.windows) else f"{len(windows):,} of them, evenly chosen,"
        )
        detail += (
            f" in {len(read):,} of {len(document.windows):,} windows; the first stage read {first_stage} and chose these;"
            " clean by these"
        )
    elif len(windows) < len(document.windows):
        detail += f" in {len(windows):,} of {len(document.windows):,} windows, evenly chosen"
    text, evidence = document.prose.text, scored.evidence
    # Terms only, such as “breast cancer”: a single word that may have stood there stands nearby in many spun documents.
    known = (
        KnownPhrase(start, end, terms)
        for start, end, originals in scored.known_phrases()
        if (terms := tuple(original for original in originals if " " in original))
    )
    mentions = tuple(find_suspicious_mentions(text, evidence, known))
    if mentions:
        evidence = leave_out(evidence, mentions)
    return WordingMeasurement(
        Status.OK,
        detail,
        features(evidence, scored.prior),
        notes=(note_on(text, mentions),) if mentions else (),
        evidence=evidence,
        prior=scored.prior,
        unread=tuple(sorted(set(windows).difference(read))),
        quotations=tuple(find_quotations(text)),
        scored=scored,
        mentions=mentions,
        read=frozenset(read),
    )
