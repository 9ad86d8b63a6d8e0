"""The file that `detector calibrate` writes and `--calibration` reads: a threshold, and what it holds for.

    {"schema": 2,
     "program": "0.1.0",                                          # the version that wrote it
     "model": {"version": "0.1.0", "sha256": "..."},              # SHA-256 of the manifest
     "wording": "deep",
     "grammar": {"asked": "auto", "engines": {"languagetool/6.8": 5211}},  # what ran, and in how many documents
     "max_fpr": 0.001,
     "documents": {"scored": 5211, "unscored": 14, "unread": 0},
     "threshold": 0.981234,
     "false_positives": 1,
     "upper_bound": 0.00091,
     "groups": {"by": "host",                                     # only where documents were grouped
                "alike": 212.5,                                   # see `by_group.py`; null is infinite
                "thresholds": {"example.org": {"documents": 812, "threshold": 0.91, "false_positives": 0,
                                               "upper_bound": 0.00097}}}}

It holds no text and no path but the names of groups, so that it can be committed. Keys that a later version adds are
passed over; a change of what is there raises the schema number.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from detector.errors import ConfigError
from detector.model_files import Manifest
from detector.options import WORDING_DEPTHS
from detector.report import ModelInfo, SignalState

SCHEMA = 2
NO_ENGINE = "none"
_SHOWN_DIGITS = 12  # of a SHA-256


@dataclass(frozen=True, slots=True)
class GroupPoint:
    """The threshold of one group: `documents` honest ones, `false_positives` of them reach it; the bound of their share."""

    documents: int
    threshold: float
    false_positives: int
    upper_bound: float


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a calibration that have a threshold of their own, and the field that tells a document's group."""

    by: str
    alike: float
    thresholds: Mapping[str, GroupPoint] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Calibration:
    """`grammar` is what was asked for, `engines` what ran (`none` where nothing did) in how many documents."""

    program: str
    model: ModelInfo
    wording: str
    grammar: str
    engines: Mapping[str, int]
    max_fpr: float
    scored: int
    unscored: int
    unread: int
    threshold: float
    false_positives: int
    upper_bound: float
    groups: Groups | None = None

    @property
    def engine(self) -> str:
        """The engine that checked most of the documents."""
        return max(self.engines, key=lambda name: self.engines[name])

    def require(self, path: str, manifest: Manifest, wording: str) -> None:
        """Raise ConfigError unless the calibration was made for this model and this `--wording`."""
        if self.model.sha256 != manifest.sha256:
            raise ConfigError(
                f"{path}: was made with model {self.model.version} ({self.model.sha256[:_SHOWN_DIGITS]}…),"
                f" this is {manifest.version} ({manifest.sha256[:_SHOWN_DIGITS]}…); run detector calibrate again"
            )
        if self.wording != wording:
            raise ConfigError(
                f"{path}: was made with --wording {self.wording}, this run has --wording {wording};"
                f" run detector calibrate again, or choose --wording {self.wording}"
            )

    def remark(self, grammar: SignalState) -> str | None:
        """Return a note for a document whose grammar was checked by another engine than the calibration's; else None.

        It is a note and no error: under `auto` the engine depends on the machine, a server can fail for one document, and
        grammar moves a probability far less than wording does.
        """
        made_engine, ran = self.engine, engine_of(grammar)
        if _name(made_engine) == _name(ran):
            return None
        checked_with = "is not checked" if ran == NO_ENGINE else f"is checked by {ran}"
        calibrated_with = "without grammar" if made_engine == NO_ENGINE else f"with {made_engine}"
        return (
            f"the threshold was calibrated {calibrated_with}, here grammar {checked_with}:"
            " it may not hold its false-positive rate"
        )


def engine_of(grammar: SignalState) -> str:
    """Return the engine that checked a document, as `name/version`; `none` where none did.

    >>> from detector.report import Status
    >>> engine_of(SignalState(Status.OK, "LanguageTool 6.8 at http://host:8081", "languagetool/6.8"))
    'languagetool/6.8'
    """
    return grammar.engine or NO_ENGINE


def _name(engine: str) -> str:
    return engine.partition("/")[0]


def write_calibration(calibration: Calibration, stream: TextIO) -> None:
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "program": calibration.program,
        "model": {"version": calibration.model.version, "sha256": calibration.model.sha256},
        "wording": calibration.wording,
        "grammar": {"asked": calibration.grammar, "engines": dict(calibration.engines)},
        "max_fpr": calibration.max_fpr,
        "documents": {
            "scored": calibration.scored,
            "unscored": calibration.unscored,
            "unread": calibration.unread,
        },
        "threshold": calibration.threshold,
        "false_positives": calibration.false_positives,
        "upper_bound": calibration.upper_bound,
    }
    if (groups := calibration.groups) is not None:
        content["groups"] = {
            "by": groups.by,
            "alike": None if math.isinf(groups.alike) else groups.alike,
            "thresholds": {name: asdict(point) for name, point in groups.thresholds.items()},
        }
    stream.write(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_calibration(path: str | os.PathLike[str]) -> Calibration:
    """Read a calibration. Raises ConfigError, naming the file, when it can't be read or is no calibration."""
    try:
        content = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise _refused(path, "not JSON") from error
    if not isinstance(content, dict) or "schema" not in content:
        raise _refused(path, "no schema number")
    if content["schema"] != SCHEMA:
        raise ConfigError(
            f"{path}: has schema {content['schema']}, this program reads {SCHEMA}; run detector calibrate again"
        )
    try:
        return _calibration(content)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _refused(path, f"missing {error}" if isinstance(error, KeyError) else str(error)) from error


def _refused(path: str | os.PathLike[str], problem: str) -> ConfigError:
    return ConfigError(f"{path}: is not a calibration ({problem}); detector calibrate makes one")


def _calibration(content: Mapping[str, Any]) -> Calibration:
    model, grammar, documents = content["model"], content["grammar"], content["documents"]
    engines = {_text(name, "engines"): _count(number, "engines") for name, number in grammar["engines"].items()}
    wording = _text(content["wording"], "wording")
    if not engines or wording not in WORDING_DEPTHS:
        raise ValueError("no engines" if not engines else f"unknown wording {wording!r}")
    return Calibration(
        program=_text(content["program"], "program"),
        model=ModelInfo(_text(model["version"], "version"), _text(model["sha256"], "sha256")),
        wording=wording,
        grammar=_text(grammar["asked"], "asked"),
        engines=engines,
        max_fpr=_share(content["max_fpr"], "max_fpr"),
        scored=_count(documents["scored"], "scored"),
        unscored=_count(documents["unscored"], "unscored"),
        unread=_count(documents["unread"], "unread"),
        threshold=_share(content["threshold"], "threshold"),
        false_positives=_count(content["false_positives"], "false_positives"),
        upper_bound=_share(content["upper_bound"], "upper_bound"),
        groups=_groups(content["groups"]) if "groups" in content else None,
    )


def _groups(content: Mapping[str, Any]) -> Groups:
    alike = content["alike"]
    if alike is not None and (isinstance(alike, bool) or not isinstance(alike, int | float) or not alike >= 0):
        raise TypeError("alike is not a number of documents")
    points = {
        name: GroupPoint(
            _count(point["documents"], "documents"),
            _share(point["threshold"], "threshold"),
            _count(point["false_positives"], "false_positives"),
            _share(point["upper_bound"], "upper_bound"),
        )
        for name, point in content["thresholds"].items()
    }
    return Groups(_text(content["by"], "by"), math.inf if alike is None else float(alike), points)


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{key} is not a string")
    return value


def _count(value: object, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{key} is not a number of documents")
    return value


def _share(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise TypeError(f"{key} is not from 0 to 1")
    return float(value)
