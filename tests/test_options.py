"""Options and the settings file: where it is found, what it may say, and what wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detector.cli.options import read_options
from detector.config_file import ConfigFile, find_config, read_config
from detector.corpus.containers import CONTAINERS
from detector.corpus.options import ReadOptions
from detector.errors import ConfigError
from detector.option_types import rows
from detector.options import GROUPS, RECORD_FORMATS, REPORT_FORMATS, Options, Settings
from detector.reports import FORMATS
from detector.settings import Choice, choose, choose_config

EVERY_KEY = """
[tool.detector]
grammar = "languagetool"
languagetool-url = "http://localhost:8081"
wording = "auto"
calibration = "quality/news.json"
measures = "all"
speed = "fast"
last-reader = "lm"
allow = "quality/terms.txt"
allow-phrases = ["noble hops", "forms:damp"]
baseline = ".unspun-baseline"
inline-ignores = "never"
ignore-field = "fine"
jobs = 4
document-timeout = 60
text-field = "body.text"
id-field = "key"
text-format = "html"
stdin-format = "plain"
exclude = ["drafts/**", "*.min.html"]
hidden = true
gitignored = false
max-document-size = 1000
strict = true
max-errors = 100
progress = "never"
findings = "all"
trace = ["sources"]
"""


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def table(*lines: str) -> str:
    return "\n".join(["[tool.detector]", *lines])


def found(folder: Path) -> dict[str, Any]:
    file = find_config(folder)
    assert file is not None
    return dict(file.chosen)


# The table


def test_every_option_has_its_words() -> None:
    for row in rows(Settings):
        assert row.help.endswith("."), row
        assert row.risk is None or row.risk.endswith("."), row
        assert row.group in GROUPS
        assert row.commands
        assert row.metavar or row.kind.is_flag


def test_the_api_and_the_program_have_the_same_defaults() -> None:
    assert Settings().options == Options()


def test_reading_is_chosen_as_the_readers_have_it() -> None:
    options = read_options(Settings(text_field="a.b", exclude=("x",), hidden=True))
    assert options == ReadOptions(text_field="a.b", exclude=("x",), hidden=True)
    assert read_options(Settings()) == ReadOptions()
    assert {container.name for container in CONTAINERS} == set(RECORD_FORMATS)
    assert set(REPORT_FORMATS) == set(FORMATS)


def test_every_default_is_a_value_the_option_takes() -> None:
    for row in rows(Settings):
        row.check(row.default)


# The file


def test_every_key_is_read(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", EVERY_KEY)
    chosen = found(tmp_path)
    assert chosen == {
        "grammar": "languagetool",
        "languagetool_url": "http://localhost:8081",
        "wording": "auto",
        "calibration": tmp_path / "quality/news.json",
        "measures": "all",
        "speed": "fast",
        "last_reader": "lm",
        "allow": tmp_path / "quality/terms.txt",
        "allow_phrases": ("noble hops", "forms:damp"),
        "baseline": tmp_path / ".unspun-baseline",
        "inline_ignores": "never",
        "ignore_field": "fine",
        "jobs": 4,
        "document_timeout": 60,
        "text_field": "body.text",
        "id_field": "key",
        "text_format": "html",
        "stdin_format": "plain",
        "exclude": ("drafts/**", "*.min.html"),
        "hidden": True,
        "gitignored": False,
        "max_document_size": 1000,
        "strict": True,
        "max_errors": 100,
        "progress": "never",
        "findings": "all",
        "trace": (str(tmp_path / "sources"),),
    }
    in_file = {row.name for row in rows(Settings) if row.in_file}
    assert in_file == set(chosen) | {"threshold", "max_fpr"}  # of the operating points a file can choose one


def test_the_nearest_file_with_a_table_counts(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", table("jobs = 2"))
    write(tmp_path / "a/pyproject.toml", table("threshold = 1"))
    write(tmp_path / "a/b/pyproject.toml", '[project]\nname = "x"\n[tool.other]\ny = 1\n')
    (tmp_path / "a/b/c").mkdir()
    assert found(tmp_path / "a/b/c") == {"threshold": 1}
    assert found(tmp_path) == {"jobs": 2}


def test_no_file_is_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").mkdir()  # a strange name for a folder
    assert choose_config(None) is None


def test_a_file_can_be_chosen_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path / "pyproject.toml", table("jobs = 2")).parent)
    other = write(tmp_path / "ci/strict.toml", table('calibration = "news.json"'))
    chosen = choose_config(other)
    assert chosen is not None
    assert chosen.chosen == {"calibration": tmp_path / "ci/news.json"}
    assert choose_config(None, no_config=True) is None
    with pytest.raises(ConfigError, match="contradict"):
        choose_config(other, no_config=True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("treshold = 0.9", "unknown key 'treshold'; known are threshold, max-fpr"),
        ("max_fpr = 0.1", "unknown key 'max_fpr'"),
        ("threshold = '0.9'", "threshold must be a number from 0 to 1, not '0.9'"),
        ("threshold = true", "threshold must be a number"),
        ("threshold = nan", "threshold must be a number"),
        ("max-fpr = 0", "max-fpr must be a number above 0 and below 1, not 0"),
        ("max-fpr = 1", "max-fpr must be"),
        ("grammar = 'full'", "grammar must be one of auto, languagetool, embedded, off, not 'full'"),
        ("wording = ['deep']", "wording must be one of light, auto, deep"),
        ("jobs = 0", "jobs must be a whole number from 1 on, or auto"),
        ("jobs = 2.0", "jobs must be"),
        ("jobs = true", "jobs must be"),
        ("text-field = ''", "text-field must be a string that is not empty"),
        ("calibration = {}", "calibration must be"),
        ("exclude = 'a'", "exclude must be a list of strings that are not empty, not 'a'"),
        ("exclude = ['']", "exclude must be a list of strings"),
        ("strict = 1", "strict must be true or false, not 1"),
        ("max-errors = -1", "max-errors must be a whole number from 0 on"),
        ("document-timeout = -1", "document-timeout must be a number of seconds from 0 to 100,000,000, not -1"),
        ("findings = 'few'", "findings must be one of auto, none, wording, all, not 'few'"),
        ("text-format = 'docx2'", "text-format must be one of auto, plain, markdown, html"),
        ("format = 'json'", "unknown key 'format'"),
        ("output = 'a'", "unknown key 'output'"),
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
    assert Choice(asked, ConfigFile(Path("x.toml"), file)).settings() == Settings(**result)


def test_every_value_tells_where_it_comes_from() -> None:
    choice = Choice(
        {"jobs": 2, "threshold": 0.5}, ConfigFile(Path("x.toml"), {"jobs": 4, "max_fpr": 0.1, "strict": True})
    )
    origins = {row.name: choice.origin(row) for row in rows(Settings)}
    assert origins["jobs"] == "--jobs"
    assert origins["strict"] == "x.toml"
    assert origins["max_fpr"] == origins["wording"] == "default"


def test_a_command_takes_of_the_file_what_concerns_it(tmp_path: Path) -> None:
    path = write(tmp_path / "x.toml", table("threshold = 0.5", "jobs = 2", "wording = 'deep'"))
    assert choose("restore", {}, path).run.settings() == Settings(wording="deep")
    assert choose("calibrate", {}, path).run.settings() == Settings(wording="deep", jobs=2)
    assert choose("score", {}, path).run.settings() == Settings(wording="deep", jobs=2, threshold=0.5)


def test_the_engine_takes_the_part_that_is_its_own() -> None:
    assert Settings(text_field="body", max_fpr=0.01, jobs=2).options == Options(max_fpr=0.01, jobs=2)


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


def test_an_engine_without_a_server_needs_no_url() -> None:
    with pytest.raises(ConfigError, match="contradict"):
        Options(grammar="embedded", languagetool_url="http://a")


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
