"""Sentences, windows, and the way from prose back to the source."""

from __future__ import annotations

import random

import pytest

from detector.text.document import Document
from detector.text.offsets import ProseBuilder, Span
from detector.text.segments import STRETCH_MAX_WORDS, STRETCH_WORDS, WINDOW_MAX_WORDS, WORD

SENTENCE = "The man who came to the door said that it was late. "


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in Document.from_text(text).sentences]


@pytest.mark.parametrize(
    "expected",
    [
        ["It rained.", "Nobody came!", "Why?", "He did not say…", "“So be it.”", "(She left.)", "5 stayed."],
        ["Mr. Smith of the U.S. Senate met Dr. A. B. Jones, i.e. Bob, at 5 p.m. Monday.", "He left."],
        ["It cost $3.50 at example.com today.", "Really?!", "Yes."],
        ["he said so. and then he went on", "A new paragraph"],
    ],
)
def test_sentences_end_where_a_reader_would_say_so(expected: list[str]) -> None:
    separator = "\n\n" if "A new paragraph" in expected else "  "
    assert sentences(separator.join(expected)) == expected


@pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\n \t\n", "\n\n\n\n"])
def test_a_blank_line_ends_a_sentence(gap: str) -> None:
    assert sentences(f"{gap}no full stop{gap}and none here{gap}") == ["no full stop", "and none here"]


def test_wrapped_lines_are_one_sentence() -> None:
    assert sentences("It was\r\nlate.\nHe left.") == ["It was\r\nlate.", "He left."]


@pytest.mark.parametrize("text", ["", " \n\n ", "...", "." * 100_000, "\n" * 100_000, ". " * 50_000])
def test_text_without_words_has_no_windows(text: str) -> None:
    document = Document.from_text(text)
    assert document.words == ()
    assert document.windows == ()


def sentences_of_all_lengths() -> Document:
    chance = random.Random(7)
    parts = [
        " ".join(["Word", *["word"] * chance.randrange(60)]) + chance.choice([". ", "! ", ".\n\n"]) for _ in range(200)
    ]
    return Document.from_text("".join(parts))


def test_windows_cover_every_word_in_whole_sentences() -> None:
    document = sentences_of_all_lengths()
    ends = {sentence.end for sentence in document.sentences}
    assert all(window.end in ends for window in document.windows)
    assert [word for window in document.windows for word in WORD.findall(document.text, *window)] == WORD.findall(
        document.text
    )
    sizes = [len(WORD.findall(document.text, *window)) for window in document.windows]
    assert max(sizes) <= WINDOW_MAX_WORDS
    assert min(sizes[:-1]) > 70


def test_stretches_divide_a_window_in_whole_sentences() -> None:
    document = sentences_of_all_lengths()
    ends = {sentence.end for sentence in document.sentences}
    sizes = []
    for window in document.windows:
        stretches = list(document.stretches(window))
        assert (stretches[0].start, stretches[-1].end) == window
        assert all(stretch.end in ends for stretch in stretches)
        of_stretches = [len(WORD.findall(document.text, *stretch)) for stretch in stretches]
        assert sum(of_stretches) == len(WORD.findall(document.text, *window))
        sizes += of_stretches
    assert max(sizes) <= STRETCH_MAX_WORDS
    assert sum(size >= STRETCH_WORDS // 2 for size in sizes) > 0.9 * len(sizes)


def test_a_sentence_without_end_is_cut() -> None:
    document = Document.from_text("word " * 1_000)
    assert [len(WORD.findall(document.text, *window)) for window in document.windows] == [130] * 7 + [90]
    of_last = [len(WORD.findall(document.text, *stretch)) for stretch in document.stretches(document.windows[-1])]
    assert of_last == [60, 30]


def test_a_short_rest_joins_the_window_before_it() -> None:
    document = Document.from_text(SENTENCE * 10 + "It was so.")
    assert document.windows == (Span(0, len(document.text)),)


def test_locate_maps_replacements_as_a_whole() -> None:
    source = "a &amp; b<br>c"
    builder = ProseBuilder(source)
    builder.copy(0, 2)
    builder.replace("&", 2, 7)
    builder.copy(7, 9)
    builder.break_block()
    builder.copy(13, 14)
    document = Document.from_prose(source, builder.build())
    assert document.prose.text == "a & b\n\nc"
    assert source[slice(*document.locate(2, 3))] == "&amp;"
    assert source[slice(*document.locate(2, 5))] == "&amp; b"
    assert source[slice(*document.locate(4, 8))] == "b<br>c"


@pytest.mark.parametrize("span", [(-1, 2), (2, 2), (3, 2), (0, 6)])
def test_locate_refuses_what_is_no_span(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no such span"):
        Document.from_text("Hello").locate(*span)
