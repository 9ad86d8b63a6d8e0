"""One way from text to document: the format is named, or told by the looks of the text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detector.errors import ConfigError
from detector.text.document import Document
from detector.text.formats import FORMATS, format_of, suffixes
from detector.text.looks import looks_like_html

LOOKS = [json.loads(line) for line in (Path(__file__).parents[1] / "cases" / "looks.jsonl").open(encoding="utf-8")]


@pytest.mark.parametrize("case", LOOKS, ids=[case["name"] for case in LOOKS])
def test_html_is_told_by_its_looks(case: dict[str, Any]) -> None:
    assert looks_like_html(case["text"]) is case["is_html"]


def test_html_without_a_name_is_read_as_html_and_said_to_be() -> None:
    text = "<p>Water &amp; ice.</p>\n<p>Heat.</p>"
    document = Document.from_text(text)
    assert document.prose.text == "Water & ice.\n\nHeat."
    assert document.text == text
    assert text[slice(*document.locate(0, 7))] == "Water &amp;"
    assert document.notes[0].startswith("read as HTML")


def test_plain_text_that_is_asked_for_keeps_its_tags() -> None:
    assert "<b>" in Document.from_text("They wrote <b> there.", format="plain").prose.text
    assert Document.from_text("They wrote <b>so</b>.", format="html").prose.text == "They wrote so."
    assert Document.from_text("They wrote *so*.", format="markdown").prose.text == "They wrote so."


def test_an_unknown_format_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match="unknown text format 'word'; choose one of auto, plain, markdown, html"):
        Document.from_text("text", format="word")


def test_id_source_and_notes_are_kept() -> None:
    document = Document.from_text("a\ud800b", id="7", source="a.jsonl:3", notes=("guessed",))
    assert (document.id, document.source, document.text) == ("7", "a.jsonl:3", "a\ufffdb")
    assert document.notes == ("guessed", "1 lone surrogate replaced by U+FFFD")


def test_each_suffix_leads_to_one_format() -> None:
    assert len(set(suffixes())) == len(suffixes())
    for text_format in FORMATS.values():
        for suffix in text_format.suffixes:
            assert format_of(f"folder.md/NAME{suffix.upper()}") is text_format
    assert format_of("page.py") is None
