"""The counts of a run, collected as outcomes come, and the exit code that follows from them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from detector.corpus.read_log import ReadLog
from detector.errors import EXIT_ERROR, EXIT_OK, EXIT_SPUN
from detector.policy.notes import note_on
from detector.report import (
    OFF,
    SWITCHED_OFF,
    Failure,
    Ignored,
    IgnoredBy,
    Outcome,
    Report,
    SignalState,
    Status,
    Thresholds,
    Verdict,
)

SCAN = "scan"  # the signal of the first stage
DECISIVE = "wording"  # the signal without which there is no verdict
SHOWN_UNUSED = 5
_NUMBER = re.compile(r"\d[\d,.]*")


@dataclass
class Summary:
    """Counts of one run.

    `states` counts, per signal and its state, the documents in which that signal did not run; documents that were
    turned away before any signal, or read by the first stage alone, are not among them. `engines` counts the documents
    that each grammar engine checked.
    `reading` counts what was left out or changed without an error while documents were read. `notes` counts notes; those
    that differ in their numbers only are one, with N for the numbers. `thresholds` are those of the first
    document, None as long as none has been reported; `other_thresholds` counts documents that are judged by others.
    `complete` is False where an error ended the run.
    """

    documents: Counter[Verdict] = field(default_factory=Counter)
    words: int = 0
    failures: int = 0
    unmeasured: int = 0  # documents without a verdict because the wording signal failed
    states: Counter[tuple[str, SignalState]] = field(default_factory=Counter)
    engines: Counter[str] = field(default_factory=Counter)
    reading: ReadLog = field(default_factory=ReadLog)
    notes: Counter[str] = field(default_factory=Counter)
    thresholds: Thresholds | None = None
    scanned: int = 0  # documents that the first stage alone read
    handed_on: int = 0  # documents that it handed on to the encoders
    encoders: Counter[str] = field(default_factory=Counter)  # which of them read those
    other_thresholds: Counter[Thresholds] = field(default_factory=Counter)
    by_group: int = 0  # documents judged by the threshold of their group
    ignored: Counter[IgnoredBy] = field(default_factory=Counter)
    unaudited: int = 0  # findings ignored by entries of a baseline that nobody has looked at
    accepted: int = 0  # spun documents that the baseline accepts
    unused: list[str] = field(default_factory=list)  # ignores of the documents themselves; no more than are shown
    unused_ignores: int = 0
    unused_entries: int = 0  # of the baseline
    source_errors: int | None = None  # what could not be read of --trace; None as long as nobody looked
    sources_passed_over: int = 0  # files of --trace that no reader takes
    complete: bool = False
    _note_of: dict[str, str] = field(default_factory=dict)  # by the note with N for its numbers, how it is counted

    def add(self, outcome: Outcome) -> None:
        if isinstance(outcome, Failure):
            self.failures += 1
            return
        self.documents[outcome.verdict] += 1
        self.words += outcome.words
        if outcome.reason != OFF:  # else nothing was judged
            self._add_thresholds(outcome.thresholds)
        self.unmeasured += lacks_verdict(outcome)
        scanned = read_by_scan_alone(outcome)
        self.scanned += scanned
        self.handed_on += not scanned and SCAN in outcome.signals and outcome.verdict is not Verdict.UNSCORED
        if outcome.verdict is not Verdict.UNSCORED and (encoders := encoders_of(outcome)):
            self.encoders[encoders] += 1
        if outcome.ignored is not None:
            self._add_ignored(outcome.source, outcome.ignored)
        told = note_on(outcome.ignored)  # which is counted by itself
        notes = (note for note in outcome.notes if note not in told)
        for kind, note in {_NUMBER.sub("N", note): note for note in notes}.items():
            known = self._note_of.setdefault(kind, note)
            if known not in (kind, note):  # from now on the numbers differ
                self.notes[kind] = self.notes.pop(known)
                self._note_of[kind] = kind
            self.notes[self._note_of[kind]] += 1
        for name, state in outcome.signals.items() if not scanned else ():
            if state.status is Status.FAILED or (
                state.status is not Status.OK and outcome.verdict is not Verdict.UNSCORED
            ):
                self.states[name, state] += 1
        grammar = outcome.signals.get("grammar")
        if grammar and grammar.engine:
            self.engines[grammar.engine] += 1

    def _add_thresholds(self, thresholds: Thresholds) -> None:
        if thresholds.group is not None:
            self.by_group += 1
        elif self.thresholds is None:
            self.thresholds = thresholds
        elif thresholds != self.thresholds:
            self.other_thresholds[thresholds] += 1

    def _add_ignored(self, source: str, ignored: Ignored) -> None:
        self.ignored.update(ignored.by)
        self.unaudited += sum(one.by is IgnoredBy.BASELINE and not one.audited for one in ignored.findings)
        self.accepted += ignored.accepted
        self.unused_ignores += len(ignored.unused)
        self.unused += [f"{source}, {one}" for one in ignored.unused][: SHOWN_UNUSED - len(self.unused)]

    @property
    def silent_signals(self) -> set[str]:
        """Signals that failed or were skipped in a document whose own options did not switch them off."""
        return {
            name
            for name, state in self.states
            if state.status in (Status.FAILED, Status.SKIPPED) and state.detail != SWITCHED_OFF
        }

    def exit_code(
        self, *, is_gate: bool = False, strict: bool = False, switched_off: frozenset[str] = frozenset()
    ) -> int:
        """Return how the command ends: 2 when something could not be read or scored, be it a source that documents were to
        be compared with, else for a gate 1 if a document is spun.

        `strict` makes it 2 also when files were passed over, a signal did not run that was not `switched_off`, or something
        is to be ignored that is not there.
        """
        incomplete = bool(self.reading.unread or self.sources_passed_over or self.silent_signals - switched_off)
        incomplete = incomplete or bool(self.unused_ignores or self.unused_entries)
        if self.failures or self.unmeasured or self.source_errors or (strict and incomplete):
            return EXIT_ERROR
        return EXIT_SPUN if is_gate and self.documents[Verdict.SPUN] > self.accepted else EXIT_OK


def lacks_verdict(report: Report) -> bool:
    """Tell whether a document is unscored because the wording signal failed."""
    state = report.signals.get(DECISIVE)
    return report.verdict is Verdict.UNSCORED and state is not None and state.status is Status.FAILED


def read_by_scan_alone(report: Report) -> bool:
    """Tell whether the first stage alone read a document, and called it clean."""
    states = (report.signals.get(name) for name in (SCAN, DECISIVE))
    scan, decisive = (state and state.status for state in states)
    return scan is Status.OK and decisive is Status.NOT_NEEDED


def encoders_of(report: Report) -> str | None:
    """Return which encoders read a document that the first stage handed on; None where there was no first stage."""
    state = report.signals.get(DECISIVE)
    return state.engine if state is not None and state.status is Status.OK else None
