"""Choices of a spinner that were left in the text, and what looks like them."""

from __future__ import annotations

import pytest

from detector.judge.verdict import choices_left_in
from detector.report import Verdict
from detector.signals import Measurement
from detector.signals.spintax import SpintaxSignal
from detector.text.document import Document

SPINTAX = (
    "{Many|A lot of} people {love|adore} to go by train, because it is {cheap|{low|small} in cost} there.\n"
    "{When|If} you {buy|get} your ticket early, you can save up to {half|50 percent} of the {price|fare}."
)


def measured(text: str, format: str = "plain") -> Measurement:
    return SpintaxSignal().measure([Document.from_text(text, format=format)])[0]


@pytest.mark.parametrize("format", ["plain", "markdown"])
def test_each_group_is_a_finding_at_its_place(format: str) -> None:
    found = measured(SPINTAX, format).findings
    assert [finding.text for finding in found[:3]] == ["{Many|A lot of}", "{love|adore}", "{cheap|{low|small} in cost}"]
    assert all(SPINTAX[finding.start : finding.end] == finding.text for finding in found)
    assert [finding.suggestions[0].text for finding in found] == [
        "Many",
        "love",
        "cheap",
        "When",
        "buy",
        "half",
        "price",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The set {x | x is even} is a part of the set {n | n is whole}, as was said of it before.",
        "You can say {{ name|upper }} or {name|escape} and {date|format} in the template of the page.",
        "It is started with service {start|stop|restart} and set to {on|off} or {yes|no} by the user.",
        "{I|We}, the undersigned, {am|are} the owner of the house, and {he|she} is the tenant of it.",
        "The function takes {string|number} and gives back {boolean|null} to the one who called it.",
        "In \\frac{big|large} and ${small|little} of the text it is a{two|three} or {0|1} of them.",
        "grammar = { term | factor } ; digit = { one | two } ;",
    ],
)
def test_what_programs_forms_and_mathematics_write_is_no_finding(text: str) -> None:
    assert measured(text).findings == ()


def test_choices_in_code_are_no_finding() -> None:
    assert measured(f"Write of it as in the example.\n```\n{SPINTAX}\n```\nThat is all of it.").findings == ()


def test_many_choices_make_a_text_spun_and_few_in_a_long_one_suspect() -> None:
    assert choices_left_in(measured(SPINTAX)) is Verdict.SPUN
    assert choices_left_in(measured(SPINTAX + " The rest of it was said by him." * 200)) is Verdict.SUSPECT
    assert choices_left_in(measured("One {slip|error} is in the text of the man who wrote it.")) is None
    assert choices_left_in(None) is None
