"""The first stage settles documents as clean or hands them on; what it settles says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from detector.corpus.score_log import Entry, make_entry
from detector.corpus.tally import Tally
from detector.engine.plan import OVERLOOKED, SCANNED, Case, ScanStage
from detector.errors import ConfigError
from detector.judge.gates import Gate
from detector.options import Options
from detector.report import (
    BOTH_ENCODERS,
    LIGHT_ENCODER,
    Grounds,
    ModelInfo,
    Report,
    SignalState,
    Status,
    Thresholds,
    Verdict,
)
from detector.reports.messages import print_summary
from detector.signals import Feature, Measurement
from detector.signals.spintax import GROUPS, SpintaxSignal
from detector.summary import Summary, read_by_scan_alone
from detector.text.document import Document


class Scan:
    """Says of a document what its text says, and breaks on `broken`."""

    name = "scan"
    features: tuple[Feature, ...] = (Feature("scan.log_odds", "log-odds", ""),)

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        return [
            Measurement(Status.OK, features={"scan.log_odds": float(document.text.split()[0])})
            for document in documents
        ]

    def close(self) -> None:
        pass


class Chosen:
    """The thresholds of a run."""

    def thresholds_of(self, document: Document) -> Thresholds:
        return Thresholds(0.2, 0.9) if document.group == "strict" else Thresholds(0.7, 0.9)


class Grammar(Scan):
    name = "grammar"

    engine = SimpleNamespace(identifier="embedded/1")


def settle(text: str, *, cut_off: float = 0.0, group: str | None = None, spintax: bool = False) -> Case:
    case = Case(Document("id", "source", text, group=group), Gate(None, "en", 40, clipped=True))
    if spintax:
        case.measured["spintax"] = SpintaxSignal().measure(
            [Document.from_text("{Many|A lot of} people {love|adore} trains. " * 9)]
        )[0]
        assert case.measured["spintax"].features[GROUPS]
    other = Grammar()
    stage = ScanStage(Scan(), cut_off, [other], Chosen())  # type: ignore[arg-type]
    stage.run([case])
    return case


def test_what_has_less_than_the_cut_off_is_clean_and_says_who_read_it() -> None:
    case = settle("-1.5")
    assert case.judgement is not None
    assert case.judgement.verdict is Verdict.CLEAN
    assert case.judgement.probability == 0.182426
    assert case.judgement.grounds == Grounds(wording=0.182426, clipped=True)
    assert case.judgement.remarks == (OVERLOOKED,)
    assert case.measured["grammar"] == Measurement.not_needed(SCANNED, "embedded/1")
    assert case.measured["scan"].status is Status.OK


@pytest.mark.parametrize(
    "case",
    [
        settle("0.0"),
        settle("3"),
        settle("-1.2", group="strict"),  # a probability of .23 is a suspect's there
        settle("1", cut_off=2.0),
        settle("-5", spintax=True),
        settle("broken"),
        settle("nan"),
    ],
)
def test_what_may_be_spun_is_handed_on(case: Case) -> None:
    assert not case.settled
    assert "grammar" not in case.measured


def test_one_document_that_breaks_the_stage_does_not_let_others_pass() -> None:
    cases = [Case(Document(text, "source", text), Gate(None, "en", 40)) for text in ("-3", "broken", "3")]
    ScanStage(Scan(), 0.0, [], Chosen()).run(cases)  # type: ignore[arg-type]
    assert [case.settled for case in cases] == [True, False, False]
    assert cases[1].measured["scan"].status is Status.FAILED


def report(
    *,
    scan: bool,
    wording: Status = Status.NOT_NEEDED,
    verdict: Verdict = Verdict.CLEAN,
    encoders: str | None = None,
) -> Report:
    states = {
        "wording": SignalState(wording, SCANNED, encoders),
        "grammar": SignalState(Status.NOT_NEEDED, SCANNED, "embedded/1"),
    }
    if scan:
        states["scan"] = SignalState(Status.OK, "40 words")
    probability = None if verdict is Verdict.UNSCORED else 0.2
    return Report(
        "1", "a", verdict, probability, None, "en", 40, (), (), states, ModelInfo("1", "ab" * 32), Thresholds(0.7, 0.9),
        grounds=Grounds(0.2),
    )  # fmt: skip


def test_a_run_counts_who_read_what() -> None:
    summary = Summary()
    outcomes = [
        report(scan=True),
        report(scan=True),
        report(scan=True, wording=Status.OK),
        report(scan=False, wording=Status.OK),
    ]
    for outcome in [*outcomes, report(scan=True, wording=Status.SKIPPED, verdict=Verdict.UNSCORED)]:
        summary.add(outcome)
    assert (summary.scanned, summary.handed_on) == (2, 1)
    assert {name for name, _ in summary.states} == {"grammar"}  # of those that the encoders read
    assert [read_by_scan_alone(outcome) for outcome in outcomes] == [True, True, False, False]


def test_a_run_says_which_encoders_read_what_the_first_stage_handed_on(capsys: pytest.CaptureFixture[str]) -> None:
    summary = Summary()
    for encoders in (LIGHT_ENCODER, LIGHT_ENCODER, BOTH_ENCODERS):
        summary.add(report(scan=True, wording=Status.OK, encoders=encoders))
    summary.add(report(scan=True))
    print_summary(summary)
    readers = "read by the first stage alone: 1, by the light encoder, too: 2, by both encoders: 1"
    assert readers in capsys.readouterr().err
    alone = Summary()
    alone.add(report(scan=True))
    print_summary(alone)
    assert "read by the first stage alone: 1\n" in capsys.readouterr().err


def test_the_counts_of_a_filter_tell_who_alone_read_how_many() -> None:
    tally, other = Tally(), Tally()
    for one in (report(scan=True), report(scan=True, wording=Status.OK, encoders=LIGHT_ENCODER)):
        entry = make_entry(1, one, None, with_findings=False)
        assert Entry(**entry.to_dict()) == entry
        tally.add(entry, "kept")
    other.merge(Tally.from_dict(tally.to_dict()))
    assert (other.report()["read_by_scan_alone"], other.report()["read_by_light_alone"]) == (1, 1)
    assert not {"read_by_scan_alone", "read_by_light_alone"} & set(Tally().report())
    assert Counter(other.verdicts) == {"clean": 2}


def test_a_speed_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="speed must be"):
        Options(speed="quick")  # type: ignore[arg-type]
