"""What is prose in each format, and that every piece of it can be found again in the source."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from detector.text.document import Document
from detector.text.formats import FORMATS
from detector.text.html import html_prose
from detector.text.markdown import markdown_prose
from detector.text.masking import MASK, covers_mask
from detector.text.offsets import Prose
from detector.text.plain import plain_prose

CASES = [json.loads(line) for line in (Path(__file__).parents[1] / "cases" / "prose.jsonl").open(encoding="utf-8")]


def _prose(name: str, text: str) -> Prose:
    return FORMATS[name].read(text)[0]


READERS: dict[str, Callable[[str], Prose]] = {
    "markdown": lambda text: markdown_prose(text)[0],
    "html": lambda text: html_prose(text)[0],
    "text": lambda text: plain_prose(text)[0],
    **{name: partial(_prose, name) for name in ("rst", "latex", "notebook", "subtitles")},
}


def assert_maps_back(source: str, prose: Prose) -> None:
    end = 0
    for piece in prose.pieces:
        assert piece.prose_start == end
        end = piece.prose_end
        if piece.verbatim:
            assert prose.text[piece.prose_start : end] == source[piece.source_start : piece.source_end]
    assert end == len(prose.text)
    starts = [piece.source_start for piece in prose.pieces]
    assert starts == sorted(starts)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['format']}: {case['name']}" for case in CASES])
def test_prose_of(case: dict[str, Any]) -> None:
    prose = READERS[case["format"]](case["source"])
    assert prose.text == case["prose"]
    assert_maps_back(case["source"], prose)


@pytest.mark.parametrize("reader", READERS.values(), ids=list(READERS))
def test_every_cut_of_a_messy_page_maps_back(reader: Callable[[str], Prose]) -> None:
    """Cutting at every character makes every kind of unfinished markup."""
    page = "".join(case["source"] for case in CASES) + "😀 é\xa0\u2028\x0c\t`` ** [x](<y> <a b='c"
    for start in range(0, len(page), 7):
        source = page[start : start + 120]
        assert_maps_back(source, reader(source))


def test_a_word_is_found_behind_markup_and_non_bmp_characters() -> None:
    source = "😀 *An* [arms](http://a.example) &amp; **deal**\n"
    document = Document.from_text(source, format="markdown")
    start = document.prose.text.index("arms")
    assert source[slice(*document.locate(start, start + 4))] == "arms"
    assert source[slice(*document.locate(start, len(document.prose.text)))] == "arms](http://a.example) &amp; **deal"


def test_a_word_is_found_with_the_soft_hyphens_and_ligatures_in_it() -> None:
    document = Document.from_text("Denied agree\u00ading to an o\ufb00er.")
    assert document.prose.text == "Denied agreeing to an offer."
    words = [document.text[slice(*document.locate(*word))] for word in document.words]
    assert words == ["Denied", "agree\u00ading", "to", "an", "o\ufb00er"]


def test_a_finding_across_a_mask_can_be_told() -> None:
    document = Document.from_text("Read http://a.example/page before you ask.")
    assert document.prose.text == f"Read {MASK} before you ask."
    assert not covers_mask(document.prose, 0, 4)
    assert covers_mask(document.prose, 0, 10)
    assert covers_mask(document.prose, 10, 12)
    assert not covers_mask(document.prose, document.text.index("before"), len(document.text))


def test_an_ellipsis_of_the_author_is_no_mask() -> None:
    document = Document.from_text("Well … I do not know.")
    assert not covers_mask(document.prose, 0, len(document.text))
