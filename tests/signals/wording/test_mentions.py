"""Phrases that a text mentions and does not use do not count, and nothing else is taken for a mention."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.engine.scorer import Scorer
from detector.judge.calibration import resolve
from detector.model_files import Manifest
from detector.options import Options
from detector.report import Report, Verdict
from detector.signals.grammar import open_grammar
from detector.signals.wording.evidence import WORD_INPUTS, Evidence
from detector.signals.wording.mentions import (
    KnownPhrase,
    find_mentions,
    find_quotations,
    find_suspicious_mentions,
    leave_out,
    note_on,
)
from detector.text.document import Document

CASES = Path(__file__).parents[2] / "cases"


def mentions(text: str, *phrases: tuple[str, str]) -> list[str]:
    known = [
        KnownPhrase(text.index(phrase), text.index(phrase) + len(phrase), (original,)) for phrase, original in phrases
    ]
    return [text[start:end] for start, end in find_mentions(text, known)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('It speaks of "bosom peril" instead.', ['"bosom peril"']),
        ("It speaks of “bosom peril,” and of ‘big data’.", ["“bosom peril,”", "‘big data’"]),
        ("It speaks of 'bosom peril', not of cancer.", ["'bosom peril'"]),
        ("It speaks of «bosom peril» here.", ["«bosom peril»"]),
        ('"Haze figuring" stands for fog computing.', ['"Haze figuring"']),
        ('It ("haze figuring") is odd, and "so on" is not.', ['"haze figuring"', '"so on"']),
    ],
)
def test_short_phrases_in_quotation_marks_are_mentioned(text: str, found: list[str]) -> None:
    assert mentions(text) == found


@pytest.mark.parametrize(
    "text",
    [
        '"It is dark out," said Mom, and nobody answered.',
        "“Not today,” the old captain replied.",
        'She asked, "Not today?" and went.',
        'The captain said: "Not this year."',
        "“Are you well?” “I am!”",
        '"We found out about it from the post, like a parking fine," the owner told us.',
        "the captain's boat and the owners' houses stood near the dogs' field",
        'a screen of 15" and another of 17" stood there',
        'He read "the boat is late and will not come today" on the board.',
        'He left. "\n\nThe boat came. "',
    ],
)
def test_speech_long_quotations_and_apostrophes_are_not(text: str) -> None:
    assert mentions(text) == []


def test_a_known_phrase_is_mentioned_beside_its_original() -> None:
    phrase = ("bosom peril", "breast cancer")
    assert mentions("Where they write bosom peril, they mean Breast Cancer.", phrase) == ["bosom peril"]
    assert mentions("breast cancer → bosom peril", phrase) == ["bosom peril"]
    assert mentions("She had bosom peril. Breast cancer is common.", phrase) == []
    assert mentions("breast cancer\n\nbosom peril", phrase) == []
    assert mentions("She had bosom peril for years, like all breast cancers.", phrase) == []


def evidence(text: str, odd: str) -> Evidence:
    words = Document.from_text(text).words
    starts, ends = (np.array(column) for column in zip(*words, strict=True))
    log_odds = np.array([2.0 if text[start:end] in odd.split() else -5.0 for start, end in words], dtype=np.float32)
    return Evidence(starts, ends, np.zeros((len(words), len(WORD_INPUTS)), dtype=np.float32), log_odds)


TEXT = 'The story speaks of "bosom peril" and of "big data" in the same breath.'


def test_only_mentions_with_an_odd_word_are_left_out() -> None:
    seen = evidence(TEXT, "peril breath")
    (span,) = find_suspicious_mentions(TEXT, seen)
    assert TEXT[slice(*span)] == '"bosom peril"'
    kept = leave_out(seen, [span])
    assert len(kept) == len(seen) - 2
    assert (kept.log_odds > 0).sum() == 1


def test_a_text_made_of_quotations_mentions_nothing() -> None:
    text = '"bosom peril" "haze figuring" "colossal information" and more'
    assert find_suspicious_mentions(text, evidence(text, "peril figuring colossal")) == []


def test_quotations_of_any_length_are_found() -> None:
    text = 'He read "the boat is late and will not come today, nor (they say) tomorrow" and “left.” A 15" screen, the dogs\' "X".'
    assert [text[slice(*span)] for span in find_quotations(text)] == [
        '"the boat is late and will not come today, nor (they say) tomorrow"',
        "“left.”",
        '"X"',
    ]


def test_the_note_shows_some_of_them() -> None:
    text = "“one”, “two”, “three” and “four”"
    assert "(“one”, “two”, “three” and 1 more)" in note_on(text, find_mentions(text))


@pytest.fixture(scope="module")
def scorer(manifest: Manifest) -> Scorer:
    options = Options(grammar="off")
    return Scorer(manifest, open_grammar("off"), options, resolve(options, manifest), threads=1)


def test_a_text_that_explains_phrases_mentions_what_it_pairs() -> None:
    text = "They write big data as colossal information, and vast learning for deep learning.\n- haze figuring: cloud computing\nBosom peril means breast cancer."
    known = (("colossal information", "big data"), ("vast learning", "deep learning"))
    explained = ["- haze figuring: cloud computing", "Bosom peril"]
    assert mentions(text, *known) == [phrase for phrase, _ in known] + explained
    assert mentions(text, known[0]) == ["colossal information"]


def score(scorer: Scorer, text: str) -> Report:
    (report,) = scorer.score([Document.from_text(text)])
    assert isinstance(report, Report)
    return report


def cases() -> list[Any]:
    lines = (CASES / "mentions.jsonl").read_text(encoding="utf-8").splitlines()
    return [pytest.param(case["text"], id=case["id"]) for case in map(json.loads, lines)]


@pytest.mark.parametrize("text", cases())
def test_texts_about_spinning_are_not_spun(scorer: Scorer, text: str) -> None:
    report = score(scorer, text)
    assert report.verdict in (Verdict.CLEAN, Verdict.SUSPECT)
    if report.probability and report.probability > 0.1:
        assert any("the text mentions odd phrases" in note or "in quotations" in note for note in report.notes)


def test_a_spun_document_with_odd_words_in_quotation_marks_is_spun(scorer: Scorer) -> None:
    text = (CASES / "documents" / "spun.txt").read_text(encoding="utf-8")
    finding = max((one for one in score(scorer, text).findings if one.signal == "wording"), key=lambda one: one.score)
    report = score(scorer, f"{text[: finding.start]}“{finding.text}”{text[finding.end :]}")
    assert report.verdict is Verdict.SPUN
    assert finding.text not in [one.text for one in report.findings if one.start == finding.start + 1]
