"""Long documents: read in part first, with more effort where that looks odd, and whole where they are not plainly clean.

The first stage reads all of a long document, the light encoder what that finds most suspicious and a sample of the rest
(`signals.wording.sampling`). By how far a document is below `suspect` then, whatever grammar will say of it, it is clean, or
the deep encoder reads the few windows that look most spun. If these are not what made it odd, all of it is read as any other
document is. Nothing but a clean verdict is reached without that.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from detector.engine.plan import Case, FindingStage, SectionStage, SignalStage, why_no_verdict
from detector.judge.choices import Choices
from detector.judge.probability import logistic, logit
from detector.judge.sections import find_odd_windows, find_strongest_section
from detector.judge.verdict import Judge, choices_left_in, is_garbled
from detector.report import WindowScore
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

    `later` are the features that are still to come; a document may be clean only whatever they are. `doubt` is the log-odds
    from which a last reader is asked: it is asked about what was read whole.
    """

    def __init__(
        self, signal: LongSignal, judge: Judge, choices: Choices, later: Collection[str], doubt: float = math.inf
    ) -> None:
        super().__init__(signal)
        self._long = signal
        self._judge = judge
        self._choices = choices
        self._later = later
        self._doubt = doubt

    def run(self, cases: Sequence[Case]) -> None:
        in_part = [case for case in cases if case.with_ignored[self._signal.name].unread]
        doubtful = self._doubtful(in_part, LIGHT_MARGIN)
        closer = {id(case) for case in self._read_closer([case for case in doubtful if not self._needs_all(case)])}
        still = self._doubtful([case for case in doubtful if id(case) in closer], CLOSER_MARGIN)
        self._read_whole([*(case for case in doubtful if id(case) not in closer), *still])

    def _read_closer(self, cases: Sequence[Case]) -> list[Case]:
        """Have the windows read closer that look most spun; return the cases of which that was done."""
        chosen = [(case, windows) for case in cases if len(windows := self._odd_windows(case)) <= CLOSER_WINDOWS]
        if not chosen:
            return []
        name = self._signal.name
        pairs = self._ask_closer(chosen)
        changed = [(case, one) for case, one in pairs if one is not case.with_ignored[name]]
        for case, measurement in changed:
            case.add(name, measurement)
        self._judge_again([case for case, _ in changed])
        return [case for case, _ in pairs]

    def _ask_closer(self, chosen: Sequence[tuple[Case, list[Span]]]) -> list[tuple[Case, Measurement]]:
        """Return what was measured, without the documents that the signal breaks on: all of these is read, by themselves."""
        cases = [case for case, _ in chosen]
        before = [case.with_ignored[self._signal.name] for case in cases]
        try:
            after = self._long.measure_closer([case.document for case in cases], before, [some for _, some in chosen])
        except Exception:
            return [] if len(chosen) == 1 else [pair for one in chosen for pair in self._ask_closer([one])]
        return list(zip(cases, after, strict=True))

    def _read_whole(self, cases: Sequence[Case]) -> None:
        for case in cases:
            del case.measured[self._signal.name]
        if cases:
            super().run(cases)
            for case in cases:
                case.reason = why_no_verdict(case.measured[self._signal.name])
            self._judge_again([case for case in cases if not case.settled])

    def _judge_again(self, cases: Sequence[Case]) -> None:
        FindingStage(self._signal, self._judge).run(cases)
        SectionStage(self._judge).run(cases)

    def _odd_windows(self, case: Case) -> list[Span]:
        above = logistic(logit(self._choices.thresholds_of(case.document).suspect) - CLOSER_MARGIN)
        return find_odd_windows(self._judge, case.document, case.measured, above, CLOSER_WINDOWS)

    def _doubtful(self, cases: Sequence[Case], margin: float) -> list[Case]:
        """Return the cases that are not clean by so wide a margin, as a whole or in a section, with what is ignored and
        without it: a report says both verdicts."""
        highest = self._judge.highest_probabilities([case.features for case in cases], self._later)
        without_ignores = self._judge.highest_probabilities(
            [_features(case.with_ignored) for case in cases], self._later
        )
        return [
            case
            for case, *bounds in zip(cases, highest, without_ignores, strict=True)
            if self._needs_all(case) or not self._is_clean(case, max(bounds), margin)
        ]

    def _is_clean(self, case: Case, highest: float, margin: float) -> bool:
        sections = [case.section]
        if case.measured[self._signal.name] is not case.with_ignored[self._signal.name]:
            sections.append(find_strongest_section(self._judge, case.document, case.with_ignored))
        suspect = self._choices.thresholds_of(case.document).suspect
        limit = min(logit(suspect) - margin, self._doubt)
        return logit(max(highest, *map(_probability_of, sections))) < limit

    def _needs_all(self, case: Case) -> bool:
        """Tell whether all of a document is read, however clean a part of it is: where passages are ignored, since nearly all
        that is left may stand in what was not read, and where something else than its probability makes the verdict."""
        wording, before = case.measured[self._signal.name], case.with_ignored[self._signal.name]
        verse = case.gate is not None and case.gate.verse
        return (
            (case.ignores is not None and case.ignores.words_unread > 0)
            or any(
                why_no_verdict(one) is not None or is_garbled(one.features, verse=verse) for one in (wording, before)
            )
            or choices_left_in(case.measured.get("spintax")) is not None
            or choices_left_in(case.with_ignored.get("spintax")) is not None
        )

    def _ask(self, cases: Sequence[Case]) -> list[Measurement]:
        return self._long.measure_whole([case.document for case in cases])


def _features(measured: Mapping[str, Measurement]) -> dict[str, float]:
    return {name: value for one in measured.values() for name, value in one.features.items()}


def _probability_of(section: WindowScore | None) -> float:
    return (section and section.probability) or 0.0
