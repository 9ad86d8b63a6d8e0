from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from detector.corpus.reading import read
from detector.engine.detector import Detector, load
from detector.engine.plan import SignalStage, run_plan
from detector.errors import SignalError
from detector.judge import verdict
from detector.judge.decision import decide
from detector.options import Options
from detector.report import OFF, Report, Status, Verdict, require_reports
from detector.signals import Feature, Measurement
from detector.text.document import Document

SAMPLES = Path(__file__).parents[2] / "samples"
TEXT = (SAMPLES / "news-spun-heavy.txt").read_text(encoding="utf-8")


def test_a_report_keeps_its_contract(detector: Detector) -> None:
    report = detector.score(TEXT)
    assert report.probability is not None
    assert 0 <= report.probability <= 1
    assert report.language == "en"
    assert report.model == detector.model
    assert list(report.signals) == ["wording", "grammar", "typography", "names", "readability", "spintax"]
    assert all(state.status is Status.OK for state in report.signals.values()), report.signals
    for finding in report.findings:
        assert TEXT[finding.start : finding.end] == finding.text
        assert 0 <= finding.score <= 1
    assert [f.start for f in report.findings] == sorted(f.start for f in report.findings)


def test_windows_are_in_order_and_cover_the_words(detector: Detector) -> None:
    windows = detector.score(TEXT).windows
    assert windows[0].start == 0
    assert windows[-1].end >= len(TEXT.rstrip())
    assert all(a.end <= b.start for a, b in pairwise(windows))
    assert all(window.probability is not None for window in windows)


def test_offsets_count_code_points(detector: Detector) -> None:
    text = "Ǆ😀é\r\n\r\n" + TEXT
    findings = detector.score(text).findings
    assert findings
    assert all(text[finding.start : finding.end] == finding.text for finding in findings)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "under 40 words"),
        ("Too short to say.", "under 40 words"),
        ("Ash Walker\nBen Turner\nCarol Price\nDinah Cole\n" * 15, "not prose"),
    ],
)
def test_what_can_not_be_scored_has_a_reason_and_no_number(detector: Detector, text: str, reason: str) -> None:
    report = detector.score(text)
    assert report.verdict is Verdict.UNSCORED
    assert report.probability is None
    assert report.reason is not None
    assert reason in report.reason
    assert not report.findings
    assert not report.windows
    assert {state.status for state in report.signals.values()} == {Status.SKIPPED}


def test_what_is_switched_off_is_not_even_read(detector: Detector) -> None:
    document = Document.from_text(TEXT, off=True)
    (report,) = detector.score_batch([document])
    assert isinstance(report, Report)
    assert (report.verdict, report.reason, report.words) == (Verdict.UNSCORED, OFF, 0)
    assert "_reading" not in document.__dict__
    assert pickle.loads(pickle.dumps(document)).off


def test_a_batch_keeps_its_order(detector: Detector) -> None:
    before = detector.stage_seconds
    reports = detector.score_batch([TEXT, "short", TEXT])
    spent = {name: seconds - before.get(name, 0.0) for name, seconds in detector.stage_seconds.items()}
    assert all(spent[name] > 0 for name in ("gates", "light", "deep", "verdict")), spent
    assert [report.id for report in reports] == ["1", "2", "3"]
    assert [report.verdict is Verdict.UNSCORED for report in reports] == [False, True, False]
    assert reports[0].probability == reports[2].probability


def test_a_report_does_not_depend_on_the_other_documents(detector: Detector) -> None:
    """Alone, after others, before others, and in one of two processes."""
    names = ("news-spun-light.txt", "learner.txt", "news-spun-heavy.txt", "guide-clean.md")
    documents = [Document.from_text(_prose(name), id=name) for name in names]
    alone = {document.id: detector.score(document).to_dict() for document in documents}
    batches = [detector.score_batch(documents), detector.score_batch(documents[::-1])]
    with load(Options(grammar="embedded", jobs=2)) as two_processes:
        batches.append(two_processes.score_batch(documents))
    for outcomes in batches:
        assert {outcome.id: outcome.to_dict() for outcome in outcomes} == alone


def test_documents_are_taken_as_they_are_needed(detector: Detector) -> None:
    taken = 0

    def endless() -> Iterator[Document]:
        nonlocal taken
        while True:
            taken += 1
            yield Document.from_text(TEXT, id=str(taken))

    reports = detector.score_documents(endless())
    assert next(reports).id == "1"
    assert taken < 50


@pytest.mark.parametrize("wording", ["light", "deep"])
def test_a_window_alone_and_in_its_document_agree(wording: str) -> None:
    """By one encoder: `auto` lets the other one read a document for the sake of one of its windows."""
    mixed = (SAMPLES / "mixed.txt").read_text(encoding="utf-8")
    with load(Options(grammar="embedded", wording=wording)) as detector:
        inside = detector.score(mixed).windows
        alone = [detector.score(mixed[window.start : window.end]).windows for window in inside]
    compared = [(window, one[0]) for window, one in zip(inside, alone, strict=True) if len(one) == 1]
    assert len(compared) > 2
    for window, one in compared:
        assert one.probability == pytest.approx(window.probability, abs=0.001)


def _prose(name: str) -> str:
    (record,) = read([str(SAMPLES / name)])
    assert record.document is not None
    return record.document.prose.text


@pytest.fixture(scope="module")
def long_and_clean() -> str:
    return "\n\n".join(_prose(name) for name in ("news-clean.txt", "canal-clean.html", "guide-clean.md"))


def test_a_spun_section_of_a_long_document_does_not_pass(detector: Detector, long_and_clean: str) -> None:
    spun = _prose("news-spun-heavy.txt")
    report = detector.score(f"{long_and_clean}\n\n{spun}\n\n{long_and_clean}")
    assert report.verdict is not Verdict.CLEAN
    strongest = max(report.windows, key=lambda window: window.probability or 0)
    assert len(long_and_clean) <= strongest.start < len(long_and_clean) + len(spun)
    assert detector.score(f"{long_and_clean}\n\n{long_and_clean}").verdict is Verdict.CLEAN


def test_where_the_whole_is_clean_a_spun_section_is_named(
    detector: Detector, long_and_clean: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict, "decide", lambda _, grounds, thresholds: decide(0.0, grounds, thresholds))
    spun = _prose("news-spun-heavy.txt")
    report = detector.score(f"{long_and_clean}\n\n{spun}\n\n{long_and_clean}")
    assert report.verdict is Verdict.SUSPECT
    (note,) = (note for note in report.notes if note.startswith("the section from"))
    start, end = (int(number) for number in re.findall(r"\d+", note))
    assert start < len(long_and_clean) + len(spun)
    assert end > len(long_and_clean)
    untouched = detector.score(f"{long_and_clean}\n\n{long_and_clean}")
    assert untouched.verdict is Verdict.CLEAN
    assert not [note for note in untouched.notes if note.startswith("the section from")]


def test_a_scan_with_broken_words_all_over_gets_no_number(detector: Detector) -> None:
    text = _prose("news-clean.txt")
    broken = re.sub(r"\b[a-z]{5,}\b", lambda word: f"{word.group()[:2]}rnx{word.group()[3:]}", text)
    report = detector.score(broken)
    assert report.verdict is Verdict.UNSCORED
    assert report.reason == "broken words all over (a bad scan?)"
    assert detector.score(text).verdict is Verdict.CLEAN


def test_workers_say_what_one_process_says(detector: Detector) -> None:
    documents = [record.document for record in read([str(SAMPLES)]) if record.document] * 2
    with load(Options(grammar="embedded", jobs=2)) as parallel:
        there = list(require_reports(parallel.score_documents(documents)))
    here = list(require_reports(detector.score_documents(documents)))
    assert [report.id for report in there] == [document.id for document in documents]
    assert [report.verdict for report in there] == [report.verdict for report in here]
    for one, other in zip(there, here, strict=True):
        assert one.probability == pytest.approx(other.probability, abs=0.01)


def test_without_grammar_a_document_is_scored_and_says_so() -> None:
    with load(Options(grammar="off")) as detector:
        report = detector.score(TEXT)
    assert report.signals["grammar"].status is Status.SKIPPED
    assert report.signals["grammar"].detail
    assert report.probability is not None


def test_an_engine_asked_for_by_name_must_be_there() -> None:
    with pytest.raises(SignalError, match=r"http://127\.0\.0\.1:9"):
        load(Options(grammar="languagetool", languagetool_url="http://127.0.0.1:9"))


class Brittle:
    """A signal that breaks its promise and raises for one text."""

    name = "brittle"
    features: tuple[Feature, ...] = ()

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        if any("poison" in document.text for document in documents):
            raise RuntimeError("choked")
        return [Measurement(Status.OK)] * len(documents)

    def close(self) -> None:
        pass


def test_a_signal_that_breaks_fails_for_that_document_alone() -> None:
    documents = [Document.from_text(text) for text in ("good", "poison", "good")]
    cases = run_plan([SignalStage(Brittle())], documents)
    said = [case.measured["brittle"] for case in cases]
    assert [m.status for m in said] == [Status.OK, Status.FAILED, Status.OK]
    assert said[1].detail == "RuntimeError: choked"


def test_closing_twice_is_harmless() -> None:
    detector = load(Options(grammar="off"))
    report: Report = detector.score(TEXT)
    assert report.probability is not None
    detector.close()
    detector.close()
