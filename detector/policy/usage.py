"""One run beside a baseline: which entries it used, and which findings are new. All commands of `baseline` build on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from detector.corpus.record import Record
from detector.policy.baseline import Baseline, Decision, DocumentEntry, Entry, Place
from detector.policy.identity import identify, in_sentence, rule_of, sentence_hashes
from detector.policy.policy import place_of
from detector.report import Finding, IgnoredBy, Outcome, Report, Status, Verdict
from detector.summary import Summary
from detector.text.document import Document

_SEVERITY = (Verdict.UNSCORED, Verdict.CLEAN, Verdict.SUSPECT, Verdict.SPUN)


@dataclass
class BaselineUse:
    """A writer that writes nothing: it keeps what the outcomes of a run say about a baseline, and counts unused entries.

    `read` are the places that were read, with the signals that ran there. `used` maps entries to where their findings are now.
    `shown` leaves out findings that make no new entries; old ones that are about them stay.
    """

    baseline: Baseline
    shown: Callable[[Report], Report] = lambda report: report
    read: dict[Place, frozenset[str]] = field(default_factory=dict)
    used: dict[Entry, Place] = field(default_factory=dict)
    new: list[Entry] = field(default_factory=list)
    documents: dict[Place, DocumentEntry] = field(default_factory=dict)

    def begin(self) -> None:
        """Do nothing."""

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        document = record.document if record is not None else None
        if not isinstance(outcome, Report) or document is None:
            return
        place = place_of(document, self.baseline)
        ran = frozenset(name for name, state in outcome.signals.items() if state.status is Status.OK)
        self.read[place] = self.read.get(place, ran) & ran
        any_here = False
        shown = set(self._not_otherwise_ignored(self.shown(outcome)))
        for finding in self._not_otherwise_ignored(outcome):
            entries = self.baseline.find_all(place, rule_of(finding), in_sentence(document, finding))
            self.used.update(dict.fromkeys(entries, place))
            any_here = any_here or bool(entries) or finding in shown
            if not entries and finding in shown:
                self.new.append(Entry(place, identify(document, finding)))
        verdict = self._verdict(outcome)
        if any_here or verdict is Verdict.SPUN:
            self.documents[place] = self._remembered(place, document, verdict)

    def end(self, summary: Summary) -> None:
        if summary.complete:
            summary.unused_entries = sum(1 for entry in self.baseline.entries.values() if self.is_unused(entry))

    def is_unused(self, entry: Entry) -> bool:
        """Tell whether a finding of the baseline is known to be there no more: its document was read, or its file is gone."""
        if entry in self.used:
            return False
        if entry.place.file is not None and self.baseline.is_gone(entry.place.file):
            return True
        return entry.place != Place() and entry.identity.rule.partition("/")[0] in self.read.get(entry.place, ())

    def _not_otherwise_ignored(self, report: Report) -> Iterator[Finding]:
        yield from report.findings
        for one in report.ignored.findings if report.ignored else ():
            if one.by is IgnoredBy.BASELINE:
                yield one.finding

    @staticmethod
    def _verdict(report: Report) -> Verdict:
        """Return the verdict that there is without the baseline."""
        of_all = report.ignored.verdict if report.ignored else None
        return max(report.verdict, of_all or report.verdict, key=_SEVERITY.index)

    def _remembered(self, place: Place, document: Document, verdict: Verdict) -> DocumentEntry:
        """Return the entry of a document; records without an id are all one."""
        made = DocumentEntry(place, verdict, frozenset(sentence_hashes(document)))
        before = self.documents.get(place)
        if before is None or place != Place():
            return made
        verdict = max(made.verdict, before.verdict, key=_SEVERITY.index)
        return DocumentEntry(place, verdict, made.sentences | before.sentences)

    # --- what is made of it ------------------------------------------------------------------------------------------

    def updated(self) -> Baseline:
        """Return the baseline with what is new, and with entries moved to where their findings are now."""
        moved = [replace(entry, place=self._now(entry)) for entry in self.baseline.entries.values()]
        gone = {
            place for place in self.baseline.documents if place.file is not None and self.baseline.is_gone(place.file)
        }
        kept = [
            one for place, one in self.baseline.documents.items() if place not in self.documents and place not in gone
        ]
        return Baseline(self.baseline.path, [*moved, *self.new], [*kept, *self.documents.values()])

    def pruned(self, *, missing: bool) -> Baseline:
        """Return the baseline without what applies no more; with `missing` also without what was not read."""

        def is_kept(entry: Entry) -> bool:
            return entry in self.used if missing else not self.is_unused(entry)

        entries = [replace(entry, place=self._now(entry)) for entry in self.baseline.entries.values() if is_kept(entry)]
        places = {entry.place for entry in entries}
        documents = [
            self.documents.get(place, self.baseline.documents.get(place))
            for place in dict.fromkeys([*self.baseline.documents, *places])
        ]
        kept = [one for one in documents if one is not None and self._is_kept(one, places, missing)]
        return Baseline(self.baseline.path, entries, kept)

    def _is_kept(self, document: DocumentEntry, places: set[Place], missing: bool) -> bool:
        if document.place in places or document.place in self.documents:
            return True
        gone = document.place.file is not None and self.baseline.is_gone(document.place.file)
        return not (missing or gone or document.place in self.read)

    def _now(self, entry: Entry) -> Place:
        """Return where an entry's findings are: elsewhere only if their file is gone."""
        now = self.used.get(entry, entry.place)
        return now if entry.place.file is not None and self.baseline.is_gone(entry.place.file) else entry.place


def count_undecided(baseline: Baseline) -> int:
    """Return how many entries nobody has decided about."""
    return sum(entry.decision is Decision.NONE for entry in baseline.entries.values())
