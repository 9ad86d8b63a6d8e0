"""A signal that costs is measured where it can change a verdict, and where a person will look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detector.engine.detector import Detector, load
from detector.engine.plan import NOT_NEEDED, Case, NeededStage
from detector.errors import SignalError
from detector.judge.gates import Gate
from detector.judge.verdict import Judge
from detector.options import Options, Settings
from detector.report import Report, Status, Thresholds, Verdict, WindowScore, require_reports
from detector.signals import Feature, Measurement
from detector.signals.grammar.features import FEATURES
from detector.text.document import Document

SAMPLES = Path(__file__).parents[2] / "samples"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.txt"))}
CLEAN = TEXTS["news-clean.txt"]


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, Report]]:
    """The reports on all samples by `measures`, by the name of the sample."""
    documents = [Document.from_text(text, id=name) for name, text in TEXTS.items()]
    found = {}
    for measures in ("needed", "all"):
        with load(Options(grammar="embedded", measures=measures)) as detector:
            found[measures] = {one.id: one for one in require_reports(detector.score_batch(documents))}
    return found


def test_verdicts_are_those_of_everything_measured(measured: dict[str, dict[str, Report]]) -> None:
    for name, needed in measured["needed"].items():
        everything = measured["all"][name]
        assert needed.verdict is everything.verdict, name
        assert [f for f in needed.findings if f.signal != "grammar"] == [
            f for f in everything.findings if f.signal != "grammar"
        ], name
        if needed.signals["grammar"].status is Status.OK:
            assert needed == everything, name


def test_only_clean_documents_go_without_grammar_and_say_so(measured: dict[str, dict[str, Report]]) -> None:
    states = {name: report.signals["grammar"] for name, report in measured["needed"].items()}
    without = {name for name, state in states.items() if state.status is Status.NOT_NEEDED}
    assert without
    for name in without:
        report = measured["needed"][name]
        assert report.verdict is Verdict.CLEAN
        assert report.signals["grammar"].detail == NOT_NEEDED
        assert report.signals["grammar"].engine == measured["all"][name].signals["grammar"].engine
        assert not any(measure.startswith("grammar.") for measure in report.measures)
    assert any(measured["needed"][name].verdict in (Verdict.SUSPECT, Verdict.SPUN) for name in states.keys() - without)
    assert {r.signals["grammar"].status for r in measured["all"].values() if r.verdict is not Verdict.UNSCORED} == {
        Status.OK
    }


class Costly:
    """Counts what it was asked to read."""

    name = "grammar"
    features: tuple[Feature, ...] = FEATURES

    def __init__(self) -> None:
        self.read: list[str] = []

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        self.read += [document.id for document in documents]
        return [Measurement(Status.OK, features={feature.name: 0.0 for feature in self.features}) for _ in documents]

    def close(self) -> None:
        pass


class Bounded:
    """A judge that knows how high each document can get: its text says it."""

    def highest_probabilities(self, rows: Sequence[dict[str, float]], unknown: set[str]) -> list[float]:
        assert unknown == {feature.name for feature in FEATURES}
        return [row["wording.highest"] for row in rows]


class Chosen:
    """Thresholds that are the same for all documents."""

    def thresholds_of(self, document: Document) -> Thresholds:
        return Thresholds(0.6, 0.9)


def _case(name: str, highest: float, **more: object) -> Case:
    case = Case(Document.from_text("Text.", id=name), Gate(None, "en", 100, False))
    case.measured["wording"] = Measurement(Status.OK, features={"wording.highest": highest})
    return replace(case, **more)


def test_what_is_near_a_threshold_or_will_be_looked_at_is_measured() -> None:
    signal = Costly()
    choices = Measurement(Status.OK, features={"spintax.groups": 3.0}, findings=(None, None, None))  # type: ignore[arg-type]
    chosen = _case("choices", 0.1)
    chosen.measured["spintax"] = choices
    cases = [
        _case("clean", 0.59),
        _case("at the threshold", 0.6),
        _case("over it", 0.99),
        _case("section", 0.1, section=WindowScore(0, 5, 0.7)),
        chosen,
    ]
    NeededStage(signal, Bounded(), Chosen()).run(cases)  # type: ignore[arg-type]
    assert signal.read == ["at the threshold", "over it", "section", "choices"]
    assert [case.measured["grammar"].status for case in cases] == [Status.NOT_NEEDED, *[Status.OK] * 4]


def test_no_document_is_measured_where_none_needs_it() -> None:
    signal = Costly()
    NeededStage(signal, Bounded(), Chosen()).run([_case("clean", 0.1)])  # type: ignore[arg-type]
    assert signal.read == []


def test_the_bound_holds_for_whatever_grammar_finds(detector: Detector) -> None:
    """The shipped classifier, a clean document, and rates of matches from none to very many."""
    report = detector.score(CLEAN)
    judge = _judge(detector)
    known = {name: value for name, value in report.measures.items() if not name.startswith("grammar.")}
    names = [feature.name for feature in FEATURES]
    (highest,) = judge.highest_probabilities([known], set(names))
    tried = [known] + [known | dict.fromkeys(names, rate) for rate in (0.0, 1.0, 5.0, 25.0, 1000.0)]
    tried += [known | dict.fromkeys(names, 0.0) | {name: 1000.0} for name in names]
    assert max(judge.probabilities(tried)) <= highest + 1e-6
    assert highest < judge.suspect


def _judge(detector: Detector) -> Judge:
    scorer = detector._opened()._scorer
    return scorer._judge  # type: ignore[union-attr]


def test_a_threshold_that_is_moved_moves_what_is_needed() -> None:
    with load(Options(grammar="embedded", threshold=0.001)) as detector:
        report = detector.score(CLEAN)
    assert report.signals["grammar"].status is Status.OK


def test_all_findings_and_exact_thresholds_need_everything() -> None:
    assert Settings().options.measures == "needed"
    assert Settings(findings="all").options.measures == "all"
    assert Settings(measures="all").options.measures == "all"


def test_grammar_that_is_off_says_so_and_not_that_it_was_not_needed() -> None:
    with load(Options(grammar="off")) as detector:
        assert detector.score(CLEAN).signals["grammar"].status is Status.SKIPPED


def test_an_embedded_engine_that_breaks_when_it_is_needed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from detector.signals.grammar import embedded

    def broken() -> None:
        raise OSError("no rules")

    monkeypatch.setattr(embedded, "_opener", lambda: broken)
    with load(Options(grammar="embedded")) as detector:
        clean, spun = require_reports(detector.score_batch([CLEAN, TEXTS["news-spun-heavy.txt"]]))
    assert clean.signals["grammar"].status is Status.NOT_NEEDED
    assert spun.signals["grammar"].status is Status.FAILED
    assert "no rules" in spun.signals["grammar"].detail


def test_an_embedded_engine_that_is_not_there_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "lt_py", None)
    with pytest.raises(SignalError, match="does not start"):
        load(Options(grammar="embedded"))


LONG = Document.from_text("\n\n".join([CLEAN] * 12), id="long")


def test_a_long_document_is_read_in_part_where_it_is_clean_and_says_so() -> None:
    with load(Options(grammar="off", wording="light")) as detector:
        report = detector.score(LONG)
    assert report.verdict is Verdict.CLEAN
    assert re.search(
        r" in \d+ of \d+ windows; the first stage read all of it and chose these; clean by these",
        report.signals["wording"].detail,
    )
    assert any(window.probability is None for window in report.windows)


@pytest.mark.parametrize("options", [{"measures": "all"}, {"threshold": 0.001}])
def test_all_of_a_long_document_is_read_where_a_person_looks(options: dict[str, Any]) -> None:
    with load(Options(grammar="off", wording="light", **options)) as detector:
        report = detector.score(LONG)
    assert "windows" not in report.signals["wording"].detail
    assert all(window.probability is not None for window in report.windows)


def test_a_spun_passage_of_a_long_document_is_found() -> None:
    text = "\n\n".join([CLEAN] * 6 + [TEXTS["news-spun-heavy.txt"]] + [CLEAN] * 6)
    found = {}
    for measures in ("needed", "all"):
        with load(Options(grammar="off", wording="light", measures=measures)) as detector:
            found[measures] = detector.score(Document.from_text(text, id="passage"))
    assert found["needed"].verdict is not Verdict.CLEAN
    assert found["needed"] == found["all"]
