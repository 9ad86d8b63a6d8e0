"""What is scored and what is not, and why not. Cases: name, text, the reason (null: scored), the language."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from detector.judge.gates import IDENTIFIER, MIN_WORDS, check
from detector.text.document import Document
from detector.text.segments import WORD

CASES = [json.loads(line) for line in (Path(__file__).parents[1] / "cases" / "gates.jsonl").open(encoding="utf-8")]
SENTENCE = "The man who came to the door said that it was late. "


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_gate(case: dict[str, Any]) -> None:
    gate = check(Document.from_text(case["text"]))
    assert (gate.reason, gate.language) == (case["reason"], case["language"])


@pytest.mark.parametrize(("words", "scored"), [(MIN_WORDS - 1, False), (MIN_WORDS, True)])
def test_forty_words_are_enough(words: int, scored: bool) -> None:
    gate = check(Document.from_text(" ".join((SENTENCE * 4).split()[:words]) + "."))
    assert gate.words == words
    assert (gate.reason is None) == scored


def test_code_does_not_count_as_words() -> None:
    code = "\n".join(f"value_{n} = compute(value_{n - 1}, the_other, and_this)" for n in range(30))
    gate = check(Document.from_text(f"{SENTENCE}\n\n{code}\n"))
    assert gate.words == len(SENTENCE.split())
    words = len(WORD.findall(code))
    assert gate.reason == f"under {MIN_WORDS} words of prose ({words} words in 30 lines of code were not read)"


def test_a_long_document_is_judged_by_the_whole_of_it() -> None:
    english, german = SENTENCE * 40, "Der Mann an der Tür sagte ihnen, dass es schon viel zu spät geworden sei. " * 40
    assert check(Document.from_text(english * 5 + "\n\n" + german)).reason is None
    assert check(Document.from_text(english * 2 + "\n\n" + german)).reason == "mixed languages"
    assert check(Document.from_text(english + "\n\n" + german * 5)).reason == "not English (de)"


def test_the_identifier_is_the_one_the_gates_were_set_with() -> None:
    name, release = IDENTIFIER.split()
    assert version(name) == release


@pytest.mark.parametrize("known", [True, False])
def test_another_language_is_told_though_its_small_words_look_english(known: bool) -> None:
    """`a i he me no ka o` are half of Hawaiian; the identifier does not know it."""
    irish = "Bhí an halla lán agus labhair an cathaoirleach faoin droichead a dúnadh tar éis na tuile, ach ní raibh sé sásta. "
    hawaiian = "He nui ka makani a me ka ua i ka pō nei, a ua hele ke kanaka i ka hale me ke keiki a me ka wahine. "
    gate = check(Document.from_text((irish if known else hawaiian) * 6))
    assert gate.reason == ("not English (ga)" if known else "not English (language not known)")
    assert gate.language == ("ga" if known else None)
    mixed = check(Document.from_text(SENTENCE * 10 + "\n\n" + (irish if known else hawaiian) * 4))
    assert (mixed.reason, mixed.language) == ("mixed languages", "en")
