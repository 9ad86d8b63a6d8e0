"""`detector diff`: which verdicts changed between two sets of stored scores; and `detector explain RULE`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from commands import Run, caller
from stored_scores import report

from detector.errors import SourceError
from detector.report import Failure, ModelInfo, Outcome


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    return caller(capsys)


def write(name: str, *outcomes: Outcome) -> None:
    Path(name).write_text("".join(json.dumps(one.to_dict()) + "\n" for one in outcomes))


def lost(id: str) -> Failure:
    return Failure(id, f"a.jsonl:{id}", SourceError("a.jsonl", "not JSON", int(id)))


def test_what_changed_is_counted_and_the_largest_steps_listed(run: Run) -> None:
    write(
        "old.jsonl",
        *(report(p, id=str(n), source=f"a.jsonl:{n}") for n, p in enumerate((0.1, 0.2, 0.99, 0.5, None), 1)),
        lost("6"), report(0.3, id="7", source="a.jsonl:7"),
    )  # fmt: skip
    write(
        "new.jsonl",
        *(report(p, id=str(n), source=f"a.jsonl:{n}") for n, p in enumerate((0.1, 0.95, 0.7, 0.55, 0.4), 1)),
        report(0.97, id="6", source="a.jsonl:6"), report(0.1, id="8", source="a.jsonl:8"),
    )  # fmt: skip
    ended = run("diff", "--format", "json", "old.jsonl", "new.jsonl")
    found = json.loads(ended.out)
    assert ended.code == 1
    assert (found["records"], found["only_old"], found["only_new"], found["changed"]) == (6, 1, 1, 6)
    assert {(one["old"], one["new"]): one["records"] for one in found["verdicts"]} == {
        ("clean", "clean"): 2, ("clean", "spun"): 1, ("spun", "suspect"): 1, ("unscored", "clean"): 1, ("error", "spun"): 1,
    }  # fmt: skip
    assert [change["id"] for change in found["changes"]] == ["5", "6", "2", "3"]
    assert found["changes"][2]["old"] == {"verdict": "clean", "probability": 0.2}
    assert found["largest_step"] == 1.0
    text = run("diff", "old.jsonl", "new.jsonl").out
    assert "6 records in both: 4 with another verdict" in text
    assert "a.jsonl:2" in text


def test_the_same_scores_differ_in_nothing(run: Run) -> None:
    one = report(0.1)
    write("a.jsonl", one, one, report(0.99, id="r2"))  # twice the same record is no difference either
    ended = run("diff", "a.jsonl", "a.jsonl")
    assert ended.code == 0
    assert ended.out == "3 records in both: 0 with another verdict\n"
    write("empty.jsonl")
    assert run("diff", "empty.jsonl", "empty.jsonl").code == 0


def test_two_models_may_be_compared_and_are_named(run: Run) -> None:
    write("a.jsonl", report(0.1))
    write("b.jsonl", replace(report(0.99), model=ModelInfo("2", "cd" * 32)))
    assert "scored by two models: " in run("diff", "a.jsonl", "b.jsonl").out


def test_a_line_that_can_not_be_read_is_an_error(run: Run) -> None:
    write("a.jsonl", report(0.1))
    Path("b.jsonl").write_text(Path("a.jsonl").read_text() + '{"cut')
    ended = run("diff", "a.jsonl", "b.jsonl")
    assert ended.code == 2
    assert "b.jsonl, line 2" in ended.err


@pytest.mark.parametrize("name", ["wording/SWAPPED_WORD", "SWAPPED_WORD"])
def test_a_rule_is_explained_by_its_name(run: Run, name: str) -> None:
    ended = run("explain", name)
    assert ended.code == 0
    assert "wording/SWAPPED_WORD" in ended.out
    assert "article spinners" in " ".join(ended.out.split())


def test_all_rules_are_listed_and_a_file_comes_before_a_rule(run: Run) -> None:
    listed = run("explain", "rules").out
    assert "typography/SPLIT_WORD" in listed
    assert "verdict/SPUN" in listed
    assert run("explain", "NO_SUCH_RULE").code == 2
    Path("SPINTAX").write_text("x")
    assert "not supported" in run("explain", "SPINTAX").err
