"""Putting a trace together: signatures of the corpus and of the references, pairs, families, the report."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from detector import model_files
from detector.cli.options import read_options
from detector.corpus.locations import printable_path
from detector.corpus.options import ReadOptions
from detector.corpus.outputs import protect_inputs
from detector.corpus.problems import Problems
from detector.corpus.read_log import ReadLog
from detector.corpus.writers.files import output_failed
from detector.errors import EXIT_ERROR, EXIT_OK, ConfigError, DetectorError, SourceError
from detector.options import Settings
from detector.reports.console import count
from detector.reports.destination import open_destination
from detector.reports.messages import print_error, print_step
from detector.reports.traced import write_json_lines, write_text
from detector.reports.traced_page import write_families_page
from detector.run import Load
from detector.summary import Summary
from detector.trace.comparing import Comparer
from detector.trace.indexing import Indexed, Indexer, lock_of
from detector.trace.proof import ProvedScores, Sources
from detector.trace.sidecar import Part, Sidecar, is_sidecar
from detector.trace.tracing import Library, Result

_SHOWN_ERRORS = 5  # of those that earlier runs met


class _Messages:
    """Prints errors as they come, a few of each kind."""

    def __init__(self) -> None:
        self._problems = Problems()

    def bytes_done(self, done: int, total: int) -> None:
        """Print nothing: signing a file takes seconds."""

    def problem(self, error: SourceError) -> None:
        if self._problems.add(error, error.source):
            print_error(error)

    def earlier(self, errors: Sequence[str]) -> None:
        """Print errors that a sidecar keeps: what they name is not in it."""
        for message in errors[:_SHOWN_ERRORS]:
            print_error(DetectorError(message))
        if (more := len(errors) - _SHOWN_ERRORS) > 0:
            print_step(f"{count(more, 'more error')} of earlier runs")

    def end(self) -> None:
        for remark in self._problems.remarks():
            print_step(remark)


@dataclass(frozen=True)
class Request:
    """What a trace reads and writes: `folder` keeps the signatures, `restart` empties it; `html` is a page."""

    paths: Sequence[str]
    against: Sequence[str]
    folder: Path | None
    restart: bool
    format: str
    output: Path | None
    html: Path | None


def trace(request: Request, settings: Settings) -> int:
    """Find pairs and families, write the report; return the exit code."""
    if request.restart and request.folder is None:
        raise ConfigError("--restart: there is nothing to throw away without --signatures DIR")
    log, messages = ReadLog(), _Messages()
    reading = read_options(settings)
    for path, option in ((request.output, "--output "), (request.html, "--html ")):
        if path is not None:
            reading = protect_inputs(path, [*request.paths, *request.against], reading, option)
    comparer = Comparer(model_files.read_manifest(model_files.locate()))
    with ExitStack() as opened:
        kept = _kept_folder(request.folder, restart=request.restart, opened=opened)
        corpus = _signed(request.paths, kept, reading, log, messages)
        references = _Signed()
        if request.against:
            references = _signed(
                request.against, _kept_folder(None, restart=False, opened=opened), reading, log, messages
            )
        library = Library(corpus.parts, references.parts)
        print_step(f"{count(len(library), 'document')} signed, {corpus.read + references.read:,} of them now")
        if left_out := library.without_candidates:
            print_step(f"{count(left_out, 'document')} of these: too few English words to be compared")
        result = opened.enter_context(Result(library))
        with open_destination(request.output, for_machines=request.format == "jsonl") as stream:
            result.fill(comparer)
            (write_json_lines if request.format == "jsonl" else write_text)(result, stream)
        if request.html is not None:
            write_families_page(result, request.html)
    messages.end()
    for remark in log.remarks():
        print_step(remark)
    relations = ", ".join(f"{number:,} {relation}" for relation, number in sorted(result.relations.items()))
    print_step(
        f"{count(len(result.families), 'family', 'families')}; {count(sum(result.relations.values()), 'pair')}"
        + (f": {relations}" if relations else "")
    )
    if corpus.errors + references.errors or (settings.strict and log.unread):
        return EXIT_ERROR
    return EXIT_OK


@contextmanager
def proving(settings: Settings, load: Load, summary: Summary) -> Iterator[ProvedScores]:
    """Load the detector with the sources of `--trace`: documents are compared with them.

    What of those can't be read is counted in the summary.
    """
    with ExitStack() as opened:
        parts = _source_parts(settings, summary, opened)
        sources = Sources(parts, Comparer(model_files.read_manifest(model_files.locate())))
        yield ProvedScores(opened.enter_context(load()), sources)


def look_at_sources(settings: Settings, summary: Summary) -> None:
    """Count in the summary what of `--trace` can't be read, where nothing was left to be compared with it."""
    with ExitStack() as opened:
        _source_parts(settings, summary, opened)


def _source_parts(settings: Settings, summary: Summary, opened: ExitStack) -> list[Part]:
    messages, log = _Messages(), ReadLog()
    kept = _kept_folder(None, restart=False, opened=opened)
    signed = _signed(settings.trace, kept, read_options(settings), log, messages)
    messages.end()
    for remark in log.remarks():
        print_step(f"--trace: {remark}")
    summary.source_errors, summary.sources_passed_over = signed.errors, log.unread.total()
    if not any(map(len, signed.parts)):
        named = ", ".join(printable_path(path) for path in settings.trace)
        raise ConfigError(f"--trace: there is no document to compare with in {named}")
    if signed.errors:
        what = count(signed.errors, "source")
        print_step(
            f"--trace: {what} could not be read; nothing was compared with {'it' if signed.errors == 1 else 'them'}"
        )
    return signed.parts


class _Signed:
    """The parts of what paths lead to, how many documents were read now, and how many errors there are, then and now."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.read = self.errors = 0


def _kept_folder(folder: Path | None, *, restart: bool, opened: ExitStack) -> Sidecar:
    """Return the folder that signatures are kept in, or one that is gone when the run ends."""
    if folder is None:
        folder = Path(mkdtemp(prefix="unspun-trace-"))
        opened.callback(shutil.rmtree, folder, ignore_errors=True)
    elif restart and folder.exists():
        if not is_sidecar(folder):
            raise ConfigError(f"{printable_path(str(folder))}: holds no signatures; --restart removes nothing else")
        try:
            with lock_of(Sidecar(folder)), suppress(FileNotFoundError):
                shutil.rmtree(folder / "parts")
        except OSError as error:
            raise output_failed(error) from error
    return Sidecar.create(folder)


def _signed(paths: Sequence[str], kept: Sidecar, reading: ReadOptions, log: ReadLog, messages: _Messages) -> _Signed:
    """Return the documents of paths: those of folders of signatures among them, and those that are signed now."""
    result = _Signed()
    folders = {
        path.resolve(): path for path in map(Path, filter(is_sidecar, paths))
    }  # each once, however it is written
    folders.pop(kept.folder.resolve(), None)
    for folder in folders.values():
        result.parts += Sidecar(folder).parts()
    earlier = [message for part in (*result.parts, *kept.parts()) for message in part.content["errors"]]
    messages.earlier(earlier)
    to_read = [path for path in paths if not is_sidecar(path)]
    indexed = Indexer(kept, reading, log=log, watch=messages).add(to_read) if to_read else Indexed()
    result.parts += kept.parts()
    result.read, result.errors = indexed.now, len(earlier) + len(indexed.errors)
    return result
