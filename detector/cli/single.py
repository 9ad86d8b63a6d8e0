"""Reading and scoring the one document that `explain` and `restore` are about."""

from __future__ import annotations

from functools import partial

from detector.cli.scoring import with_sources
from detector.corpus.one import find_one
from detector.corpus.read_log import ReadLog
from detector.corpus.reading import ReadOptions, read
from detector.errors import EXIT_ERROR, EXIT_OK, ConfigError, DocumentError, SourceError
from detector.options import Options, Settings
from detector.report import OFF, Failure, Report
from detector.summary import Summary, lacks_verdict
from detector.text.document import Document


def score_one(
    path: str, id: str | None, read_options: ReadOptions, options: Options, settings: Settings
) -> tuple[Document, Report, int]:
    """Return the document, its report and the exit code: an error if the wording signal failed, or a source of `--trace`
    could not be read. Raises an error of ours when the document can't be read or scored.

    `options` may ask for more than `settings` do, which say where sources are.
    """
    log = ReadLog()
    try:
        document = find_one(read([path], read_options, log=log), path, id)
    except SourceError as error:
        if not log.left_out[OFF]:
            raise
        raise ConfigError(f"{path}: is {OFF}; --no-config reads it") from error
    from detector.engine.detector import load

    summary = Summary()
    with with_sources(settings, partial(load, options), summary)() as detector:
        outcome = next(iter(detector.score_documents([document])))
    if isinstance(outcome, Failure):
        raise DocumentError(outcome.message)
    return document, outcome, EXIT_ERROR if lacks_verdict(outcome) or summary.source_errors else EXIT_OK
