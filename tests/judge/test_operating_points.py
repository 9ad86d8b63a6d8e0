"""The command line where the threshold is the user's own: by rate, by calibration, and by the settings file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from commands import Run, caller

from detector import model_files

DOCUMENTS = Path(__file__).parents[1] / "cases" / "documents"
CLEAN = (DOCUMENTS / "clean.txt").read_text(encoding="utf-8")
SPUN = (DOCUMENTS / "spun.txt").read_text(encoding="utf-8")  # the same text after a careless spinner
QUICK = ("--grammar", "off", "--wording", "light")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a directory that holds a clean and a spun document."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(DOCUMENTS / "clean.txt", tmp_path)
    shutil.copy(DOCUMENTS / "spun.txt", tmp_path)

    return caller(capsys)


@pytest.fixture
def score(run: Run) -> Run:
    return lambda *arguments: run("score", "--format", "jsonl", *QUICK, *arguments)


OLD = '{"schema": 1, "program": "0.1.0"}'  # a calibration that an earlier version wrote


def write_good(name: str = "good.jsonl") -> None:
    """Twenty good documents, one that is not, one without a score."""
    records = [{"id": f"good-{number}", "text": CLEAN} for number in range(20)]
    records += [{"id": "odd one", "text": SPUN}, {"id": "short", "text": "Too short."}]
    Path(name).write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def probability(score: Run, name: str) -> float:
    return float(score("--no-config", name).records[0]["probability"])


# Calibrating


def test_a_calibration_holds_the_rate_on_the_good_documents(run: Run, score: Run) -> None:
    write_good()
    ended = run("calibrate", *QUICK, "--max-fpr", "0.25", "-o", "good.json", "good.jsonl")
    assert ended.code == 0, ended.err
    made = json.loads(Path("good.json").read_text(encoding="utf-8"))
    report = score("clean.txt").records[0]
    assert made["threshold"] == pytest.approx(report["probability"] + 1e-6, abs=1e-9)
    assert made["documents"] == {"scored": 21, "unscored": 1, "unread": 0}
    assert made["false_positives"] == 1
    assert made["upper_bound"] <= made["max_fpr"] == 0.25
    assert made["model"] == report["model"]
    assert (made["wording"], made["grammar"]) == ("light", {"asked": "off", "engines": {"none": 21}})
    assert f"threshold {made['threshold']:g}" in ended.out
    assert "odd one  good.jsonl:21" in ended.out
    assert "grammar: not run" in ended.err

    clean, spun = (score("--calibration", "good.json", name).records[0] for name in ("clean.txt", "spun.txt"))
    assert (clean["verdict"], spun["verdict"]) == ("clean", "spun")
    assert spun["thresholds"] == {
        "suspect": made["threshold"],
        "spun": made["threshold"],
        "origin": "calibration",
        "group": None,
    }
    assert not spun["notes"]


def test_too_few_documents_leave_the_file_as_it_was_and_are_still_worth_a_look(run: Run) -> None:
    write_good()
    Path("good.json").write_text(OLD, encoding="utf-8")
    ended = run("calibrate", *QUICK, "--max-fpr", "0.001", "-o", "good.json", "good.jsonl")
    assert ended.code == 2
    assert "needs at least 2,995 scored documents known to be good, there were 21" in ended.err
    assert "odd one" in ended.out
    assert Path("good.json").read_text(encoding="utf-8") == OLD
    assert not list(Path().glob(".good*"))


def test_what_can_not_be_read_is_named_counted_and_told_by_the_exit_code(run: Run) -> None:
    write_good()
    Path("broken.jsonl").write_text("{\n", encoding="utf-8")
    ended = run("calibrate", *QUICK, "--max-fpr", "0.25", "-o", "good.json", "broken.jsonl", "good.jsonl")
    assert ended.code == 2
    assert "error: broken.jsonl, line 1" in ended.err
    assert json.loads(Path("good.json").read_text(encoding="utf-8"))["documents"]["unread"] == 1
    assert "1 that could not be read" in ended.out


def test_nothing_to_calibrate_on(run: Run) -> None:
    ended = run("calibrate", "--max-fpr", "0.5", "-o", "good.json", "missing.jsonl")
    assert (ended.code, ended.out) == (2, "")
    assert "missing.jsonl" in ended.err
    assert "there were 0" in ended.err
    assert not Path("good.json").exists()


def test_a_file_that_can_not_be_written_is_told_before_anything_is_read(run: Run) -> None:
    ended = run("calibrate", "--max-fpr", "0.5", "-o", "no/such/folder/good.json", "missing.jsonl")
    assert ended.code == 2
    assert "can't be written" in ended.err
    assert "missing.jsonl" not in ended.err


def test_each_group_is_judged_by_its_own_threshold(run: Run, score: Run) -> None:
    """Sites whose good documents are the same clean one, or the spun one: as an odd kind of writing would be."""
    texts = {"https://plain.example/": CLEAN, "https://odd.example/": SPUN}
    good = [{"id": f"{url}{number}", "text": text} for number in range(30) for url, text in texts.items()]
    Path("good.jsonl").write_text("".join(json.dumps(record) + "\n" for record in good), encoding="utf-8")
    ended = run(
        "calibrate", *QUICK, "--max-fpr", "0.2", "--group-by", "host", "-o", "good.json", "good.jsonl"
    )  # fmt: skip
    assert ended.code == 0, ended.err
    groups = json.loads(Path("good.json").read_text(encoding="utf-8"))["groups"]
    assert groups["by"] == "host"
    plain, odd = (groups["thresholds"][name]["threshold"] for name in ("plain.example", "odd.example"))
    assert plain < odd
    assert "by host: 2 groups with a threshold of their own, from" in ended.out

    other = [{"id": f"https://{host}.example/x", "text": SPUN} for host in ("plain", "odd", "unknown")]
    Path("new.jsonl").write_text("".join(json.dumps(record) + "\n" for record in other), encoding="utf-8")
    records = score("--calibration", "good.json", "new.jsonl").records
    assert [record["group"] for record in records] == ["plain.example", "odd.example", "unknown.example"]
    assert [record["thresholds"]["group"] for record in records] == ["plain.example", "odd.example", None]
    assert [record["thresholds"]["spun"] for record in records][:2] == [plain, odd]
    assert [record["verdict"] for record in records][:2] == ["spun", "suspect"]
    ended = run("check", *QUICK, "--calibration", "good.json", "new.jsonl")
    assert ended.code == 1
    assert "2 documents judged by the threshold of their group" in ended.err


def test_groups_that_no_document_tells_are_an_error(run: Run) -> None:
    write_good()
    ended = run("calibrate", *QUICK, "--max-fpr", "0.5", "--group-by", "site", "-o", "good.json", "good.jsonl")
    assert ended.code == 2
    assert "--group-by site: no scored document has a field 'site'" in ended.err
    assert not Path("good.json").exists()


def test_a_stale_calibration_in_the_settings_does_not_stand_in_the_way_of_a_new_one(run: Run) -> None:
    write_good()
    Path("pyproject.toml").write_text(
        '[tool.detector]\ncalibration = "good.json"\ngrammar = "off"\nwording = "light"\n'
    )
    Path("good.json").write_text(OLD, encoding="utf-8")
    assert run("score", "spun.txt").code == 2
    assert run("calibrate", "--max-fpr", "0.25", "-o", "good.json", "good.jsonl").code == 0
    assert run("check", "spun.txt").code == 1


# Using it


def test_another_encoder_or_engine_than_the_calibrations(run: Run, score: Run) -> None:
    write_good()
    run("calibrate", *QUICK, "--max-fpr", "0.25", "-o", "good.json", "good.jsonl")
    ended = run("score", "--grammar", "off", "--calibration", "good.json", "spun.txt")
    assert (ended.code, ended.out) == (2, "")
    assert "good.json: was made with --wording light, this run has --wording auto" in ended.err
    record = score("--grammar", "embedded", "--calibration", "good.json", "spun.txt").records[0]
    (note,) = record["notes"]
    assert note.startswith("the threshold was calibrated without grammar, here grammar is checked by embedded")


def test_workers_apply_the_calibration(run: Run, score: Run) -> None:
    write_good()
    run("calibrate", *QUICK, "--max-fpr", "0.25", "-o", "good.json", "good.jsonl")
    alone = score("--calibration", "good.json", "spun.txt").records[0]
    shared = score("--calibration", "good.json", "--jobs", "2", "spun.txt").records[0]
    assert shared["thresholds"] == alone["thresholds"]
    assert shared["verdict"] == "spun"


def test_a_probability_on_the_threshold_is_spun_and_one_below_is_not(score: Run) -> None:
    value = probability(score, "spun.txt")
    assert score("--threshold", f"{value:.6f}", "spun.txt").records[0]["verdict"] == "spun"
    assert score("--threshold", f"{value + 1e-6:.6f}", "spun.txt").records[0]["verdict"] != "spun"


def test_the_thresholds_are_said_where_they_are_not_the_models(run: Run) -> None:
    ended = run("score", *QUICK, "--threshold", "0.5", "clean.txt")
    assert "spun from 0.5, suspect from 0.5 (threshold)" in ended.err
    assert "(threshold)" in run("explain", *QUICK, "--threshold", "0.5", "clean.txt").out
    assert "spun from" not in run("score", *QUICK, "clean.txt").err


@pytest.fixture
def with_operating_points(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The shipped model with a list of honest documents in its manifest."""
    shipped, folder = model_files.locate(), tmp_path_factory.mktemp("models")
    for path in shipped.iterdir():
        (folder / path.name).symlink_to(path)
    honest = [0.99, 0.98, 0.97, 0.96]
    content = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    content["verdict"] |= {"honest": honest, "honest_documents": 400}
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(model_files, "locate", lambda: folder)
    return honest


def test_a_rate_chooses_the_threshold(score: Run, with_operating_points: list[float]) -> None:
    thresholds = score("--max-fpr", "0.015", "spun.txt").records[0]["thresholds"]
    assert (thresholds["spun"], thresholds["origin"]) == (0.980001, "max-fpr")  # one of 400 may reach it
    ended = score("--max-fpr", "0.001", "spun.txt")
    assert ended.code == 2
    assert "there were 400" in ended.err


def test_model_files_without_operating_points(score: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = json.loads((model_files.locate() / "manifest.json").read_text(encoding="utf-8"))
    content["verdict"] = {key: value for key, value in content["verdict"].items() if not key.startswith("honest")}
    folder = tmp_path / "models"
    folder.mkdir()
    for path in model_files.locate().iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(model_files, "locate", lambda: folder)
    ended = score("--max-fpr", "0.01", "spun.txt")
    assert (ended.code, ended.out) == (2, "")
    assert "carry no operating points" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["score", "--threshold", "0.5", "--max-fpr", "0.1", "clean.txt"],
        ["check", "--calibration", "a.json", "--max-fpr", "0.1", "clean.txt"],
        ["explain", "--calibration", "a.json", "--threshold", "0.1", "clean.txt"],
        ["score", "--max-fpr", "0", "clean.txt"],
        ["score", "--max-fpr", "nan", "clean.txt"],
        ["score", "--calibration", "missing.json", "clean.txt"],
        ["score", "--config", "missing.toml", "clean.txt"],
        ["score", "--config", "a.toml", "--no-config", "clean.txt"],
        ["calibrate", "--max-fpr", "0.1", "clean.txt"],
        ["calibrate", "-o", "a.json", "clean.txt"],
        ["calibrate", "-o", "a.json", "--max-fpr", "1", "clean.txt"],
    ],
)
def test_a_wrong_option_is_an_error(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err
    assert not Path("a.json").exists()


# The settings file


def test_the_settings_file_is_found_from_below_and_the_command_line_wins(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["[tool.detector]", 'grammar = "off"', 'wording = "light"', "threshold = 0", 'text-field = "body"']
    Path("pyproject.toml").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep/er")
    Path("corpus.jsonl").write_text(json.dumps({"id": 1, "body": CLEAN, "text": ""}) + "\n", encoding="utf-8")
    assert run("check", "corpus.jsonl").code == 1
    assert run("check", "--threshold", "1", "corpus.jsonl").code == 0
    assert run("explain", "corpus.jsonl").out.startswith("SPUN")
    assert run("check", "--no-config", *QUICK, "--text-field", "body", "corpus.jsonl").code == 0
    assert run("restore", "corpus.jsonl").out == CLEAN


def test_a_mistake_in_the_settings_file_stops_the_command(run: Run) -> None:
    Path("pyproject.toml").write_text("[tool.detector]\ntreshold = 0.5\n", encoding="utf-8")
    ended = run("score", "clean.txt")
    assert (ended.code, ended.out) == (2, "")
    assert "pyproject.toml: [tool.detector] has the unknown key 'treshold'" in ended.err
