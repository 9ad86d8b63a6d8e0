"""What must never happen: a verdict without evidence, a hang after a fork, workers that outlive their parent."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

import detector as package
from detector.engine.deadline import TimeUpError, time_limit
from detector.engine.detector import Detector, load
from detector.errors import ConfigError, DocumentError, ItemError, ModelError
from detector.options import Options
from detector.report import Failure, Report, Status, Verdict
from detector.signals.wording import WordingSignal
from detector.text.document import Document

ROOT = Path(__file__).parents[2]
SPUN = (ROOT / "tests/cases/documents/spun.txt").read_text(encoding="utf-8")
LIGHT = Options(grammar="off", wording="light")


@pytest.fixture(scope="module")
def light() -> Detector:
    return load(LIGHT)


def run_script(script: str, *, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=timeout, cwd=ROOT, check=False
    )


# --- a broken signal ------------------------------------------------------------------------------------------------


def test_without_the_wording_signal_there_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: WordingSignal, documents: Sequence[Document], scanned: object) -> None:
        raise RuntimeError("out of order")

    with load(LIGHT) as detector:
        monkeypatch.setattr(WordingSignal, "measure_scanned", broken)
        report = detector.score(SPUN)
    assert report.verdict is Verdict.UNSCORED
    assert report.probability is None
    assert report.reason is not None
    assert "wording" in report.reason
    assert "out of order" in report.reason
    assert report.signals["wording"].status is Status.FAILED


@pytest.mark.parametrize(
    ("error", "said"), [(RuntimeError("first\nsecond"), "RuntimeError: first"), (RecursionError(), "RecursionError")]
)
@pytest.mark.parametrize("name", ["grammar", "typography", "names", "readability", "spintax"])
def test_without_another_signal_there_is_a_verdict_and_the_reason(
    name: str, error: Exception, said: str, light: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(documents: Sequence[Document]) -> None:
        raise error

    light.open()
    assert light._open is not None
    (one,) = (one for one in light._open._scorer.signals if one.name == name)  # type: ignore[union-attr]
    monkeypatch.setattr(one, "measure", broken)
    report = light.score(SPUN)
    assert report.probability is not None
    assert report.verdict is Verdict.SPUN
    assert (report.signals[name].status, report.signals[name].detail) == (Status.FAILED, said)


# --- batches --------------------------------------------------------------------------------------------------------


def test_every_item_of_a_batch_has_its_outcome_in_order(light: Detector) -> None:
    first, nothing, number, raw, last = light.score_batch([SPUN, None, 7, b"bytes", "short"])  # type: ignore[list-item]
    assert isinstance(first, Report)
    assert isinstance(last, Report)
    assert (first.id, last.id) == ("1", "5")
    for outcome, said in ((nothing, "item 2: .* None"), (number, "item 3: .* int"), (raw, "item 4: .* bytes")):
        assert isinstance(outcome, Failure)
        with pytest.raises(ItemError, match=said):
            raise outcome.error
    assert nothing.to_dict()["error"]["type"] == "item"


@pytest.mark.parametrize("items", ["one text", b"bytes", Document.from_text("one")])
def test_one_text_is_no_batch(light: Detector, items: object) -> None:
    with pytest.raises(ItemError, match="list of texts"):
        light.score_batch(items)  # type: ignore[arg-type]


@pytest.mark.parametrize("items", [None, 7, {"a": "text"}, {"text"}])
def test_what_has_no_order_or_no_items_is_no_batch(light: Detector, items: object) -> None:
    with pytest.raises(ItemError, match="list of texts"):
        light.score_batch(items)  # type: ignore[arg-type]


def test_a_stream_has_an_outcome_for_each_item_too(light: Detector) -> None:
    items = [None, Document.from_text("one", id="a"), 7, "two", None]
    outcomes = list(light.score_documents(iter(items)))  # type: ignore[arg-type]
    assert [(one.id, isinstance(one, Report)) for one in outcomes] == [
        ("1", False), ("a", True), ("3", False), ("4", True), ("5", False),
    ]  # fmt: skip
    with pytest.raises(ItemError, match="list of texts"):
        light.score_documents("one text")


def test_what_the_input_raises_comes_after_the_outcomes_of_what_it_gave(light: Detector) -> None:
    def breaking() -> Iterator[str]:
        yield "one"
        yield "two"
        raise ValueError("the third")

    outcomes = light.score_documents(breaking())
    assert [next(outcomes).id, next(outcomes).id] == ["1", "2"]
    with pytest.raises(ValueError, match="the third"):
        next(outcomes)
    assert isinstance(light.score("still there"), Report)


@pytest.mark.parametrize("options", [{"grammar": "off"}, "off", Options])
def test_options_of_another_kind_are_refused(options: object) -> None:
    with pytest.raises(ConfigError, match=r"detector\.Options"):
        load(options)  # type: ignore[arg-type]


def test_score_takes_a_document_too_and_raises_for_anything_else(light: Detector) -> None:
    assert light.score(Document.from_text(SPUN, id="mine")).id == "mine"
    with pytest.raises(ItemError, match="None"):
        light.score(None)  # type: ignore[arg-type]


def test_a_document_that_breaks_the_program_fails_by_itself(light: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    from detector.judge import gates

    check = gates.check

    def brittle(document: Document) -> gates.Gate:
        if "poison" in document.text:
            raise KeyError("oops")
        return check(document)

    monkeypatch.setattr(gates, "check", brittle)
    good, bad = light.score_batch([SPUN, "poison"])
    assert isinstance(good, Report)
    assert isinstance(bad, Failure)
    assert isinstance(bad.error, DocumentError)


def test_a_reader_that_fails_costs_one_document(light: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> None:
        raise RecursionError

    monkeypatch.setattr("detector.text.plain.plain_prose", broken)
    bad, good = light.score_batch([SPUN, Document.from_text(SPUN, format="markdown")])
    assert isinstance(good, Report)
    assert isinstance(bad, Failure)
    assert "RecursionError" in str(bad.error)


# --- time limits ----------------------------------------------------------------------------------------------------


def test_a_time_limit_ends_what_takes_longer() -> None:
    def go_on_for_ever() -> None:
        with time_limit(0.05):
            while True:
                pass

    with pytest.raises(TimeUpError):
        go_on_for_ever()
    with time_limit(0.05):
        pass
    time.sleep(0.1)  # nothing is left of it


def test_a_document_that_takes_too_long_in_this_process_fails_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    from detector.judge import gates

    check = gates.check

    def slow(document: Document) -> gates.Gate:
        while "slow" in document.text:
            pass
        return check(document)

    monkeypatch.setattr(gates, "check", slow)
    with load(Options(grammar="off", wording="light", document_timeout=5)) as detector:
        bad, good = detector.score_batch(["slow", "short"])
    assert isinstance(good, Report)
    assert isinstance(bad, Failure)
    assert "time limit" in str(bad.error)


# --- pickles and forks ----------------------------------------------------------------------------------------------


def test_a_detector_is_pickled_by_its_options_and_model(light: Detector) -> None:
    data = pickle.dumps(light)
    assert len(data) < 2_000
    assert data == pickle.dumps(Detector(LIGHT)), "open or not: fingerprints stay"
    assert data == pickle.dumps(pickle.loads(data))
    again = pickle.loads(data)
    assert again.score(SPUN).probability == light.score(SPUN).probability


def test_another_model_than_the_pickled_one_is_refused() -> None:
    stored = pickle.dumps(Detector(LIGHT)).replace(load(LIGHT).model.sha256.encode(), b"0" * 64)
    detector = pickle.loads(stored)
    with pytest.raises(ModelError, match="not the model"):
        detector.score(SPUN)


FORK = """
import os, sys
from pathlib import Path
import detector
text = Path("tests/cases/documents/spun.txt").read_text(encoding="utf-8")
d = detector.load(detector.Options(grammar="{grammar}", jobs={jobs}))
before = d.score(text).probability
child = os.fork()
if child == 0:
    os._exit(0 if d.score(text).probability == before else 3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or d.score(text).probability != before)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.parametrize(("grammar", "jobs"), [("embedded", 1), ("off", 2)])
def test_a_forked_child_scores_as_its_parent_does(grammar: str, jobs: int) -> None:
    done = run_script(FORK.format(grammar=grammar, jobs=jobs))
    assert done.returncode == 0, done.stderr


POOL = """
import multiprocessing
from pathlib import Path
import detector
text = Path("tests/cases/documents/spun.txt").read_text(encoding="utf-8")
d = detector.load(detector.Options(grammar="off", wording="light"))
expected = d.score(text).probability
with multiprocessing.get_context("fork").Pool(2) as pool:
    reports = pool.map(d.score, [text] * 4)
assert [report.probability for report in reports] == [expected] * 4
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_pool_of_forked_processes_takes_a_detector_as_it_is() -> None:
    done = run_script(POOL)
    assert done.returncode == 0, done.stderr


def test_workers_need_no_main_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import detector\n"
        "with detector.load(detector.Options(grammar='off', wording='light', jobs=2)) as d:\n"
        "    print(d.score('short').verdict)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "unscored\n"), done.stderr


# --- how a run ends -------------------------------------------------------------------------------------------------

ENDLESS = """
import sys
from pathlib import Path
import detector
text = Path("tests/cases/documents/spun.txt").read_text(encoding="utf-8")
def endless():
    while True:
        yield detector.Document.from_text(text)
with detector.load(detector.Options(grammar="off", wording="light", jobs=2)) as d:
    for outcome in d.score_documents(endless()):
        print(outcome.verdict, flush=True)
"""


@pytest.fixture
def endless() -> subprocess.Popen[str]:
    run = subprocess.Popen(
        [sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "spun\n"
    return run


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_workers_end_with_their_parent_however_it_ends(endless: subprocess.Popen[str], how: signal.Signals) -> None:
    workers = psutil.Process(endless.pid).children(recursive=True)
    assert workers
    endless.send_signal(how)
    assert endless.wait(30) != 0
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_ends_a_run_with_several_jobs_soon(tmp_path: Path) -> None:
    corpus = tmp_path / "many.jsonl"
    import json

    corpus.write_text("".join(json.dumps({"id": n, "text": SPUN}) + "\n" for n in range(5_000)), encoding="utf-8")
    run = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "detector",
            "score",
            str(corpus),
            "--jobs",
            "2",
            "--grammar",
            "off",
            "--format",
            "jsonl",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert run.stdout is not None
    assert run.stdout.readline()
    workers = psutil.Process(run.pid).children(recursive=True)
    started = time.monotonic()
    for process in (run, *workers):  # a terminal tells the whole group
        process.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert time.monotonic() - started < 30  # two seconds, on a machine that does nothing else; all of it takes minutes
    assert run.returncode == 130
    assert "Traceback" not in errors
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(
    ("how", "ignored", "code"), [("SIGTERM", False, 143), ("SIGHUP", False, 129), ("SIGHUP", True, 0)]
)
def test_a_run_that_is_told_to_end_leaves_nothing_half_written(
    how: str, ignored: bool, code: int, tmp_path: Path
) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "short"}\n' * 20_000, encoding="utf-8")
    options = ["--grammar", "off", "--wording", "light", "--format", "jsonl", "-o", "out.jsonl", "in.jsonl"]
    run = subprocess.Popen(
        [*(["nohup"] if ignored else []), sys.executable, "-m", "detector", "score", *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not psutil.Process(run.pid).children():
        time.sleep(0.02)  # until its worker starts, by which time the output is open
    run.send_signal(getattr(signal, how))
    assert run.wait(120) == code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", *(["out.jsonl"] if ignored else [])]


@pytest.mark.skipif(os.name == "nt", reason="file descriptors")
@pytest.mark.parametrize(("closed", "code"), [("<&-", 1), ("2>&-", 1), ("<&- 2>&-", 1), ("<&- >&- 2>&-", 2)])
def test_streams_that_the_caller_closed_change_no_answer(closed: str, code: int) -> None:
    command = f'"{sys.executable}" -m detector check --grammar off tests/cases/documents/spun.txt {closed}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_all_that_is_promised_is_exported() -> None:
    assert {"Failure", "Outcome"} <= set(package.__all__)
