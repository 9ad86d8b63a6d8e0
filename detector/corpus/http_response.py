"""HTTP responses as crawlers store them: status, headers and body, with transfer and content encoding undone.

Many are not what they say: crawlers undo an encoding and leave its header, servers declare one that they did not use,
name one that does not exist, or use one twice. So a body is decoded where it looks like what it is said to be, and is
left as it is where it looks like text. Nothing is decoded beyond a limit.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from detector.corpus.compression import Decompressor, start_zstd

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})\b")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?\r?\n")
_MOST_LAYERS = 4  # of compression in each other
_GZIP, _ZSTD, _COMPRESS = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x1f\x9d"
_NEEDS_BROTLI = "its body is compressed with Brotli: pip install 'unspun[warc]'"


class BodyError(ValueError):
    """A body can't be decoded; the message is for the user."""


class _TooLargeError(BodyError):
    pass


@dataclass(frozen=True)
class HttpResponse:
    """`status` is None where the first line is none of HTTP. `fields` have names in lower case; the last value counts."""

    status: int | None
    fields: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def parse_response(block: bytes) -> HttpResponse:
    """Return the parts of a response as it stands in a record."""
    status = _STATUS.match(block)
    if status is None:
        return HttpResponse(None)
    end = _HEADER_END.search(block)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    fields = {}
    for line in re.sub(rb"\r?\n[ \t]+", b" ", head).splitlines()[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            fields[name.strip().decode("latin-1").lower()] = value.strip().decode("latin-1")
    return HttpResponse(int(status.group(1)), fields, body)


def content_type(value: str) -> tuple[str, str | None]:
    """Return the media type of a Content-Type, in lower case, and its charset if it has one.

    >>> content_type('Text/HTML; x=y;charset="ISO-8859-1"'), content_type("")
    (('text/html', 'ISO-8859-1'), ('', None))
    """
    media, *parameters = value.split(";")
    for parameter in parameters:
        name, _, charset = parameter.partition("=")
        if name.strip().lower() == "charset" and (charset := charset.strip().strip("\"'")):
            return media.strip().lower(), charset
    return media.strip().lower(), None


def decode_body(response: HttpResponse, limit: int, *, is_cut: bool = False) -> bytes:
    """Return the body without its encodings. With `is_cut` the crawler did not keep all of it, and it may break off.

    Raise BodyError where it can't be decoded, or has more than `limit` bytes.
    """
    body = response.body
    if "chunked" in response.fields.get("transfer-encoding", "").lower():
        body = _join_chunks(body, is_cut=is_cut)
    declared = response.fields.get("content-encoding", "").lower().split(",")
    for name in map(str.strip, reversed(declared)):
        body = _undo(name, body, limit, is_cut=is_cut)
    for _ in range(_MOST_LAYERS):  # what nobody declared
        if not body.startswith((_GZIP, _ZSTD)):
            break
        body = _undo("gzip", body, limit, is_cut=is_cut)
    if body.startswith(_COMPRESS):
        raise BodyError("its body is compressed with compress, which is not read")
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _undo(name: str, body: bytes, limit: int, *, is_cut: bool) -> bytes:
    """Return a body without an encoding; what it begins with counts more than what the encoding is called."""
    if body.startswith(_GZIP):
        return _unpack(body, "gzip", lambda: _Inflate(31), limit, is_cut=is_cut)
    if body.startswith(_ZSTD):
        return _unpack(body, "zstd", start_zstd, limit, is_cut=is_cut)
    if name == "deflate":
        return _deflate(body, limit, is_cut=is_cut)
    return _brotli(body, limit, is_cut=is_cut) if name == "br" else body


def _join_chunks(body: bytes, *, is_cut: bool) -> bytes:
    """Return what is in the chunks; the body as it is where it is not in chunks at all."""
    parts: list[bytes] = []
    at = 0
    while (size := _CHUNK_SIZE.match(body, at)) is not None:
        start, length = size.end(), int(size.group(1), 16)
        if not length:
            return b"".join(parts)
        part = body[start : start + length]
        end = body[start + length : start + length + 2]
        if not parts and len(part) == length and end and not end.startswith((b"\r\n", b"\n")):
            return body  # a page that begins with a number
        parts.append(part)
        at = start + length + (2 if end == b"\r\n" else 1)
        if len(part) < length:
            break
    if not parts or is_cut:
        return b"".join(parts) or body
    if at == len(body):  # all but the end, which some servers never send
        return b"".join(parts)
    raise BodyError("its body is in chunks and breaks off, or is damaged")


class _Inflate:
    """Deflate in one of its three dresses, as the other decompressors behave. `wbits` is as zlib has it."""

    def __init__(self, wbits: int) -> None:
        self._inflate = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inflate.decompress(data, max_length)


def _deflate(body: bytes, limit: int, *, is_cut: bool) -> bytes:
    """Return what a body holds that is said to be deflated, with the header of zlib or without; text is left as it is."""
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            return _unpack(body, "deflate", lambda wbits=wbits: _Inflate(wbits), limit, is_cut=is_cut)  # type: ignore[misc]
        except _TooLargeError:
            raise
        except BodyError as error:
            failure = error
    if _is_text(body):
        return body
    raise failure


def _unpack(body: bytes, name: str, start: Callable[[], Decompressor], limit: int, *, is_cut: bool) -> bytes:
    parts: list[bytes] = []
    left = limit
    rest = body
    while rest:
        member = start()
        try:
            part = member.decompress(rest, left + 1)
        except Exception as error:  # each library raises its own kind
            if parts:  # zero bytes, a line end or a signature after the last member
                break
            raise BodyError(f"its body is said to be {name}, and is damaged") from error
        parts.append(part)
        left -= len(part)
        if left < 0:
            raise _too_large(limit)
        if not member.eof:
            if is_cut:
                break
            raise BodyError(f"its body is {name} and breaks off")
        rest = member.unused_data
    return b"".join(parts)


def _brotli(body: bytes, limit: int, *, is_cut: bool) -> bytes:
    """Return what a body holds that is said to be Brotli, which has no mark to be known by; text is left as it is."""
    try:
        brotli = import_module("brotli")
    except ImportError:
        if _is_text(body):
            return body
        raise BodyError(_NEEDS_BROTLI) from None
    decompressor = brotli.Decompressor()
    try:
        parts = [decompressor.process(body, output_buffer_limit=limit + 1)]
        size = len(parts[0])
        while size <= limit and not decompressor.can_accept_more_data():
            parts.append(decompressor.process(b"", output_buffer_limit=limit + 1 - size))
            size += len(parts[-1])
    except brotli.error as error:
        if _is_text(body):
            return body
        raise BodyError("its body is said to be Brotli, and is damaged") from error
    if size > limit:
        raise _too_large(limit)
    if not decompressor.is_finished() and not is_cut:
        if _is_text(body):
            return body
        raise BodyError("its body is Brotli and breaks off")
    return b"".join(parts)


def _is_text(body: bytes) -> bool:
    """Tell whether bytes are text: what was compressed is none."""
    head = body[:1000]
    controls = sum(byte < 32 and byte not in b"\t\n\f\r" for byte in head)
    if controls > len(head) / 100 or b"\0" in head:
        return False
    return head.lstrip()[:1] == b"<" or _is_utf8(head)


def _is_utf8(head: bytes) -> bool:
    try:
        head[:-4].decode("utf-8") if len(head) > 4 else head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 8
    return True


def _too_large(limit: int) -> _TooLargeError:
    return _TooLargeError(f"its body is larger than {limit / 1e6:,.0f} MB (--max-document-size)")
