from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from detector.report import Finding, Grade, Suggestion
from detector.restore import Replacement, apply, edits, reversed_edits
from detector.text.document import Document

TEXT = "They denied an wings offer. The law is primarily republican 😀 there."
EDITS = [
    Replacement(15, 26, "wings offer", "arms deal"),
    Replacement(32, 35, "law", "right"),
    Replacement(49, 59, "republican", "nationalist"),
]
DOCUMENT = Document.from_text(TEXT)
SAMPLE = Path(__file__).parent.parent / "samples" / "news-spun-heavy.txt"


def finding(start: int, end: int, suggestion: str, share: float, signal: str = "wording") -> Finding:
    return Finding(start, end, TEXT[start:end], signal, "R", "", 0.9, (Suggestion(suggestion, share),))


def test_edits_are_made_and_undone() -> None:
    after = apply(TEXT, EDITS)
    assert after == "They denied an arms deal. The right is primarily nationalist 😀 there."
    assert apply(after, reversed_edits(EDITS)) == TEXT


def test_nothing_to_do() -> None:
    assert apply(TEXT, []) == TEXT
    assert reversed_edits([]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        [Replacement(0, 4, "Thou", "We")],
        [EDITS[1], EDITS[0]],
        [Replacement(12, 20, "an wings", "x"), EDITS[0]],
        [Replacement(900, 903, "law", "x")],
    ],
)
def test_edits_for_another_text_are_refused(wrong: list[Replacement]) -> None:
    with pytest.raises(ValueError, match="was not made for this text"):
        apply(TEXT, wrong)


def test_what_is_only_possible_is_put_back_where_a_probability_is_asked_for() -> None:
    found = replace(finding(32, 35, "right", 0.9), score=0.4, grade=Grade.POSSIBLE)
    assert edits(DOCUMENT, [found]) == []
    assert edits(DOCUMENT, [found], 0.0, 0.35) == [EDITS[1]]
    assert edits(DOCUMENT, [found], 0.0, 0.4) == []
    assert edits(DOCUMENT, [replace(found, grade=Grade.LIKELY)]) == [EDITS[1]]


def test_only_sure_suggestions_of_swapped_words_become_edits() -> None:
    found = [
        finding(49, 59, "nationalist", 0.8),
        finding(15, 26, "arms deal", 0.5),
        finding(32, 35, "right", 0.1),
        finding(0, 4, "We", 0.9, signal="grammar"),
    ]
    assert edits(DOCUMENT, found) == [EDITS[0], EDITS[2]]
    assert len(edits(DOCUMENT, found, sure=0.0)) == 3


@pytest.mark.parametrize(
    ("form", "source", "phrase", "suggestion", "restored"),
    [
        ("html", "<b>utilized</b> <a href=x>individuals</a> came", "utilized individuals", "employed people", "<b>employed</b> <a href=x>people</a> came"),
        ("html", "<p>an wings<br>offer</p>", "wings\noffer", "arms\ndeal", "<p>an arms<br>deal</p>"),
        ("html", "<p>an wings\n   offer</p>", "wings offer", "arms deal", "<p>an arms\n   deal</p>"),
        ("html", "<b>util</b>ized there", "utilized", "used", "<b>used</b> there"),
        ("html", "<p>the agree&shy;ing &eacute;lite</p>", "agreeing \u00e9lite", "willing few", "<p>the willing few</p>"),
        ("html", "<i>a</i> <b>b</b>", "a b", "x y z", "<i>x</i> <b>y z</b>"),
        ("html", "<i>a</i> <b>b</b>", "a b", "x", "<i>a</i> <b>b</b>"),
        ("markdown", "an *wings* [offer](http://a.example)", "wings offer", "arms deal", "an *arms* [deal](http://a.example)"),
        ("markdown", "> an wings\n> offer", "wings\noffer", "arms\ndeal", "> an arms\n> deal"),
        ("markdown", "an **wings offer** here", "wings offer", "arms deal", "an **arms deal** here"),
        ("latex", "\\emph{an} wings% now\n  \\textbf{offer}", "wingsoffer", "arms", "\\emph{an} arms% now\n  \\textbf{}"),
        ("latex", "an \\emph{wings} % now\n offer", "wings offer", "arms deal", "an \\emph{arms} % now\n deal"),
        ("plain", "an wings\noffer", "wings\noffer", "arms\ndeal", "an arms\ndeal"),
        ("plain", "they uti-\nlized it", "utilized", "used", "they used it"),
    ],
)  # fmt: skip
def test_markup_between_and_within_words_is_kept(
    form: str, source: str, phrase: str, suggestion: str, restored: str
) -> None:
    document = Document.from_text(source, format=form)
    start = document.prose.text.index(phrase)
    span = document.locate(start, start + len(phrase))
    found = Finding(*span, source[slice(*span)], "wording", "R", "", 0.9, (Suggestion(suggestion, 0.8),))
    made = edits(document, [found])
    assert apply(source, made) == restored
    assert apply(restored, reversed_edits(made)) == source


def test_the_command_prints_what_its_edits_make() -> None:
    command = [sys.executable, "-c", "from detector.cli.app import main; main()", "restore", "--sure", "0", "--format"]
    as_json, as_text = (
        subprocess.run([*command, form, str(SAMPLE)], capture_output=True, text=True, encoding="utf-8", check=True)
        for form in ("json", "text")
    )
    answer = json.loads(as_json.stdout)
    made = [Replacement(**edit) for edit in answer["edits"]]
    assert made
    source = SAMPLE.read_text(encoding="utf-8")
    assert apply(source, made) == answer["text"] == as_text.stdout
    assert apply(answer["text"], reversed_edits(made)) == source
    assert all(edit.before in as_text.stderr and edit.after in as_text.stderr for edit in made)
