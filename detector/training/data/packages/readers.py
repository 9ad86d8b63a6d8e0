"""Readers that fit several packages: each is made for a kind of file, and yields (name, text) pairs in prose.

They leave out tables, menus and code, and yield texts of whatever length; who asks cuts them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from detector.corpus.reading import read
from detector.reports.messages import print_error
from detector.text.segments import blocks

WORDS = (90, 230)  # of a document: shorter ones are left out, longer ones cut at the end of a sentence
PARAGRAPH = 12  # words; what has fewer is a heading, a label or an item of a list
PART = 200  # words at which a part of a long text ends

Texts = Iterator[tuple[str, str]]  # a document's name, and the document
Reader = Callable[[Path], Texts]


def paragraphs(text: str, longer_than: int = 0) -> list[str]:
    """Return each paragraph on one line, without those of `longer_than` words and fewer."""
    words = (text[block.start : block.end].split() for block in blocks(text))
    return [" ".join(one) for one in words if len(one) > longer_than]


def parts(name: str, pieces: Iterable[str], between: str = "\n\n", words: int = PART) -> Texts:
    """Yield pieces of a text in their order, joined until they have this many words. What is left at the end is lost."""
    collected: list[str] = []
    number = 0
    for piece in pieces:
        collected.append(piece)
        if sum(len(one.split()) for one in collected) >= words:
            yield f"{name}-{number}", between.join(collected)
            collected = []
            number += 1


def pages(*patterns: str) -> Reader:
    """Return a reader of the paragraphs of HTML pages, a page a document."""

    def texts(folder: Path) -> Texts:
        for page in read([str(path) for pattern in patterns for path in sorted(folder.rglob(pattern))]):
            if page.error is not None:
                print_error(page.error)
            elif page.document is not None:
                yield Path(page.file).stem, "\n\n".join(paragraphs(page.document.prose.text, PARAGRAPH))

    return texts


def parts_of_pages(*patterns: str) -> Reader:
    """Return a reader of HTML pages that are long, in parts."""

    def texts(folder: Path) -> Texts:
        for name, text in pages(*patterns)(folder):
            yield from parts(name, text.split("\n\n"))

    return texts


def book(pattern: str, after: str = "", until: str = "\n\n\n\n\n\n\n\n") -> Reader:
    """Return a reader of a plain text, in parts; what stands before `after` and behind `until` is left out."""

    def texts(folder: Path) -> Texts:
        for path in sorted(folder.rglob(pattern)):
            text = path.read_text("utf-8", errors="replace").partition(after)[2] if after else path.read_text("utf-8")
            yield from parts(path.stem, paragraphs(text.partition(until)[0], PARAGRAPH))

    return texts


def tales(pattern: str) -> Reader:
    """Return a reader of a table of Orange whose columns are `Title` and `Content`; it has three lines of headings."""

    def texts(folder: Path) -> Texts:
        csv.field_size_limit(10**7)
        for path in sorted(folder.rglob(pattern)):
            with path.open(encoding="utf-8", newline="") as file:
                columns, _, _, *rows = csv.reader(file, delimiter="\t")
            for row in filter(None, rows):
                told = dict(zip(columns, row, strict=False))
                yield from parts(told["Title"], re.split(r"(?<=[.!?][\"’”'])\s+|(?<=[.!?])\s+", told["Content"]), " ")

    return texts


def fortunes(name: str, words: int) -> Reader:
    """Return a reader of the sayings and poems of one file of `fortunes`, short ones joined, without who said them."""

    def texts(folder: Path) -> Texts:
        for path in sorted(folder.rglob(f"games/fortunes/{name}.u8")):
            sayings = (
                re.sub(r"\n\s*-- .*", "", one, flags=re.S).strip() for one in path.read_text("utf-8").split("\n%\n")
            )
            long = (one for one in sayings if len(one.split()) > PARAGRAPH and "\t\t" not in one)  # no columns
            yield from parts(name, long, words=words)

    return texts
