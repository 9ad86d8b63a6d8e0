"""Directives in texts: what they ignore, and that no reader takes them for prose. Cases: `tests/cases/directives.jsonl`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detector.policy.inline import Inline, is_of, is_rule, of_field, read_inline
from detector.text.directives import find_directives
from detector.text.document import Document

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "cases" / "directives.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_a_directive_says(case: dict[str, Any]) -> None:
    document = Document.from_text(case["text"], format=case["format"])
    inline = read_inline(document)
    if case["regions"] is not None:
        found = [[document.text[slice(*region.span)], region.reason] for region in inline.regions]
        assert found == case["regions"]
    assert [[one.phrase, one.reason] for one in inline.phrases] == case.get("phrases", [])
    wanted = case.get("problems", [])
    assert len(inline.problems) == len(wanted)
    assert all(part in problem for part, problem in zip(wanted, inline.problems, strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_no_directive_reaches_the_prose(case: dict[str, Any]) -> None:
    document = Document.from_text(case["text"], format=case["format"])
    directives = [directive.span for directive in find_directives(document.text, document.format)]
    for start, end in document.words:
        span = document.locate(start, end)
        assert not any(span.start < last and first < span.end for first, last in directives)
        assert document.prose.text[start:end] == document.text[slice(*span)]  # what is around them has its place
    if case["prose"] is not None:
        assert document.prose.text.strip() == case["prose"].strip()


def test_where_the_text_is_not_english_markup_nothing_is_looked_for() -> None:
    assert read_inline(Document.from_text("One.\n<!-- a comment -->\nTwo.")) == Inline()


@pytest.mark.parametrize(("ignore", "rules", "phrases"), [
    ((), [], []),
    (True, [()], []),
    (("noble hops", "grammar", "names/BROKEN_NAME", "grammar school"), [("grammar",), ("names/BROKEN_NAME",)],
     ["noble hops", "grammar school"]),
])  # fmt: skip
def test_a_record_says_what_to_ignore_in_it(ignore: Any, rules: list[Any], phrases: list[str]) -> None:
    inline = of_field(ignore, Document.from_text("A text."))
    assert [region.rules for region in inline.regions] == rules
    assert [entry.phrase for entry in inline.phrases] == phrases


def test_rules_by_name_and_by_signal() -> None:
    assert all(map(is_rule, ("grammar", "grammar/EN_A_VS_AN", "wording")))
    assert not any(map(is_rule, ("grammar/", "spelling", "names and places")))
    assert is_of("names/BROKEN_NAME", ["names"])
    assert not is_of("names/BROKEN_NAME", ["names/SPLIT_NAME", "grammar"])
