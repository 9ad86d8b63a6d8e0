"""HTML is read as browsers read it, every character is found again in the source, and time grows with the length only."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from detector.text.decoding import declared_in_html
from detector.text.html import html_prose
from detector.text.markdown import markdown_prose
from detector.text.offsets import Prose

TAGS = tuple(
    name
    for names in (
        "p div b i a table tr td th caption select option button svg math mi style script textarea pre code q del sup",
        "ruby rt li br hr img input embed object font nav title template form h1 noscript frameset details plaintext body",
    )
    for name in names.split()
)
ATTRIBUTES = ("", " a=1", " hidden", ' style="display:none"', ' x=">"', " y='<", " /", " href=#n")
TEXTS = (
    "word ",
    "x",
    "\n",
    " ",
    "\r\n",
    "\r",
    "\0",
    "😀",
    "&amp;",
    "&lt",
    "&notit;",
    "&#x41;",
    "&#0;",
    "&#32;",
    "&nbsp;",
    "é\u0301",
)
OTHERS = ("<!--", "-->", "<![CDATA[", "]]>", "<!doctype html>", "<?x", "<", "</", "</>", "&", '"', "'", "<a b", "\n\n", "> ", "    ", "[[a|b]]", "$x$", "`", "{% raw %}", "%%")  # fmt: skip


def random_page(seed: int) -> str:
    draw = random.Random(seed)
    kinds: tuple[Callable[[], str], ...] = (
        lambda: f"<{draw.choice(TAGS)}{draw.choice(ATTRIBUTES)}>",
        lambda: f"</{draw.choice(TAGS)}>",
        lambda: draw.choice(TEXTS),
        lambda: draw.choice(OTHERS),
    )
    return "".join(draw.choices(kinds, (4, 3, 4, 1))[0]() for _ in range(draw.randint(1, 80)))


def html(source: str) -> Prose:
    return html_prose(source)[0]


def markdown(source: str) -> Prose:
    return markdown_prose(source)[0]


@pytest.mark.parametrize("reader", [html, markdown])
@pytest.mark.parametrize("block", range(20))
def test_every_piece_of_a_random_page_maps_back(reader: Callable[[str], Prose], block: int) -> None:
    for seed in range(50 * block, 50 * block + 50):
        source = random_page(seed)
        prose = reader(source)
        last = end = 0
        for piece in prose.pieces:
            assert piece.prose_start == end, source
            assert last <= piece.source_start <= piece.source_end <= len(source), source
            end, last = piece.prose_end, piece.source_start
            if piece.verbatim:
                assert prose.text[piece.prose_start : end] == source[piece.source_start : piece.source_end], source
        assert end == len(prose.text)
        starts = [prose.locate(at, at + 1).start for at in range(len(prose.text))]
        assert starts == sorted(starts), source


def test_words_of_a_long_page_are_where_they_stand() -> None:
    """Offsets are named by code points, of which there are fewer than this page has characters."""
    words = [f"word{number}" for number in range(130_000)]
    source = "".join(f"<p>{word}" for word in words)
    assert len(source) > 0x110000
    prose = html(source)
    assert prose.text.split() == words
    for number in (0, 1, 60_000, 104_000, 129_999):
        start = prose.text.index(words[number])
        assert source[slice(*prose.locate(start, start + len(words[number])))] == words[number]


NASTY: dict[str, str] = {
    "elements that are never closed": "<div>",
    "formatting that is opened again in each paragraph": "<b><p>x",
    "code in each paragraph": "<code><p>x",
    "tables in tables": "<table><tr><td>a b ",
    "rows without cells": "<table>x y",
    "preformatted text in itself": "<pre>the sea of it",
    "menus that are never closed": "<nav>of the x",
    "objects in themselves": "<object>of the x",
    "note marks in themselves": "<sup>1",
    "titles that are never closed": "<svg><title>",
    "comments that are never closed": "<!-- x",
    "attributes that are never closed": '<a b="',
    "NUL between letters": "a\0",
    "references": "&a",
    "ends without a beginning": "</p>x",
    "objects in a line": "a <img alt=x> b ",
    "templates that are never closed": "{% raw %} {{< code >}} ",
    "comments, links and formulas": "%% [[a $b ",
    "fences": "```\n~~~\n",
    "code tags in a paragraph": "a <code>",
    "blocks of HTML": "<div>\n\nx\n\n",
}


@pytest.mark.parametrize("reader", [html, markdown])
@pytest.mark.parametrize("part", NASTY.values(), ids=list(NASTY))
def test_time_grows_with_the_length(reader: Callable[[str], Prose], part: str) -> None:
    """Eight times the length may take 24 times as long, on a busy machine; a square would take 64 times."""

    def seconds(length: int) -> float:
        source = part * (length // len(part))
        start = time.process_time()
        reader(source)
        return time.process_time() - start

    seconds(100)
    # Again where it looks slow: another process, or the garbage of other tests, may have had the machine.
    tries = ((seconds(80_000), seconds(10_000)) for _ in range(3))
    assert any(long < max(24 * short, 0.5) for long, short in tries)


def test_attributes_that_differ_do_not_make_a_small_page_a_huge_tree() -> None:
    source = "".join(f"<b id=x{number}><p>x" for number in range(20_000))
    start = time.process_time()
    assert html(source).text.split() == ["x"] * 20_000
    assert time.process_time() - start < 10


def test_what_is_left_out_is_counted() -> None:
    table = "<table><tr><th>Town</th><td>Bergen</td></tr></table>"
    page = f"<p>Few words.</p>{table}{table}<pre>x = 1; y = 2;</pre><p hidden>Not seen.</p>"
    (note,) = html_prose(page)[1]
    assert note == "2 tables, 1 listing and 1 hidden part were not read (12 words)"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"<meta charset=latin-1>", "cp1252"),
        (b'<?xml version="1.0" encoding="iso-8859-2"?><html/>', "iso8859-2"),
        (b"<p>charset</p>", None),
        (b"<meta charset=nonsense>", None),
    ],
)
def test_the_encoding_a_page_declares(data: bytes, encoding: str | None) -> None:
    assert declared_in_html(data) == encoding
