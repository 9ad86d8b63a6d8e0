"""`load()` and `Detector`: what a program uses to score documents, in its own process or in several."""

from __future__ import annotations

import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from detector import model_files
from detector.engine.batches import Scored, in_batches
from detector.engine.machine import workers
from detector.engine.pool import Pool, require_own_process
from detector.errors import ConfigError, ItemError, ModelError, kind_of
from detector.judge.calibration import Choice, resolve
from detector.model_files import Manifest
from detector.options import Options
from detector.policy.policy import Policy
from detector.report import Failure, ModelInfo, Outcome, Report, Thresholds
from detector.signals.grammar import SharedEngine, open_grammar, start_shared
from detector.text.document import Document

if TYPE_CHECKING:
    from detector.engine.scorer import Scorer


def load(options: Options | None = None) -> Detector:
    """Return a detector that is ready to score.

    Every model file is checked first. Raises ModelError (names the file that is wrong), SignalError (a grammar engine
    asked for by name can't run here) and ConfigError (options that contradict each other).
    """
    detector = Detector(options)
    detector.open()
    return detector


class Detector:
    """Scores texts. End it with `close()`, or use it in a `with` block.

    It opens itself when it is first used, and `load()` returns one that is open. Threads may share it: they take turns.
    A forked child may use it, too, and loads the models anew. It can be pickled: the pickle holds the options and
    the hash of the model, so that another process scores by the same model or raises ModelError.

    `isolated`: score in one worker process where `options.jobs` is 1, too. A document that takes too long or breaks the
    process can then always be given up; in this process only where `time_limit` says.
    `threads`: how many the encoders may use where `options.jobs` is 1; None is one for each core.
    """

    def __init__(self, options: Options | None = None, *, isolated: bool = False, threads: int | None = None) -> None:
        if not isinstance(options, Options | None):
            raise ConfigError(f"options must be made with detector.Options(…), not {kind_of(options)}")
        self.options = Options() if options is None else options
        self._isolated, self._threads = isolated, threads
        self._expected_model: str | None = None  # SHA-256 of the manifest, where it was pickled
        self._open: _Open | None = None
        self._lock = threading.Lock()
        self._pid = os.getpid()

    @property
    def model(self) -> ModelInfo:
        """The version and SHA-256 of the model that scores. Opens the detector."""
        return self._opened().model

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds in use, as probabilities. Opens the detector."""
        return self._opened().choice.thresholds

    @property
    def stage_seconds(self) -> dict[str, float]:
        """The seconds that it and its workers spent since it was opened, all together, by kinds of stages."""
        return dict(self._open.seconds) if self._open else {}

    def score(self, document: str | Document) -> Report:
        """Return the report on one text. Raises ItemError for anything else, DocumentError if it can't be scored."""
        (outcome,) = self.score_batch([document])
        if isinstance(outcome, Failure):
            raise outcome.error
        return outcome

    def score_batch(self, items: Sequence[str | Document]) -> list[Outcome]:
        """Return one outcome for each item, in order: a report, or a failure that says what is wrong with the item.

        The ids of strings are their numbers, from 1. Raises ItemError for a single string instead of a sequence of them.
        """
        if isinstance(items, Mapping | Set):
            raise ItemError(f"a list of texts is needed, not a {type(items).__name__}")
        return list(self.score_documents(items))

    def score_documents(self, documents: Iterable[str | Document]) -> Iterator[Outcome]:
        """Yield one outcome a document, in order. Documents are taken as they are needed, some ahead.

        Strings get their numbers as ids, from 1, and what is neither gets a failure. When `documents` raises, the
        outcomes of those before come first. Raises ItemError at once for a single string.
        """
        if isinstance(documents, str | bytes | Document) or not isinstance(documents, Iterable):
            raise ItemError(f"a list of texts is needed, not {kind_of(documents)}; score() takes one text")
        return self._stream(documents)

    def _stream(self, items: Iterable[object]) -> Iterator[Outcome]:
        taken: deque[Document | Failure] = deque()
        problems: list[Exception] = []

        def documents() -> Iterator[Document]:
            try:
                for number, item in enumerate(items, 1):
                    checked = _as_document(item, number)
                    taken.append(checked)
                    if isinstance(checked, Document):
                        yield checked
            except Exception as error:
                problems.append(error)

        for outcomes in self._opened().score(in_batches(documents())):
            for outcome in outcomes:
                while isinstance(first := taken.popleft(), Failure):
                    yield first
                yield outcome
        for rest in taken:
            if isinstance(rest, Failure):
                yield rest
        if problems:
            raise problems[0]

    def open(self) -> None:
        """Load what is needed to score, if it is not loaded. Raises as `load()` does."""
        self._opened()

    def close(self) -> None:
        """Give back servers, processes and files. May be called twice; the next use opens it again."""
        self._leave_to_parent()
        if self._open is not None:
            self._open.close()
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Callable[..., Detector], tuple[Options, bool, int | None, str]]:
        model = self._expected_model or (self._open.model.sha256 if self._open else None)
        if model is None:
            model = model_files.read_manifest(model_files.locate()).sha256
        return _unpickled, (self.options, self._isolated, self._threads, model)

    def _opened(self) -> _Open:
        self._leave_to_parent()
        with self._lock:
            if self._open is None:
                self._open = _Open(self.options, self._isolated, self._threads, self._expected_model)
            return self._open

    def _leave_to_parent(self) -> None:
        """After a fork, forget what the parent opened: it has threads that do not exist here, and belongs to the parent.

        It is kept, untouched, since ending it could wait for those threads.
        """
        if self._pid != os.getpid():
            _kept_after_fork.append(self._open)
            self._forget()

    def _forget(self) -> None:
        self._pid, self._lock = os.getpid(), threading.Lock()
        self._open = None


_kept_after_fork: list[object] = []


class _Open:
    """What an open detector holds: the model, its thresholds, and a scorer here or in workers."""

    def __init__(self, options: Options, isolated: bool, threads: int | None, model: str | None) -> None:
        threads = threads or os.cpu_count() or 1
        manifest = model_files.verify(model_files.locate())
        if model is not None and manifest.sha256 != model:
            raise ModelError(
                f"{manifest.folder}: is not the model of the detector that was pickled "
                f"(SHA-256 {manifest.sha256[:12]}… instead of {model[:12]}…); install the same version in both places"
            )
        self.model = ModelInfo(manifest.version, manifest.sha256)
        self.choice = resolve(options, manifest)
        policy = Policy.of_options(options)
        self._resources = ExitStack()
        self._lock = threading.Lock()
        self._seconds: Counter[str] = Counter()  # of this process, by kinds of stages; floats
        self._pid = os.getpid()
        with ExitStack() as opened:  # what was opened is closed again when something after it fails
            jobs = workers(options)
            if jobs == 1 and not isolated:
                from detector.engine.scorer import Scorer  # takes a while, and workers have it where there are some

                grammar = open_grammar(options.grammar, options.languagetool_url)
                self._scorer: Scorer | Pool = Scorer(manifest, grammar, options, self.choice, threads, policy=policy)
            else:
                shared = opened.enter_context(start_shared(options.grammar, options.languagetool_url))
                self._scorer = _pool(options, jobs, self.choice, shared, threads, policy=policy)
            opened.callback(self._scorer.close)
            self._resources = opened.pop_all()

    def score(self, batches: Iterable[Sequence[Document]]) -> Iterator[Sequence[Outcome]]:
        if isinstance(self._scorer, Pool):
            for outcome in self._scorer.score(batches):
                yield [outcome]
            return
        for documents in batches:
            require_own_process(self._pid)
            with self._lock:
                scored = self._scorer.answer(documents)
                self._seconds.update(scored.seconds)
            yield scored.outcomes

    @property
    def seconds(self) -> Counter[str]:
        return self._scorer.seconds if isinstance(self._scorer, Pool) else self._seconds

    def close(self) -> None:
        self._resources.close()


def _unpickled(options: Options, isolated: bool, threads: int | None, model: str) -> Detector:
    detector = Detector(options, isolated=isolated, threads=threads)
    detector._expected_model = model
    return detector


def _as_document(item: object, number: int) -> Document | Failure:
    if isinstance(item, Document):
        return item
    if isinstance(item, str):
        return Document.from_text(item, id=str(number))
    error = ItemError(f"item {number}: must be a string or a Document, not {kind_of(item)}")
    return Failure(str(number), "<text>", error)


# --- in workers -----------------------------------------------------------------------------------------------------


def _pool(options: Options, jobs: int, choice: Choice, grammar: SharedEngine, threads: int, *, policy: Policy) -> Pool:
    engine = (grammar.engine, grammar.url, grammar.remark)
    digests = model_files.known_digests()
    make = partial(_make_scorer, options, choice, engine, 1 if jobs > 1 else threads, policy=policy, digests=digests)
    return Pool(jobs, make, options.document_timeout, partial(make, preload=True))


def _make_scorer(
    options: Options,
    choice: Choice,
    engine: tuple[str, str | None, str],
    threads: int,
    *,
    policy: Policy,
    digests: Mapping[tuple[Path, int, int], str],
    preload: bool = False,
) -> Callable[[Sequence[Document]], Scored]:
    from detector.engine.scorer import Scorer

    model_files.remember_digests(digests)
    manifest: Manifest = model_files.read_manifest(model_files.locate())
    grammar = open_grammar(*engine)  # type: ignore[arg-type]  # a literal that went through a pickle
    scorer = Scorer(manifest, grammar, options, choice, threads, policy=policy)
    if preload:
        scorer.preload()
    return scorer.answer
