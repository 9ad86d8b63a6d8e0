"""The report on a document: typed, frozen, and turned into the machine contract in one place.

Every item that goes in comes out as one `Outcome`: a `Report`, or a `Failure` where it could not be read or scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from detector.errors import DetectorError, SourceError, error_type
from detector.text.document import Document

SWITCHED_OFF = "switched off for this document"  # the detail of a signal that its own options leave out
#: Engines of the wording signal at the speeds `scan` and `fast`: the deep encoder read all that counts, or a sample at most.
LIGHT_ENCODER, BOTH_ENCODERS = "light encoder", "both encoders"
OFF = "switched off by the settings"  # why a file is not read, or a document not judged
CONTRACT = 2  # version of the machine contract; `schema.json` describes it


class Verdict(StrEnum):
    CLEAN = "clean"
    SUSPECT = "suspect"
    SPUN = "spun"
    UNSCORED = "unscored"


class Status(StrEnum):
    """What became of a signal."""

    OK = "ok"
    SKIPPED = "skipped"  # not asked for, or not there
    NOT_NEEDED = "not needed"  # the verdict is the same whatever it would have measured
    FAILED = "failed"  # was to run and broke


class Grade(StrEnum):
    """How sure a finding of swapped words is."""

    LIKELY = "likely"  # more likely swapped than not
    POSSIBLE = "possible"  # worth a look


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A word or phrase that may have stood there before; `score` from 0 to 1, best first."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Finding:
    """A span that a person should check. `start` and `end` count code points of the document's text as given.

    `grade` is that of swapped words, None for findings of other signals.
    """

    start: int
    end: int
    text: str
    signal: str
    rule: str
    message: str
    score: float
    suggestions: tuple[Suggestion, ...] = ()
    grade: Grade | None = None

    @classmethod
    def at(
        cls,
        document: Document,
        start: int,
        end: int,
        *,
        signal: str,
        rule: str,
        message: str,
        score: float,
        suggestions: tuple[Suggestion, ...] = (),
        grade: Grade | None = None,
    ) -> Finding:
        """Return a finding at a span of the document's *prose*; its own offsets count in the text."""
        span = document.locate(start, end)
        text = document.text[span.start : span.end]
        return cls(span.start, span.end, text, signal, rule, message, round(score, 4), suggestions, grade)


@dataclass(frozen=True, slots=True)
class WindowScore:
    """Probability that this stretch of the document was spun, or None where it is too short to say or was not read."""

    start: int
    end: int
    probability: float | None


@dataclass(frozen=True, slots=True)
class ReadWindow(WindowScore):
    """A window of a document, and whether the encoders have read it: of a long document they may have left some out."""

    read: bool


@dataclass(frozen=True, slots=True)
class SignalState:
    """What became of a signal, in words.

    `engine` is what measured, or would have where that was not needed, as `name/version`, where a signal has several
    engines to choose from (grammar) and one of them is there: `languagetool/6.8`, `embedded/0.2.8+0.1.6`.
    """

    status: Status
    detail: str
    engine: str | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one signal added to the log-odds of the document being spun (natural logarithm)."""

    signal: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class ModelInfo:
    version: str
    sha256: str


class Origin(StrEnum):
    """Who chose the threshold of `spun`."""

    MODEL = "model"
    THRESHOLD = "threshold"  # the user, by its value
    MAX_FPR = "max-fpr"  # the user, by a false-positive rate on the model's own honest documents
    CALIBRATION = "calibration"  # the user, on text of their own


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities from which a document is called suspect and spun; `suspect` is never above `spun`.

    `group` is the group of documents whose own threshold `spun` is, where a calibration has one for it.
    """

    suspect: float
    spun: float
    origin: Origin = Origin.MODEL
    group: str | None = None

    def moved(self, spun: float, origin: Origin, group: str | None = None) -> Thresholds:
        """Return thresholds with another one for `spun`; that of `suspect` stays, or moves down with it."""
        return Thresholds(min(self.suspect, spun), spun, origin, group)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What decides about a verdict beside the probability, whatever the threshold (`detector.judge.decision`).

    - `wording`: the probability by the wording alone; has to be suspect before a document is called spun.
    - `unquoted`: the same for all that stands outside quotations; None where nothing is quoted.
    - `clipped`: the document is written in clipped style.
    - `choices`: the least verdict of a text in which choices of a spinner were left.
    - `section`: the strongest section of a long document; what is clean becomes suspect where this reaches `spun`.
    - `proven`: the least verdict of a text that was compared with its source, or with another copy of it.
    - `verse`: the document is in lines of verse or a play.
    - `garbled`: words all over it look a little odd; what is clean becomes suspect.
    """

    wording: float
    unquoted: float | None = None
    clipped: bool = False
    choices: Verdict | None = None
    section: WindowScore | None = None
    proven: Verdict | None = None
    verse: bool = False
    garbled: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """Another document that proves something of this one, where documents were traced.

    `relation`: this one is a `spun copy` of it, they are `spun siblings`, or this one is its `original`. Of the `words`
    that the original has in common with the copy (of either, where they are siblings), `swapped` were swapped; `coverage`
    is the share of this document that lies there.
    """

    relation: str
    id: str
    source: str
    words: int
    swapped: int
    coverage: float

    def family(self, id: str) -> str:
        """Return the id that stands for the family of the document `id`: that of the original, where it is there."""
        return {"spun copy": self.id, "original": id}.get(self.relation, min(id, self.id))


class IgnoredBy(StrEnum):
    """What a user ignored a finding with."""

    INLINE = "inline"  # a directive in the text
    FIELD = "field"  # the record's field for it
    ALLOW = "allow"  # the allow-list
    BASELINE = "baseline"  # it was there before


@dataclass(frozen=True, slots=True)
class IgnoredFinding:
    """A finding that a user ignores. `entry` is the directive or entry that does it, in the user's words.

    `reason` is the user's, empty where none was given. `audited` tells of the baseline whether somebody has looked at it.
    """

    finding: Finding
    by: IgnoredBy
    entry: str
    reason: str = ""
    audited: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """What was left out of a document's evidence, because a user ignores it.

    - `count`: findings that are ignored, `by` what; `findings` has those that were asked for.
    - `words`: words of prose whose evidence does not count as it was measured.
    - `verdict`, `probability`: what they would be if nothing were ignored; None where nobody has measured it.
    - `accepted`: the baseline accepts the verdict as it is, since nothing new was found in the document.
    - `unused`: sentences on directives and entries of this document that ignore nothing, or can't be understood.
    """

    findings: tuple[IgnoredFinding, ...] = ()
    count: int = 0
    by: dict[IgnoredBy, int] = field(default_factory=dict)
    words: int = 0
    verdict: Verdict | None = None
    probability: float | None = None
    accepted: bool = False
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The answer for one document. `probability` is None exactly when `verdict` is unscored; `reason` says why.

    `measures` holds what the signals measured of the document, by feature name (`readability.ari`); the unit of each
    stands in the JSON Schema. A signal that did not run has no measures. `notes` are sentences for a person.
    `findings_left_out` counts findings that were made but are not in `findings`, because a brief form was asked for.
    `grounds` is None where there is no probability. `group` is the document's, where documents are grouped. `ignored` is
    None where nothing of the document is ignored, and nothing was to be. `evidence` is the document that proves most,
    where documents were traced and there is one.
    """

    id: str
    source: str
    verdict: Verdict
    probability: float | None
    reason: str | None
    language: str | None
    words: int
    windows: tuple[WindowScore, ...]
    findings: tuple[Finding, ...]
    signals: dict[str, SignalState]
    model: ModelInfo
    thresholds: Thresholds
    contributions: tuple[Contribution, ...] = ()
    measures: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = field(default=())
    findings_left_out: int = 0
    grounds: Grounds | None = None
    group: str | None = None
    evidence: Evidence | None = None
    ignored: Ignored | None = None

    @property
    def is_accepted(self) -> bool:
        """Tell whether the baseline accepts the verdict."""
        return self.ignored is not None and self.ignored.accepted

    def to_dict(self) -> dict[str, Any]:
        """Return the machine contract, as `schema.json` describes it."""
        return {"contract": CONTRACT, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one item has no report: it could not be read, or could not be scored.

    `error` is the exception itself; `score` raises it, batch calls hand it over in this place. A failure never has a
    verdict.
    """

    id: str
    source: str
    error: DetectorError

    @property
    def message(self) -> str:
        """What went wrong, with the place."""
        return str(self.error) if isinstance(self.error, SourceError) else f"{self.source}: {self.error}"

    def to_dict(self) -> dict[str, Any]:
        """Return the machine contract, as `schema.json` describes it."""
        error = {"type": error_type(self.error), "message": str(self.error)}
        return {"contract": CONTRACT, "id": self.id, "source": self.source, "error": error}


Outcome = Report | Failure


def require_reports(outcomes: Iterable[Outcome]) -> Iterator[Report]:
    """Yield the reports of outcomes; raise the error of the first failure."""
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            raise outcome.error
        yield outcome
