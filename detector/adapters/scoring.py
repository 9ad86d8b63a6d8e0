"""The one function under every adapter: a column of texts in, typed columns out, an error of one row a value of that row.

A `TextScorer` travels: its pickle is a short line of JSON with the options, the hash of the model, the version of the
program and the grammar engine. Whatever process it comes to loads the model once, for all scorers that say the same, and
refuses to score by anything else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from numbers import Number
from pathlib import Path
from typing import Any

from detector import __version__, model_files
from detector.corpus.fields import kind_of
from detector.corpus.filter_options import KEPT, REJECTED, SUSPECT
from detector.corpus.paths import os_problem
from detector.corpus.score_log import make_entry
from detector.engine.batches import Scored
from detector.engine.detector import Detector
from detector.errors import ConfigError, ItemError, ModelError, SignalError
from detector.judge.calibration import resolve
from detector.options import MAX_DOCUMENT_SIZE, Options
from detector.report import Failure, Outcome
from detector.signals.grammar import expected_engine
from detector.text.decoding import decode_utf8
from detector.text.document import Document
from detector.text.formats import text_format

FIELD = "unspun"  # what is added to a record
FIELDS = ("verdict", "probability", "reason", "findings", "error")  # of a row, in this order
ERROR = "error"  # where a record goes that could not be scored
_SOURCE = "<text>"
_MISSING_TYPES = {"NAType", "NaTType"}  # of pandas, which need not be installed
# Options that decide about a result; files by what is in them.
_DECIDES = (
    "threshold",
    "max_fpr",
    "wording",
    "grammar",
    "last_reader",
    "speed",
    "languagetool_url",
    "allow_phrases",
    "inline_ignores",
)
_FILES = ("allow", "baseline")


@dataclass(frozen=True)
class Scores:
    """Columns of equal length, one row a text.

    - `verdict`: `clean`, `suspect`, `spun`, `unscored`; None where there is an error.
    - `probability`: None where there is no verdict.
    - `reason`: why a text is unscored.
    - `findings`: the strongest, at most five, as objects with `start` and `end` (code points of the text), `text`,
      `rule`, `score` and `suggestions`.
    - `error`: why a text could not be scored, in a sentence.
    """

    verdict: list[str | None]
    probability: list[float | None]
    reason: list[str | None]
    findings: list[list[dict[str, Any]]]
    error: list[str | None]

    def __len__(self) -> int:
        return len(self.verdict)

    def rows(self) -> list[dict[str, Any]]:
        """Return an object for each text: what an adapter adds to its record."""
        columns = (getattr(self, name) for name in FIELDS)
        return [dict(zip(FIELDS, values, strict=True)) for values in zip(*columns, strict=True)]


def destination(row: Mapping[str, Any], *, suspect: bool = False, reject_unscored: bool = False) -> str:
    """Return where `detector filter` sends a record: `kept`, `rejected`, `suspect` (or `kept` without it) or `error`.

    `row` is what an adapter added to the record.

    >>> destination({"verdict": "spun", "error": None}), destination({"verdict": None, "error": "it took too long"})
    ('rejected', 'error')
    """
    verdict = row["verdict"]
    if verdict is None:
        return ERROR
    if verdict == "spun" or (verdict == "unscored" and reject_unscored):
        return REJECTED
    return SUSPECT if verdict == "suspect" and suspect else KEPT


class TextScorer:
    """Scores columns of texts, in whatever process it is unpickled in.

    `text_format` is that of all texts, by its name in `detector.text.formats`. `threads` is how many the encoders may use
    in each process: engines run many processes on a machine. `options.jobs` are worker processes in each process of
    the engine.

    A grammar engine `auto` and a calibration are settled here: elsewhere the engine has to be the same, and the file need
    not be there. Raises ConfigError where options make no sense, ModelError where there is no model. Threads may share it.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        text_format: str = "auto",
        max_document_size: int = MAX_DOCUMENT_SIZE,
        threads: int = 1,
    ) -> None:
        if not isinstance(options, Options | None):
            raise ConfigError(f"options must be made with detector.Options(…), not {kind_of(options)}")
        _check_format(text_format)
        settled, engine = _settled(options or Options())
        self._spec = _Spec(
            __version__,
            model_files.read_manifest(model_files.locate()).sha256,
            engine,
            settled,
            text_format,
            max_document_size,
            threads,
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex digits) of all that decides about a result: version, model, grammar engine, options, format."""
        return sha256(self._spec.deciding().encode()).hexdigest()

    def score(self, texts: Sequence[object]) -> Scores:
        """Return the scores of texts, in order. No text makes it raise.

        None and NaN are missing texts, which are unscored. Bytes are UTF-8. Any other value is an error of its row.
        Raises ModelError, SignalError and ConfigError where nothing can be scored.
        """
        documents = [_document(value, number, self._spec) for number, value in enumerate(texts, 1)]
        scored = self.score_documents([one for one in documents if isinstance(one, Document)])
        outcomes = (next(scored) if isinstance(one, Document) else one for one in documents)
        rows = [_row(outcome) for outcome in outcomes]
        columns: tuple[list[Any], ...] = tuple(map(list, zip(*rows, strict=True))) or ([], [], [], [], [])
        return Scores(*columns)

    def score_documents(self, documents: Sequence[Document]) -> Iterator[Outcome]:
        """Yield one outcome a document, in order, as `Detector.score_documents` does."""
        return _detector(self._spec).score_documents(documents) if documents else iter(())

    def answer(self, documents: Sequence[Document]) -> Scored:
        """Return the outcomes of a batch, and the seconds that each kind of stage took of it: what a worker answers."""
        detector = _detector(self._spec)
        before = detector.stage_seconds
        outcomes = list(self.score_documents(documents))
        return Scored(outcomes, {name: spent - before.get(name, 0.0) for name, spent in detector.stage_seconds.items()})

    def open(self) -> None:
        """Load what is needed to score in this process, if it is not loaded. Raises as `score` does."""
        _detector(self._spec).open()

    def close(self) -> None:
        """End what scores in this process. The next use loads it again."""
        if (loaded := _loaded.pop(self._spec, None)) is not None:
            loaded.close()

    def __reduce__(self) -> tuple[Callable[[str], TextScorer], tuple[str]]:
        return _unpickled, (self._spec.encode(),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextScorer) and self._spec == other._spec

    def __hash__(self) -> int:
        return hash(self._spec)


@dataclass(frozen=True)
class _Spec:
    """All that a scorer is made of."""

    version: str
    model: str
    engine: str | None
    options: Options
    text_format: str
    max_document_size: int
    threads: int

    def encode(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    def deciding(self) -> str:
        """Return what decides about a result."""
        options = {name: getattr(self.options, name) for name in _DECIDES}
        options |= {name: _digest(path) for name in _FILES if (path := getattr(self.options, name)) is not None}
        return json.dumps(
            [self.version, self.model, self.engine, options, self.text_format, self.max_document_size], sort_keys=True
        )

    @classmethod
    def decode(cls, text: str) -> _Spec:
        values = json.loads(text)
        given: dict[str, Any] = values["options"]
        options: Any = {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
        return cls(**{**values, "options": Options(**options)})


_loaded: dict[_Spec, Detector] = {}  # in this process; a Detector itself sees to forks


def _detector(spec: _Spec) -> Detector:
    """Return the detector of this process, which is loaded when it is first used."""
    if spec not in _loaded:
        _require_same(spec)
        # Of two threads that come at once, both get the one that is there first.
        _loaded.setdefault(spec, Detector(spec.options, isolated=True, threads=spec.threads))
    return _loaded[spec]


def _require_same(spec: _Spec) -> None:
    """Raise where this process would score otherwise than the one that made the scorer."""
    if spec.version != __version__:
        raise ModelError(
            f"unspun {__version__} is installed here, {spec.version} where this scorer was made; {_INSTALL}"
        )
    if (model := model_files.read_manifest(model_files.locate()).sha256) != spec.model:
        raise ModelError(f"the model here is {model[:12]}…, {spec.model[:12]}… where this scorer was made; {_INSTALL}")
    engine = expected_engine(spec.options.grammar, spec.options.languagetool_url)
    if engine != spec.engine:
        raise SignalError(
            f"the grammar engine here is {engine or 'none'}, {spec.engine or 'none'} where this scorer was made; {_INSTALL}"
        )


_INSTALL = "install the same in both places"


def _unpickled(spec: str) -> TextScorer:
    scorer = TextScorer.__new__(TextScorer)
    scorer._spec = _Spec.decode(spec)
    return scorer


def _settled(options: Options) -> tuple[Options, str | None]:
    """Return options that mean the same on every machine, and the identifier of the grammar engine."""
    if options.calibration is not None:
        choice = resolve(options, model_files.read_manifest(model_files.locate()))
        options = replace(options, calibration=None, threshold=choice.thresholds.spun)
    files = {name: os.path.abspath(path) for name in _FILES if (path := getattr(options, name)) is not None}
    options = replace(options, **files)
    engine = expected_engine(options.grammar, options.languagetool_url)
    if options.grammar == "auto":
        name = engine.partition("/")[0] if engine else "off"
        options = replace(options, grammar=name)  # type: ignore[arg-type]  # a name of a grammar engine
    return options, engine


def _digest(path: str | os.PathLike[str]) -> str:
    try:
        return sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"{os.fspath(path)}: can't be read ({os_problem(error)})") from error


def _check_format(name: str) -> None:
    text_format(name)


def _document(value: object, number: int, spec: _Spec) -> Document | Failure:
    id = str(number)
    if is_missing(value):
        value = ""
    elif isinstance(value, bytes | bytearray):
        value = decode_utf8(bytes(value)).text
    if not isinstance(value, str):
        return Failure(id, _SOURCE, ItemError(f"the text must be a string, it is {kind_of(value)}"))
    if len(value) > spec.max_document_size:
        return Failure(id, _SOURCE, ItemError(f"the text is longer than {spec.max_document_size:,} characters"))
    return Document.from_text(str(value), id=id, source=_SOURCE, format=spec.text_format)


def is_missing(value: object) -> bool:
    """Tell whether a value stands for none: None, NaN of any kind, and what pandas writes for it.

    >>> is_missing(None), is_missing(float("nan")), is_missing(""), is_missing(0)
    (True, True, False, False)
    """
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return isinstance(value, Number) and bool(value != value)  # noqa: PLR0124 - NaN alone is not itself


def _row(outcome: Outcome) -> tuple[Any, ...]:
    entry = make_entry(None, outcome, None, with_findings=True)
    findings = [dict(finding) for finding in entry.findings]
    return entry.verdict, entry.probability, entry.reason, findings, entry.error["message"] if entry.error else None
