"""The wording signal: was a word swapped, and which one stood there before? It carries the verdict.

With `auto`, the light encoder reads everything, and the deep one reads what the light one finds doubtful
(`cascade.py`). A word that both have read is weighed by both. Nothing outside this package depends on which of them has
read a document.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import perf_counter

from detector.model_files import Manifest, Settings
from detector.options import WordingDepth
from detector.report import BOTH_ENCODERS, LIGHT_ENCODER
from detector.signals import Feature, Measurement
from detector.signals.scan import NAME as SCAN
from detector.signals.scan import Scanner
from detector.signals.scan.measurement import ScanMeasurement
from detector.signals.wording.cascade import READ_EVERYTHING, Cascade
from detector.signals.wording.evidence import ALL_INPUTS, WORD_INPUTS, concatenate
from detector.signals.wording.features import FEATURES
from detector.signals.wording.later import Later
from detector.signals.wording.measurement import WordingMeasurement, make_measurement
from detector.signals.wording.sampling import first_windows, is_long, next_windows
from detector.signals.wording.scanned import ScannedCourse, course
from detector.signals.wording.scoring import Dictionaries, ScoredDocument, ScoredWindow, WordScorer
from detector.signals.wording.seen import SeenWindows
from detector.text.document import Document
from detector.text.offsets import Span

__all__ = ["MAX_WINDOWS", "WordingMeasurement", "WordingSignal", "select_windows"]

MAX_WINDOWS = 1000  # some 100,000 words; of longer documents an even selection of windows is read


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
        self._light = _open_scorer(manifest, encoders.section("light"), dictionaries, WORD_INPUTS, threads)
        self._clean_below = None if depth == "deep" else clean_below  # where the deep one is to read everything
        self.deep_seconds = 0.0  # spent in the deep encoder
        self._cascade = shipped if depth == "auto" else READ_EVERYTHING
        open_deep = partial(_open_scorer, manifest, encoders.section("deep"), dictionaries, ALL_INPUTS, threads)
        # Whether the deep encoder does not read what the light one reads of a long document; where it reads little, it does.
        self._in_part = depth == "auto" and clean_below is None
        self._first_stage = Later(partial(_open_scanner, manifest))
        # Where the light encoder reads first, most runs over a few documents never need the deep one.
        self._deep = None if depth == "light" else Later(open_deep) if depth == "auto" else Later.opened(open_deep)

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        """Measure documents; of long ones as much as says whether more must be read (`sampling`), by the light encoder alone
        where the deep one does not read everything."""
        return self.measure_scanned(documents, [None] * len(documents))

    def measure_scanned(
        self, documents: Sequence[Document], scanned: Sequence[ScanMeasurement | None]
    ) -> list[Measurement]:
        """Measure documents, those that the first stage has read as far as says whether more must be read."""
        self._light.forget()
        if self._deep and self._deep.is_open:
            self._deep.get().forget()
        return self._measure(documents, scanned, whole=False)

    def measure_closer(
        self, documents: Sequence[Document], measured: Sequence[Measurement], windows: Sequence[Sequence[Span]]
    ) -> list[Measurement]:
        """Return the measurements with what the deep encoder says of some of the windows that the light one has read."""
        light = [one.evidence if isinstance(one, WordingMeasurement) else None for one in measured]
        if not self._in_part or self._deep is None:
            return list(measured)
        chosen = [list(some) if of_light else [] for some, of_light in zip(windows, light, strict=True)]
        started = perf_counter()
        scored = self._deep.get().score_windows(documents, chosen, light)
        self.deep_seconds += perf_counter() - started
        return [
            one.with_closer(deep, some)
            if isinstance(one, WordingMeasurement) and (deep := self._deep.get().scorer.merge_windows(of_deep))
            else one
            for one, some, of_deep in zip(measured, chosen, scored, strict=True)
        ]

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
        deep: list[ScoredDocument | None] = [None] * len(documents)
        if self._deep:
            by_light_alone = [
                self._in_part and len(some) < len(all_) for some, all_ in zip(chosen, windows, strict=True)
            ]
            to_deep = [[] if alone else of_one for alone, of_one in zip(by_light_alone, scored, strict=True)]
            deep = self._deep_scores(self._deep, documents, chosen, to_deep)
        return [
            replace(
                make_measurement(document, some, read, of_deep or self._light.scorer.merge_windows(of_light)),
                engine=None if self._clean_below is None else BOTH_ENCODERS if of_deep else LIGHT_ENCODER,
            )
            for document, some, read, of_deep, of_light in zip(documents, windows, chosen, deep, scored, strict=True)
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
            self._first(document, some, one, whole=whole)
            for document, some, one in zip(documents, windows, courses, strict=True)
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

    def _first(
        self, document: Document, windows: Sequence[Span], course: ScannedCourse | None, *, whole: bool
    ) -> list[int]:
        """Return the numbers of the windows of a document that are read first."""
        if course is not None:
            return course.first()
        if whole or not is_long(len(windows)):
            return list(range(len(windows)))
        text = document.prose.text
        return first_windows(self._first_stage.get().log_odds([text[slice(*window)] for window in windows]))

    def preload(self) -> None:
        """Open what only some documents need: the first stage, and the deep encoder where it may read."""
        self._first_stage.get()
        if self._deep:
            self._deep.get()

    def close(self) -> None:
        """Do nothing: sessions end with the object."""

    def _deep_scores(
        self,
        deep: Later[SeenWindows],
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
                    results[number] = deep.get().scorer.merge_windows(scored[number])
                    continue
                with suppress(StopIteration):
                    following[number] = courses[number].send(
                        concatenate([window.evidence for window in scored[number]])
                    )
            steps = following
        return results


def _open_scorer(
    manifest: Manifest, settings: Settings, dictionaries: Dictionaries, inputs: Sequence[str], threads: int
) -> SeenWindows:
    return SeenWindows(WordScorer.load(manifest, settings, dictionaries, inputs, threads=threads))


def _open_scanner(manifest: Manifest) -> Scanner:
    return Scanner(manifest.checked(manifest.section(SCAN).text("model")))


def select_windows(windows: Sequence[Span]) -> Sequence[Span]:
    """Return the windows that are read: all, or `MAX_WINDOWS` evenly spread."""
    if len(windows) <= MAX_WINDOWS:
        return windows
    return [windows[i * len(windows) // MAX_WINDOWS] for i in range(MAX_WINDOWS)]
