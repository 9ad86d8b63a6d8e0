"""The parts of the language server that need no editor: positions, sections, and what is read again."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from detector.engine.detector import Detector
from detector.lsp.positions import Positions
from detector.lsp.reading import SectionReader
from detector.lsp.sections import cut
from detector.lsp.work import Latest
from detector.options import Options
from detector.report import Outcome, Verdict
from detector.text.document import Document

DOCUMENTS = Path(__file__).parent.parent / "cases" / "documents"
CLEAN = (DOCUMENTS / "clean.txt").read_text(encoding="utf-8")
SPUN = (DOCUMENTS / "spun.txt").read_text(encoding="utf-8")


def paragraph(number: int, words: int = 60) -> str:
    return f"Paragraph{number} " + " ".join(f"word{number}x{n}" for n in range(words - 1)) + "."


def cut_texts(text: str, format: str = "plain") -> list[str]:
    document = Document.from_text(text, format=format)
    return [document.prose.text[start:end] for start, end in cut(document)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_positions_and_offsets_are_each_others_inverse(encoding: str) -> None:
    chance = random.Random(3)
    for _ in range(200):
        text = "".join(chance.choices("a é🙂\n\r\x0c\u2028世", k=chance.randrange(30)))
        positions = Positions(text, encoding)
        for offset in range(len(text) + 1):
            if text[offset - 1 : offset + 1] == "\r\n" or text[offset : offset + 1] in ("\n", "\r"):
                continue  # within and at a line end: several offsets, one position
            assert positions.offset(positions.position(offset)) == offset
        line, column = chance.randrange(9), chance.randrange(40)
        assert 0 <= positions.offset((line, column)) <= len(text)


def test_columns_count_units_of_the_encoding() -> None:
    text = "é🙂x"
    assert [Positions(text, one).position(2)[1] for one in ("utf-8", "utf-16", "utf-32")] == [6, 3, 2]
    assert Positions(text, "utf-16").offset((0, 2)) == 1  # in the middle of a pair


def test_sections_hold_all_words_once_and_enough_of_them() -> None:
    chance = random.Random(5)
    for _ in range(50):
        sizes = [chance.choice((1, 5, 20, 39, 60, 900)) for _ in range(chance.randrange(1, 12))]
        text = "\n\n".join(paragraph(number, words) for number, words in enumerate(sizes))
        found = cut_texts(text)
        assert "".join(" ".join(found).split()) == "".join(text.split())
        if sum(sizes) >= 40:
            assert all(len(one.split()) >= 40 for one in found)
    assert cut_texts("") == []
    assert cut_texts(" \n\n ") == []


def test_an_edit_changes_one_section() -> None:
    paragraphs = [paragraph(number) for number in range(20)]
    before = cut_texts("\n\n".join(paragraphs))
    for changed in ([*paragraphs[:7], "Short.", *paragraphs[7:]], [*paragraphs[:7], *paragraphs[8:]]):
        assert len(set(cut_texts("\n\n".join(changed))) - set(before)) <= 1


@pytest.mark.parametrize("format", ["plain", "markdown", "html"])
def test_windows_line_ends_part_the_same_sections(format: str) -> None:
    paragraphs = [paragraph(number) for number in range(5)]
    text = "\n".join(f"<p>{one}</p>" for one in paragraphs) if format == "html" else "\n\n".join(paragraphs)
    found = cut_texts(text.replace("\n", "\r\n"), format)
    assert [one.strip() for one in found] == cut_texts(text, format)
    assert len(found) == 5


class Counting:
    """Scores with another detector and counts the documents."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.scored: list[str] = []

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        documents = list(documents)
        self.scored += [document.prose.text for document in documents]
        return self._detector.score_documents(documents)


def test_an_edit_of_one_paragraph_of_5000_words_is_answered_in_300_milliseconds(detector: Detector) -> None:
    """Of processor time, as other tests run beside this one."""
    counting = Counting(detector)
    reader = SectionReader(counting)
    paragraphs = [f"{name} {CLEAN}" for name in ("On Monday,", "Later,", "In spring,", "By then,")]
    paragraphs = [f"{number}. {one}" for number in range(12) for one in paragraphs]
    sections = reader.read(Document.from_text("\n\n".join(paragraphs), format="markdown"))
    assert sections is not None
    assert {section.verdict for section in sections} == {Verdict.CLEAN}
    assert sum(len(text.split()) for text in paragraphs) > 5000

    def seconds(edit: str, at: int) -> float:
        counting.scored.clear()
        began = time.process_time()
        edited = [*paragraphs[:at], f"{paragraphs[at]} {edit}", *paragraphs[at + 1 :]]
        found = reader.read(Document.from_text("\n\n".join(edited), format="markdown"))
        took = time.process_time() - began
        assert found is not None
        assert len(counting.scored) == 1
        return took

    assert min(seconds(f"That was all of it, said neighbour {n}.", 20 + n) for n in range(5)) < 0.3


def test_findings_of_a_section_stand_where_they_are_in_the_text(detector: Detector) -> None:
    reader = SectionReader(detector)
    text = f"# Title\n\n{CLEAN}\n\n```\ncode\n```\n\n{SPUN}\n"
    document = Document.from_text(text, format="markdown")
    sections = reader.read(document)
    assert sections is not None
    assert sections[-1].verdict is Verdict.SPUN
    assert sections[-1].findings
    for section in sections:
        for finding in section.findings:
            assert finding.text == text[finding.start : finding.end]
            assert section.span.start <= finding.start < finding.end <= section.span.end
    own = Document.from_text(text, format="markdown", options=Options(threshold=1.0))
    assert Verdict.SPUN not in {section.verdict for section in reader.read(own) or ()}


def test_what_is_not_wanted_any_more_is_not_read_to_its_end(detector: Detector) -> None:
    counting = Counting(detector)
    text = "\n\n".join(f"{number}. {CLEAN}" for number in range(20))
    answers = iter([True, False])
    assert SectionReader(counting).read(Document.from_text(text, format="plain"), lambda: next(answers)) is None
    assert len(counting.scored) == 8


def test_the_newest_task_takes_the_place_of_the_one_before() -> None:
    done: list[str] = []
    work = Latest("test")
    for number in range(5):
        work.submit("a", lambda number=number: done.append(f"a{number}"), 0.05)  # type: ignore[misc]
    work.submit("b", lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    work.submit("c", lambda: done.append("c"))
    work.submit("d", lambda: done.append("d"), 0.05)
    work.drop("d")
    deadline = time.monotonic() + 5
    while len(done) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    work.close()
    assert done == ["c", "a4"]
