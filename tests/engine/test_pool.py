"""Workers: order, time limits, and what becomes of the documents of a worker that dies."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import psutil
import pytest
import wrong_scorers

from detector.engine import worker
from detector.engine.batches import Scored
from detector.engine.pool import Pool
from detector.engine.worker import WorkerError
from detector.errors import DocumentError, ModelError
from detector.report import Failure, Report
from detector.text.document import Document


def documents(*texts: str) -> list[Document]:
    return [Document.from_text(text, id=text, format="plain") for text in texts]


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(2, wrong_scorers.make, limit=3.0)
    yield pool
    pool.close()


def test_outcomes_come_in_order_whatever_worker_gives_them(pool: Pool) -> None:
    batches = [documents(*(f"{number}/{one}" for one in range(3))) for number in range(20)]
    outcomes = list(pool.score(batches))
    assert [outcome.id for outcome in outcomes] == [document.id for batch in batches for document in batch]


def test_what_batches_took_is_added_up(pool: Pool) -> None:
    list(pool.score([documents("a"), documents("b", "c")]))
    assert dict(pool.seconds) == {"gates": 1.0}


def test_input_is_not_read_far_ahead(pool: Pool) -> None:
    taken = 0

    def batches() -> Iterator[Sequence[Document]]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield documents(str(number))

    outcomes = pool.score(batches())
    next(outcomes)
    assert taken <= 40  # sixteen a worker, where the first one takes its time
    outcomes.close()  # type: ignore[attr-defined]


def test_others_go_on_while_a_document_takes_its_time_and_not_without_end(pool: Pool) -> None:
    list(pool.score([documents("a"), documents("b")]))  # both workers have started
    taken = 0

    def batches() -> Iterator[Sequence[Document]]:
        nonlocal taken
        for text in ("rest", *map(str, range(100))):
            taken += 1
            yield documents(text)

    outcomes = pool.score(batches())
    assert next(outcomes).id == "rest"
    assert 12 < taken < 50
    assert [outcome.id for outcome in outcomes] == [str(number) for number in range(100)]


def test_a_document_that_takes_too_long_fails_by_itself(pool: Pool) -> None:
    before, slow, after = pool.score([documents("before", "sleep", "after")])
    assert isinstance(before, Report)
    assert isinstance(after, Report)
    assert isinstance(slow, Failure)
    assert isinstance(slow.error, DocumentError)
    assert "longer than the time limit of 3 s" in str(slow.error)


def test_a_document_that_kills_its_worker_fails_by_itself(pool: Pool) -> None:
    before, deadly, after = pool.score([documents("before", "die", "after")])
    assert isinstance(before, Report)
    assert isinstance(after, Report)
    assert isinstance(deadly, Failure)
    assert "SIGKILL" in str(deadly.error)


def test_a_worker_that_died_by_chance_costs_nothing(pool: Pool, tmp_path: Path) -> None:
    outcomes = list(pool.score([documents("one", f"die once {tmp_path / 'marker'}", "two")]))
    assert all(isinstance(outcome, Report) for outcome in outcomes)


def test_what_is_printed_in_a_worker_does_not_get_into_the_answers(pool: Pool) -> None:
    assert [outcome.id for outcome in pool.score([documents("print", "quiet")])] == ["print", "quiet"]


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [(wrong_scorers.make_nothing, ModelError, "is gone"), (wrong_scorers.make_and_die, WorkerError, "memory")],
)
def test_workers_that_can_not_start_end_the_run(
    make: Callable[[], Callable[[Sequence[Document]], Scored]], error: type[Exception], said: str
) -> None:
    pool = Pool(2, make, limit=0)
    with pytest.raises(error, match=said):
        list(pool.score([documents("a")]))
    pool.close()


def test_a_worker_that_is_killed_while_it_starts_is_started_once_more(tmp_path: Path) -> None:
    pool = Pool(1, partial(wrong_scorers.make_or_die_once, str(tmp_path / "marker")), limit=0)
    assert [outcome.id for outcome in pool.score([documents("a")])] == ["a"]
    pool.close()


def test_a_caller_who_stops_early_can_go_on_with_something_else(pool: Pool) -> None:
    first = pool.score([documents("one"), documents("sleep"), documents("sleep")])
    next(first)
    first.close()  # type: ignore[attr-defined]
    assert [outcome.id for outcome in pool.score([documents("two")])] == ["two"]


def test_threads_may_share_a_pool(pool: Pool) -> None:
    results: dict[int, list[str]] = {}

    def run(number: int) -> None:
        batches = [documents(f"{number}/{one}") for one in range(10)]
        results[number] = [outcome.id for outcome in pool.score(batches)]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == {number: [f"{number}/{one}" for one in range(10)] for number in range(4)}


def test_closing_ends_the_workers_at_once_even_at_work() -> None:
    pool = Pool(1, wrong_scorers.make, limit=0)
    outcomes = pool.score([documents("one"), documents("sleep"), documents("two")])
    worker = psutil.Process(int(next(outcomes).source))
    started = time.monotonic()
    pool.close()
    assert time.monotonic() - started < 30  # it would work for a minute
    worker.wait(30)
    with pytest.raises(WorkerError, match="closed"):
        list(outcomes)


def test_a_pool_that_nobody_closes_ends_with_its_last_reference() -> None:
    pool = Pool(1, wrong_scorers.make, limit=0)
    (outcome,) = pool.score([documents("one")])
    worker = psutil.Process(int(outcome.source))
    del pool
    gc.collect()
    worker.wait(30)


@pytest.mark.parametrize("executable", [None, "", "/nowhere/python"])
def test_without_an_interpreter_workers_are_refused(executable: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    pool = Pool(1, wrong_scorers.make, limit=0)
    with pytest.raises(WorkerError, match="worker process"):
        list(pool.score([documents("a")]))
    pool.close()


def test_a_program_that_is_frozen_is_not_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(WorkerError, match="jobs=1"):
        worker.command("worker")


def test_more_workers_than_the_machine_can_run_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    started = 0
    start = threading.Thread.start

    def few(self: threading.Thread) -> None:
        nonlocal started
        started += 1
        if started > 3:
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", few)
    with pytest.raises(WorkerError, match="--jobs 9"):
        Pool(9, wrong_scorers.make, limit=0)


def test_a_worker_takes_no_module_from_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository that is checked may have a `json.py` at its top."""
    for name in ("json", "queue", "pickle", "detector"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [Path(one) if number else one for number, one in enumerate(sys.path) if one])
    pool = Pool(1, wrong_scorers.make, limit=0)
    assert [outcome.id for outcome in pool.score([documents("a")])] == ["a"]
    pool.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_child_forked_in_the_middle_of_a_run_is_told_and_leaves_the_workers_alone() -> None:
    script = """
import os, sys
sys.path.insert(0, "tests/engine")
import wrong_scorers
from detector.engine.pool import Pool
from detector.engine.worker import WorkerError
from detector.text.document import Document
pool = Pool(2, wrong_scorers.make, limit=0)
outcomes = pool.score([Document.from_text("x", id=str(n))] for n in range(20))
next(outcomes)
child = os.fork()
if child == 0:
    try:
        list(outcomes)
    except WorkerError as error:
        sys.exit(7 if "forked" in str(error) else 8)
    sys.exit(9)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert len(list(outcomes)) == 19
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, cwd=root, check=False
    )
    assert done.returncode == 0, done.stderr
