"""The score log of a shard: what became of each of its records, one line a record, in order.

    {"unspun": 2, "input": {"size": …, "mtime_ns": …, "head": "…"}, "outputs": ["a.jsonl.gz"]}
    {"row": 1, "id": "a", "verdict": "clean", "probability": 0.02, "words": 311}
    {"row": 2, "id": "b", "error": {"type": "document", "message": "…"}}
    {"end": 2}

It is only ever appended to, so it is whole up to some line however its writer ended; what stands after that line is cut
off, and scoring goes on with the next record. The shard's outputs are made from its input and this log when it has its
end: so they are the same bytes whatever happened before.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, BinaryIO

from detector.errors import DetectorError, SourceError, error_type
from detector.report import LIGHT_ENCODER, Failure, Finding, Grounds, Outcome, Verdict, WindowScore
from detector.summary import encoders_of, lacks_verdict, read_by_scan_alone

_FORMAT = 2
_SYNC_EVERY = 5.0  # seconds of work that a power cut can cost
STRONGEST = 5  # findings
SUGGESTIONS = 3  # of a finding
# The lowest probability from which findings are kept of clean documents, too: another threshold may call them spun.
FINDINGS_FROM = 0.1


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one record. `verdict` is None for one that could not be read or scored; `error` then says why.

    `threshold` is the one it was judged by, that of its group where `own` says so. `least`, `clipped`, `choices`,
    `section`, `proven`, `verse` and `garbled` are what decides beside the probability (`detector.report.Grounds`), where they
    can decide: `least` is the lower one of `wording` and `unquoted`, `section` the probability of the strongest. `scanned`:
    the first stage alone read it; `light`: it and the light encoder did.
    `ignored` counts the findings that are ignored, by what ignores them.
    `family` stands for the family that it was traced to: the id of the original, or of one of two siblings.
    `group` is what the run report counts it under. `rest_unread`: nothing of the shard is read after it. `edits` (of
    a repair), `length` (code points of the text) and `corpus` (the record's own name for where it comes from) are kept
    where a task needs them.
    """

    row: int | None
    id: str
    verdict: str | None = None
    probability: float | None = None
    reason: str | None = None
    words: int = 0
    group: str | None = None
    findings: tuple[Mapping[str, Any], ...] = ()
    error: Mapping[str, str] | None = None
    edits: tuple[Mapping[str, Any], ...] = ()
    length: int = 0
    corpus: str = ""
    rest_unread: bool = False
    threshold: float | None = None
    own: bool = False
    least: float | None = None
    clipped: bool = False
    choices: str | None = None
    section: float | None = None
    scanned: bool = False
    light: bool = False
    ignored: Mapping[str, int] = field(default_factory=dict)
    proven: str | None = None
    family: str | None = None
    verse: bool = False
    garbled: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return what is not empty."""
        values = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        return {name: value for name, value, default in values if name == "id" or value not in (default, {})}

    @property
    def grounds(self) -> Grounds:
        """What decides about the verdict beside the probability."""
        return Grounds(
            wording=(self.probability or 0.0) if self.least is None else self.least,
            clipped=self.clipped,
            choices=None if self.choices is None else Verdict(self.choices),
            section=None if self.section is None else WindowScore(0, 0, self.section),
            proven=None if self.proven is None else Verdict(self.proven),
            verse=self.verse,
            garbled=self.garbled,
        )

    @property
    def note(self) -> dict[str, Any]:
        """What is written into the record: always the same keys."""
        return {
            "verdict": self.verdict,
            "probability": self.probability,
            "reason": self.reason,
            "findings": [dict(finding) for finding in self.findings],
        }


def make_entry(row: int | None, outcome: Outcome, group: str | None, *, with_findings: bool) -> Entry:
    """Return the entry of a record. A report whose wording signal failed is an error: it says nothing of the text."""
    if isinstance(outcome, Failure):
        return _error(row, outcome.id, outcome.error, group)
    if lacks_verdict(outcome):
        error = {"type": "signal", "message": f"{outcome.source}: {outcome.reason}"}
        return Entry(row, outcome.id, words=outcome.words, group=group, error=error)
    findings: tuple[Mapping[str, Any], ...] = ()
    if with_findings or outcome.verdict is not Verdict.CLEAN or (outcome.probability or 0.0) >= FINDINGS_FROM:
        strongest = sorted(outcome.findings, key=lambda finding: -finding.score)[:STRONGEST]
        findings = tuple(map(brief, strongest))
    return Entry(
        row,
        outcome.id,
        str(outcome.verdict),
        outcome.probability,
        outcome.reason,
        outcome.words,
        group,
        findings,
        **decisive(outcome.probability, outcome.grounds),
        threshold=None if outcome.probability is None else outcome.thresholds.spun,
        own=group is not None and outcome.thresholds.group == group,
        scanned=read_by_scan_alone(outcome),
        light=encoders_of(outcome) == LIGHT_ENCODER,
        ignored={str(by): number for by, number in outcome.ignored.by.items()} if outcome.ignored else {},
        family=None if outcome.evidence is None else outcome.evidence.family(outcome.id),
    )


def decisive(probability: float | None, grounds: Grounds | None) -> dict[str, Any]:
    """Return the fields of an entry that decide beside the probability, where they can decide."""
    if probability is None or grounds is None:
        return {}
    least = min(grounds.wording, grounds.wording if grounds.unquoted is None else grounds.unquoted)
    section = grounds.section.probability if grounds.section else None
    return {
        "least": least if least < probability else None,
        "clipped": grounds.clipped,
        "choices": None if grounds.choices is None else str(grounds.choices),
        "section": section if section is not None and section > probability else None,
        "proven": None if grounds.proven is None else str(grounds.proven),
        "verse": grounds.verse,
        "garbled": grounds.garbled,
    }


def _error(row: int | None, id: str, error: DetectorError, group: str | None) -> Entry:
    rest_unread = isinstance(error, SourceError) and error.rest_unread
    told = {"type": error_type(error), "message": str(error)}
    return Entry(row, id, group=group, error=told, rest_unread=rest_unread)


def brief(finding: Finding) -> dict[str, Any]:
    """Return a finding with what a person needs; offsets count code points of the record's text."""
    return {
        "start": finding.start,
        "end": finding.end,
        "text": finding.text,
        "rule": finding.rule,
        "score": finding.score,
        "suggestions": [suggestion.text for suggestion in finding.suggestions[:SUGGESTIONS]],
    }


class DifferentInputError(Exception):
    """The log belongs to a file that was another one, with the fingerprint `before`."""

    def __init__(self, before: Mapping[str, Any]) -> None:
        super().__init__()
        self.before = before


@dataclass
class ScoreLog:
    """A log that is being written. `last_row` is the row of the last record in it, 0 for none.

    `outputs` are the paths of what is made of it, below their folders.
    """

    path: Path
    fingerprint: Mapping[str, Any]
    outputs: Sequence[str] = ()
    entries: int = 0
    last_row: int = 0
    complete: bool = False
    _size: int = 0  # bytes that are whole
    _stream: BinaryIO | None = field(default=None, init=False)
    _synced: float = field(default=0.0, init=False)

    @classmethod
    def resume(
        cls, path: Path, fingerprint: Mapping[str, Any], outputs: Sequence[str] = (), *, again: bool = False
    ) -> ScoreLog:
        """Return the log of a shard, new or as far as it is whole.

        Raise DifferentInputError if it is about another input. An error that ended the reading is not kept, unless the
        log has its end and it is not to be tried `again`: what could not be read then may be readable now.
        """
        log = cls(path, fingerprint, outputs)
        with suppress(FileNotFoundError), open(path, "rb") as stream:
            log._recover(stream, again=again)
        return log

    def add(self, entry: Entry) -> None:
        """Append an entry. Raise OSError if it can't be written."""
        self._write(entry.to_dict())
        self.entries += 1

    def end(self, *, sync: bool = True) -> None:
        """Append the end; with `sync`, see to it that all of it is on the disk."""
        self._write({"end": self.entries})
        assert self._stream is not None
        if sync:
            os.fsync(self._stream.fileno())
        self.complete = True
        self.close()

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _recover(self, stream: BinaryIO, *, again: bool) -> None:
        header = _parse(stream.readline())
        if header is None or header.get("unspun") != _FORMAT:
            return
        if header["input"] != dict(self.fingerprint):
            raise DifferentInputError(header["input"])
        self._size = whole = stream.tell()
        unreadable = 0  # entries at the end that say so, and may be about something readable now
        for line in stream:
            found = _parse(line)
            if found is None:
                return
            if "end" in found:
                self.complete = not again and found["end"] == self.entries + unreadable
                self.entries += unreadable if self.complete else 0
                return
            entry = _entry(found)
            whole += len(line)
            if entry.rest_unread:
                unreadable += 1
            else:
                self.entries += 1
                self.last_row = entry.row or 0
                self._size = whole

    def _write(self, line: Mapping[str, Any]) -> None:
        stream = self._stream or self._opened()
        stream.write(_encode(line))
        stream.flush()
        if time.monotonic() - self._synced > _SYNC_EVERY:
            os.fsync(stream.fileno())
            self._synced = time.monotonic()

    def _opened(self) -> BinaryIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        stream = open(self.path, "r+b" if self._size else "wb")  # noqa: SIM115 - `close` closes it
        self._stream = stream
        stream.truncate(self._size)
        stream.seek(self._size)
        if not self._size:
            header = {"unspun": _FORMAT, "input": dict(self.fingerprint), "outputs": list(self.outputs)}
            stream.write(_encode(header))
        self._synced = time.monotonic()
        return stream


def read_outputs(path: Path) -> list[str]:
    """Return the paths of what is made of a log, below their folders; none where its first line is not whole."""
    with open(path, "rb") as stream:
        header = _parse(stream.readline())
    return [str(one) for one in header.get("outputs", ())] if header else []


def read_entries(path: Path) -> Iterator[Entry]:
    """Yield the entries of a log, as far as it is whole."""
    with open(path, "rb") as stream:
        header = _parse(stream.readline())
        if header is None or header.get("unspun") != _FORMAT:
            return
        for line in stream:
            found = _parse(line)
            if found is None or "end" in found:
                return
            yield _entry(found)


def _entry(found: dict[str, Any]) -> Entry:
    lists = {name: tuple(found.get(name, ())) for name in ("findings", "edits")}
    return Entry(**{"row": None, **found, **lists})


def _encode(line: Mapping[str, Any]) -> bytes:
    # A lone surrogate is written as an escape, which is its JSON spelling.
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"


def _parse(line: bytes) -> dict[str, Any] | None:
    """Return the object on a line, or None where the line is not whole."""
    if not line.endswith(b"\n"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
