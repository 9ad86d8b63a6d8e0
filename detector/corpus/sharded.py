"""A corpus in, files for each of its shards out, by a run that can be interrupted.

Each shard is done in two steps. Its records are scored, and what became of each is appended to the shard's score log;
when that has its end, the task writes the shard's outputs (`task.py`): it splits the corpus, annotates or repairs it.
Scoring takes all of the time, so reading the shard once more costs little, and the outputs depend on nothing but the
input and the log: a run that was killed and goes on makes the same bytes as one that was not.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol, TypeVar

from detector.corpus.containers import reader_of
from detector.corpus.filter_checks import UnfitError, check_folders, check_free, check_outputs
from detector.corpus.input import Input, Position
from detector.corpus.locations import printable_path
from detector.corpus.lock import lock
from detector.corpus.mirror import Mirror
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.reading import read_input
from detector.corpus.record import Record
from detector.corpus.resume import FOLDER, RunFolder
from detector.corpus.score_log import DifferentInputError, Entry, ScoreLog, read_entries
from detector.corpus.shards import Shard, find_shards
from detector.corpus.tally import Tally
from detector.corpus.task import Task
from detector.corpus.whole_files import Place, write_file
from detector.corpus.writers import Format
from detector.corpus.writers.files import Outputs, output_failed
from detector.corpus.writers.jsonl import encode
from detector.corpus.writers.split import Decision, Split, UnwritableError
from detector.errors import ConfigError, SourceError
from detector.report import Outcome

Result = TypeVar("Result", bound=Outcome | None)
Score = Callable[[Iterator[Record]], Generator[tuple[Record, Result], None, None]]


class Watch(Protocol):
    """Looks on: is told how many bytes of the input are done, and how many there are."""

    def bytes_done(self, done: int, total: int) -> None: ...


@dataclass
class _Work:
    shard: Shard
    format: Format
    log: ScoreLog
    position: Position


class ShardedRun:
    """One run of a task. Use it in a `with` block, which holds the locks of the output folders.

    `command` is what else decides about the result, in the words of the command line: model, threshold, fields. `mirror`
    says which of the folders stand for places on other machines.
    Raise OutputError where another run writes to one of the folders, ConfigError where the folders hold a run that did
    otherwise.
    """

    def __init__(
        self,
        paths: Sequence[str],
        task: Task,
        reading: ReadOptions,
        command: Mapping[str, Any],
        *,
        restart: bool = False,
        log: ReadLog | None = None,
        watch: Watch | None = None,
        mirror: Mirror | None = None,
    ) -> None:
        self.task = task
        (option, folder), *_ = task.folders.items()
        self.run_folder = RunFolder(folder, option)
        self.resumed = False
        self.took_over: list[Path] = []  # folders whose lock was left by a run that is gone
        self.unwritten: list[UnwritableError] = []  # of shards that are scored and have no outputs
        self.seconds = {"reading": 0.0, "writing": 0.0}  # spent by this process
        self._mirror = mirror or Mirror({})
        self.command = {**command, **task.decisive, **self._mirror.decisive}
        self._restart = restart
        self._log = log or ReadLog()
        self._watch = watch
        self._resources = ExitStack()
        # The shard of each record that is on its way; None is a shard's end.
        self._waiting: deque[_Work | None] = deque()
        self._done_bytes = 0
        check_folders(task.folders)
        self._mirror.check()
        found = find_shards(paths, reading, self._log, list(task.folders.values()), self._mirror.holds)
        self.shards = [shard.looked_at(task.fields) for shard in found]
        if not self.shards:
            raise ConfigError(f"there is nothing to {task.verb}: all that the paths lead to is in an output folder")
        self._formats = {shard.relative: task.format(shard) for shard in self.shards}
        check_outputs(self.shards, self._formats)
        self.total_bytes = sum(shard.size for shard in self.shards)

    def __enter__(self) -> ShardedRun:
        with ExitStack() as opened, _failures_told():
            for folder in self.task.folders.values():
                if opened.enter_context(lock(folder / FOLDER / "lock", printable_path(str(folder)))):
                    self.took_over.append(folder)
            self._mirror.claim()
            if self._restart:
                self._mirror.remove(self.run_folder.outputs())
                self.run_folder.restart(list(self.task.folders.values()))
            self.resumed = self.run_folder.begin(self.command, self.shards)
            self._resources = opened.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._resources.close()

    def run(self, score: Score[Result]) -> Iterator[tuple[Record, Result]]:
        """Do what is not done yet; yield each record that is scored now with its outcome, in order.

        `score` yields the records that it is given with their outcomes, in order, or with None if it scores nothing.
        """
        with closing(score(self._records())) as scored, _failures_told():
            yield from self._logged(scored)

    def tally(self) -> tuple[Tally, int]:
        """Return the counts of all shards that are done, and how many these are."""
        total, number = Tally(), 0
        for shard in self.shards:
            if marker := self.run_folder.marker(shard):
                total.merge(Tally.from_dict(marker["counts"]))
                number += 1
        return total, number

    def error_messages(self) -> Iterator[str]:
        """Yield what is wrong with each record that could not be read or scored."""
        for shard in self.shards:
            with suppress(FileNotFoundError), open(self.run_folder.errors(shard), "rb") as stream:
                for line in stream:
                    yield json.loads(line)["error"]["message"]

    def write_errors(self, target: Place) -> None:
        """Write the records that could not be read or scored to one file, which may be an address."""
        parts = (self.run_folder.errors(shard) for shard in self.shards)
        with _failures_told():
            write_file(target, (part.read_bytes() for part in parts if part.exists()))

    # --- scoring ----------------------------------------------------------------------------------------------------

    def _records(self) -> Iterator[Record]:
        """Yield the records that no log has an entry for."""
        for shard in self.shards:
            marker = self.run_folder.finished(shard)
            if marker is not None and marker["whole"]:
                self._done_bytes += shard.size
                continue
            work = self._open(shard, again=marker is not None)
            if not work.log.complete:
                for record in self._timed(self._unscored(work)):
                    self._waiting.append(work)
                    yield record
            self._waiting += (work, None)

    def _unscored(self, work: _Work) -> Iterator[Record]:
        """Yield the records of a shard that no log has an entry for, those that can't be done with an error.

        Raise UnfitError where that is so from the first one of the run on: later it would end a run of hours, which could
        not go on with another option.
        """
        shard, last = work.shard, work.log.last_row
        reader = reader_of(shard.path)
        assert reader is not None
        is_first = shard is self.shards[0] and not last
        try:
            self.task.check(shard)
        except UnfitError as error:
            if is_first:
                raise
            yield Record(shard.name, shard.name, error=SourceError(shard.name, error.problem, rest_unread=True))
            return
        options = replace(shard.options, after_row=last)
        for record in read_input(_input(shard, work.position), reader, options, self._log):
            try:
                self.task.check_record(record)
            except UnfitError as error:
                if is_first:
                    raise
                unit = "line" if shard.container == "jsonl" else "row"
                problem = SourceError(record.file, error.problem, record.row, repeated=True, unit=unit)
                yield replace(record, document=None, error=problem)
            else:
                yield record
            is_first = False

    def _timed(self, records: Iterator[Record]) -> Iterator[Record]:
        while True:
            started = perf_counter()
            record = next(records, None)
            self.seconds["reading"] += perf_counter() - started
            if record is None:
                return
            yield record

    def _open(self, shard: Shard, *, again: bool) -> _Work:
        """Return a shard as far as it is scored; `again`: it was done, but could not be read to its end."""
        form = self._formats[shard.relative]
        path = self.run_folder.scores(shard)
        outputs = [form.relative, *self.task.more_outputs(shard, form.relative)]
        if not path.exists():
            check_free(shard, self.task.folders.values(), outputs)
            self._mirror.check_free(outputs)
        try:
            log = ScoreLog.resume(path, shard.fingerprint(), outputs, again=again)
        except DifferentInputError as error:
            if not again:
                raise self.run_folder.changed(shard, error.before) from None
            log = ScoreLog(path, shard.fingerprint(), outputs)  # a better copy
        return _Work(shard, form, log, Position())

    def _logged(self, scored: Iterable[tuple[Record, Result]]) -> Iterator[tuple[Record, Result]]:
        for record, outcome in scored:
            self._write_ended()
            work = self._waiting.popleft()
            assert work is not None
            work.log.add(self.task.entry(record, outcome, work.shard))
            if self._watch:
                self._watch.bytes_done(self._done_bytes + work.position.offset, self.total_bytes)
            yield record, outcome
        self._write_ended()

    def _write_ended(self) -> None:
        """Write the outputs of the shards of which all records are scored."""
        while len(self._waiting) > 1 and self._waiting[1] is None:
            work = self._waiting.popleft()
            self._waiting.popleft()
            assert work is not None
            if not work.log.complete:
                work.log.end(sync=work.shard.container is not None)
            started = perf_counter()
            try:
                self._write(work)
            except UnwritableError as error:  # the others go on
                self.unwritten.append(error)
            self.seconds["writing"] += perf_counter() - started
            self._done_bytes += work.shard.size
            if self._watch:
                self._watch.bytes_done(self._done_bytes, self.total_bytes)

    # --- writing ----------------------------------------------------------------------------------------------------

    def _write(self, work: _Work) -> None:
        shard, task = work.shard, self.task
        tally = Tally()
        errors = Outputs({"errors": self.run_folder.errors(shard)}, None)
        log = self.run_folder.scores(shard)
        whole = True

        def decisions() -> Iterator[Decision]:
            nonlocal whole
            for entry in read_entries(log):
                destination = task.destination(entry)
                whole = whole and not entry.rest_unread
                tally.add(entry, destination, shard.relative)
                yield Decision(entry, destination)

        def replay() -> Iterator[Decision]:
            return (Decision(entry, task.destination(entry)) for entry in read_entries(log))

        def fail(entry: Entry, raw: Any) -> None:
            errors.open("errors").write(_error_line(shard, entry, raw))

        targets = {name: folder / work.format.relative for name, folder in task.folders.items()}
        outputs = Outputs(targets, work.format.compression, sync_names=shard.container is not None)
        split = Split(_input(shard, Position()), decisions(), outputs, task.changes, shard.options, fail, replay)
        try:
            # Of a shard that could not be read at all there is nothing to write.
            (Split.finish if _is_unreadable(log) else work.format.write)(split)
            if shard.fingerprint() != work.log.fingerprint:
                raise self.run_folder.changed(shard, work.log.fingerprint)
            self.run_folder.errors(shard).unlink(missing_ok=True)
            errors.commit()
            outputs.commit()
            self._mirror.publish(outputs.written)
        finally:
            errors.discard()
            outputs.discard()
        self.run_folder.finish(shard, {"input": dict(work.log.fingerprint), "whole": whole, "counts": tally.to_dict()})


def _is_unreadable(log: Path) -> bool:
    """Tell whether nothing stands before what could not be read; rows before it may be records without a document."""
    return any(entry.rest_unread and (entry.row or 1) == 1 for entry in islice(read_entries(log), 1))


def _input(shard: Shard, position: Position) -> Input:
    return Input(shard.path, shard.name, position=position)


def _error_line(shard: Shard, entry: Entry, raw: Any) -> bytes:
    """Return a line of the errors file: where the record stands, what is wrong, and what stood there."""
    line: dict[str, Any] = {"file": shard.name, "row": entry.row, "id": entry.id, "error": entry.error}
    if isinstance(raw, bytes):
        try:
            line["raw"] = raw.decode()
        except UnicodeDecodeError:
            line["raw_base64"] = b64encode(raw).decode()
    elif raw is not None:
        line["fields"] = raw
    return encode(line) + b"\n"


@contextmanager
def _failures_told() -> Iterator[None]:
    """Turn what the system says of an output into an error of ours."""
    try:
        yield
    except OSError as error:
        raise output_failed(error) from error
