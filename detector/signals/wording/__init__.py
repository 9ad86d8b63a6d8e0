"""The wording signal: was a word swapped, and which one stood there before? It carries the verdict.

With `auto`, the light encoder reads everything, and the deep one reads what the light one finds doubtful
(`cascade.py`). A word that both have read is weighed by both. Nothing outside this package depends on which of them has
read a document.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

from detector.model_files import Manifest
from detector.options import WordingDepth
from detector.report import BOTH_ENCODERS, LIGHT_ENCODER, Finding, Status
from detector.signals import Feature, Ignoring, Measurement
from detector.signals.scan.measurement import ScanMeasurement
from detector.signals.wording.cascade import READ_EVERYTHING, Cascade
from detector.signals.wording.evidence import ALL_INPUTS, WORD_INPUTS, Evidence, concatenate
from detector.signals.wording.features import FEATURES, features
from detector.signals.wording.findings import make_findings
from detector.signals.wording.later import Later
from detector.signals.wording.mentions import (
    KnownPhrase,
    find_quotations,
    find_suspicious_mentions,
    inside,
    leave_out,
    note_on,
)
from detector.signals.wording.neutral import neutralise
from detector.signals.wording.sampling import first_windows, next_windows
from detector.signals.wording.scanned import ScannedCourse, course
from detector.signals.wording.scoring import Dictionaries, ScoredDocument, ScoredWindow, Suspect, WordScorer
from detector.text.document import Document
from detector.text.offsets import Span

MAX_WINDOWS = 1000  # some 100,000 words; of longer documents an even selection of windows is read


@dataclass(frozen=True)
class WordingMeasurement(Measurement):
    """A measurement with the evidence of each word that was read, in order of the prose."""

    evidence: Evidence | None = None
    prior: float = 0.5
    quotations: tuple[Span, ...] = ()
    scored: ScoredDocument | None = None
    mentions: tuple[Span, ...] = ()

    def without(self, ignoring: Ignoring) -> Measurement:
        """Return the measurement with ordinary words in the place of ignored ones, and without what is not to be read."""
        kept = tuple(finding for finding in self.findings if finding not in ignoring.findings)
        if self.evidence is None:
            return replace(self, findings=kept)
        evidence = leave_out(self.evidence, ignoring.unread) if ignoring.unread else self.evidence
        if not len(evidence) or inside(evidence, ignoring.unremarkable).all():
            return Measurement.skipped("all its words are ignored")
        evidence = neutralise(evidence, ignoring.unremarkable, self.scored.neighbour_weight if self.scored else 0.0)
        return replace(self, features=features(evidence, self.prior), findings=kept, evidence=evidence)

    def find(self, document: Document, log_odds: float) -> tuple[Finding, ...]:
        """Return the findings in a document, given the log-odds that it was spun; what it only mentions is none."""
        if self.scored is None:
            return ()
        spans = (
            span
            for span in self.scored.find_swaps(log_odds)
            if not any(start <= span.start < end for start, end in self.mentions)
        )
        return tuple(make_findings(document, spans, self.scored.scorer.findings, log_odds))

    def suspects(self, count: int) -> list[Suspect]:
        """Return the words that were most likely swapped, what is only mentioned left out."""
        if self.scored is None:
            return []
        found = self.scored.strongest(count)
        return [one for one in found if not any(start <= one.start < end for start, end in self.mentions)]

    def with_log_odds(self, changed: Mapping[int, float]) -> WordingMeasurement:
        """Return the measurement with other log-odds for some words, by where they start in the prose."""
        if self.evidence is None or self.scored is None:
            return self
        evidence = self.evidence.with_log_odds(changed)
        scored = self.scored.with_log_odds(changed)
        return replace(self, features=features(evidence, self.prior), evidence=evidence, scored=scored)

    def of_window(self, window: Span) -> dict[str, float] | None:
        """Return the features of a window, or of several in a row; None where one of them was not read."""
        if any(window.start <= other.start < window.end for other in self.unread):
            return None
        part = self.evidence.between(*window) if self.evidence else None
        return features(part, self.prior) if part else None

    def outside_quotations(self) -> dict[str, float] | None:
        """Return the features of the words outside quotation marks; None if these are fewer than half, or all."""
        if self.evidence is None or not self.quotations:
            return None
        outside = leave_out(self.evidence, self.quotations)
        return features(outside, self.prior) if len(self.evidence) > len(outside) >= len(self.evidence) / 2 else None


class WordingSignal:
    """Opens the encoders and dictionaries that a manifest names; `depth` chooses which encoder reads.

    `clean_below`: how little the first stage and the light encoder together suspect in the windows read so far, for the
    others to be left unread (`scanned`); None is to read them all.

    Fork-safe: a forked child opens the encoders again when it first measures. Pickles by the paths of the model files.
    With `auto`, the deep encoder is opened when the first document needs it.
    Raises ModelError, naming the file and the key, when the model files lack something.
    """

    name = "wording"
    features: tuple[Feature, ...] = FEATURES

    def __init__(
        self, manifest: Manifest, *, threads: int, depth: WordingDepth = "deep", clean_below: float | None = None
    ) -> None:
        settings = manifest.section("wording")
        encoders, dictionaries = settings.section("encoders"), Dictionaries.load(manifest, settings)
        shipped = Cascade.from_settings(settings.section("cascade"))
        self._light = WordScorer.load(manifest, encoders.section("light"), dictionaries, WORD_INPUTS, threads=threads)
        self._clean_below = None if depth == "deep" else clean_below  # where the deep one is to read everything
        self.deep_seconds = 0.0  # spent in the deep encoder
        self._cascade = shipped if depth == "auto" else READ_EVERYTHING
        open_deep = partial(
            WordScorer.load, manifest, encoders.section("deep"), dictionaries, ALL_INPUTS, threads=threads
        )
        # Where the light encoder reads first, most runs over a few documents never need the deep one.
        self._deep = None if depth == "light" else Later(open_deep) if depth == "auto" else Later.opened(open_deep)

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        """Measure documents, of long ones as much as says whether they need to be measured whole (`sampling`)."""
        return self._measure(documents, [None] * len(documents), whole=False)

    def measure_scanned(
        self, documents: Sequence[Document], scanned: Sequence[ScanMeasurement | None]
    ) -> list[Measurement]:
        """Measure documents, those that the first stage has read as far as says whether they need to be measured whole."""
        return self._measure(documents, scanned, whole=False)

    def measure_whole(self, documents: Sequence[Document]) -> list[Measurement]:
        """Measure documents by all their words."""
        return self._measure(documents, [None] * len(documents), whole=True)

    def _measure(
        self, documents: Sequence[Document], scanned: Sequence[ScanMeasurement | None], *, whole: bool
    ) -> list[Measurement]:
        windows = [select_windows(document.windows) for document in documents]
        courses = [
            None if whole else course(document, some, scan, self._clean_below)
            for document, some, scan in zip(documents, windows, scanned, strict=True)
        ]
        light = self._read_light(documents, windows, courses, whole=whole)
        chosen = [[windows[number][at] for at in sorted(of_one)] for number, of_one in enumerate(light)]
        scored = [[window for _, window in sorted(of_one.items()) if window] for of_one in light]
        deep = self._deep_scores(self._deep, documents, chosen, scored) if self._deep else [None] * len(documents)
        return [
            replace(
                _measurement(document, some, read, of_deep or self._light.merge_windows(of_light), one),
                engine=None if self._clean_below is None else BOTH_ENCODERS if of_deep else LIGHT_ENCODER,
            )
            for document, some, read, of_deep, of_light, one in zip(
                documents, windows, chosen, deep, scored, courses, strict=True
            )
        ]

    def _read_light(
        self,
        documents: Sequence[Document],
        windows: Sequence[Sequence[Span]],
        courses: Sequence[ScannedCourse | None],
        *,
        whole: bool,
    ) -> list[dict[int, ScoredWindow | None]]:
        """Return, for each document, what the light encoder says of the windows that it read, by their numbers; None of one
        without words."""
        read: list[dict[int, ScoredWindow | None]] = [{} for _ in documents]
        following = [
            one.first() if one else list(range(len(some))) if whole else first_windows(len(some))
            for some, one in zip(windows, courses, strict=True)
        ]
        while any(following):
            spans = [[some[at] for at in numbers] for some, numbers in zip(windows, following, strict=True)]
            scored = self._light.score_windows(documents, spans)
            for number, (numbers, of_one) in enumerate(zip(following, scored, strict=True)):
                latest: dict[int, ScoredWindow | None] = dict.fromkeys(numbers)
                starts = [windows[number][at].start for at in numbers]
                for window in of_one:
                    latest[numbers[bisect_right(starts, window.evidence.starts[0]) - 1]] = window
                read[number].update(latest)
                if one := courses[number]:
                    found = [window.evidence for window in read[number].values() if window]
                    following[number] = one.following(read[number], found)
                    continue
                evidence = {at: window.evidence for at, window in latest.items() if window}
                following[number] = next_windows(len(windows[number]), read[number], evidence)
        return read

    def preload(self) -> None:
        """Open the deep encoder, where it may be needed."""
        if self._deep:
            self._deep.get()

    def close(self) -> None:
        """Do nothing: sessions end with the object."""

    def _deep_scores(
        self,
        deep: Later[WordScorer],
        documents: Sequence[Document],
        windows: Sequence[Sequence[Span]],
        light: Sequence[Sequence[ScoredWindow]],
    ) -> list[ScoredDocument | None]:
        """Take all documents through the cascade, one step of each at a time; return what the deep encoder says of those
        that it read whole, None for the others."""
        light_evidence = [concatenate([window.evidence for window in scored]) if scored else None for scored in light]
        results: list[ScoredDocument | None] = [None] * len(documents)
        courses = {
            number: self._cascade.steps(documents[number], evidence, windows[number])
            for number, evidence in enumerate(light_evidence)
            if evidence is not None
        }
        steps = {number: step for number, course in courses.items() if (step := next(course, None))}
        while steps:
            spans = [steps[number].spans if number in steps else [] for number in range(len(documents))]
            started = perf_counter()
            scored = deep.get().score_windows(documents, spans, light_evidence)
            self.deep_seconds += perf_counter() - started
            following = {}
            for number, step in steps.items():
                if step.whole:
                    results[number] = deep.get().merge_windows(scored[number])
                    continue
                with suppress(StopIteration):
                    following[number] = courses[number].send(
                        concatenate([window.evidence for window in scored[number]])
                    )
            steps = following
        return results


def select_windows(windows: Sequence[Span]) -> Sequence[Span]:
    """Return the windows that are read: all, or `MAX_WINDOWS` evenly spread."""
    if len(windows) <= MAX_WINDOWS:
        return windows
    return [windows[i * len(windows) // MAX_WINDOWS] for i in range(MAX_WINDOWS)]


def _measurement(
    document: Document,
    windows: Sequence[Span],
    read: Sequence[Span],
    scored: ScoredDocument | None,
    course: ScannedCourse | None,
) -> Measurement:
    """`windows` may be read, `read` are those that were, in the course that the first stage chose, if it did."""
    if scored is None:
        return Measurement.skipped("no words to read")
    detail = f"{len(scored.evidence):,} words"
    if len(windows) < len(document.windows):
        detail += f" in {len(windows):,} of {len(document.windows):,} windows, evenly chosen"
    elif len(read) < len(windows):
        how = "the most suspicious to the first stage" if course else "evenly chosen"
        detail += f" in {len(read):,} of {len(windows):,} windows, {how}; clean by these"
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
    )
