"""Long documents: read in part first, with more effort where that looks odd, and whole where they are not plainly clean.

The first stage reads all of a long document, the light encoder what that finds most suspicious and a sample of the rest
(`signals.wording.sampling`). By how far a document is below `suspect` then, whatever grammar will say of it, it is clean, or
the deep encoder reads the few windows that look most spun. If these are not what made it odd, all of it is read as any other
document is. Nothing but a clean verdict is reached without that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from detector.engine.plan import Case, FindingStage, SectionStage, SignalStage
from detector.judge.choices import Choices
from detector.judge.probability import logistic, logit
from detector.judge.sections import find_odd_windows
from detector.judge.verdict import Judge
from detector.signals import LongSignal, Measurement
from detector.text.offsets import Span

#: Log-odds by which a document has to be below `suspect` to be clean by what the light encoder read: as a third of the honest
#: ones are, of 48 long documents from those that the verdict was fitted on. That encoder alone overlooks passages that are
#: lightly spun, but the section it finds strongest is nearly always theirs.
LIGHT_MARGIN = 3.0
#: The same, once the deep encoder has read the strongest section, or all that are as strong as that.
CLOSER_MARGIN = 1.0
#: Windows that the deep encoder reads at most: two sections. A document that looks spun in more places is read whole at once.
CLOSER_WINDOWS = 6


class LongDocumentStage(SignalStage):
    """Reads more of long documents that were measured in part, unless they are clean by a wide margin.

    `later` are the features that are still to come; a document may be clean only whatever they are.
    """

    def __init__(self, signal: LongSignal, judge: Judge, choices: Choices, later: Collection[str]) -> None:
        super().__init__(signal)
        self._long = signal
        self._judge = judge
        self._choices = choices
        self._later = later

    def run(self, cases: Sequence[Case]) -> None:
        doubtful = self._doubtful([case for case in cases if case.measured[self._signal.name].unread], LIGHT_MARGIN)
        closer = {id(case) for case in self._read_closer(doubtful)}
        still = self._doubtful([case for case in doubtful if id(case) in closer], CLOSER_MARGIN)
        self._read_whole([*(case for case in doubtful if id(case) not in closer), *still])

    def _read_closer(self, cases: Sequence[Case]) -> list[Case]:
        """Have the windows read closer that look most spun; return the cases of which that was done."""
        chosen = [(case, windows) for case in cases if len(windows := self._odd_windows(case)) <= CLOSER_WINDOWS]
        if not chosen:
            return []
        name = self._signal.name
        try:
            measurements = self._long.measure_closer(
                [case.document for case, _ in chosen],
                [case.with_ignored[name] for case, _ in chosen],
                [windows for _, windows in chosen],
            )
        except Exception:  # whichever document it was: it will fail again, by itself, when all of it is read
            return []
        read = [case for case, _ in chosen]
        pairs = list(zip(read, measurements, strict=True))
        changed = [(case, one) for case, one in pairs if one is not case.with_ignored[name]]
        for case, measurement in changed:
            case.add(name, measurement)
        self._judge_again([case for case, _ in changed])
        return read

    def _read_whole(self, cases: Sequence[Case]) -> None:
        for case in cases:
            del case.measured[self._signal.name]
        if cases:
            super().run(cases)
            self._judge_again(cases)

    def _judge_again(self, cases: Sequence[Case]) -> None:
        FindingStage(self._signal, self._judge).run(cases)
        SectionStage(self._judge).run(cases)

    def _odd_windows(self, case: Case) -> list[Span]:
        above = logistic(logit(self._choices.thresholds_of(case.document).suspect) - CLOSER_MARGIN)
        return find_odd_windows(self._judge, case.document, case.measured, above, CLOSER_WINDOWS)

    def _doubtful(self, cases: Sequence[Case], margin: float) -> list[Case]:
        """Return the cases that are not clean by so wide a margin, as a whole or in a section."""
        highest = self._judge.highest_probabilities([case.features for case in cases], self._later)
        return [case for case, bound in zip(cases, highest, strict=True) if not self._is_clean(case, bound, margin)]

    def _is_clean(self, case: Case, highest: float, margin: float) -> bool:
        section = (case.section and case.section.probability) or 0.0
        suspect = self._choices.thresholds_of(case.document).suspect
        return logit(max(highest, section)) < logit(suspect) - margin

    def _ask(self, cases: Sequence[Case]) -> list[Measurement]:
        return self._long.measure_whole([case.document for case in cases])
