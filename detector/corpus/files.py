"""Plain files: one document in each, plain or compressed."""

from __future__ import annotations

from collections.abc import Iterator

from detector.corpus.compression import BrokenStreamError
from detector.corpus.fields import document_or_error
from detector.corpus.input import Input
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.errors import SourceError
from detector.text.decoding import BinaryContentError, decode
from detector.text.document import Document
from detector.text.formats import format_of, text_format


def read_file(source: Input, options: ReadOptions, log: ReadLog) -> Iterator[Record]:
    """Yield the one document of a file. An empty file is a document of no words."""
    form = text_format(source.format) if source.format else format_of(source.stem) or text_format("auto")
    id = source.path if source.stream else source.name
    limit = 4 * options.max_document_size + 4  # bytes; UTF-32 takes four for each code point, and for the mark
    try:
        with source.open() as stream:
            data = stream.read(limit + 1)
        if form.text_of and len(data) > limit:  # half of such a file is nothing
            problem = f"the file is larger than {limit / 1e6:,.0f} MB (--max-document-size)"
            yield Record(id, source.name, error=SourceError(source.name, problem))
            return
        if form.text_of:
            decoded = form.text_of(data)
        else:
            decoded = decode(data, form.declared_encoding(data) if form.declared_encoding else None)
        result = document_or_error(
            decoded.text, id, source.name, file=source.name, format=form.name, options=options, notes=decoded.notes
        )
    except (BinaryContentError, BrokenStreamError) as error:
        result = SourceError(source.name, str(error), rest_unread=True)
    if isinstance(result, SourceError) and options.off:
        result = Document.from_text("", id=id, source=source.name, off=True)
    if isinstance(result, SourceError):
        yield Record(id, source.name, error=result)
    else:
        yield Record(id, source.name, document=result)
