"""WARC and WET: a record for each page that was captured, read one by one in bounded memory.

A page is the answer to a request that succeeded (status 200), or a `resource`, in HTML or plain text; the text of a WET
file is a `conversion`. Requests, metadata, repeated captures, images and failed requests hold no document: they are
passed over and counted. The fields of a record are `id` (the WARC-Record-ID as it stands), `url`, `date`, `content_type`
and `text`; `row` counts all records of the file, those that are passed over, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from detector.corpus.fields import make_record
from detector.corpus.http_response import BodyError, content_type, decode_body, parse_response
from detector.corpus.input import Input
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.corpus.warc_records import WarcRecord, open_archive, read_records
from detector.errors import SourceError
from detector.text.decoding import BinaryContentError, Decoded, decode_page

_FORMATS = {
    "text/html": "page",
    "application/xhtml+xml": "page",
    "application/vnd.wap.xhtml+xml": "page",
    "text/plain": "plain",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
}
_NUMBER = re.compile(r"\d[\d,]*")
_HEADERS = 1 << 20  # bytes of HTTP headers that a block may have besides its page


@dataclass(frozen=True)
class _Page:
    body: bytes
    media: str
    charset: str | None
    format: str


@dataclass(frozen=True)
class _PassedOver:
    reason: str


def largest_block(options: ReadOptions) -> int:
    """Return the number of bytes from which a record is not read; UTF-32 takes four for each code point."""
    return 4 * options.max_document_size + _HEADERS


def read_warc(source: Input, options: ReadOptions, log: ReadLog) -> Iterator[Record]:
    """Yield a record for each page, and one with an error for what can't be read."""
    name = source.name
    number = 0
    try:
        with open_archive(source) as archive:
            for found in read_records(archive, largest_block(options)):
                number = found.number
                if number > options.after_row and (record := _record(found, name, options, log)) is not None:
                    yield record
    except OSError as error:
        if not number:
            raise
        problem = error.strerror or "can't be read on"
        failed = SourceError(name, problem, number + 1, unit="record", rest_unread=True)
        yield Record(f"{name}:{number + 1}", name, number + 1, error=failed)


def _record(found: WarcRecord, name: str, options: ReadOptions, log: ReadLog) -> Record | None:
    """Return the record of a page; None where there is none."""
    if found.problem is not None:
        is_file = found.number == 1 and found.is_last and not found.header
        row = None if is_file else found.number
        kind = _NUMBER.sub("N", found.problem)
        error = SourceError(name, found.problem, row, kind=kind, unit="record", rest_unread=found.is_last)
        return Record(found.id or (name if is_file else f"{name}:{row}"), name, row, error=error)
    try:
        page = _page(found, options)
        if isinstance(page, _PassedOver):
            log.passed_over[page.reason] += 1
            return None
        decoded = _decode(page)
    except (BodyError, BinaryContentError) as error:
        unread = SourceError(name, f"{error}{_address(found)}", found.number, kind=str(error), unit="record")
        return Record(found.id or f"{name}:{found.number}", name, found.number, error=unread)
    notes = decoded.notes
    if cut := found.fields.get("warc-truncated"):
        notes = (f"the crawler did not keep all of it ({cut})", *notes)
    fields = {
        "id": found.id or None,
        "url": url_of(found),
        "date": found.fields.get("warc-date"),
        "content_type": page.media or None,
        "text": decoded.text,
    }
    format = options.text_format if options.text_format != "auto" and page.format == "plain" else page.format
    as_read = replace(options, text_field="text", text_format=format)
    record = make_record(fields, name, found.number, as_read, log, unit="record", notes=notes)
    if options.all_fields and record.document is not None and page.format != "plain":
        return replace(record, fields={**fields, "text": record.document.prose.text}, text_is_prose=True)
    return record


def url_of(found: WarcRecord) -> str | None:
    """Return the address of what was captured, without the angle brackets that some crawlers write around it."""
    url = found.fields.get("warc-target-uri", "")
    return (url[1:-1] if url.startswith("<") and url.endswith(">") else url) or None


def _address(found: WarcRecord) -> str:
    url = url_of(found)
    return f" ({url})" if url else ""


def _page(found: WarcRecord, options: ReadOptions) -> _Page | _PassedOver:
    """Return the page that a record holds. Raise BodyError where it can't be decoded or is too large."""
    kind = found.type
    media, charset = content_type(found.fields.get("content-type", ""))
    url = (url_of(found) or "").lower()
    if "warc-segment-number" in found.fields:
        return _PassedOver("part of a record")
    if kind == "response" and url.startswith(("http:", "https:")):
        if media not in ("application/http", ""):
            return _PassedOver(f"response ({media})")
        return _response(found, options)
    if kind == "conversion" or (kind == "resource" and url.startswith(("http:", "https:"))):
        media = media or ("text/plain" if kind == "conversion" else "")
        if (format := _FORMATS.get(media)) is None:
            return _PassedOver(f"no text ({media or 'unknown type'})")
        return _Page(_block(found, options), media, charset, format)
    return _PassedOver(kind or "record without a type")


def _response(found: WarcRecord, options: ReadOptions) -> _Page | _PassedOver:
    identified, _ = content_type(found.fields.get("warc-identified-payload-type", ""))
    if found.block is None and identified and identified not in _FORMATS:
        return _PassedOver(f"no text ({identified})")
    response = parse_response(_block(found, options))
    if response.status is None:
        raise BodyError("it is no HTTP response")
    if response.status != 200:
        return _PassedOver(f"status {response.status}")
    media, charset = content_type(response.fields.get("content-type", ""))
    media = media if "/" in media else identified
    if media and media not in _FORMATS:
        return _PassedOver(f"no text ({media})")
    limit = 4 * options.max_document_size
    body = decode_body(response, limit, is_cut="warc-truncated" in found.fields)
    if not media:
        if not body[:1000].lstrip().lower().startswith((b"<!doctype html", b"<html")):
            return _PassedOver("no text (unknown type)")
        media = "text/html"
    return _Page(body, media, charset, _FORMATS[media])


def _block(found: WarcRecord, options: ReadOptions) -> bytes:
    if found.block is None:
        limit = largest_block(options)
        raise BodyError(f"the record is larger than {limit / 1e6:,.0f} MB (--max-document-size)")
    return found.block


def _decode(page: _Page) -> Decoded:
    return decode_page(page.body, page.charset, is_html=page.format == "page")
