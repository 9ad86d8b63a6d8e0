"""Scores that were stored: files that `detector score --format jsonl` wrote, or the kept folder of a `filter` run.

They are read as a stream, whatever their size. A line that can't be read is a problem, and the next one is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detector.corpus.compression import BrokenStreamError
from detector.corpus.groups import HOST, host_of
from detector.corpus.input import Input
from detector.corpus.lines import read_lines
from detector.corpus.locations import printable_path
from detector.corpus.look_up import look_up
from detector.corpus.paths import os_problem
from detector.corpus.resume import FOLDER
from detector.corpus.score_log import FINDINGS_FROM, STRONGEST, SUGGESTIONS, Entry, decisive, read_entries
from detector.errors import ConfigError, SourceError
from detector.report import CONTRACT, LIGHT_ENCODER, Evidence, Grounds, Status, Verdict, WindowScore
from detector.summary import DECISIVE, SCAN

SOURCE = "source"  # group by the file that a record stands in
_MAX_LINE = 1 << 28  # bytes
_NOTED = 5  # errors that are kept
_HASH = 64  # digits of a SHA-256


@dataclass(frozen=True, slots=True)
class Stored:
    """The score of one record. `place` is the file, and the row in it, as the scores name it."""

    entry: Entry
    file: str
    place: str
    suspect: float | None = None  # the threshold of `suspect` it was judged by
    line: Mapping[str, Any] | None = None  # of a score file


class StoredScores:
    """One set of stored scores. `model` is the SHA-256 of the model's manifest, as far as it is known.

    `problems` are the first errors of what could not be read, `unread` counts all of them; `unfinished` counts shards
    that a run was not done with.
    Raise ConfigError for what holds no scores.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = printable_path(path)
        self.command: Mapping[str, Any] | None = None
        self.model: str | None = None
        self.problems: list[SourceError] = []
        self.unread = 0
        self.unfinished = 0
        folder = Path(path)
        if folder.is_dir():
            self.command = _command_of(folder)
            self.model = self.command.get("model")

    @property
    def group_by(self) -> str | None:
        """What groups the entries as they are stored."""
        found = (self.command or {}).get("--group-by")
        return found if isinstance(found, str) else None

    def read(self, group_by: str | None = None) -> Iterator[Stored]:
        """Yield the scores in order. Entries have the group that they are stored with, or that of `group_by`.

        Raise ConfigError where `group_by` is a field that is not stored, or a line was scored by another model.
        """
        stored = self._of_run() if self.command is not None else self._of_file(group_by)
        regroup = group_by is not None and not (self.command is not None and group_by == self.group_by)
        if self.command is not None and regroup and group_by not in (HOST, "id", SOURCE):
            raise ConfigError(
                f"{self.name}: its run did not group by {group_by!r}, so that is not stored; there are"
                f" {', '.join(dict.fromkeys(filter(None, (self.group_by, HOST, 'id', SOURCE))))}"
            )
        if self.command is not None and regroup:
            stored = (replace(one, entry=_regrouped(one, group_by or "")) for one in stored)
        yield from stored

    def _of_run(self) -> Iterator[Stored]:
        place = Path(self.path) / FOLDER
        logs = sorted(log for log in (place / "scores").rglob("*.jsonl") if log.is_file())
        for log in logs:
            relative = log.relative_to(place / "scores").as_posix().removesuffix(".jsonl")
            self.unfinished += not (place / "done" / f"{relative}.json").exists()
            for entry in read_entries(log):
                yield Stored(entry, relative, relative if entry.row is None else f"{relative}:{entry.row}")

    def _of_file(self, group_by: str | None) -> Iterator[Stored]:
        number = 0
        try:
            with Input(self.path, self.name).open() as stream:
                for number, line in enumerate(read_lines(stream, _MAX_LINE), 1):
                    if line is not None and not line.data.strip():
                        continue
                    try:
                        yield self._stored(number, line.data if line else b"", group_by)
                    except (KeyError, TypeError, ValueError, RecursionError, AttributeError):
                        if number == 1:
                            raise self._no_scores(line.data if line else b"") from None
                        problem = "this line is no score; was the file cut off?"
                        self._note(SourceError(self.name, problem, number))
        except (BrokenStreamError, OSError) as error:
            problem = os_problem(error) if isinstance(error, OSError) else str(error)
            if not number:
                raise ConfigError(f"{self.name}: {problem}") from error
            self._note(SourceError(self.name, problem, number + 1))

    def _stored(self, number: int, data: bytes, group_by: str | None) -> Stored:
        line = json.loads(data)
        if line["contract"] != CONTRACT:
            raise ValueError
        id, source = str(line["id"]), str(line["source"])
        file, _, row = source.rpartition(":")
        if not (file and row.isdecimal()):
            file, row = source, ""
        group = _group_of(line, id, file, group_by)
        at = int(row) if row else None
        if "error" in line:
            told = {"type": str(line["error"]["type"]), "message": str(line["error"]["message"])}
            return Stored(Entry(at, id, group=group, error=told), file, source, line=line)
        self._check_model(number, str(line["model"]["sha256"]))
        if "grounds" not in line:
            raise ConfigError(f"{self.name}, line {number}: was scored by an earlier version; score again")
        return Stored(_entry(line, at, id, group), file, source, float(line["thresholds"]["suspect"]), line)

    def _note(self, problem: SourceError) -> None:
        self.unread += 1
        if len(self.problems) < _NOTED:
            self.problems.append(problem)

    def _check_model(self, number: int, model: str) -> None:
        if self.model is None:
            self.model = model
        elif self.model != model:
            raise ConfigError(
                f"{self.name}, line {number}: was scored by another model ({model[:12]}…) than the lines before it"
                f" ({self.model[:12]}…); their probabilities can't be compared"
            )

    def _no_scores(self, data: bytes) -> ConfigError:
        hint = " (a JSON array; score with --format jsonl)" if data.lstrip()[:1] == b"[" else ""
        return ConfigError(
            f"{self.name}: holds no scores{hint}; give a file that detector score --format jsonl wrote, or the kept"
            " folder of a detector filter run"
        )


def _entry(line: Mapping[str, Any], row: int | None, id: str, group: str | None) -> Entry:
    verdict = str(Verdict(line["verdict"]))
    probability = None if line["probability"] is None else float(line["probability"])
    lacks_wording = verdict == "unscored" and line["signals"].get("wording", {}).get("status") == "failed"
    if lacks_wording:
        told = {"type": "signal", "message": f"{line['source']}: {line['reason']}"}
        return Entry(row, id, words=int(line["words"]), group=group, error=told)
    thresholds, scan, wording = (line["thresholds"], *(line["signals"].get(name, {}) for name in (SCAN, DECISIVE)))
    return Entry(
        row,
        id,
        verdict,
        probability,
        line["reason"],
        int(line["words"]),
        group,
        _strongest(line["findings"]) if verdict != "clean" or (probability or 0.0) >= FINDINGS_FROM else (),
        **decisive(probability, grounds_of(line["grounds"])),
        threshold=None if probability is None else float(thresholds["spun"]),
        own=group is not None and thresholds["group"] == group,
        scanned=scan.get("status") == Status.OK and wording.get("status") == Status.NOT_NEEDED,
        light=wording.get("engine") == LIGHT_ENCODER,
        family=None if line.get("evidence") is None else Evidence(**line["evidence"]).family(id),
    )


def _strongest(findings: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Return the findings that a score log keeps, as it keeps them."""
    strongest = sorted(findings, key=lambda one: -one["score"])[:STRONGEST]
    return tuple(
        {
            **{name: one[name] for name in ("start", "end", "text", "rule", "score")},
            "suggestions": [option["text"] for option in one["suggestions"][:SUGGESTIONS]],
        }
        for one in strongest
    )


def grounds_of(found: Mapping[str, Any] | None) -> Grounds | None:
    """Return the grounds of a report from their JSON."""
    if found is None:
        return None
    section, choices, proven = found["section"], found["choices"], found.get("proven")
    return Grounds(
        wording=float(found["wording"]),
        unquoted=found["unquoted"],
        clipped=bool(found["clipped"]),
        choices=None if choices is None else Verdict(choices),
        section=None if section is None else WindowScore(section["start"], section["end"], section["probability"]),
        proven=None if proven is None else Verdict(proven),
        verse=bool(found.get("verse")),
        garbled=bool(found.get("garbled")),
    )


def _group_of(line: Mapping[str, Any], id: str, file: str, group_by: str | None) -> str | None:
    if group_by is None:
        group = line.get("group")
        return None if group is None else str(group)
    if group_by == HOST:
        return host_of(id) or host_of(file)
    if group_by == SOURCE:
        return file
    value = look_up(line, group_by)
    return str(value) if isinstance(value, str | int | float) else ""


def _regrouped(stored: Stored, group_by: str) -> Entry:
    entry = stored.entry
    group = {HOST: host_of(entry.id), "id": entry.id, SOURCE: stored.file}[group_by]
    return replace(entry, group=group, own=entry.own and group == entry.group)


def _command_of(folder: Path) -> Mapping[str, Any]:
    name = printable_path(str(folder))
    try:
        found = json.loads((folder / FOLDER / "command.json").read_text(encoding="utf-8"))
        if isinstance(found, dict) and len(str(found.get("model"))) == _HASH:
            return found
    except FileNotFoundError:
        raise ConfigError(f"{name}: holds no run; give the --kept folder of a detector filter run") from None
    except (OSError, ValueError):
        pass
    raise ConfigError(f"{name}: {FOLDER}/command.json is damaged")
