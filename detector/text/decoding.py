"""Bytes to text: a byte order mark decides, then strict UTF-8, then a guess, which makes a note."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_BOMS = (  # UTF-32 first: its little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY_MAGIC = (b"%PDF-", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\x7fELF", b"{\\rtf")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))
_MAX_CONTROLS = 0.01  # of all bytes; old word processors leave a few
_SNIFFED = 65_536
# Below this many bytes outside ASCII a statistical guess is a coin toss between related code pages.
_ENOUGH_TO_GUESS = 40
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_DECLARED_IN_HTML = re.compile(
    rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w.:-]+)|^\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE
)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Decoded(NamedTuple):
    """Text without a byte order mark, line ends as they were, and notes on how it was decoded."""

    text: str
    notes: tuple[str, ...] = ()


class BinaryContentError(ValueError):
    """These bytes are not text."""


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Return the text of bytes. `declared` is the encoding that the content names itself (HTML); it is used if UTF-8 fails."""
    mark, encoding = encoding_by_mark(data)
    if mark:
        return _decoded(data[len(mark) :], encoding, guessed=False)
    refuse_binary(data)
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError:
        encoding = declared or _guess(data)
        return _decoded(data, encoding, guessed=encoding != "utf-8")


def decode_page(data: bytes, charset: str | None, *, is_html: bool) -> Decoded:
    """Return the text of a page from the web. `charset` is the encoding that came with it in HTTP.

    As the HTML standard says, a byte order mark comes first, then HTTP, then what the page itself says. Only a page that is
    UTF-8, but is said to be in an encoding of one byte a character, is read as UTF-8: by chance no text is.
    """
    declared = known_encoding(charset) if charset else None
    if (
        declared is None
        and is_html
        and (declared := declared_in_html(data))
        and declared.startswith(("utf-16", "utf_16"))
    ):
        declared = "utf-8"  # in UTF-16 nobody could have read that
    if declared is None or declared == "utf-8" or any(data.startswith(bom) for bom, _ in _BOMS):
        return decode(data, declared)
    if not declared.startswith(("utf-16", "utf-32")):
        refuse_binary(data)
        if not data.isascii() and not _is_multibyte(declared) and _is_utf8(data):
            return Decoded(data.decode("utf-8"), (f"decoded as utf-8, which it is; it is said to be {declared}",))
    return _decoded(data, declared, guessed=False)


def encoding_by_mark(data: bytes) -> tuple[bytes, str]:
    """Return the byte order mark that bytes begin with, and its encoding; no mark and UTF-8 where there is none."""
    return next(((mark, encoding) for mark, encoding in _BOMS if data.startswith(mark)), (b"", "utf-8"))


def decode_utf8(data: bytes) -> Decoded:
    """Return the text of bytes that have to be UTF-8. Other bytes are replaced, with a note."""
    return _decoded(data, "utf-8", guessed=False)


def refuse_binary(data: bytes) -> None:
    head = data[:_SNIFFED]
    if b"\0" in data:
        raise BinaryContentError("binary content (NUL bytes), or UTF-16 without a byte order mark")
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if head.startswith(_BINARY_MAGIC) or controls > max(2, _MAX_CONTROLS * len(head)):
        raise BinaryContentError("binary content")


def known_encoding(name: str) -> str | None:
    """Return Python's name of an encoding, understood as browsers do: Latin-1 means windows-1252."""
    try:
        encoding = codecs.lookup(name).name
        b"".decode(encoding)  # not one of Python's bytes-to-bytes transformations
    except (LookupError, ValueError):
        return None
    return "cp1252" if encoding in {"iso8859-1", "ascii"} else encoding


def _is_multibyte(encoding: str) -> bool:
    """Tell whether an encoding has characters of several bytes; some have them in ASCII."""
    return encoding.startswith(("iso2022", "hz")) or len(bytes(range(128, 256)).decode(encoding, "replace")) < 128


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def without_surrogates(text: str) -> Decoded:
    """Replace each lone surrogate by one U+FFFD, so that offsets stay: JSON can have them, but they can't be stored."""
    text, count = _SURROGATE.subn("\ufffd", text)
    return Decoded(text, (_replaced(count, "lone surrogate"),) if count else ())


def _decoded(data: bytes, encoding: str, *, guessed: bool) -> Decoded:
    notes = [f"decoded as {encoding}, a guess: the text is not UTF-8"] if guessed else []
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, errors="replace")
        present = data.decode(encoding, errors="ignore").count("\ufffd")
        notes.append(_replaced(text.count("\ufffd") - present, f"invalid {encoding} sequence"))
    return Decoded(text, tuple(notes))


def _replaced(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''} replaced by U+FFFD"


def _guess(data: bytes) -> str:
    high = len(data) - len(data.translate(None, bytes(range(128, 256))))
    in_utf8 = sum(len(match) for match in _MULTIBYTE.findall(data))
    if in_utf8 > high / 2:
        return "utf-8"
    if high < _ENOUGH_TO_GUESS or high < len(data) / 50:
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SNIFFED]).best()
    return (known_encoding(best.encoding) if best else None) or "cp1252"


def declared_in_html(data: bytes) -> str | None:
    """Return the encoding that an HTML page says it has, in its first kilobyte, where it has to."""
    match = _DECLARED_IN_HTML.search(data[:1024])
    named = known_encoding((match.group(1) or match.group(2)).decode("ascii", errors="replace")) if match else None
    return None if named and named.startswith(("utf-16", "utf-32")) else named  # in which nobody could have read that
