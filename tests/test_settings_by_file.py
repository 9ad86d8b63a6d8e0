"""Settings of single files: overrides, the nearest settings file, and what `detector config` says of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from commands import Run, caller

from detector.cli import scoring
from detector.config_file import find_config, read_config
from detector.engine.detector import Detector
from detector.errors import ConfigError
from detector.options import Options
from detector.report import SWITCHED_OFF, Failure, ModelInfo, Origin, Outcome, Report, SignalState, Status, Verdict
from detector.report import Thresholds as Limits
from detector.settings import choose
from detector.text.document import Document

DOCUMENTS = Path(__file__).parent / "cases" / "documents"


def write(path: str, content: str) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    return file


class Echo:
    """Gives every document the probability 0.5 and judges it by its own options. Remembers the documents."""

    def __init__(self) -> None:
        self.options = Options()
        self.documents: list[Document] = []

    def open(self, options: Options) -> nullcontext[Echo]:
        self.options = options
        return nullcontext(self)

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        for document in documents:
            self.documents.append(document)
            own = document.options or self.options
            threshold = 0.9 if own.threshold is None else own.threshold
            verdict = Verdict.SPUN if threshold <= 0.5 else Verdict.CLEAN
            detail = SWITCHED_OFF if own.grammar == "off" else ""
            state = SignalState(Status.SKIPPED if detail else Status.OK, detail)
            limits = Limits(min(threshold, 0.6), threshold, Origin.THRESHOLD)
            yield Report(
                document.id, document.source, verdict, 0.5, None, "en", 4, (), (), {"grammar": state}, ModelInfo("1", ""), limits
            )  # fmt: skip


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Echo:
    made = Echo()
    monkeypatch.setattr(scoring, "load_detector", made.open)
    return made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], echo: Echo) -> Run:
    monkeypatch.chdir(tmp_path)
    return caller(capsys)


def spun(run: Run, *paths: str) -> list[str]:
    ended = run("check", "--format", "jsonl", *paths)
    return [one["source"].removeprefix("./") for one in ended.records]


# Overrides


def test_thresholds_differ_by_path_in_one_run(run: Run) -> None:
    for name in ("a.txt", "legal/b.txt", "legal/old/c.txt", "news/d.txt"):
        write(name, "text")
    write(
        "pyproject.toml",
        "[tool.detector]\nthreshold = 0.4\n"
        "[[tool.detector.overrides]]\nfiles = ['legal/', '!legal/none']\nthreshold = 0.6\n"
        "[[tool.detector.overrides]]\nfiles = ['c.*']\nthreshold = 0.3\n",
    )
    assert spun(run, ".") == ["a.txt", "legal/old/c.txt", "news/d.txt"]
    ended = run("check", "legal/b.txt", "a.txt")
    assert "spun from 0.4, suspect from 0.4 (threshold) in 1 document" in ended.err
    assert spun(run, "--threshold", "0.45", ".") == ["a.txt", "legal/b.txt", "legal/old/c.txt", "news/d.txt"]
    assert spun(run, "--no-config", "--threshold", "0.6", ".") == []


def test_what_is_switched_off_is_counted_as_not_read(run: Run, echo: Echo) -> None:
    for name in ("a.txt", "vendor/b.txt", "vendor/c.jsonl"):
        write(name, '{"text": "x"}')
    write("detector.toml", "[[overrides]]\nfiles = ['vendor/*']\noff = true\n")
    ended = run("check", ".", "vendor/b.txt")
    assert [document.source for document in echo.documents] == ["./a.txt"]
    assert "left out: 2 switched off by the settings" in ended.err
    ended = run("explain", "vendor/b.txt")
    assert "vendor/b.txt: is switched off by the settings" in ended.err
    assert ended.code == 2


def test_how_a_file_is_read_differs_by_path(run: Run, echo: Echo) -> None:
    write("a.jsonl", '{"id": 1, "text": "plain <b>text</b>"}\n')
    write("odd/b.jsonl", '{"key": "k", "body": "<p>html <b>text</b></p>"}\n')
    write("odd/c.txt", "far too long")
    write(
        "pyproject.toml",
        "[[tool.detector.overrides]]\nfiles = ['odd/']\ntext-field = 'body'\nid-field = 'key'\ntext-format = 'html'\n"
        "grammar = 'off'\nmax-document-size = 29\n[[tool.detector.overrides]]\nfiles = ['*.txt']\nmax-document-size = 3\n",
    )
    ended = run("check", "--strict", ".")
    assert [(one.id, one.format, (one.options or Options()).grammar) for one in echo.documents] == [
        ("1", "auto", "auto"),
        ("k", "html", "off"),
    ]
    assert "odd/c.txt: the text is longer than 3 characters" in ended.err
    Path("odd/c.txt").unlink()
    assert run("check", "--strict", "a.jsonl", "odd").code == 0, "what the settings switch off is no surprise"


def test_a_calibration_of_an_override_stands_beside_its_file(run: Run) -> None:
    write("sub/detector.toml", "[[overrides]]\nfiles = ['*.txt']\ncalibration = 'news.json'\n")
    chosen = choose("check", {})
    assert chosen.of_file("sub/a.txt").settings().calibration == Path.cwd() / "sub/news.json"
    write("sub/a.txt", "text")
    ended = run("check", "sub/a.txt")
    assert ended.code == 2
    assert "sub/a.txt: its settings can't be used" in ended.err
    assert "news.json" in ended.err


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("threshold = 0.5", "overrides[1] files must be a list of strings"),
        ("files = []", "overrides[1] files must be"),
        ("files = 'a'", "overrides[1] files must be"),
        ("files = ['a\\']", "is not a pattern as in a .gitignore"),
        ("files = ['a']\noff = 1", "overrides[1] off must be true or false, not 1"),
        (
            "files = ['a']\njobs = 2",
            "unknown key 'jobs', which holds for a run and not for some files; known are threshold",
        ),
        ("files = ['a']\ntreshold = 2", "unknown key 'treshold'; known are threshold, max-fpr"),
        ("files = ['a']\nthreshold = 2", "overrides[1] threshold must be a number from 0 to 1"),
        ("files = ['a']\nthreshold = 0.1\nmax-fpr = 0.1", "exclude each other"),
        ("files = ['a']\ngrammar = 'embedded'", "grammar can only be 'off' for some files"),
    ],
)
def test_a_mistake_in_an_override_names_it(tmp_path: Path, lines: str, said: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[[tool.detector.overrides]]\n{lines}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        find_config(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    path.write_text("[tool.detector]\noverrides = 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="overrides must be tables"):
        find_config(tmp_path)


# The nearest file


def test_each_file_has_the_nearest_settings(run: Run) -> None:
    for name in ("a.txt", "in/b.txt", "in/deep/c.txt"):
        write(name, "text")
    write("pyproject.toml", "[tool.detector]\nthreshold = 0.4\n")
    write("in/detector.toml", "threshold = 0.6\n")
    write("in/pyproject.toml", "[tool.detector]\nthreshold = 0.1\n")  # detector.toml of the same folder comes first
    assert spun(run, ".") == ["a.txt"]
    write("in/deep/pyproject.toml", "[tool.detector]\nthreshold = 0.2\n")
    assert spun(run, ".") == ["a.txt", "in/deep/c.txt"]
    os.chdir("in")
    assert spun(run, "../a.txt", "b.txt") == ["../a.txt"]
    assert spun(run, "--config", "deep/pyproject.toml", "../a.txt", "b.txt") == ["../a.txt", "b.txt"]


def test_a_repository_does_not_look_above_its_root(tmp_path: Path) -> None:
    (tmp_path / "detector.toml").write_text("jobs = 2\n", encoding="utf-8")
    (tmp_path / "repository/.git").mkdir(parents=True)
    (tmp_path / "repository/docs").mkdir()
    assert find_config(tmp_path / "repository/docs") is None
    (tmp_path / "repository/pyproject.toml").write_text("[tool.detector]\njobs = 3\n", encoding="utf-8")
    found = find_config(tmp_path / "repository/docs")
    assert found is not None
    assert found.chosen == {"jobs": 3}


def test_settings_below_that_can_not_be_used_are_errors_of_their_files(run: Run, echo: Echo) -> None:
    write("a.txt", "text")
    write("bad/b.txt", "text")
    write("bad/detector.toml", "treshold = 1\n")
    ended = run("check", ".")
    assert ended.code == 2
    assert "bad/b.txt: its settings can't be used: " in ended.err
    assert [document.source for document in echo.documents] == ["./a.txt"]


def test_patterns_count_from_the_file_and_with_config_from_here(run: Run, tmp_path: Path) -> None:
    config = write("ci/gate.toml", "[[tool.detector.overrides]]\nfiles = ['/docs/*']\nthreshold = 0.2\n")
    (override,) = read_config(config).overrides_of("docs/a.md")
    assert override.number == 1
    assert read_config(config).overrides_of("ci/docs/a.md") == ()
    assert read_config(config).overrides_of("../docs/a.md") == ()


def test_a_command_that_goes_without_overrides_says_so(run: Run) -> None:
    write("a.txt", "text")
    write("detector.toml", "[[overrides]]\nfiles = ['*']\noff = true\n")
    told = run("rethreshold", "a.txt").err
    assert "detector.toml: its overrides hold for the commands that score files" in told
    assert "; rethreshold goes without them" in told


def test_good_documents_are_read_as_their_files_say(run: Run, echo: Echo) -> None:
    write("a.txt", "off")
    write("b/b.jsonl", '{"body": "by its field", "site": "x"}\n')
    write("c.txt", "no grammar")
    write(
        "detector.toml", "[[overrides]]\nfiles = ['a.*']\noff = true\n[[overrides]]\nfiles = ['c.*']\ngrammar = 'off'\n"
    )
    write("b/detector.toml", "text-field = 'body'\n")
    told = run("calibrate", "--max-fpr", "0.5", "--group-by", "site", "-o", "good.json", "a.txt", "b", "c.txt").err
    assert [document.text for document in echo.documents] == ["by its field", "no grammar"]
    assert [document.group for document in echo.documents] == ["x", None]
    assert echo.documents[1].options is not None
    assert echo.documents[1].options.grammar == "off"
    assert "goes without" not in told


# detector config


def test_config_shows_what_holds_and_why(run: Run, tmp_path: Path) -> None:
    write(
        "pyproject.toml",
        "[tool.detector]\nthreshold = 0.4\njobs = 3\n"
        "[[tool.detector.overrides]]\nfiles = ['*.md']\nmax-fpr = 0.1\n[[tool.detector.overrides]]\nfiles = ['b.md']\noff = true\n",
    )
    path = tmp_path / "pyproject.toml"
    shown = json.loads(run("config", "--format", "json", "docs/b.md").out)
    assert (shown["file"], shown["overrides"], shown["read"]) == (str(path), [1, 2], False)
    assert shown["options"]["max-fpr"] == {"value": 0.1, "origin": f"{path}, overrides[1]"}
    assert shown["options"]["threshold"] == {"value": None, "origin": "default"}
    assert shown["options"]["jobs"] == {"value": 3, "origin": str(path)}
    text = run("config", "docs/b.md").out
    assert f"settings of {path}, overrides 1, 2; it is not read (off)" in text
    assert any(line.split()[:2] == ["max-fpr", "0.1"] for line in text.splitlines())
    assert "no settings file holds for it" in run("config", "--no-config", "a.md").out
    assert json.loads(run("config", "--format", "json").out)["options"]["threshold"]["value"] == 0.4


# The engine


def test_the_engine_judges_a_document_by_its_own_options(detector: Detector, tmp_path: Path) -> None:
    text = (DOCUMENTS / "spun.txt").read_text(encoding="utf-8")
    own = Options(threshold=1.0, grammar="off")
    lost = Options(calibration=tmp_path / "lost.json")
    usual, without, failed = detector.score_batch(
        [Document.from_text(text), Document.from_text(text, options=own), Document.from_text(text, options=lost)]
    )
    assert isinstance(usual, Report)
    assert isinstance(without, Report)
    assert (usual.verdict, without.verdict) == (Verdict.SPUN, Verdict.SUSPECT)
    assert without.thresholds.spun == 1.0
    assert without.signals["grammar"].detail == SWITCHED_OFF
    assert usual.signals["grammar"].status is Status.OK
    assert isinstance(failed, Failure)
    assert "lost.json" in failed.message
