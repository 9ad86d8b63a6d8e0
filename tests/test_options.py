"""Options and the settings file: where it is found, what it may say, and what wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detector.errors import ConfigError
from detector.options import Options, Settings, choose_config, find_config, read_config

EVERY_KEY = """
[tool.detector]
grammar = "languagetool"
languagetool-url = "http://localhost:8081"
wording = "auto"
calibration = "quality/news.json"
jobs = 4
text-field = "body"
id-field = "key"
"""


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def table(*lines: str) -> str:
    return "\n".join(["[tool.detector]", *lines])


def found(folder: Path) -> Settings:
    file = find_config(folder)
    assert file is not None
    return file.settings


# The file


def test_every_key_is_read(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", EVERY_KEY)
    settings = found(tmp_path)
    assert settings == Settings(
        grammar="languagetool",
        languagetool_url="http://localhost:8081",
        wording="auto",
        calibration=tmp_path / "quality/news.json",
        jobs=4,
        text_field="body",
        id_field="key",
    )
    assert settings.chosen == (
        "grammar", "languagetool-url", "wording", "calibration", "jobs", "text-field", "id-field",
    )  # fmt: skip


def test_the_nearest_file_with_a_table_counts(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", table("jobs = 2"))
    write(tmp_path / "a/pyproject.toml", table("threshold = 1"))
    write(tmp_path / "a/b/pyproject.toml", '[project]\nname = "x"\n[tool.other]\ny = 1\n')
    (tmp_path / "a/b/c").mkdir()
    assert found(tmp_path / "a/b/c") == Settings(threshold=1)
    assert found(tmp_path) == Settings(jobs=2)


def test_no_file_is_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").mkdir()  # a strange name for a folder
    assert choose_config(None) is None


def test_a_file_can_be_chosen_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path / "pyproject.toml", table("jobs = 2")).parent)
    other = write(tmp_path / "ci/strict.toml", table('calibration = "news.json"'))
    chosen = choose_config(other)
    assert chosen is not None
    assert chosen.settings == Settings(calibration=tmp_path / "ci/news.json")
    assert choose_config(None, no_config=True) is None
    with pytest.raises(ConfigError, match="contradict"):
        choose_config(other, no_config=True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("treshold = 0.9", "unknown key 'treshold'; known are grammar, languagetool-url"),
        ("max_fpr = 0.1", "unknown key 'max_fpr'"),
        ("threshold = '0.9'", "threshold must be a number from 0 to 1, not '0.9'"),
        ("threshold = true", "threshold must be a number"),
        ("threshold = nan", "threshold must be a number"),
        ("max-fpr = 0", "max-fpr must be a number above 0 and below 1, not 0"),
        ("max-fpr = 1", "max-fpr must be"),
        ("grammar = 'full'", "grammar must be one of auto, languagetool, embedded, off, not 'full'"),
        ("wording = ['deep']", "wording must be one of light, auto, deep"),
        ("jobs = 0", "jobs must be a whole number from 1 on"),
        ("jobs = 2.0", "jobs must be"),
        ("jobs = true", "jobs must be"),
        ("text-field = ''", "text-field must be a string that is not empty"),
        ("calibration = {}", "calibration must be"),
        ("threshold = 0.9\nmax-fpr = 0.01", "threshold and max-fpr exclude each other"),
        ("calibration = 'a'\nmax-fpr = 0.01", "max-fpr and calibration exclude each other"),
        ("grammar = 'off'\nlanguagetool-url = 'http://a'", "contradict each other"),
    ],
)
def test_a_mistake_names_the_file_and_the_key(tmp_path: Path, line: str, said: str) -> None:
    path = write(tmp_path / "pyproject.toml", table(line))
    with pytest.raises(ConfigError) as caught:
        find_config(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"), [("[tool.", "is not TOML"), ("tool.detector = 3", "must be a table"), ("x = '\udcff'", "TOML")]
)
def test_a_file_that_can_not_be_understood_is_named(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=rf"pyproject\.toml: .*{said}"):
        find_config(tmp_path)


def test_a_file_that_was_asked_for_must_be_there_and_have_a_table(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml: can't be read"):
        read_config(tmp_path / "gone.toml")
    with pytest.raises(ConfigError, match=r"empty\.toml: has no \[tool\.detector\] table"):
        read_config(write(tmp_path / "empty.toml", ""))


# What wins


@pytest.mark.parametrize(
    ("asked", "file", "result"),
    [
        ({}, {"jobs": 4, "wording": "light"}, {"jobs": 4, "wording": "light"}),
        ({"jobs": 1}, {"jobs": 4, "wording": "light"}, {"jobs": 1, "wording": "light"}),
        ({"threshold": 0.0}, {"threshold": 0.9}, {"threshold": 0.0}),
        # An operating point replaces the other kinds of it, too.
        ({"threshold": 0.5}, {"max_fpr": 0.01}, {"threshold": 0.5}),
        ({"max_fpr": 0.1}, {"calibration": Path("a.json"), "jobs": 2}, {"max_fpr": 0.1, "jobs": 2}),
        ({"calibration": Path("b.json")}, {"threshold": 0.9}, {"calibration": Path("b.json")}),
        # An engine of one's own choice is not refused for a URL in the file, nor the other way round.
        ({"grammar": "off"}, {"languagetool_url": "http://a"}, {"grammar": "off"}),
        ({"grammar": "auto"}, {"languagetool_url": "http://a"}, {"grammar": "auto", "languagetool_url": "http://a"}),
        ({"languagetool_url": "http://a"}, {"grammar": "embedded"}, {"languagetool_url": "http://a"}),
    ],
)
def test_the_command_line_wins(asked: dict[str, Any], file: dict[str, Any], result: dict[str, Any]) -> None:
    assert Settings(**asked).over(Settings(**file)) == Settings(**result)


def test_what_nobody_chose_is_the_default() -> None:
    assert Settings().options() == Options()
    assert Settings(text_field="body", max_fpr=0.01, jobs=2).options() == Options(max_fpr=0.01, jobs=2)


@pytest.mark.parametrize(
    "choice",
    [
        {"threshold": 0.5, "max_fpr": 0.1},
        {"threshold": 0.5, "calibration": "a.json"},
        {"max_fpr": 0.1, "calibration": "a.json"},
    ],
)
def test_one_operating_point_at_most(choice: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="exclude each other"):
        Options(**choice)


@pytest.mark.parametrize("rate", [0.0, 1.0, -1.0, float("nan")])
def test_a_rate_that_makes_no_sense_is_refused(rate: float) -> None:
    with pytest.raises(ConfigError, match="above 0 and below 1"):
        Options(max_fpr=rate)


@pytest.mark.parametrize(
    ("choice", "message"), [({"grammar": "none"}, "auto, languagetool"), ({"wording": "big"}, "light")]
)
def test_names_are_checked_in_the_api_too(choice: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(choice))} must be one of .*{message}"):
        Options(**choice)


def test_the_library_reads_no_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "pyproject.toml", table("jobs = 'many'"))
    monkeypatch.chdir(tmp_path)
    assert Options().jobs == 1
