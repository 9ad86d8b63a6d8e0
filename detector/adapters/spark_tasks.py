"""What `detector filter --engine spark` scores by: tasks of a Spark session.

The driver reads, keeps the score logs and writes, as without Spark, so that outputs are the same bytes and a run that was
begun on one machine may go on with a cluster. Reading and writing take a small part of the time of scoring.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from detector.adapters.extras import needs
from detector.adapters.scoring import TextScorer
from detector.adapters.settled import Settled
from detector.engine.batches import Scored, in_batches
from detector.engine.machine import workers
from detector.errors import DetectorError, in_one_line
from detector.options import Options
from detector.report import Outcome
from detector.text.document import Document

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

_GROUPS = 3  # jobs of Spark that are on their way; a slot that one has no more task for takes one of the next
_LOOK = 1.0  # seconds; Ctrl-C is seen between two waits
_SENT, _ANSWER = "number long, documents binary", "number long, outcomes binary"


@contextmanager
def load(options: Options) -> Iterator[SparkDetector]:
    """Give a detector that scores by tasks of the session that runs, or of a new one with what Spark is configured to be.

    `options.jobs` is how many batches are scored at a time. Raises ExtraError where PySpark is not installed.
    """
    with needs("pyspark", "spark"):
        import pyspark.sql  # noqa: F401
    with ExitStack() as opened:
        yield SparkDetector(_session(opened), options)


class SparkDetector:
    """Scores documents by tasks, in order. What a lost executor was at work on is done again, by Spark."""

    def __init__(self, session: SparkSession, options: Options) -> None:
        self._session = session
        self._tasks = workers(options, shared=False)
        self.stage_seconds: Counter[str] = Counter()  # of all tasks, by kinds of stages; floats
        self._answer = _Answer(TextScorer(replace(options, jobs=1)))
        self._settled = Settled(options)

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        """Yield one outcome a document, in order. Some batches are read ahead. Raises DetectorError where a task fails."""
        return self._settled.score(documents, self._score_in_groups)

    def _score_in_groups(self, documents: Iterable[Document]) -> Generator[Outcome, None, None]:
        batches = in_batches(documents)
        waiting: deque[Future[list[Any]]] = deque()
        pool = ThreadPoolExecutor(_GROUPS)
        try:
            while True:
                while len(waiting) < _GROUPS and (group := list(islice(batches, self._tasks))):
                    waiting.append(pool.submit(self._score, group))
                if not waiting:
                    return
                for answer in _result(waiting.popleft()):
                    if isinstance(answer, DetectorError):
                        raise answer
                    self.stage_seconds.update(answer.seconds)
                    yield from answer.outcomes
        finally:
            for group_done in waiting:
                group_done.cancel()
            if waiting:  # after an error, or when the caller stops early
                self._cancel()
            pool.shutdown()

    def _score(self, group: Sequence[Sequence[Document]]) -> list[Any]:
        """Return for each batch what became of it, or the error that keeps a worker from scoring."""
        rows = [(number, bytearray(pickle.dumps(batch))) for number, batch in enumerate(group)]
        frame = self._session.createDataFrame(rows, _SENT).repartition(len(rows))
        found = {row.number: pickle.loads(row.outcomes) for row in frame.mapInArrow(self._answer, _ANSWER).collect()}
        return [found[number] for number in range(len(rows))]

    def _cancel(self) -> None:
        from pyspark.sql.utils import is_remote

        if is_remote():
            self._session.interruptAll()
        else:
            self._session.sparkContext.cancelAllJobs()


class _Answer:
    """What a task does: rows of batches to rows of outcomes."""

    def __init__(self, scorer: TextScorer) -> None:
        self._scorer = scorer

    def __call__(self, tables: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for table in tables:
            for number, documents in zip(*(column.to_pylist() for column in table.columns), strict=True):
                answer = pickle.dumps(self._outcomes(pickle.loads(documents)))
                yield pa.RecordBatch.from_arrays(
                    [pa.array([number], pa.int64()), pa.array([answer], pa.binary())], ["number", "outcomes"]
                )

    def _outcomes(self, documents: Sequence[Document]) -> Scored | DetectorError:
        try:
            return self._scorer.answer(documents)
        except DetectorError as error:
            return error


def _session(opened: ExitStack) -> SparkSession:
    """Return the session that runs, or a new one that is stopped in the end."""
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    if (running := SparkSession.getActiveSession()) is not None:
        return running
    try:
        if "SPARK_REMOTE" not in os.environ and (SparkConf().get("spark.master") or "local").startswith("local"):
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else the first `python3` of the path scores
        session = SparkSession.builder.appName("unspun").config("spark.ui.showConsoleProgress", "false").getOrCreate()
    except Exception as error:  # of Java, of the gateway, of the configuration
        raise DetectorError(f"no Spark session can be started ({in_one_line(error)})") from error
    opened.callback(session.stop)
    return session


def _result(group: Future[list[Any]]) -> list[Any]:
    while True:
        try:
            return group.result(timeout=_LOOK)
        except NotYetError:
            continue
        except DetectorError:
            raise
        except Exception as error:  # of Java, passed on by several kinds
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            last = lines[-1] if lines else in_one_line(error)
            raise DetectorError(
                f"Spark gave up on a batch ({last}); give the same command again, and it goes on where it was"
            ) from error
