"""The text formats: their names, the suffixes of their files, and the reader that finds the prose in each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from detector.errors import ConfigError
from detector.text.decoding import Decoded
from detector.text.offsets import Prose

#: What a reader returns: the prose, or the prose and notes on what it left out ("2 tables were not read").
Reading = Prose | tuple[Prose, tuple[str, ...]]


@dataclass(frozen=True)
class TextFormat:
    """A format a text may be written in.

    `suffixes` are lower case, with their dot. `declared_encoding` finds the encoding that the bytes of such a text name
    for themselves; a file is decoded so where it is not UTF-8. `text_of` makes the text out of the bytes of a format that is
    not text; it raises BinaryContentError, which says what is wrong with them, or which library is missing.
    """

    name: str
    suffixes: tuple[str, ...]
    prose: Callable[[str], Reading]
    declared_encoding: Callable[[bytes], str | None] | None = None
    text_of: Callable[[bytes], Decoded] | None = None

    def read(self, text: str) -> tuple[Prose, tuple[str, ...]]:
        """Return the prose of a text, with offsets into the text, and notes on what was left out of it."""
        reading = self.prose(text)
        return (reading, ()) if isinstance(reading, Prose) else reading


# Readers are imported where they are used: the list of formats is needed for `--help`, the parsers are not.
def _plain(text: str) -> Reading:
    from detector.text.plain import plain_prose

    return plain_prose(text)


def _markdown(text: str) -> Reading:
    from detector.text.markdown import markdown_prose

    return markdown_prose(text)


def _html(text: str) -> Reading:
    from detector.text.html import html_prose

    return html_prose(text)


def _page(text: str) -> Reading:
    from detector.text.html import html_prose

    return html_prose(text, is_page=True)


def _rst(text: str) -> Reading:
    from detector.text.rst import rst_prose

    return rst_prose(text)


def _latex(text: str) -> Reading:
    from detector.text.latex import latex_prose

    return latex_prose(text)


def _notebook(text: str) -> Reading:
    from detector.text.notebook import notebook_prose

    return notebook_prose(text)


def _subtitles(text: str) -> Reading:
    from detector.text.subtitles import subtitle_prose

    return subtitle_prose(text)


def _office(name: str, suffix: str) -> TextFormat:
    def text_of(data: bytes) -> Decoded:
        from detector.text.office import TEXT_OF

        return TEXT_OF[name](data)

    return TextFormat(name, (suffix,), _plain, text_of=text_of)


def _html_encoding(data: bytes) -> str | None:
    from detector.text.decoding import declared_in_html

    return declared_in_html(data)


def _auto(text: str) -> Reading:
    """Read HTML where the text looks like HTML, otherwise plain text."""
    from detector.text.looks import looks_like_html

    if not looks_like_html(text):
        return _plain(text)
    prose, notes = FORMATS["html"].read(text)
    return prose, ("read as HTML: its tags are left out", *notes)


FORMATS: dict[str, TextFormat] = {
    text_format.name: text_format
    for text_format in (
        TextFormat("auto", (".txt", ".text"), _auto, _html_encoding),
        TextFormat("plain", (), _plain),
        TextFormat("markdown", (".md", ".markdown", ".mdx"), _markdown),
        TextFormat("html", (".html", ".htm", ".xhtml"), _html, _html_encoding),
        TextFormat("page", (), _page, _html_encoding),
        TextFormat("rst", (".rst", ".rest"), _rst),
        TextFormat("latex", (".tex", ".latex", ".ltx"), _latex),
        TextFormat("notebook", (".ipynb",), _notebook),
        TextFormat("subtitles", (".srt", ".vtt", ".ass", ".ssa", ".sbv", ".lrc", ".sub"), _subtitles),
        *(_office(name, f".{name}") for name in ("docx", "odt", "epub", "pdf")),
    )
}


def text_format(name: str) -> TextFormat:
    """Return the format of this name; raise ConfigError, which lists the names there are, if it is unknown."""
    try:
        return FORMATS[name]
    except KeyError:
        raise ConfigError(f"unknown text format {name!r}; choose one of {', '.join(FORMATS)}") from None


def format_of(path: str) -> TextFormat | None:
    """Return the format of a file by its suffix, or None if the suffix is not one of a text format."""
    lower = path.lower()
    return next((known for known in FORMATS.values() if lower.endswith(known.suffixes)), None)


def suffixes(formats: Iterable[TextFormat] = FORMATS.values()) -> tuple[str, ...]:
    """Return all suffixes, in the order of the formats."""
    return tuple(suffix for known in formats for suffix in known.suffixes)
