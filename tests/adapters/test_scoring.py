"""The batched function: every row has its answer, of one type, wherever it is scored."""

from __future__ import annotations

import datetime
import decimal
import math
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_records import LIGHT, FakeDetector

from detector import Options, model_files
from detector.adapters import TextScorer, scoring
from detector.adapters.scoring import FIELDS, destination
from detector.engine.detector import load
from detector.errors import ConfigError, ModelError, SignalError
from detector.judge.calibration_file import Calibration, write_calibration
from detector.report import ModelInfo
from detector.text.document import Document

Fake = type[FakeDetector]


def test_a_row_has_verdict_probability_reason_findings_and_error(fake: Fake) -> None:
    scores = TextScorer(LIGHT).score(["A", "B [spun]", "C [short]", "D [broken]"])
    assert scores.verdict == ["clean", "spun", "unscored", None]
    assert scores.probability == [0.03125, 0.99, None, None]
    assert scores.reason == [None, None, "under 40 words of prose", None]
    assert scores.error == [None, None, None, "the program broke on this document"]
    assert [len(findings) for findings in scores.findings] == [0, 1, 1, 0]
    assert scores.findings[1][0] == {
        "start": 2, "end": 8, "text": "[spun]", "rule": "SWAPPED_WORD", "score": 0.5, "suggestions": ["é\u2028"],
    }  # fmt: skip
    assert [tuple(row) for row in scores.rows()] == [FIELDS] * 4


@pytest.mark.parametrize("value", [None, math.nan, np.float32("nan"), np.float64("nan"), decimal.Decimal("NaN"), ""])
def test_a_missing_text_is_a_document_without_words(value: object) -> None:
    scores = TextScorer(LIGHT).score([value])
    assert (scores.verdict, scores.error) == (["unscored"], [None])
    assert scores.reason == ["under 40 words of prose"]


@pytest.mark.parametrize(
    "value", [0, 1.5, True, [], {}, ("a",), object(), datetime.date(2026, 1, 1), np.int64(1), np.array(["a", "b"])]
)
def test_a_value_that_is_no_text_is_an_error_of_its_row(fake: Fake, value: object) -> None:
    scores = TextScorer(LIGHT).score(["A", value, "B [spun]"])
    assert scores.verdict == ["clean", None, "spun"]
    assert (scores.error[1] or "").startswith("the text must be a string, it is ")


@pytest.mark.parametrize("value", ["\ud800 lone", "\0", "a\u2028b\x85", b"bytes \xff", np.str_("n"), "x" * 100_000])
def test_odd_texts_are_texts(fake: Fake, value: object) -> None:
    assert TextScorer(LIGHT).score([value]).verdict == ["clean"]


def test_a_text_that_is_too_long_is_an_error(fake: Fake) -> None:
    scores = TextScorer(LIGHT, max_document_size=3).score(["abc", "abcd"])
    assert scores.verdict == ["clean", None]
    assert scores.error[1] == "the text is longer than 3 characters"


def test_an_empty_batch_loads_nothing(fake: Fake) -> None:
    scores = TextScorer(LIGHT).score([])
    assert (len(scores), scores.rows(), fake.made) == (0, [], 0)


def test_an_answer_has_what_each_stage_took_of_its_batch(fake: Fake) -> None:
    scorer = TextScorer(LIGHT)
    batch = [Document.from_text("words", id=str(n)) for n in range(3)]
    for size in (3, 2):
        answer = scorer.answer(batch[:size])
        assert [outcome.id for outcome in answer.outcomes] == [one.id for one in batch[:size]]
        assert answer.seconds == {"light": size}


def test_a_process_loads_once_for_all_that_say_the_same(fake: Fake) -> None:
    scorer = TextScorer(LIGHT)
    for one in (scorer, pickle.loads(pickle.dumps(scorer)), TextScorer(LIGHT)):
        one.score(["A"])
    assert fake.made == 1
    TextScorer(Options(grammar="off", threshold=0.5)).score(["A"])
    assert fake.made == 2


# The pickle


def test_a_pickle_is_small_and_the_same_in_every_process() -> None:
    code = (
        "import pickle\nfrom detector import Options\nfrom detector.adapters import TextScorer\n"
        "scorer = TextScorer(Options(grammar='off', wording='light'))\nprint(pickle.dumps(scorer), scorer.fingerprint)"
    )
    here = TextScorer(LIGHT)
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert there == f"{pickle.dumps(here)} {here.fingerprint}"
    assert len(pickle.dumps(here)) < 1000
    assert pickle.loads(pickle.dumps(here)) == here


def test_options_that_are_lists_and_files_travel(tmp_path: Path) -> None:
    allow = tmp_path / "allow.txt"
    allow.write_text("cat sat\n", encoding="utf-8")
    options = Options(grammar="off", allow_phrases=("a cat", "the mat"), allow=allow)
    there = pickle.loads(pickle.dumps(TextScorer(options)))
    assert there == TextScorer(options)
    assert hash(there) == hash(TextScorer(options))
    assert there._spec.options.allow_phrases == ("a cat", "the mat")
    before = TextScorer(options).fingerprint
    assert before != TextScorer(Options(grammar="off", allow=allow)).fingerprint
    allow.write_text("dog\n", encoding="utf-8")
    assert TextScorer(options).fingerprint != before


def test_the_fingerprint_has_what_decides_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def fingerprint(**options: Any) -> str:
        return TextScorer(Options(**{"grammar": "off", **options})).fingerprint

    before = fingerprint()
    assert before == fingerprint(jobs=2) == fingerprint(document_timeout=5)
    assert TextScorer(Options(grammar="off"), threads=4).fingerprint == before
    others = [fingerprint(threshold=0.5), fingerprint(wording="light"), fingerprint(grammar="embedded")]
    others += [fingerprint(last_reader="lm"), fingerprint(speed="fast")]
    others.append(TextScorer(Options(grammar="off"), text_format="html").fingerprint)
    with monkeypatch.context() as patched:
        patched.setattr(scoring, "__version__", "0.2.1")
        others.append(fingerprint())
    manifest = model_files.read_manifest(model_files.locate())
    monkeypatch.setattr(model_files, "read_manifest", lambda folder: _with_hash(manifest, "f" * 64))
    others.append(fingerprint())
    assert len({before, *others}) == 9


def _with_hash(manifest: Any, sha256: str) -> Any:
    from dataclasses import replace

    return replace(manifest, sha256=sha256)


@pytest.mark.parametrize(
    ("old", "new", "error", "said"),
    [
        ('"version": "0.2.0"', '"version": "0.3.0"', ModelError, "0.3.0 where this scorer was made"),
        ('"model": "', '"model": "0', ModelError, "where this scorer was made"),
        ('"engine": null', '"engine": "embedded/9"', SignalError, "embedded/9 where this scorer was made"),
    ],
)
def test_another_installation_is_refused(fake: Fake, old: str, new: str, error: type[Exception], said: str) -> None:
    make, (spec,) = TextScorer(LIGHT).__reduce__()
    elsewhere = make(spec.replace(old, new))
    with pytest.raises(error, match=said):
        elsewhere.score(["A"])


def test_a_calibration_travels_without_its_file(tmp_path: Path) -> None:
    manifest = model_files.read_manifest(model_files.locate())
    model = ModelInfo(manifest.version, manifest.sha256)
    path = tmp_path / "good.json"
    with path.open("w", encoding="utf-8") as stream:
        write_calibration(
            Calibration("0.2.0", model, "light", "off", {"none": 500}, 0.01, 500, 0, 0, 0.97, 1, 0.0095), stream
        )
    scorer = TextScorer(Options(grammar="off", wording="light", calibration=path))
    path.unlink()
    assert pickle.loads(pickle.dumps(scorer))._spec.options.threshold == 0.97


def test_auto_is_settled_where_the_scorer_is_made() -> None:
    assert TextScorer()._spec.options.grammar in ("embedded", "languagetool")


@pytest.mark.parametrize("wrong", [{"options": "light"}, {"text_format": "docs"}])
def test_what_makes_no_sense_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        TextScorer(**wrong)


# The same as everywhere


def test_scores_are_those_of_the_command(records: list[dict[str, Any]], filtered: dict[str, list[Any]]) -> None:
    scorer = TextScorer(LIGHT)
    rows = scorer.score([one["text"] for one in records]).rows()
    scorer.close()
    by_number = {one["n"]: (name, one["unspun"]) for name, made in filtered.items() for one in made}
    assert len(by_number) == len(records)
    for number, row in enumerate(rows):
        name, note = by_number[number]
        assert destination(row) == name
        assert row == {**note, "error": None}
    assert {name for name, _ in by_number.values()} == {"kept", "rejected"}


def test_a_row_by_itself_has_the_score_it_has_among_others(records: list[dict[str, Any]]) -> None:
    texts = [one["text"] for one in records]
    scorer = TextScorer(LIGHT)
    together = scorer.score(texts[::-1] * 2).probability[: len(texts)][::-1]
    assert [scorer.score([text]).probability[0] for text in texts] == together
    scorer.close()
    with load(LIGHT) as detector:
        assert [detector.score(text or "").probability for text in texts] == together
