"""The whole way of a document: gates, signals, verdict, report; in this process or in several."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

from detector import model_files
from detector.corpus.reading import covers_mask
from detector.errors import DetectorError
from detector.judge import gates
from detector.judge.calibration import Choice, resolve
from detector.judge.gates import Gate
from detector.judge.verdict import DIGITS, Judge
from detector.model_files import Manifest
from detector.options import Options, WordingDepth
from detector.report import ModelInfo, Report, SignalState, Verdict, WindowScore
from detector.signals import Measurement, Signal
from detector.signals.grammar import Engine, open_grammar, start_shared
from detector.text.document import Document
from detector.text.offsets import Span

_CHUNK_DOCUMENTS = 16  # measured together; also what a worker gets at a time
_CHUNK_CHARACTERS = 200_000  # so that long documents do not keep the first report waiting
_CHUNKS_AHEAD = 2  # chunks waiting for each worker
_SHORT_WINDOW = 25  # words; a window with fewer gets no probability
_SECTION = 3  # windows in a row, some 300 words, that are judged like a document of their own
_LONG = 5  # windows from which a document is read by sections, too


def load(options: Options | None = None) -> Detector:
    """A detector that is ready to score. Every model file is checked first; `ModelError` names the one that is wrong."""
    return Detector(options or Options())


class Detector:
    """Scores texts. Not thread-safe; give it back with `close()` or use it in a `with` block."""

    def __init__(self, options: Options) -> None:
        manifest = model_files.verify(model_files.locate())
        self.options = options
        self.model = ModelInfo(manifest.version, manifest.sha256)
        choice = resolve(options, manifest)
        self.thresholds = choice.thresholds
        self._resources = ExitStack()
        with ExitStack() as opened:  # what was opened is closed again when something after it fails
            if options.jobs == 1:
                grammar = open_grammar(options.grammar, options.languagetool_url)
                self._scorer: Scorer | _Workers = Scorer(manifest, grammar, options, choice, os.cpu_count() or 1)
            else:
                shared = opened.enter_context(start_shared(options.grammar, options.languagetool_url))
                self._scorer = _Workers(options, choice, (shared.engine, shared.url, shared.remark))
            opened.callback(self._scorer.close)
            self._resources = opened.pop_all()

    def score(self, text: str) -> Report:
        return self.score_batch([text])[0]

    def score_batch(self, texts: Sequence[str]) -> list[Report]:
        """Reports in the order of the texts; the ids are the texts' numbers, from 1."""
        return list(self.score_documents(Document.from_text(text, id=str(n)) for n, text in enumerate(texts, 1)))

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Report]:
        """Reports in the order of the documents, which are taken as they are needed."""
        return self._scorer.score(_chunks(documents))

    def close(self) -> None:
        """Give back servers, processes and files. May be called twice."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class Scorer:
    """Everything that scores documents in one process."""

    def __init__(self, manifest: Manifest, grammar: Signal, options: Options, choice: Choice, threads: int) -> None:
        self.signals = open_signals(manifest, grammar, options.wording, threads)
        self._model = ModelInfo(manifest.version, manifest.sha256)
        self._choice = choice
        self._judge = Judge(manifest, [f for one in self.signals for f in one.features], choice.thresholds.spun)

    def score(self, chunks: Iterable[Sequence[Document]]) -> Iterator[Report]:
        for chunk in chunks:
            yield from self.reports(chunk)

    def reports(self, documents: Sequence[Document]) -> list[Report]:
        checked = [gates.check(document) for document in documents]
        scored = [d for d, gate in zip(documents, checked, strict=True) if gate.reason is None]
        measured = iter(measure(self.signals, scored))
        return [
            self._unscored(document, gate) if gate.reason else self._read(document, gate, next(measured))
            for document, gate in zip(documents, checked, strict=True)
        ]

    def close(self) -> None:
        for one in self.signals:
            one.close()

    def _unscored(self, document: Document, gate: Gate) -> Report:
        state = SignalState(Measurement.skipped("").status, "the document was not scored")
        return Report(
            id=document.id,
            source=document.source,
            verdict=Verdict.UNSCORED,
            probability=None,
            reason=gate.reason,
            language=gate.language,
            words=gate.words,
            windows=(),
            findings=(),
            signals={one.name: state for one in self.signals},
            model=self._model,
            thresholds=self._choice.thresholds,
            notes=document.notes,
        )

    def _read(self, document: Document, gate: Gate, measured: Mapping[str, Measurement]) -> Report:
        reason = gates.check_reading(measured["wording"].features)
        return (
            self._unscored(document, replace(gate, reason=reason)) if reason else self._scored(document, gate, measured)
        )

    def _scored(self, document: Document, gate: Gate, measured: Mapping[str, Measurement]) -> Report:
        judgement = self._judge.judge(measured)
        if judgement is None:
            reason = f"the wording signal failed: {measured['wording'].detail}"
            return self._unscored(document, replace(gate, reason=reason))
        verdict, remarks = judgement.verdict, judgement.remarks
        section = self._spun_section(document, measured) if verdict is Verdict.CLEAN else None
        if section is not None:
            verdict = Verdict.SUSPECT
            start, end = document.locate(section.start, section.end)
            remarks += (f"the section from character {start} to {end} reads as spun, the document as a whole does not",)
        findings = [
            finding
            for measurement in measured.values()
            for finding in measurement.findings
            if not covers_mask(document, finding.start, finding.end)
        ]
        signals = {name: SignalState(m.status, m.detail) for name, m in measured.items()}
        return Report(
            id=document.id,
            source=document.source,
            verdict=verdict,
            probability=judgement.probability,
            reason=None,
            language=gate.language,
            words=gate.words,
            windows=tuple(self._windows(document, measured)),
            findings=tuple(sorted(findings, key=lambda finding: (finding.start, finding.end))),
            signals=signals,
            model=self._model,
            thresholds=self._choice.thresholds,
            contributions=judgement.contributions,
            notes=document.notes + remarks + self._choice.remarks(signals),
        )

    def _spun_section(self, document: Document, measured: Mapping[str, Measurement]) -> Span | None:
        """Of a long document the section that alone would be called spun (prose offsets), the strongest if there are more."""
        windows = document.windows
        if len(windows) < _LONG:
            return None
        sections = [Span(a.start, b.end) for a, b in zip(windows, windows[_SECTION - 1 :], strict=False)]
        read = [(section, features) for section in sections if (features := _features_of(measured, section))]
        probabilities = self._judge.probabilities([features for _, features in read])
        probability, at = max(zip(probabilities, range(len(read)), strict=True), default=(0.0, 0))
        return read[at][0] if probability >= self._judge.spun else None

    def _windows(self, document: Document, measured: Mapping[str, Measurement]) -> Iterator[WindowScore]:
        starts = [word.start for word in document.words]
        long = [w for w in document.windows if _count_between(starts, *w) >= _SHORT_WINDOW]
        read = [(window, features) for window in long if (features := _features_of(measured, window))]
        windows = [window for window, _ in read]
        scores = dict(zip(windows, self._judge.probabilities([f for _, f in read]), strict=True))
        for window in document.windows:
            probability = round(scores[window], DIGITS) if window in scores else None
            yield WindowScore(*document.locate(*window), probability)


def open_signals(manifest: Manifest, grammar: Signal, depth: WordingDepth, threads: int) -> list[Signal]:
    """All signals, in the order in which reports name them."""
    from detector.signals.names import NamesSignal
    from detector.signals.readability import ReadabilitySignal
    from detector.signals.typography import TypographySignal
    from detector.signals.wording import WordingSignal

    wording = WordingSignal(manifest, threads=threads, depth=depth)
    return [wording, grammar, TypographySignal(), NamesSignal(), ReadabilitySignal()]


def measure(signals: Iterable[Signal], documents: Sequence[Document]) -> list[dict[str, Measurement]]:
    """What every signal says of each document."""
    columns = {signal.name: _measure(signal, documents) for signal in signals}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _measure(signal: Signal, documents: Sequence[Document]) -> list[Measurement]:
    """A signal that breaks, against its promise, fails for the document that breaks it and for no other."""
    try:
        return signal.measure(documents)
    except Exception as error:
        if len(documents) == 1:
            return [Measurement.failed(f"{type(error).__name__}: {error}")]
    return [measurement for document in documents for measurement in _measure(signal, [document])]


def _chunks(documents: Iterable[Document]) -> Iterator[list[Document]]:
    chunk: list[Document] = []
    characters = 0
    for document in documents:
        chunk.append(document)
        characters += len(document.text)
        if len(chunk) == _CHUNK_DOCUMENTS or characters > _CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _features_of(measured: Mapping[str, Measurement], span: Span) -> dict[str, float]:
    """What the signals that can say so measured in one stretch of a document's prose."""
    return {name: value for m in measured.values() for name, value in (m.of_window(span) or {}).items()}


def _count_between(starts: Sequence[int], start: int, end: int) -> int:
    from bisect import bisect_left

    return bisect_left(starts, end) - bisect_left(starts, start)


# --- several processes ----------------------------------------------------------------------------------------------


class _Workers:
    """Processes with a scorer each. Reports come in order; a few chunks are read ahead, never the whole input."""

    def __init__(self, options: Options, choice: Choice, grammar: tuple[Engine, str | None, str]) -> None:
        self._ahead = options.jobs * _CHUNKS_AHEAD
        self._pool = ProcessPoolExecutor(
            options.jobs,
            # Not a fork: the parent may have threads, and a copied LanguageTool client or session is of no use.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(options, choice, grammar),
        )

    def score(self, chunks: Iterable[Sequence[Document]]) -> Iterator[Report]:
        waiting: deque[Future[list[Report]]] = deque()
        try:
            for chunk in chunks:
                with _uninterrupted():
                    waiting.append(self._pool.submit(_reports, chunk))
                if len(waiting) >= self._ahead:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            raise DetectorError("a worker process ended unexpectedly; is there memory for so many --jobs?") from error
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C: the parent ends them, and only it has something to say."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_worker: Scorer | None = None


def _start_worker(options: Options, choice: Choice, grammar: tuple[Engine, str | None, str]) -> None:
    global _worker  # noqa: PLW0603 - a worker process has one scorer for its whole life
    _worker = Scorer(
        model_files.read_manifest(model_files.locate()), open_grammar(*grammar), options, choice, threads=1
    )


def _reports(documents: Sequence[Document]) -> list[Report]:
    assert _worker is not None
    return _worker.reports(documents)
