"""Making a sidecar: one pass over the files of a corpus, which can be interrupted and goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from detector.corpus.containers import reader_of
from detector.corpus.input import Input, Position
from detector.corpus.locations import printable_path
from detector.corpus.lock import lock
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.reading import read_input
from detector.corpus.record import Record
from detector.corpus.shards import Shard, find_shards
from detector.corpus.writers.files import output_failed
from detector.errors import ConfigError, SourceError
from detector.trace.marks import Marker
from detector.trace.sidecar import Entry, Sidecar
from detector.trace.signatures import Signature, sign_texts

PART_DOCUMENTS, PART_CHARACTERS = 20_000, 100_000_000  # after which a part is written: what an interruption costs
_SIGNED_DOCUMENTS, _SIGNED_CHARACTERS = 256, 1_000_000  # after which those that wait are signed, together


class Watch(Protocol):
    """Looks on: is told how many bytes of the input are done, and how many there are; and of each error."""

    def bytes_done(self, done: int, total: int) -> None: ...

    def problem(self, error: SourceError) -> None: ...


@dataclass
class Indexed:
    """What became of a corpus: documents read now, before, and what could not be read now."""

    now: int = 0
    before: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass
class _File:
    """How far a file is read."""

    shard: Shard
    fingerprint: dict[str, Any]
    last_row: int = 0
    whole: bool = False

    def noted(self) -> dict[str, Any]:
        return {
            "name": self.shard.name,
            "path": self.shard.path,
            "fingerprint": self.fingerprint,
            "last_row": self.last_row,
            "whole": self.whole,
        }


def lock_of(sidecar: Sidecar) -> AbstractContextManager[bool]:
    """Return what is held while a sidecar is written to. Raises OutputError where another run holds it."""
    return lock(sidecar.folder / ".unspun" / "lock", printable_path(str(sidecar.folder)))


class Indexer:
    """Adds the documents of a corpus to a sidecar. `most` bound a part, so that little is lost when a run is stopped."""

    def __init__(
        self,
        sidecar: Sidecar,
        reading: ReadOptions,
        *,
        log: ReadLog | None = None,
        watch: Watch | None = None,
        most_documents: int = PART_DOCUMENTS,
    ) -> None:
        self.sidecar = sidecar
        self._reading = reading
        self._log = log or ReadLog()
        self._watch = watch
        self._most = most_documents
        self._marker = Marker()
        self._entries: list[Entry] = []
        self._signatures: list[Signature] = []  # of the first entries; the others wait
        self._characters = self._waiting = 0  # characters of all entries, and of those that wait
        self._files: list[_File] = []
        self._errors: list[str] = []

    def add(self, paths: Sequence[str]) -> Indexed:
        """Read what the sidecar does not have yet.

        Raises OutputError, SourceError and ConfigError as a filter does; ConfigError also for a file that is another one
        than the sidecar has read.
        """
        result = Indexed()
        shards = find_shards(paths, self._reading, self._log, [self.sidecar.folder])
        total = sum(shard.size for shard in shards)
        done = 0
        try:
            with lock_of(self.sidecar):
                known = self._known(shards, result)
                for shard in shards:
                    file = known.get(shard.path) or _File(shard, shard.fingerprint())
                    if not file.whole:
                        self._read(file, result, done, total)
                    done += shard.size
                self._write()
        except OSError as error:
            raise output_failed(error) from error
        return result

    def _known(self, shards: Sequence[Shard], result: Indexed) -> dict[str, _File]:
        """Return how far files are read already, by path."""
        wanted = {shard.path: shard for shard in shards}
        known: dict[str, _File] = {}
        for part in self.sidecar.parts():
            result.before += len(part)
            for one in part.content["files"]:
                shard = wanted.get(one["path"])
                if shard is not None and one["fingerprint"] != shard.fingerprint():
                    raise ConfigError(
                        f"{shard.name}: is not the file any more that {printable_path(str(self.sidecar.folder))} has read;"
                        " --restart reads everything anew"
                    )
                if shard is not None:
                    known[shard.path] = _File(shard, one["fingerprint"], one["last_row"], one["whole"])
        return known

    def _read(self, file: _File, result: Indexed, done: int, total: int) -> None:
        position = Position()
        options = replace(self._reading, after_row=file.last_row, all_fields=False)
        reader = reader_of(file.shard.path)
        assert reader is not None
        self._files.append(file)
        file.whole = True
        try:
            for record in read_input(
                Input(file.shard.path, file.shard.name, None, None, position), reader, options, self._log
            ):
                self._take(record, file, result)
                if self._watch:
                    self._watch.bytes_done(done + position.offset, total)
                if len(self._entries) >= self._most or self._characters > PART_CHARACTERS:
                    self._write(file)
        except (KeyboardInterrupt, SystemExit):
            self._write(file)
            raise

    def _take(self, record: Record, file: _File, result: Indexed) -> None:
        error = record.error
        if error is not None:
            result.errors.append(str(error))
            if self._watch:
                self._watch.problem(error)
            if error.rest_unread:  # it is tried again
                file.whole = False
                return
            self._errors.append(str(error))
        elif record.document is not None:
            text = record.document.prose.text
            self._entries.append(Entry(record.id, record.source, text))
            self._characters += len(text)
            self._waiting += len(text)
            if len(self._entries) - len(self._signatures) >= _SIGNED_DOCUMENTS or self._waiting >= _SIGNED_CHARACTERS:
                self._sign()
            result.now += 1
        file.last_row = record.row or 0

    def _sign(self) -> None:
        waiting = [entry.text for entry in self._entries[len(self._signatures) :]]
        self._signatures += sign_texts(waiting, self._marker)
        self._waiting = 0

    def _write(self, unfinished: _File | None = None) -> None:
        """Write a part. `unfinished` is the file that is being read."""
        files, self._files = self._files, []  # before all else: a run that is stopped meanwhile does not write it twice
        if files:
            self._sign()
            noted = [file.noted() | ({"whole": False} if file is unfinished else {}) for file in files]
            documents = list(zip(self._entries, self._signatures, strict=True))
            self.sidecar.add(documents, {"files": noted, "errors": self._errors})
        self._entries, self._signatures, self._characters, self._errors = [], [], 0, []
        self._files = [unfinished] if unfinished else []
