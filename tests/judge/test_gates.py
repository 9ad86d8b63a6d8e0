"""What is scored and what is not, and why not. Cases: name, text, the reason (null: scored), the language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detector.judge.gates import MIN_WORDS, check
from detector.text.document import Document

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
    assert gate.reason == f"under {MIN_WORDS} words of prose"


def test_a_long_document_is_judged_by_the_whole_of_it() -> None:
    english, german = SENTENCE * 40, "Der Mann an der Tür sagte ihnen, dass es schon viel zu spät geworden sei. " * 40
    assert check(Document.from_text(english * 5 + "\n\n" + german)).reason is None
    assert check(Document.from_text(english * 2 + "\n\n" + german)).reason == "mixed languages"
    assert check(Document.from_text(english + "\n\n" + german * 5)).reason == "not English (de)"
