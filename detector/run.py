"""One run over many documents: read, score, write, and keep count; what `score` and `check` have in common."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from itertools import chain
from pathlib import Path

from detector.config import Options
from detector.document import Document
from detector.errors import ConfigError, SourceError
from detector.progress import ScoringProgress
from detector.report import Report, Verdict
from detector.reports import Format, open_writer
from detector.reports.destination import open_destination
from detector.reports.messages import print_error, print_summary
from detector.reports.summary import Summary
from detector.sources import ReadOptions, read

_NAMED_RECORDS = 5  # ids shown to somebody who must choose one


def run(
    paths: Sequence[str],
    read_options: ReadOptions,
    options: Options,
    format: Format,
    *,
    output: Path | None = None,
    only: Verdict | None = None,
) -> Summary:
    """Reports every document, or those with the verdict `only`; what goes wrong meanwhile is told on standard error."""
    summary = Summary()
    with open_destination(output, for_machines=format.for_machines) as stream, ScoringProgress() as progress:
        with closing(open_writer(format, stream)) as writer:
            documents = _readable(read(paths, read_options), summary, progress)
            for report in _scored(progress.reading(documents), options):
                summary.add(report)
                progress.advance()
                if only is None or report.verdict is only:
                    with progress.aside() if stream.isatty() else nullcontext():
                        writer.write(report)
        stream.flush()
    sys.stdout.flush()
    print_summary(summary)
    return summary


def _readable(
    items: Iterable[Document | SourceError], summary: Summary, progress: ScoringProgress
) -> Iterator[Document]:
    """The documents; each error between them is printed when its turn comes."""
    for item in items:
        if isinstance(item, SourceError):
            summary.add_error()
            with progress.aside():
                print_error(item)
        else:
            yield item


def _scored(documents: Iterator[Document], options: Options) -> Iterator[Report]:
    """The model is loaded only when there is something to score: a mistyped path is told at once."""
    first = next(documents, None)
    if first is None:
        return
    from detector.engine import load

    with load(options) as detector:
        yield from detector.score_documents(chain([first], documents))


def read_one(path: str, record: str | None, options: ReadOptions) -> Document:
    """The document at a path, or the one whose id is `record` where there are several.

    Raises `SourceError` when nothing there can be read, `ConfigError` when it must be said which document is meant.
    """
    errors: list[SourceError] = []
    others: list[Document] = []
    for item in read([path], options):
        if isinstance(item, SourceError):
            errors.append(item)
        elif item.id == record:
            return item
        elif len(others) <= _NAMED_RECORDS:
            others.append(item)
        elif record is None:
            break
    if len(others) == 1 and record is None and not errors:
        return others[0]
    if errors and not others:
        raise errors[0]
    for error in errors:
        print_error(error)
    ids = ", ".join([one.id for one in others[:_NAMED_RECORDS]] + ["…"] * (len(others) > _NAMED_RECORDS))
    if record is None:
        raise ConfigError(f"{path}: holds several documents; choose one with --record ID, which can be {ids}")
    raise ConfigError(f"{path}: holds no document with the id {record}; there are {ids}")
