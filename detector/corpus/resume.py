"""What a run leaves behind so that the same command goes on where it was: plain files in `.unspun` of the first output
folder.

.unspun/
  command.json        what decides about the result: program, model, options
  lock                who writes here (`lock.py`)
  scores/SHARD.jsonl  the score log of each shard (`score_log.py`)
  errors/SHARD.jsonl  the records of a shard that could not be read or scored
  done/SHARD.json     written when all outputs of a shard have their names; holds its counts
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.corpus.score_log import read_outputs
from detector.corpus.shards import Shard
from detector.corpus.writers.files import write_whole
from detector.errors import ConfigError

FOLDER = ".unspun"


@dataclass(frozen=True)
class RunFolder:
    """The `.unspun` of a run. `folder` is where it stands, as the user gave it, and `option` what it was given with."""

    folder: Path
    option: str = "kept"

    @property
    def path(self) -> Path:
        return self.folder / FOLDER

    @property
    def _advice(self) -> str:
        return f"Give --restart to throw away its output and begin anew, or choose another --{self.option}"

    @property
    def errors_place(self) -> Path:
        return self.path / "errors"

    def scores(self, shard: Shard) -> Path:
        return self.scores_at(shard.relative)

    def scores_at(self, relative: str) -> Path:
        """Return the score log of the shard at this path below what all inputs have in common."""
        return self.path / "scores" / f"{relative}.jsonl"

    def errors(self, shard: Shard) -> Path:
        return self.errors_place / f"{shard.relative}.jsonl"

    def begin(self, command: Mapping[str, Any], shards: Sequence[Shard]) -> bool:
        """Note what the run does; return whether one goes on that was begun.

        Raise ConfigError if that did otherwise, or read a shard that is missing now. There may be new ones.
        """
        file = self.path / "command.json"
        before = self._read(file)
        logged = self._relative_logs()
        if before is None or (
            before != command and not logged
        ):  # that one was refused, or ended before its first record
            write_whole(file, [_encode(command)])
            return False
        if differences := list(_differences(before, command)):
            raise ConfigError(f"{self.folder}: holds a run with {'; '.join(differences)}. {self._advice}")
        missing = logged - {shard.relative for shard in shards}
        if missing:
            raise ConfigError(
                f"{self.folder}: holds a run that read {min(missing)}, which is not there now. {self._advice}"
            )
        return True

    def _relative_logs(self) -> set[str]:
        logs = (log for log in (self.path / "scores").rglob("*.jsonl") if log.is_file())
        return {log.relative_to(self.path / "scores").as_posix().removesuffix(".jsonl") for log in logs}

    def outputs(self) -> list[str]:
        """Return the paths of all that the run may have written, below the output folders."""
        logs = sorted(self._relative_logs())
        return [written for log in logs for written in read_outputs(self.path / "scores" / f"{log}.jsonl")]

    def restart(self, folders: Sequence[Path]) -> None:
        """Remove what an earlier run wrote to these folders, and what it left here."""
        for written in self.outputs():
            for folder in folders:
                (folder / written).unlink(missing_ok=True)
        for name in ("done", "scores", "errors"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        (self.path / "command.json").unlink(missing_ok=True)

    def finish(self, shard: Shard, marker: Mapping[str, Any]) -> None:
        """Note that a shard is done. A note that a power cut destroys costs no more than writing the outputs again."""
        write_whole(self._marker_at(shard.relative), [_encode(marker)], sync=False)

    def marker(self, shard: Shard) -> dict[str, Any] | None:
        """Return what was noted of a shard that is done."""
        return self.marker_at(shard.relative)

    def marker_at(self, relative: str) -> dict[str, Any] | None:
        """Return what was noted of the shard at this path below what all inputs have in common, when it was done."""
        try:
            return self._read(self._marker_at(relative))
        except ConfigError:
            return None

    def finished(self, shard: Shard) -> dict[str, Any] | None:
        """Return what was noted of a shard that is done. Raise ConfigError if its file or its settings are others now."""
        marker = self.marker(shard)
        if marker is None:
            return None
        if marker["input"] != shard.fingerprint():
            if not marker["whole"]:
                return marker  # it could not be read, or not to its end: this may be a better copy
            raise self.changed(shard, marker["input"])
        return marker

    def changed(self, shard: Shard, before: Mapping[str, Any]) -> ConfigError:
        """Return the error for a shard that is not what the run read; `before` is its fingerprint then."""
        settings = before.get("settings", {})
        if differences := list(_differences(settings, shard.options.own)):
            return ConfigError(
                f"{shard.name}: its own settings differ from those in the run in {self.folder}:"
                f" {'; '.join(differences)}. {self._advice}"
            )
        return ConfigError(f"{shard.name}: is not the file any more that the run in {self.folder} read. {self._advice}")

    def _marker_at(self, relative: str) -> Path:
        return self.path / "done" / f"{relative}.json"

    def _read(self, file: Path) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise ConfigError(f"{file}: is damaged. {self._advice}") from error
        return found


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys((*before, *now)):
        if before.get(key) != now.get(key):
            yield f"{key} {_shown(before.get(key))}, now it is {_shown(now.get(key))}"


def _shown(value: object) -> str:
    return "none" if value is None else value if isinstance(value, str) else json.dumps(value)


def _encode(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")
