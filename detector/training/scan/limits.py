"""Chooses the limits by which `scan` and `fast` read less, each for a share of the light spinning that is found without it.

Learned from are spun documents of the fit in which few words are swapped, and which the deep encoder, reading everything,
finds: one limit after the other lets the rest go by. `scan` alone is chosen for a cost: how many honest documents it hands on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.engine.scorer import open_signals
from detector.judge.probability import logit
from detector.judge.verdict import Judge
from detector.model_files import Manifest
from detector.report import Status
from detector.signals.grammar import open_grammar
from detector.signals.scan import LARGEST, Scanner
from detector.signals.scan.measurement import ScanMeasurement
from detector.signals.wording import select_windows
from detector.signals.wording.cascade import Cascade
from detector.signals.wording.evidence import ALL_INPUTS, WORD_INPUTS, Evidence, concatenate
from detector.signals.wording.features import features
from detector.signals.wording.likelihood import suspicion
from detector.signals.wording.scanned import ScannedCourse
from detector.signals.wording.scoring import Dictionaries, ScoredWindow, WordScorer
from detector.text.document import Document
from detector.text.offsets import Span
from detector.training.data.records import Record

HANDED_ON = 0.1  # share of the fitted honest documents, those of each source alike, that `scan` hands on
LIGHT_RATES = (0.03, 0.1)  # shares of swapped words: what the other limits are chosen for
TRIED = 12  # such documents of each source
#: Shares of the found ones that are let go by: by the first stage, after some windows, before the deep encoder's samples,
#: after the first, after the second.
LOST = {"cut_off": 0.01, "clean_below": 0.03, "sample_above": 0.02, "second_sample_above": 0.015, "rest_above": 0.015}
_EVERYTHING = Cascade(
    sample_above=-math.inf,
    whole_above=math.inf,
    sample_share=1.0,
    second_sample_above=-math.inf,
    rest_above=-math.inf,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """What is suspected of one document on the way through the speed `fast`, if it stops nowhere.

    `found` by the deep encoder, reading everything; `log_odds` by the first stage; `parts` by it and the light encoder
    together, in the course of its windows; `light` by the light encoder; `samples` by the deep one.
    """

    found: bool
    log_odds: float
    parts: list[float]
    light: float
    samples: list[float]


class Reader:
    """Reads documents with both encoders, and judges them by the deep one alone."""

    def __init__(self, manifest: Manifest, scanner: Scanner) -> None:
        settings = manifest.section("wording")
        encoders, dictionaries = settings.section("encoders"), Dictionaries.load(manifest, settings)
        self._light = WordScorer.load(manifest, encoders.section("light"), dictionaries, WORD_INPUTS, threads=1)
        self._deep = WordScorer.load(manifest, encoders.section("deep"), dictionaries, ALL_INPUTS, threads=1)
        signals = open_signals(manifest, open_grammar("embedded"), "light", threads=1)
        self._judge = Judge(manifest, [feature for signal in signals for feature in signal.features])
        self._scanner = scanner
        shipped = Cascade.from_settings(settings.section("cascade"))
        self._cascade = replace(_EVERYTHING, sample_share=shipped.sample_share)

    def course(self, text: str, log_odds: float) -> Course | None:
        """Return the course of a document; None for one without words."""
        document = Document.from_text(text)
        windows = select_windows(document.windows)
        scored = self._light.score_windows([document], [windows])[0]
        if not scored:
            return None
        light = concatenate([window.evidence for window in scored])
        deep = concatenate([w.evidence for w in self._deep.score_windows([document], [windows], [light])[0]])
        found = self._judge.log_odds(features(deep, self._deep.words.prior)) >= logit(self._judge.spun)
        words = self._scanner.read([document.prose.text])[0][1]
        scanned = ScanMeasurement(Status.OK, log_odds=log_odds, words=words)
        parts = list(suspicions_of_parts(document, windows, scanned, scored))
        return Course(found, log_odds, parts, suspicion(light), list(self._samples(document, windows, light)))

    def _samples(self, document: Document, windows: Sequence[Span], light: Evidence) -> Iterator[float]:
        """Yield what the deep encoder suspects after each sample."""
        steps = self._cascade.steps(document, light, windows)
        samples: list[Evidence] = []
        step = next(steps, None)
        while step and not step.whole:
            read = self._deep.score_windows([document], [step.spans], [light])[0]
            samples.append(concatenate([window.evidence for window in read]))
            yield suspicion(concatenate(samples))
            step = steps.send(samples[-1])


def suspicions_of_parts(
    document: Document, windows: Sequence[Span], scanned: ScanMeasurement, scored: Sequence[ScoredWindow]
) -> Iterator[float]:
    """Yield what the first stage and the light encoder together suspect each time that windows are left to read."""
    course = ScannedCourse(document, windows, scanned, -math.inf)
    read = course.first()
    while len(read) < len(windows):
        inside = [
            window.evidence
            for window in scored
            if any(windows[number].start <= window.evidence.starts[0] < windows[number].end for number in read)
        ]
        if inside:
            yield course.suspicion(inside)
        read = [*read, *course.following(read, inside)]


def choose(manifest: Manifest, records: Sequence[Record], log_odds: Floats, scanner: Scanner) -> dict[str, Any]:
    """Return the settings of the manifest; `log_odds` are those of the first stage, each left out of its fit."""
    light = [number for number, record in enumerate(records) if record.spun and _is_light(record)]
    chosen = [n for _, some in groupby(light, key=lambda n: records[n].source) for n in islice(some, TRIED)]
    reader = Reader(manifest, scanner)
    read = [course for n in chosen if (course := reader.course(records[n].text, float(log_odds[n])))]
    courses = [course for course in read if course.found] or read
    cut = _lost(LOST["cut_off"], [course.log_odds for course in courses])
    scan = cut_off_for_share(records, log_odds, HANDED_ON)
    shipped = Cascade.from_settings(manifest.section("wording").section("cascade"))
    steps = {
        "sample_above": [course.light for course in courses],
        "second_sample_above": [course.samples[0] for course in courses if course.samples],
        "rest_above": [course.samples[1] for course in courses if len(course.samples) > 1],
    }
    limits = {name: max(getattr(shipped, name), _lost(LOST[name], values)) for name, values in steps.items()}
    return {
        "cut_offs": {"scan": scan, "fast": min(cut, scan)},
        "clean_below": _lost(LOST["clean_below"], [min(course.parts) for course in courses if course.parts]),
        "cascade": {**asdict(shipped), **limits},
    }


def cut_off_for_share(records: Sequence[Record], log_odds: Floats, share: float) -> float:
    """Return the log-odds from which such a share of honest documents is handed on, those of each source alike."""
    honest = np.array([record.genuine for record in records])
    sources = np.array([record.source for record in records])
    weights = np.array([1 / ((sources == source) & honest).sum() for source in sources[honest]])
    order = np.argsort(-log_odds[honest])
    shares = np.cumsum(weights[order]) / weights.sum()
    return round(float(log_odds[honest][order][np.searchsorted(shares, share)]), 4)


def _is_light(record: Record) -> bool:
    return LIGHT_RATES[0] <= record.rate < LIGHT_RATES[1]


def _lost(share: float, values: Sequence[float]) -> float:
    """Return the limit below which that share of the values is."""
    return round(float(np.quantile(values, share, method="lower")), 4) if values else -LARGEST
