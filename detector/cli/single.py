"""Reading and scoring the one document that `explain` and `restore` are about."""

from __future__ import annotations

from detector.corpus.one import find_one
from detector.corpus.reading import ReadOptions, read
from detector.options import Options
from detector.report import Report
from detector.text.document import Document


def score_one(path: str, id: str | None, read_options: ReadOptions, options: Options) -> tuple[Document, Report]:
    """Return the document and its report. Raises an error of ours when it can't be read or scored."""
    document = find_one(read([path], read_options), path, id)
    from detector.engine.detector import load

    with load(options) as detector:
        return document, detector.score(document)
