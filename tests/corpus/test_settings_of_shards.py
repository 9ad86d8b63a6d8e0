"""Settings of single files in runs over a corpus: they hold for each shard, and what is switched off is not lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import Ended, caller
from corpus_files import line, write
from filter_process import SwapScorer, WordScorer
from filtering import Filter

from detector.cli import scoring
from detector.report import OFF

SETTINGS = """
[[overrides]]
files = ["strict.jsonl"]
threshold = 0.6
[[overrides]]
files = ["odd.jsonl"]
text-field = "body"
id-field = "key"
[[overrides]]
files = ["vendor/"]
off = true
"""


def ids(path: str, field: str = "id") -> list[Any]:
    return [json.loads(one)[field] for one in Path(path).read_text(encoding="utf-8").splitlines()]


def report(path: str = "out/run.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found


def settings(text: str = SETTINGS) -> None:
    write("detector.toml", text)


@pytest.fixture
def corpus() -> None:
    settings()
    texts = ("calm", "[spun]", "[suspect]")
    for name in ("strict", "usual"):
        write(f"in/{name}.jsonl", "".join(line(id=text, text=text) for text in texts))
    write("in/odd.jsonl", "".join(line(key=text, body=text) for text in texts))
    write("in/vendor/a.jsonl", "".join(line(id=text, text=text) for text in texts) + line(id="no text") + "{broken\n")
    write("in/vendor/b.txt", "Bought and [spun].")


pytestmark = pytest.mark.usefixtures("corpus")


def test_each_shard_is_judged_and_read_as_its_own_settings_say(filter: Filter) -> None:
    filter("in")
    assert ids("out/rejected/strict.jsonl") == ["[spun]", "[suspect]"]
    assert ids("out/rejected/usual.jsonl") == ["[spun]"]
    assert ids("out/rejected/odd.jsonl", "key") == ["[spun]"]
    assert ids("out/kept/odd.jsonl", "key") == ["calm", "[suspect]"]
    assert report()["shards"]["own_settings"] == 4
    assert report()["thresholds"] is None, "there are two"


def test_what_is_switched_off_goes_through_without_a_verdict_and_is_counted(filter: Filter) -> None:
    ended = filter("in", "--annotate-kept")
    assert ended.code == 2, "a line that is no record is an error there, too"
    kept = [json.loads(one) for one in Path("out/kept/vendor/a.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["id"] for one in kept] == ["calm", "[spun]", "[suspect]", "no text"]
    assert {(one["unspun"]["verdict"], one["unspun"]["reason"]) for one in kept} == {("unscored", OFF)}
    assert Path("out/kept/vendor/b.txt").read_text(encoding="utf-8") == "Bought and [spun]."
    assert ids("out/rejected/vendor/a.jsonl") == []
    assert report()["unscored"] == {OFF: 5}
    assert report()["errors"] == {"source": 1}


def test_what_is_switched_off_is_judged_by_no_threshold(filter: Filter) -> None:
    settings(
        "[[overrides]]\nfiles = ['*.jsonl', '!vendor/']\nthreshold = 0.6\n[[overrides]]\nfiles = ['vendor/']\noff = true\n"
    )
    ended = filter("in")
    assert report()["thresholds"]["spun"] == 0.6
    assert "in 4 documents" not in ended.err


def test_what_is_switched_off_can_be_rejected_like_all_that_has_no_verdict(filter: Filter) -> None:
    filter("in", "--unscored", "reject")
    assert ids("out/rejected/vendor/a.jsonl") == ["calm", "[spun]", "[suspect]", "no text"]


def test_a_settings_file_in_the_corpus_holds_for_what_is_below_it(filter: Filter) -> None:
    write("in/vendor/detector.toml", "threshold = 0.6\n")
    filter("in")
    assert ids("out/rejected/vendor/a.jsonl") == ["[spun]", "[suspect]"]
    filter("in/vendor", "--no-config", "--restart")
    assert ids("out/rejected/a.jsonl") == ["[spun]"]


def test_a_run_goes_on_only_with_the_same_settings_of_each_shard(filter: Filter) -> None:
    filter("in")
    before = Path("out/kept/strict.jsonl").read_bytes()
    assert filter("in").scored == 0
    settings(SETTINGS.replace("0.6", "0.65"))
    ended = filter("in")
    assert ended.code == 2
    assert "in/strict.jsonl: its own settings differ" in ended.err
    assert "--threshold 0.6, now it is 0.65. Give --restart" in ended.err
    settings(SETTINGS.replace("off = true", "grammar = 'off'"))
    assert "in/vendor/a.jsonl: its own settings differ" in filter("in").err
    settings(SETTINGS)
    assert Path("out/kept/strict.jsonl").read_bytes() == before


def test_settings_that_cannot_be_used_end_a_run_before_it_writes(filter: Filter) -> None:
    write("in/vendor/detector.toml", "threshold = 2\n")
    ended = filter("in")
    assert ended.code == 2
    assert "in/vendor/a.jsonl: its settings can't be used" in ended.err
    assert not Path("out/kept").exists()


def test_another_threshold_keeps_what_was_switched_off(filter: Filter, capsys: pytest.CaptureFixture[str]) -> None:
    filter("in")
    again = caller(capsys, "rethreshold")
    again("out/kept", "in", "--kept", "two/kept", "--rejected", "two/rejected", "--threshold", "0.6")
    assert ids("two/rejected/odd.jsonl", "key") == ["[spun]", "[suspect]"]
    assert ids("two/rejected/usual.jsonl") == ["[spun]", "[suspect]"]
    assert ids("two/kept/vendor/a.jsonl") == ["calm", "[spun]", "[suspect]", "no text"]
    ended = filter("in", "--threshold", "0.6", "--kept", "two/kept", "--rejected", "two/rejected", folders=False)
    assert ended.scored == 0, ended.err
    assert "two/kept: going on" in ended.err
    assert "own settings" not in ended.err


def run(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    scorer = SwapScorer() if command == "repair" else WordScorer()
    monkeypatch.setattr(scoring, "load_detector", scorer.open)
    return caller(capsys, command)(*arguments)


def test_nothing_is_repaired_in_what_is_switched_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write("in/odd.jsonl", line(key=1, body="[spun] WINGS"))
    write("in/vendor/a.jsonl", line(id=1, text="[spun] WINGS"))
    assert run("repair", monkeypatch, capsys, "in", "--output", "out").code == 0
    assert ids("out/odd.jsonl", "body") == ["[spun] ärms"]
    assert ids("out/vendor/a.jsonl", "text") == ["[spun] WINGS"]
    assert run("repair", monkeypatch, capsys, "--undo", "out", "--output", "back").code == 0
    for name in ("odd.jsonl", "vendor/a.jsonl", "vendor/b.txt"):
        assert Path("back", name).read_bytes() == Path("in", name).read_bytes()


def test_a_repair_is_taken_back_by_the_settings_it_was_made_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The patterns are those of the corpus, and match nothing in the folder of the repaired texts."""
    settings(SETTINGS.replace("odd.jsonl", "in/odd.jsonl").replace("vendor/", "in/vendor/"))
    write("in/odd.jsonl", line(key=1, body="[spun] WINGS"))
    write("in/vendor/a.jsonl", line(id=1, text="[spun] WINGS") + line(id="no text") + line(id=2, text=5))
    assert run("repair", monkeypatch, capsys, "in", "--output", "out").code == 0
    ended = run("repair", monkeypatch, capsys, "--undo", "out/odd.jsonl", "out/vendor", "--output", "back")
    assert ended.code == 0, ended.err
    for name in ("odd.jsonl", "vendor/a.jsonl", "vendor/b.txt"):
        assert Path("back", name).read_bytes() == Path("in", name).read_bytes()


def test_sidecars_have_a_row_for_what_is_switched_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pyarrow import parquet

    run("annotate", monkeypatch, capsys, "in", "--to", "parquet", "--output", "out")
    rows = parquet.read_table("out/vendor/a.parquet").to_pylist()
    assert [(one["id"], one["verdict"]) for one in rows] == [
        *((id, "unscored") for id in ("calm", "[spun]", "[suspect]", "no text")),
        ("in/vendor/a.jsonl:5", None),
    ]
