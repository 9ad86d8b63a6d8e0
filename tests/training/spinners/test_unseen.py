from __future__ import annotations

import random
from pathlib import Path

import pytest

from detector.training.data.lexicon import Resources, article_entries
from detector.training.evaluate.unseen import AS_IT_IS, print_result
from detector.training.spinners import spin
from detector.training.spinners.unseen import ONLINE, OnlineSpinner, SentenceTrip, online, sisters, thesaurus

PHRASES = {"machine learning": [("gadget getting to know", 1.0)], "known": [("recognised", 1.0)]}
TEXT = "The firm sells Machine Learning to well-known banks. Nobody there knows what machine learning is.\n\nIt sold again."


def test_the_dictionary_is_another_than_the_shipped_one() -> None:
    known = {(head, synonym) for head, _, pairs in article_entries() for synonym, _ in pairs}
    lines = [line.split("|") for line in ONLINE.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(lines) >= 300
    assert not [(head, one) for head, _, rest in lines for one in rest.split(";") if (head, one) in known]


def test_capitals_and_hyphens_are_kept() -> None:
    result = spin(TEXT, [OnlineSpinner(PHRASES, {})], 0.35, random.Random(1))
    assert "Gadget Getting To Know" in result.text
    assert "well-recognised" in result.text
    assert all(result.text[edit.start : edit.end] for edit in result.edits)


def test_whole_sentences_come_back() -> None:
    trip = SentenceTrip((("a", "b"),), lambda text, mode: text.replace("Nobody there knows", "None it knows there"))
    result = spin(TEXT, [trip], 0.4, random.Random(1))
    assert "None it knows there what machine learning is" in result.text
    assert result.text.endswith("\n\nIt sold again.")
    (edit,) = result.edits
    assert TEXT[edit.source_start : edit.source_end] == "Nobody there knows what machine learning is"


def test_nothing_is_put_back_where_sentences_were_lost() -> None:
    trip = SentenceTrip((("a",),), lambda text, mode: "One sentence only.")
    assert spin(TEXT, [trip], 0.5, random.Random(1)).text == TEXT


def test_of_a_thesaurus_the_later_meanings_are_taken(tmp_path: Path) -> None:
    pytest.importorskip("lemminflect")
    pytest.importorskip("wordfreq")
    path = tmp_path / "th.dat"
    path.write_text(
        "UTF-8\nbank|2\n(noun)|lender|store (generic term)\n(noun)|shore|slope (generic term)\ncow|1\n(noun)|ox|animal (generic term)\n"
    )
    table = thesaurus(Resources(tmp_path, tmp_path, mythes=path))
    assert {word for word, _ in table["banks"]} == {"stores", "shores", "slopes"}
    assert {word for word, _ in table["cow"]} == {"animal"}


def test_sisters_have_the_same_hypernym(tmp_path: Path) -> None:
    pytest.importorskip("lemminflect")
    pytest.importorskip("wordfreq")
    (tmp_path / "data.noun").write_text(
        "00000001 03 n 01 animal 0 002 ~ 00000002 n 0000 ~ 00000003 n 0000 | a\n"
        "00000002 03 n 01 cow 0 001 @ 00000001 n 0000 | b\n"
        "00000003 03 n 01 horse 0 001 @ 00000001 n 0000 | c\n"
    )
    (tmp_path / "index.noun").write_text("cow n 1 1 @ 1 0 00000002  \nhorse n 1 1 @ 1 0 00000003  \n")
    for name in ("data.verb", "index.verb"):
        (tmp_path / name).write_text("")
    assert sisters(Resources(tmp_path, tmp_path, wordnet=tmp_path))["cows"] == [("horses", 1.0)]


def test_online_phrases_come_in_each_of_their_forms() -> None:
    pytest.importorskip("lemminflect")
    pytest.importorskip("wordfreq")
    table = online(Resources(Path(), Path()))
    assert ("hobby fees", 1.0) in table["interest rates"]


def test_families_are_shown_by_rate(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"documents": 9, "spun": 0.5, "spun_or_suspect": 0.75}
    print_result({AS_IT_IS: row, "online, 10%": row})
    assert [line.split() for line in capsys.readouterr().out.splitlines()[1:]] == [
        ["as", "they", "are", "9", "0.500", "0.750"],
        ["online,", "10%", "9", "0.500", "0.750"],
    ]
