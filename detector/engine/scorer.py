"""Scoring in one process: the signals, the plan that runs them, and the reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from detector.engine.batches import Scored
from detector.engine.deadline import TimeUpError, time_limit
from detector.engine.last_reading import LastReaderStage
from detector.engine.long_documents import LongDocumentStage
from detector.engine.plan import (
    Case,
    FindingStage,
    GateStage,
    NeededStage,
    ScanStage,
    SectionStage,
    SignalStage,
    Stage,
    SwitchedOffStage,
    VerdictStage,
    WordingStage,
    run_plan,
)
from detector.errors import DetectorError, DocumentError, in_one_line, too_slow
from detector.judge import gates
from detector.judge.calibration import Choice
from detector.judge.choices import Choices
from detector.judge.sections import find_strongest_section, score_windows
from detector.judge.verdict import Judge
from detector.model_files import Manifest
from detector.options import LastReaderKind, Options, Speed, WordingDepth
from detector.policy.notes import note_on
from detector.policy.policy import NOTHING_IGNORED, Policy
from detector.report import Failure, Ignored, ModelInfo, Outcome, Report, SignalState, Status, Verdict, WindowScore
from detector.signals import LateSignal, LongSignal, Signal
from detector.signals.grammar.signal import NAME as GRAMMAR
from detector.signals.grammar.signal import AbsentSignal
from detector.signals.last_reader import NAME as LAST_READER
from detector.signals.last_reader import LastReader
from detector.text.document import Document
from detector.text.masking import covers_mask

WORDING, SPINTAX, SCAN = "wording", "spintax", "scan"
_NOT_ASKED = SignalState(Status.SKIPPED, "the document was not scored")


class Scorer:
    """Scores documents in this process. Not thread-safe, and not to be used in a forked child: `Detector` sees to both."""

    def __init__(
        self,
        manifest: Manifest,
        grammar: Signal,
        options: Options,
        choice: Choice,
        threads: int,
        *,
        policy: Policy | None = None,
    ) -> None:
        everything = options.measures == "all"
        speed: Speed = "full" if everything else options.speed
        self.signals = open_signals(manifest, grammar, options.wording, threads, speed, last_reader=options.last_reader)
        self._model = ModelInfo(manifest.version, manifest.sha256)
        self._choices = Choices(choice, options, manifest)
        self._limit = options.document_timeout
        self.seconds: dict[str, float] = {}  # by kinds of stages
        features = [feature for signal in self.signals for feature in signal.features]
        self._judge = Judge(manifest, features, choice.thresholds.spun)
        policy = Policy.of_options(options) if policy is None else policy
        cut_off = scan_cut_off(manifest, speed)
        self._stages = plan_stages(
            self.signals, self._judge, self._choices, policy, everything=everything, cut_off=cut_off
        )

    def answer(self, documents: Sequence[Document]) -> Scored:
        """Return the outcomes of a batch with what they took: what a worker answers."""
        self.seconds = {}
        before = self._deep_seconds()
        outcomes = self.score(documents)
        deep = self._deep_seconds() - before
        if deep:
            self.seconds |= {"light": self.seconds.get("light", 0.0) - deep, "deep": deep}
        return Scored(outcomes, self.seconds)

    def _deep_seconds(self) -> float:
        return float(sum(getattr(signal, "deep_seconds", 0.0) for signal in self.signals))

    def score(self, documents: Sequence[Document]) -> list[Outcome]:
        """Return one outcome for each document, in order. A document that breaks the program is a failure; the others are not.

        The time limit is kept for all of them together first, and for each by itself where that was too short.
        """
        try:
            with time_limit(self._limit):
                return [self._report(case) for case in run_plan(self._stages, documents, self.seconds)]
        except (Exception, TimeUpError) as error:
            if len(documents) != 1:
                return [outcome for document in documents for outcome in self.score([document])]
            document = documents[0]
            return [Failure(document.id, document.source, self._problem(error))]

    def preload(self) -> None:
        """Load what is otherwise loaded when a document first needs it. Starts no thread."""
        gates.preload()
        for signal in self.signals:
            if isinstance(signal, LateSignal):
                signal.preload()

    def close(self) -> None:
        for signal in self.signals:
            signal.close()

    def _problem(self, error: BaseException) -> DocumentError:
        if isinstance(error, TimeUpError):
            return too_slow(self._limit)
        if isinstance(error, DetectorError):  # of its own options, such as a calibration that is not there
            return DocumentError(str(error))
        return DocumentError(f"the program broke on this document ({in_one_line(error)}); please report it")

    def _report(self, case: Case) -> Report:
        return self._scored(case) if case.judgement else self._unscored(case)

    def _unscored(self, case: Case) -> Report:
        document, gate = case.document, case.gate
        return Report(
            id=document.id,
            source=document.source,
            verdict=Verdict.UNSCORED,
            probability=None,
            reason=case.reason,
            language=gate.language if gate else None,
            words=gate.words if gate else 0,
            windows=(),
            findings=(),
            signals={signal.name: self._state(case, signal.name) for signal in self.signals},
            model=self._model,
            thresholds=self._choices.thresholds_of(document),
            notes=() if document.off else document.notes,  # which need not be read
            group=document.group,
            ignored=None if case.ignores is None else case.ignores.result(None, None, accepted=False),
        )

    def _scored(self, case: Case) -> Report:
        document, gate, judgement = case.document, case.gate, case.judgement
        assert gate is not None
        assert judgement is not None
        findings = [
            finding
            for measurement in case.measured.values()
            for finding in measurement.findings
            if not covers_mask(document.prose, finding.start, finding.end)
        ]
        signals = {signal.name: self._state(case, signal.name) for signal in self.signals}
        ignored = self._ignored(case)
        return Report(
            id=document.id,
            source=document.source,
            verdict=judgement.verdict,
            probability=judgement.probability,
            reason=None,
            language=gate.language,
            words=gate.words,
            windows=self._windows(case),
            findings=tuple(sorted(findings, key=lambda finding: (finding.start, finding.end))),
            signals=signals,
            model=self._model,
            thresholds=self._choices.thresholds_of(document),
            contributions=judgement.contributions,
            measures={name: value for signal in self.signals for name, value in self._features(case, signal.name)},
            notes=document.notes
            + judgement.remarks
            + self._notes(case)
            + self._choices.of(document).remarks(signals)
            + note_on(ignored),
            grounds=judgement.grounds,
            group=document.group,
            ignored=ignored,
        )

    def _windows(self, case: Case) -> tuple[WindowScore, ...]:
        if case.measured[WORDING].status is not Status.OK:
            return ()
        return tuple(score_windows(self._judge, case.document, case.measured))

    def _ignored(self, case: Case) -> Ignored | None:
        """Return what was ignored, with the verdict that the document would have if nothing had been."""
        if case.ignores is None or case.gate is None or case.judgement is None:
            return None
        verdict, probability = case.judgement.verdict, case.judgement.probability
        if any(case.measured[name] is not measurement for name, measurement in case.with_ignored.items()):
            judged = self._judge.judge(
                case.with_ignored,
                clipped=case.gate.clipped,
                verse=case.gate.verse,
                section=find_strongest_section(self._judge, case.document, case.with_ignored),
                thresholds=self._choices.thresholds_of(case.document),
            )
            if judged is not None:
                verdict, probability = judged.verdict, judged.probability
        return case.ignores.result(verdict, probability, accepted=case.ignores.accepts(case.judgement.verdict))

    def _state(self, case: Case, signal: str) -> SignalState:
        measurement = case.measured.get(signal)
        if measurement is None:
            return _NOT_ASKED
        return SignalState(measurement.status, measurement.detail, measurement.engine)

    def _notes(self, case: Case) -> tuple[str, ...]:
        return tuple(note for measurement in case.measured.values() for note in measurement.notes)

    def _features(self, case: Case, signal: str) -> list[tuple[str, float]]:
        return list(case.measured[signal].features.items()) if signal in case.measured else []


def open_signals(
    manifest: Manifest,
    grammar: Signal,
    depth: WordingDepth,
    threads: int,
    speed: Speed = "full",
    *,
    last_reader: LastReaderKind = "none",
) -> list[Signal]:
    """Open all signals, in the order in which reports name them. `threads` is how many the encoders may use."""
    from detector.signals.names import NamesSignal
    from detector.signals.readability import ReadabilitySignal
    from detector.signals.scan import ScanSignal
    from detector.signals.spintax import SpintaxSignal
    from detector.signals.typography import TypographySignal
    from detector.signals.wording import WordingSignal

    clean_below = None if speed == "full" else manifest.section("scan").number("clean_below")
    wording = WordingSignal(_read_by(manifest, speed), threads=threads, depth=depth, clean_below=clean_below)
    signals = [wording, grammar, TypographySignal(), NamesSignal(), ReadabilitySignal(), SpintaxSignal()]
    if last_reader == "lm":
        signals.append(LastReader.load(manifest))
    return signals if speed == "full" else [*signals, ScanSignal(manifest)]


def _read_by(manifest: Manifest, speed: Speed) -> Manifest:
    """Return the manifest with the limits by which the deep encoder reads at this speed."""
    if speed == "full":
        return manifest
    wording = {**manifest.section("wording").values, "cascade": manifest.section("scan").section("cascade").values}
    return replace(manifest, settings={**manifest.settings, "wording": wording})


def scan_cut_off(manifest: Manifest, speed: Speed) -> float | None:
    """Return the log-odds from which the first stage hands a document on; None where it reads nothing."""
    return None if speed == "full" else manifest.section("scan").section("cut_offs").number(speed)


def plan_stages(
    signals: Sequence[Signal],
    judge: Judge,
    choices: Choices,
    policy: Policy | None = None,
    *,
    everything: bool = False,
    cut_off: float | None = None,
) -> list[Stage]:
    """Return the stages in order: those that can settle a document come first, the slowest signal last.

    `everything`: also measure what can't change a verdict. `cut_off`: that of the first stage, where it is to read.
    """
    by_name = {signal.name: signal for signal in signals}
    wording, grammar = by_name[WORDING], by_name[GRAMMAR]
    assert isinstance(wording, LongSignal)
    first: list[Stage] = []
    if cut_off is not None:
        scan, spintax = by_name.pop(SCAN), by_name.pop(SPINTAX)
        others = [signal for signal in signals if signal not in (scan, spintax)]
        first = [SignalStage(spintax), ScanStage(scan, cut_off, others, choices)]
    reader = by_name.pop(LAST_READER, None)
    asking = [LastReaderStage(reader, wording, judge)] if isinstance(reader, LastReader) else []
    cheap = [SignalStage(signal) for signal in by_name.values() if signal not in (wording, grammar)]
    always = everything or isinstance(grammar, AbsentSignal)  # which says why it is absent
    last = SignalStage(grammar) if always else NeededStage(grammar, judge, choices)
    later = [feature.name for feature in grammar.features]
    doubt = reader.doubt.lowest if isinstance(reader, LastReader) else inf
    return [
        GateStage(policy or NOTHING_IGNORED),
        *first,
        WordingStage(wording, whole=everything),
        FindingStage(wording, judge),
        *cheap,
        SectionStage(judge),
        LongDocumentStage(wording, judge, choices, later, doubt),
        *asking,
        SwitchedOffStage(grammar),
        last,
        VerdictStage(judge, choices),
    ]
