"""The plan: stages in order, each of which settles a document or passes it on.

    gates → spintax → scan → wording → findings → typography, names, readability → sections → long documents → last reader
    → grammar → verdict

A stage takes all cases of a batch that nothing has settled yet. What a stage measures stands in `Case.measured`; a case
is settled by a reason why it has no verdict, or by its judgement. The scan is there where less than the full speed is asked
for, and then tells the wording signal in which window of a document to begin. Grammar costs as much as all the rest, and
moves hardly any verdict: it is measured where it could move one, and where a person will look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Protocol

from detector.errors import in_one_line
from detector.judge import gates
from detector.judge.choices import Choices
from detector.judge.gates import Gate
from detector.judge.probability import DIGITS, logistic
from detector.judge.sections import find_strongest_section
from detector.judge.verdict import Judge, Judgement, choices_left_in
from detector.policy.policy import Ignores, Policy
from detector.report import OFF, SWITCHED_OFF, Grounds, Status, Verdict, WindowScore
from detector.signals import LongSignal, Measurement, Signal
from detector.signals.scan.measurement import ScanMeasurement, ScannedSignal
from detector.text.document import Document

NOT_NEEDED = "clean whatever it would have found"
SCANNED = "the first stage passed it by"
OVERLOOKED = "only the first stage read it: it finds heavy spinning, and overlooks most of the light one"
_COSTS = {"wording": "light", "grammar": "grammar"}  # of the light encoder, until what the deep one took is taken out


@dataclass
class Case:
    """One document in the plan, with what was measured of it so far.

    `gate` is None before the gates. `section` is the part of a long document that alone reads most as spun.
    `reason` says why there is no verdict; `judgement` is the verdict. One of both is set when the case is settled.
    `ignores` is what the user ignores in the document; `with_ignored` are the measurements as they were before that.
    """

    document: Document
    gate: Gate | None = None
    measured: dict[str, Measurement] = field(default_factory=dict)
    section: WindowScore | None = None
    reason: str | None = None
    judgement: Judgement | None = None
    ignores: Ignores | None = None
    with_ignored: dict[str, Measurement] = field(default_factory=dict)

    def add(self, signal: str, measurement: Measurement) -> None:
        """Take a measurement, and leave out of it what is ignored."""
        self.with_ignored[signal] = measurement
        self.measured[signal] = measurement if self.ignores is None else self.ignores.apply(measurement, signal)

    def add_not_needed(self, signal: str, why: str, engine: str | None) -> None:
        """Say why a signal that has not measured need not."""
        if signal not in self.measured:
            self.add(signal, Measurement.not_needed(why, engine))

    @property
    def features(self) -> dict[str, float]:
        """What was measured so far, by the names of the features."""
        return {name: value for m in self.measured.values() for name, value in m.features.items()}

    @property
    def settled(self) -> bool:
        return self.reason is not None or self.judgement is not None


class Stage(Protocol):
    """One step of the plan. `cost` is what its time is counted under."""

    @property
    def cost(self) -> str: ...

    def run(self, cases: Sequence[Case]) -> None:
        """Settle the cases, or add measurements to them. None of them is settled yet."""
        ...


class GateStage:
    """Settles what can't be scored: switched off, too short, not English, not prose, or ignored but for a few words."""

    cost = "gates"

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def run(self, cases: Sequence[Case]) -> None:
        for case in cases:
            if case.document.off:
                case.reason = OFF
                continue
            case.gate = gates.check(case.document)
            case.ignores = self._policy.of(case.document)
            case.reason = case.gate.reason
            if case.ignores is not None and case.reason is None:
                case.reason = _too_little_left(case.gate, case.ignores)


class SignalStage:
    """Measures with one signal. A signal that breaks fails for the document that breaks it and for no other."""

    def __init__(self, signal: Signal) -> None:
        self._signal = signal
        self.cost = _COSTS.get(signal.name, "other signals")

    def _ask(self, cases: Sequence[Case]) -> list[Measurement]:
        return self._signal.measure([case.document for case in cases])

    def run(self, cases: Sequence[Case]) -> None:
        wanted = [case for case in cases if self._signal.name not in case.measured]
        measurements = _measure(self._ask, wanted) if wanted else []
        for case, measurement in zip(wanted, measurements, strict=True):
            case.add(self._signal.name, measurement)


class SwitchedOffStage:
    """Skips grammar for documents whose own options switch it off."""

    cost = "grammar"

    def __init__(self, signal: Signal) -> None:
        self._signal = signal

    def run(self, cases: Sequence[Case]) -> None:
        for case in cases:
            if case.document.options is not None and case.document.options.grammar == "off":
                case.add(self._signal.name, Measurement.skipped(SWITCHED_OFF))


class ScanStage(SignalStage):
    """Settles as clean what the first stage finds nothing in; all other signals are then not needed.

    `cut_off` is the log-odds from which a document is handed on. So is one whose verdict does not depend on the words
    alone, one whose probability is that of a suspect, and one on which the first stage failed.
    """

    def __init__(self, signal: Signal, cut_off: float, others: Sequence[Signal], choices: Choices) -> None:
        super().__init__(signal)
        self._cut_off = cut_off
        self._choices = choices
        self._others = {other.name: _engine_of(other) for other in others}
        (self._log_odds,) = (feature.name for feature in signal.features)

    def run(self, cases: Sequence[Case]) -> None:
        super().run(cases)
        for case in cases:
            scanned = case.measured[self._signal.name]
            if scanned.status is not Status.OK or not scanned.features[self._log_odds] < self._cut_off:
                continue  # that it is no number included
            probability = round(logistic(scanned.features[self._log_odds]), DIGITS)
            if probability >= self._choices.thresholds_of(case.document).suspect:
                continue
            if choices_left_in(case.measured.get("spintax")) is not None:
                continue
            for name, engine in self._others.items():
                case.add_not_needed(name, SCANNED, engine)
            gate = case.gate
            grounds = Grounds(
                probability, clipped=gate is not None and gate.clipped, verse=gate is not None and gate.verse
            )
            case.judgement = Judgement(Verdict.CLEAN, probability, (), grounds, (OVERLOOKED,))


class WordingStage(SignalStage):
    """Measures the wording. Without it there is no verdict, so a document that it failed on is settled as unscored.

    `whole`: of long documents, too, everything is read. A signal that the first stage tells where to begin is told.
    """

    def __init__(self, signal: LongSignal, *, whole: bool = False) -> None:
        super().__init__(signal)
        self._long, self._whole = signal, whole

    def _ask(self, cases: Sequence[Case]) -> list[Measurement]:
        documents = [case.document for case in cases]
        if self._whole:
            return self._long.measure_whole(documents)
        if not isinstance(self._long, ScannedSignal):
            return self._long.measure(documents)
        found = ((one for one in case.measured.values() if isinstance(one, ScanMeasurement)) for case in cases)
        return self._long.measure_scanned(documents, [next(some, None) for some in found])

    def run(self, cases: Sequence[Case]) -> None:
        super().run(cases)
        for case in cases:
            if not case.with_ignored[
                self._signal.name
            ].unread:  # else `LongDocumentStage` says so, once all of it is read
                case.reason = why_no_verdict(case.measured[self._signal.name])


class FindingStage:
    """Makes findings of swapped words: what is one depends on how surely the document is spun, by its wording alone."""

    cost = "verdict"

    def __init__(self, wording: Signal, judge: Judge) -> None:
        self._name = wording.name
        self._judge = judge

    def run(self, cases: Sequence[Case]) -> None:
        for case in cases:
            wording = case.with_ignored[self._name]
            findings = wording.find(case.document, self._judge.log_odds(wording.features))
            case.add(self._name, replace(wording, findings=findings))


class SectionStage:
    """Looks in long documents for the section that alone reads most as spun."""

    cost = "verdict"

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def run(self, cases: Sequence[Case]) -> None:
        for case in cases:
            case.section = find_strongest_section(self._judge, case.document, case.measured)


class NeededStage(SignalStage):
    """Measures where that can change the verdict, or where a person will look, as the document is not clean.

    Not needed where a document is clean whatever the signal's features are. So its verdict is that of a document with
    everything measured; its probability is that of one without this signal.
    """

    def __init__(self, signal: Signal, judge: Judge, choices: Choices) -> None:
        super().__init__(signal)
        self._judge = judge
        self._choices = choices
        self._features = {feature.name for feature in signal.features}

    def run(self, cases: Sequence[Case]) -> None:
        cases = [case for case in cases if self._signal.name not in case.measured]
        highest = self._judge.highest_probabilities([case.features for case in cases], self._features)
        needed = [case for case, bound in zip(cases, highest, strict=True) if not self._is_clean(case, bound)]
        if needed:
            super().run(needed)
        engine = _engine_of(self._signal)
        for case in cases:
            case.add_not_needed(self._signal.name, NOT_NEEDED, engine)

    def _is_clean(self, case: Case, highest: float) -> bool:
        if choices_left_in(case.measured.get("spintax")) is not None:
            return False
        # A section counts from `suspect` on, and not from `spun`: so whatever higher threshold is asked for later, what was
        # measured is the same.
        section = (case.section and case.section.probability) or 0.0
        return max(highest, section) < self._choices.thresholds_of(case.document).suspect


class VerdictStage:
    """Settles every remaining case by a verdict on what was measured."""

    cost = "verdict"

    def __init__(self, judge: Judge, choices: Choices) -> None:
        self._judge = judge
        self._choices = choices

    def run(self, cases: Sequence[Case]) -> None:
        for case in cases:
            assert case.gate is not None
            case.judgement = self._judge.judge(
                case.measured,
                clipped=case.gate.clipped,
                verse=case.gate.verse,
                section=case.section,
                thresholds=self._choices.thresholds_of(case.document),
            )


def why_no_verdict(wording: Measurement) -> str | None:
    """Return why there is no verdict on a document of which the wording was measured so; None if there is one."""
    if wording.status is Status.OK:
        return gates.check_reading(wording.features)
    verb = "failed" if wording.status is Status.FAILED else "could not run"
    return f"the wording signal {verb}: {wording.detail}"


def _too_little_left(gate: Gate, ignores: Ignores) -> str | None:
    """Return why a document has no verdict of which much is ignored."""
    left = gate.words - ignores.words_unread
    if left >= gates.MIN_WORDS or not ignores.words_unread:
        return None
    return (
        "all of it is ignored"
        if left <= 0
        else f"under {gates.MIN_WORDS} words of prose are left beside what is ignored"
    )


def run_plan(
    stages: Sequence[Stage], documents: Sequence[Document], seconds: dict[str, float] | None = None
) -> list[Case]:
    """Take documents through the stages; return their cases in order, all of them settled.

    `seconds` gets what each kind of stage took, also where one raises.
    """
    cases = [Case(document) for document in documents]
    for stage in stages:
        if waiting := [case for case in cases if not case.settled]:
            started = perf_counter()
            try:
                stage.run(waiting)
            finally:
                if seconds is not None:
                    seconds[stage.cost] = seconds.get(stage.cost, 0.0) + perf_counter() - started
    return cases


def _engine_of(signal: Signal) -> str | None:
    """Return what would measure, of a signal that has several engines."""
    engine = getattr(signal, "engine", None)
    return engine and str(engine.identifier)


def _measure(ask: Callable[[Sequence[Case]], list[Measurement]], cases: Sequence[Case]) -> list[Measurement]:
    try:
        return ask(cases)
    except Exception as error:
        if len(cases) == 1:
            return [Measurement.failed(in_one_line(error))]
    return [measurement for case in cases for measurement in _measure(ask, [case])]
