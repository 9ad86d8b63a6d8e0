"""The JSON Schema of the contract: shipped, up to date, and true of real output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from detector import Detector
from detector.cli.app import app
from detector.errors import DocumentError, ItemError, SourceError
from detector.report import CONTRACT, Failure, Origin, Report, Status, Verdict
from detector.reports.selection import shorten
from detector.schema import all_features, describe_measures, measure_units, read_schema
from detector.text.document import Document

SAMPLES = Path(__file__).parents[1] / "samples"
SCHEMA = json.loads(read_schema())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


@pytest.fixture(scope="module")
def reports(detector: Detector) -> list[Report]:
    names = ("news-spun-heavy.txt", "news-clean.txt", "spanish.txt", "list.md", "learner.txt")
    texts = [(SAMPLES / name).read_text(encoding="utf-8") for name in names]
    outcomes = detector.score_batch([Document.from_text(text) for text in texts])
    return [outcome for outcome in outcomes if isinstance(outcome, Report)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"]["contract"]["const"] == CONTRACT


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app(["schema"], prog_name="detector")
    assert not ended.value.code
    assert json.loads(capsys.readouterr().out) == SCHEMA


def test_every_measure_is_described_as_its_signal_does() -> None:
    described = describe_measures(all_features())
    assert SCHEMA["$defs"]["measures"] == described, "run python -m detector.schema"
    assert all(measure_units().values())


def test_real_reports_are_valid(reports: list[Report]) -> None:
    assert {report.verdict for report in reports} >= {Verdict.SPUN, Verdict.CLEAN, Verdict.UNSCORED}
    for report in reports:
        for findings in ("none", "wording", "all", "auto"):
            VALIDATOR.validate(json.loads(json.dumps(shorten(report, findings).to_dict())))  # type: ignore[arg-type]


def test_a_scored_document_has_measures_of_every_signal(reports: list[Report]) -> None:
    scored = next(report for report in reports if report.verdict is Verdict.SPUN)
    assert {name.partition(".")[0] for name in scored.measures} == {
        "wording",
        "grammar",
        "typography",
        "names",
        "readability",
        "spintax",
    }
    assert set(scored.measures) <= set(measure_units())


@pytest.mark.parametrize("error", [SourceError("a", "b", 3), DocumentError("x"), ItemError("y")])
def test_failures_are_valid(error: Any) -> None:
    VALIDATOR.validate(Failure("a", "b", error).to_dict())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("contract", 1),
        ("verdict", "bad"),
        ("probability", None),
        ("probability", 1.5),
        ("measures", {"wording.unknown": 1}),
        ("findings", [{"start": 0}]),
        ("extra", 1),
        ("notes", None),
    ],
)
def test_what_is_wrong_is_not_valid(reports: list[Report], key: str, value: object) -> None:
    content = json.loads(json.dumps(reports[0].to_dict())) | {key: value}
    assert not VALIDATOR.is_valid(content)


def test_every_name_of_the_program_is_in_it() -> None:
    definitions = SCHEMA["$defs"]
    assert definitions["report"]["properties"]["verdict"]["enum"] == list(Verdict)
    assert definitions["state"]["properties"]["status"]["enum"] == [
        Status.OK, Status.SKIPPED, Status.NOT_NEEDED, Status.FAILED,
    ]  # fmt: skip
    assert definitions["report"]["properties"]["thresholds"]["properties"]["origin"]["enum"] == list(Origin)
