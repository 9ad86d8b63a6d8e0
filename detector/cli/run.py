"""One run over many documents: read, score, write, and keep count; what `score`, `check` and `calibrate` share."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from heapq import nlargest
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from detector import __version__
from detector.corpus.outputs import protect_inputs
from detector.corpus.problems import Problems
from detector.corpus.reading import ReadLog, ReadOptions, Record, read
from detector.errors import ConfigError, SourceError
from detector.options import Options
from detector.report import Report, Verdict
from detector.reports import Format, open_writer
from detector.reports.destination import open_destination
from detector.reports.messages import print_error, print_silent_signals, print_step, print_summary
from detector.reports.progress import ScoringProgress
from detector.reports.summary import Summary
from detector.text.document import Document

if TYPE_CHECKING:
    from detector.judge.calibration import Calibrated

_NAMED_RECORDS = 5  # ids shown to somebody who must choose one
_SHOWN_SUSPICIOUS = 10  # documents to look at, of those said to be good


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
    summary, problems, log = Summary(), Problems(), ReadLog()
    read_options = protect_inputs(output, paths, read_options)
    with open_destination(output, for_machines=format.for_machines) as stream, ScoringProgress() as progress:
        with closing(open_writer(format, stream)) as writer:
            documents = _readable(read(paths, read_options, log=log), summary, problems, progress)
            for report in _scored(progress.reading(documents), options):
                summary.add(report)
                progress.advance()
                if only is None or report.verdict is only:
                    with progress.aside() if stream.isatty() else nullcontext():
                        writer.write(report)
        stream.flush()
    sys.stdout.flush()
    print_summary(summary)
    for remark in chain(problems.remarks(), log.remarks()):
        print_step(remark)
    return summary


def calibrate(
    paths: Sequence[str], read_options: ReadOptions, options: Options, max_fpr: float, output: Path
) -> Calibrated:
    """Scores documents known to be good, and writes the threshold that holds the rate on them to a file.

    What can't be read is told as it comes and counted in the file. ConfigError when there are too few documents for the
    rate: the file then stays as it was, and the most suspicious documents are still shown.
    """
    from detector.judge.calibration import Calibrated, choose
    from detector.judge.calibration_file import Calibration, engine_of, write_calibration
    from detector.reports.calibrated import show_suspicious

    summary, problems, log = Summary(), Problems(), ReadLog()
    read_options = protect_inputs(output, paths, read_options)
    probabilities: list[float] = []
    engines: Counter[str] = Counter()
    suspicious: list[Report] = []
    with open_destination(output, for_machines=True) as stream:
        with ScoringProgress() as progress:
            documents = _readable(read(paths, read_options, log=log), summary, problems, progress)
            for report in _scored(progress.reading(documents), options):
                summary.add(report)
                progress.advance()
                if report.probability is not None:
                    probabilities.append(report.probability)
                    engines[engine_of(report.signals["grammar"])] += 1
                    suspicious = nlargest(_SHOWN_SUSPICIOUS, [*suspicious, report], key=lambda r: r.probability or 0)
        print_silent_signals(summary)
        for remark in chain(problems.remarks(), log.remarks()):
            print_step(remark)
        try:
            point = choose(probabilities, max_fpr)
        except ConfigError:
            show_suspicious(suspicious, sys.stdout)
            raise
        first = suspicious[0]
        calibration = Calibration(
            program=__version__,
            model=first.model,
            wording=options.wording,
            grammar=options.grammar,
            engines=engines,
            max_fpr=max_fpr,
            scored=len(probabilities),
            unscored=summary.documents[Verdict.UNSCORED],
            unread=summary.errors,
            threshold=point.threshold,
            false_positives=point.false_positives,
            upper_bound=point.upper_bound,
        )
        write_calibration(calibration, stream)
    return Calibrated(calibration, first.thresholds, summary.documents[Verdict.SPUN], tuple(suspicious))


def _readable(
    records: Iterable[Record], summary: Summary, problems: Problems, progress: ScoringProgress
) -> Iterator[Document]:
    """The documents; an error between them is printed when its turn comes, of many of a kind the first ones."""
    for record in records:
        if record.document is not None:
            yield record.document
        elif record.error is not None:
            summary.add_error()
            if problems.add(record.error):
                with progress.aside():
                    print_error(record.error)


def _scored(documents: Iterator[Document], options: Options) -> Iterator[Report]:
    """The model is loaded only when there is something to score: a mistyped path is told at once."""
    first = next(documents, None)
    if first is None:
        return
    from detector.engine.detector import load

    with load(options) as detector:
        yield from detector.score_documents(chain([first], documents))


def read_one(path: str, record: str | None, options: ReadOptions) -> Document:
    """The document at a path, or the one whose id is `record` where there are several.

    Raises `SourceError` when nothing there can be read, `ConfigError` when it must be said which document is meant.
    """
    errors: list[SourceError] = []
    others: list[Document] = []
    for item in read([path], options):
        if item.document is None:
            errors += [item.error] if item.error else []
        elif item.id == record:
            return item.document
        elif len(others) <= _NAMED_RECORDS:
            others.append(item.document)
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
