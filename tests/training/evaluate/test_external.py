from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from detector.training.evaluate.external import REGISTERS, draw_documents, print_result, shares_by_register
from detector.training.evaluate.verdict import Scored, false_positives

SENTENCE = "Nobody in the village knew what the army would do with the old bridge over the river."
LONG = " ".join([SENTENCE] * 8)


def put(folder: Path, name: str, content: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def texts(folder: Path, register: str) -> dict[str, str]:
    return dict(REGISTERS[register](folder))


def test_of_licences_that_begin_alike_there_is_one_without_its_title(tmp_path: Path) -> None:
    body = "\n\n".join(
        ["The Title of this Licence, which is long enough to look like a paragraph of its own", *[LONG] * 5]
    )
    for name in ("AAAAA-1.0", "AAAAA-2.0", "BBBBB"):
        put(tmp_path, f"spdx/package/licenses/{name}.json", json.dumps({"licenseText": body}))
    put(tmp_path, "spdx/package/licenses/short.json", json.dumps({"licenseText": LONG}))
    found = texts(tmp_path, "licences")
    assert set(found) == {"AAAAA-1.0", "BBBBB"}
    assert found["BBBBB"] == "\n\n".join([LONG] * 5)


def test_short_articles_are_joined(tmp_path: Path) -> None:
    articles = [{"article": number, "description": f"\n{LONG}\n"} for number in range(1, 5)]
    put(tmp_path, "in/data/constitution.json", json.dumps(articles))
    found = texts(tmp_path, "Constitution of India")
    assert {name: text.split("\n\n")[:-1] for name, text in found.items()} == {"1": [LONG, LONG], "3": [LONG, LONG]}


def test_of_each_book_of_the_bible_there_is_the_middle_chapter(tmp_path: Path) -> None:
    verses = {1001001: 0, 1001002: 6, 1002001: 11, 1003001: 16, 2001001: 22}
    put(
        tmp_path,
        "x/pythonbible_ylt/plain_text_readers_bible.py",
        f"from a import Bible\nbible = Bible(Version.YOUNGS, '''Alpha Beta  Gama Delta `Epsilon`''', {verses})",
    )
    assert texts(tmp_path, "Bible, word for word (Young)") == {"1": "Gama Delta 'Epsilon'", "2": "'Epsilon'"}


def test_surahs_are_their_verses(tmp_path: Path) -> None:
    verses = [{"translation": " In the name of God"}, {"translation": "Praise be to Him "}]
    put(tmp_path, "q/dist/quran_en.json", json.dumps([{"id": 7, "verses": verses}]))
    assert texts(tmp_path, "Koran, translated") == {"7": "In the name of God Praise be to Him"}


def test_of_pages_there_are_the_paragraphs(tmp_path: Path) -> None:
    page = f'<h1>Bridges</h1><p class="x">{SENTENCE}</p><p>Short.</p><div class="para">The &lt;old&gt; <i>one</i>: {SENTENCE}</div>'
    put(tmp_path, "handbook/en-US/bridges.html", page)
    put(tmp_path, "handbook/fr-FR/ponts.html", page)
    assert texts(tmp_path, "manual, translated") == {"bridges": f"{SENTENCE}\n\nThe <old> one: {SENTENCE}"}


def test_descriptions_that_begin_alike_or_hold_a_list_are_left_out(tmp_path: Path) -> None:
    def entry(name: str, *lines: str) -> str:
        return "\n".join([f"Package: {name}", "Description-md5: 0", "Description-en: a title", *lines])

    entries = [
        entry("bridge", " A bridge over", " the river.", " .", " It is old."),
        entry("bridge-data", " A bridge over", " the river."),
        entry("lists", " It has:", "  * a bridge"),
        entry("empty"),
    ]
    put(tmp_path, "Translation-en", "\n\n".join(entries))
    assert texts(tmp_path, "package descriptions") == {"bridge": "A bridge over the river.\n\nIt is old."}


def test_documents_are_long_enough_and_cut_at_the_end_of_a_sentence(tmp_path: Path) -> None:
    lines = [LONG + f" Number {number}." + LONG + LONG for number in range(5)]
    put(tmp_path, "lee_background.cor", "\n".join([*lines, SENTENCE]))
    found = draw_documents(tmp_path, "Australian news", 3)
    assert len(found) == 3
    assert found == draw_documents(tmp_path, "Australian news", 3)
    every = draw_documents(tmp_path, "Australian news", 100)
    assert len(every) == 5
    assert set(found) < set(every)
    assert all(200 < len(one.text.split()) <= 230 and one.text.endswith(".") for one in found)
    assert {(one.register, one.spun) for one in found} == {("Australian news", False)}


def test_nothing_there_is_no_document(tmp_path: Path) -> None:
    assert not any(draw_documents(tmp_path, register, 3) for register in REGISTERS)


def test_registers_are_shown_one_by_one_and_together(
    judged: Callable[..., list[Scored]], capsys: pytest.CaptureFixture[str]
) -> None:
    honest = judged("licences", *[0.1] * 15, spun=False) + judged("Koran", *[0.1] * 14, 0.6, spun=False)
    half = shares_by_register(judged("licences", 0.95, 0.6, 0.1, 0.1, spun=True))
    print_result({"honest": false_positives(honest), "spun": {"5%": half, "10%": half}})
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()[2:]]
    assert lines == [
        "licences 15 0 0 [0.0%, 21.8%] 0.250 0.500 0.250 0.500",
        "Koran 15 0 1 [0.0%, 21.8%]",  # none of its spun versions has a score
        "all 30 0 1 [0.0%, 11.6%] 0.250 0.500 0.250 0.500",
    ]
