"""Workers that are forked from one that has loaded the models: what they share, and what becomes of them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from functools import partial

import psutil
import pytest
import wrong_scorers

from detector.engine.fork_server import can_fork
from detector.engine.pool import Pool
from detector.report import Outcome, Report
from detector.text.document import Document

pytestmark = pytest.mark.skipif(not can_fork(), reason="workers are not forked on this platform")


def batches(*texts: str) -> Iterator[list[Document]]:
    return ([Document.from_text(text, id=text, format="plain")] for text in texts)


def workers_of(outcomes: list[Outcome]) -> dict[str, psutil.Process]:
    return {one.source: psutil.Process(int(one.source)) for one in outcomes if isinstance(one, Report)}


@pytest.fixture
def large() -> Iterator[Pool]:
    pool = Pool(3, wrong_scorers.make_large, limit=3.0)
    yield pool
    pool.close()


def test_what_is_loaded_is_there_once(large: Pool) -> None:
    outcomes = list(large.score(batches(*map(str, range(60)))))
    workers = list(workers_of(outcomes).values())
    (server,) = {worker.ppid() for worker in workers}
    family = [psutil.Process(server), *workers]
    assert sum(process.memory_full_info().pss for process in family) < 1.6 * wrong_scorers.LARGE
    assert server in {child.pid for child in psutil.Process().children()}


def test_a_server_that_dies_is_replaced_and_costs_nothing(large: Pool) -> None:
    (first,) = large.score(batches("one"))
    server = psutil.Process(int(first.source)).parent()
    assert server is not None
    server.kill()
    server.wait(10)
    assert [one.id for one in large.score(batches(*map(str, range(10))))] == [str(n) for n in range(10)]


def test_workers_end_with_their_server() -> None:
    pool = Pool(2, wrong_scorers.make, limit=0)
    outcomes = pool.score(batches("one", "sleep", "sleep"))
    worker = psutil.Process(int(next(outcomes).source))
    server = worker.parent()
    assert server is not None
    pool.close()
    _, alive = psutil.wait_procs([server, worker], timeout=30)
    assert not alive


def test_what_has_threads_is_not_forked() -> None:
    pool = Pool(2, wrong_scorers.make_with_a_thread, limit=0)
    outcomes = list(pool.score(batches(*map(str, range(20)))))
    assert {worker.ppid() for worker in workers_of(outcomes).values()} == {os.getpid()}
    pool.close()


def test_one_worker_needs_no_server() -> None:
    pool = Pool(1, wrong_scorers.make, limit=0)
    (outcome,) = pool.score(batches("one"))
    assert psutil.Process(int(outcome.source)).ppid() == os.getpid()
    pool.close()


def test_all_that_serves_several_is_loaded_before_they_are_forked() -> None:
    make = partial(wrong_scorers.make_or_die_once, os.devnull)  # which is there
    pool = Pool(2, wrong_scorers.make_nothing, limit=0, make_for_all=make)
    assert [one.id for one in pool.score(batches("one"))] == ["one"]
    pool.close()


def test_closing_does_not_wait_for_models_that_are_being_loaded() -> None:
    pool = Pool(2, wrong_scorers.make_slowly, limit=0)
    outcomes = pool.score(batches("one"))
    started = time.monotonic()
    threading.Timer(1.0, pool.close).start()
    with pytest.raises(Exception, match="closed"):
        list(outcomes)
    assert time.monotonic() - started < 30
