"""The last reader in the plan: who is asked where the verdict is in doubt."""

from __future__ import annotations

from collections.abc import Sequence

from detector.engine.plan import Case, FindingStage, SectionStage
from detector.errors import in_one_line
from detector.judge.probability import logit
from detector.judge.verdict import Judge
from detector.signals import Measurement, Signal
from detector.signals.last_reader import LastReader
from detector.signals.wording import WordingMeasurement

CERTAINLY_CLEAN, CERTAINLY_SPUN = "clean without a doubt", "spun without a doubt"


class LastReaderStage:
    """Asks the last reader about documents whose verdict is in doubt; what it says changes what the words say.

    A document is judged on what was measured so far; a long one also by its strongest section.
    """

    cost = "last reader"

    def __init__(self, reader: LastReader, wording: Signal, judge: Judge) -> None:
        self._reader = reader
        self._wording = wording
        self._judge = judge

    def run(self, cases: Sequence[Case]) -> None:
        asked = []
        for case in cases:
            if why := self._not_needed(case):
                case.add_not_needed(self._reader.name, why, self._reader.engine)
                continue
            try:
                before = case.with_ignored[self._wording.name]
                assert isinstance(before, WordingMeasurement)
                measurement, wording = self._reader.read(case.document, before)
            except Exception as error:
                case.add(self._reader.name, Measurement.failed(in_one_line(error)))
                continue
            case.add(self._reader.name, measurement)
            case.add(self._wording.name, wording)
            asked.append(case)
        FindingStage(self._wording, self._judge).run(asked)
        SectionStage(self._judge).run(asked)

    def _not_needed(self, case: Case) -> str | None:
        log_odds = self._judge.log_odds(case.features)
        if case.section is not None and case.section.probability is not None:
            log_odds = max(log_odds, logit(case.section.probability))
        lowest, highest = self._reader.doubt
        return CERTAINLY_CLEAN if log_odds < lowest else CERTAINLY_SPUN if log_odds > highest else None
