from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.training.data.records import Record
from detector.training.evaluate import gate

RECORDS = [Record("1", "one", "news", "g", "An honest text.", spun=False)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "clean").mkdir()
    monkeypatch.setattr(gate, "sample", lambda _: iter(RECORDS))
    monkeypatch.setattr(gate, "numbers", lambda *_: {"recall": 0.8})
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *options: str) -> None:
    floors = folder / "floors.json"
    monkeypatch.setattr("sys.argv", ["gate", "--data", str(folder), "--floors", str(floors), *options])
    gate.main()


def pin(folder: Path, floor: float, sample: str = gate.fingerprint(RECORDS)) -> None:
    (folder / "floors.json").write_text(json.dumps({"sample": sample, "floors": {"recall": floor}}))


def test_without_data_the_gate_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=r"there is no .*clean.*--no-data-here"):
        run(monkeypatch, tmp_path)


def test_a_machine_without_data_has_to_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, tmp_path, "--no-data-here")
    assert "NOT RUN" in capsys.readouterr().out


def test_the_flag_does_not_switch_the_gate_off_where_there_is_data(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(folder, 0.81)
    with pytest.raises(SystemExit, match="below the floor"):
        run(monkeypatch, folder, "--no-data-here")


def test_at_the_floor_it_passes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pin(folder, 0.8)
    run(monkeypatch, folder)
    assert "passed on 1 documents" in capsys.readouterr().out


def test_below_the_floor_it_names_what_fell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(folder, 0.81)
    with pytest.raises(SystemExit, match="below the floor: recall"):
        run(monkeypatch, folder)


def test_what_is_no_longer_measured_is_below_its_floor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(folder, 0.5)
    monkeypatch.setattr(gate, "numbers", lambda *_: {"another": 1.0})
    with pytest.raises(SystemExit, match="recall"):
        run(monkeypatch, folder)


def test_another_sample_is_an_error_not_a_result(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(folder, 0.1, sample="another")
    with pytest.raises(SystemExit, match="sample is not the one"):
        run(monkeypatch, folder)


def test_floors_are_raised_and_never_lowered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(folder, 0.1)
    run(monkeypatch, folder, "--write")
    assert json.loads((folder / "floors.json").read_text())["floors"] == {"recall": 0.77}
    monkeypatch.setattr(gate, "numbers", lambda *_: {"recall": 0.5})
    run(monkeypatch, folder, "--write")
    assert json.loads((folder / "floors.json").read_text())["floors"] == {"recall": 0.77}
