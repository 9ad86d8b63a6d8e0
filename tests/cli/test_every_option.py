"""Every option that `--help` shows, used once: does it do what its help says? The model is replaced by a quick one."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import Run, caller

from detector.cli import filtering, scoring
from detector.engine import detector as engine
from detector.option_types import rows
from detector.options import Options, Settings
from detector.report import Finding, ModelInfo, Outcome, Report, SignalState, Status, Suggestion, Thresholds, Verdict
from detector.text.document import Document

SETUP = ("setup", "languagetool")
COMMANDS = (
    ("score",), ("check",), ("explain",), ("restore",), ("calibrate",), ("filter",), ("annotate",), ("repair",), ("trace",), ("profile",), ("rethreshold",), ("audit",), ("diff",), ("config",), ("lsp",), ("serve",), ("doctor",), ("schema",), ("completion",), ("manual",), SETUP,
    *(("baseline", name) for name in ("create", "update", "prune", "audit")),
)  # fmt: skip


SOURCES = {
    "a.txt": "A wings offer was made.",
    "e.jsonl": '{"text": "Nothing.", "fine": ["noble hops"]}\n{"text": "Nothing.", "fine": true}\n',
    "drafts/b.txt": "Nothing to see.",
    "c.jsonl": '{"id": "r1", "url": "u1", "text": "A <b>wings</b> offer.", "body": {"text": "Nothing."}}\n',
    "d.jsonl": "{broken\n{broken\n",
    "hidden/.e.txt": "Nothing.",
    "odd/f.rst2": "Nothing.",
    "odd/g.txt": "Nothing.",
    "settings.toml": "[tool.detector]\njobs = 7\n",
    "spun.txt": "spun",
    "swapped.txt": "The spun wings offer.",
    "unmeasured.txt": "broken",
}


UNMEASURED = Report(
    "", "", Verdict.UNSCORED, None, "the wording signal failed", "en", 4, (), (),
    {"wording": SignalState(Status.FAILED, "boom")}, ModelInfo("1", "ab" * 32), Thresholds(0.5, 0.9),
)  # fmt: skip


class Quick:
    """Calls a document spun that says so, clean otherwise; marks `wings`. Remembers the options it was opened with."""

    def __init__(self) -> None:
        self.options = Options()
        self.texts: list[str] = []
        self.ignored: list[bool | tuple[str, ...]] = []

    def open(self, options: Options) -> nullcontext[Quick]:
        self.options = options
        return nullcontext(self)

    def score(self, document: Document) -> Report:
        (report,) = self.score_documents([document])
        assert isinstance(report, Report)
        return report

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        for document in documents:
            self.texts.append(document.prose.text)
            self.ignored.append(document.ignore)
            at = document.text.find("wings")
            swapped = Finding(at, at + 5, "wings", "wording", "SWAPPED_WORD", "Odd.", 0.9, (Suggestion("arms", 0.5),))
            article = Finding(0, 1, "A", "grammar", "EN_A_VS_AN", "Odd.", 0.3)
            if "broken" in document.text:
                yield replace(UNMEASURED, id=document.id, source=document.source)
                continue
            yield Report(
                document.id,
                document.source,
                Verdict.SPUN if "spun" in document.text else Verdict.CLEAN,
                0.99 if "spun" in document.text else 0.1,
                None,
                "en",
                4,
                (),
                (article, swapped) if at >= 0 else (),
                {"grammar": SignalState(Status.SKIPPED, "switched off")},
                ModelInfo("1", "ab" * 32),
                Thresholds(0.5, 0.9),
            )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Quick:
    made = Quick()
    monkeypatch.setattr(scoring, "load_detector", made.open)
    monkeypatch.setattr(engine, "load", made.open)
    # A filter asks which engine would check before it opens one; there is no server here to ask.
    monkeypatch.setattr(filtering, "expected_engine", lambda engine, url: None)
    return made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], quick: Quick) -> Run:
    monkeypatch.chdir(tmp_path)
    for name, text in SOURCES.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")

    return caller(capsys)


CALIBRATION = {
    "schema": 2,
    "program": "0.2.0",
    "model": {"version": "1", "sha256": "ab" * 32},
    "wording": "auto",
    "grammar": {"asked": "auto", "engines": {"none": 300}},
    "max_fpr": 0.01,
    "documents": {"scored": 300, "unscored": 0, "unread": 0},
    "threshold": 0.5,
    "false_positives": 0,
    "upper_bound": 0.0099,
}

# Options that reach the engine: what is given, and what the engine is opened with.
ENGINE: dict[str, tuple[str, Any]] = {
    "threshold": ("0.25", 0.25),
    "max-fpr": ("0.02", 0.02),
    "calibration": ("good.json", Path("good.json")),
    "wording": ("light", "light"),
    "grammar": ("off", "off"),
    "languagetool-url": ("http://localhost:1", "http://localhost:1"),
    "jobs": ("2", 2),
    "measures": ("all", "all"),
    "last-reader": ("lm", "lm"),
    "speed": ("scan", "scan"),
    "document-timeout": ("1.5", 1.5),
    "allow": ("terms.txt", Path("terms.txt")),
    "allow-phrases": ("noble hops", ("noble hops",)),
    "baseline": (".unspun-baseline", Path(".unspun-baseline")),
    "inline-ignores": ("never", "never"),
}


@pytest.mark.parametrize("row", rows(Options), ids=lambda row: row.key)
@pytest.mark.parametrize(
    "command", ["score", "check", "explain", "restore", "calibrate", "filter", "annotate", "repair"]
)
def test_an_option_reaches_the_engine(run: Run, quick: Quick, command: str, row: Any) -> None:
    given, wanted = ENGINE[row.key]
    needed = {
        "calibrate": ("--max-fpr", "0.9", "-o", "out.json"),
        "filter": ("--kept", "kept", "--rejected", "rejected"),
        "annotate": ("--to", "parquet", "--output", "sidecars"),
        "repair": ("--output", "repaired"),
    }.get(command, ())
    Path("good.json").write_text(json.dumps(CALIBRATION), encoding="utf-8")
    Path("terms.txt").write_text("noble hops\n", encoding="utf-8")
    Path(".unspun-baseline").write_text('{"unspun-baseline":1}\n', encoding="utf-8")
    ended = run(command, *needed, f"--{row.key}", given, "a.txt")
    if command in row.commands:
        assert str(getattr(quick.options, row.name)) == str(wanted), ended.err
    elif (command, row.key) != ("calibrate", "max-fpr"):
        assert "No such option" in ended.err


CASES: dict[str, Callable[[Run, Quick], bool]] = {
    "text-field": lambda run, quick: (
        not run("score", "--text-field", "body.text", "c.jsonl").code and quick.texts == ["Nothing."]
    ),
    "id-field": lambda run, _: jsonl(run, "--id-field", "url", "c.jsonl")[0]["id"] == "u1",
    "ignore-field": lambda run, quick: (
        not run("score", "--ignore-field", "fine", "e.jsonl").code and quick.ignored == [("noble hops",), True]
    ),
    "text-format": lambda run, quick: (
        bool(jsonl(run, "--text-format", "html", "c.jsonl")) and quick.texts == ["A wings offer."]
    ),
    "exclude": lambda run, _: not any("drafts" in source for source in sources(run, "--exclude", "drafts/", ".")),
    "diff-base": lambda run, _: changed_sources(run) == ["new.txt"],
    "hidden": lambda run, _: sources(run, "--hidden", "hidden") == ["hidden/.e.txt"],
    "no-hidden": lambda run, _: run("score", "--no-hidden", "hidden").code == 2,
    "gitignored": lambda run, _: len(ignored(run, "--gitignored")) == 1,
    "no-gitignored": lambda run, _: ignored(run, "--no-gitignored") == [],
    "max-document-size": lambda run, _: run("score", "--max-document-size", "3", "a.txt").code == 2,
    "strict": lambda run, _: run("score", "--strict", "--grammar", "off", "odd").code == 2,
    "no-strict": lambda run, _: run("score", "--strict", "--no-strict", "odd").code == 0,
    "max-errors": lambda run, _: "stopped after the first error" in run("score", "--max-errors", "0", "d.jsonl").err,
    "progress": lambda run, _: run("score", "--progress", "never", "a.txt").code == 0,
    "format": lambda run, _: json.loads(run("score", "--format", "json", "a.txt").out)[0]["verdict"] == "clean",
    "output": lambda run, _: (
        run("score", "--output", "x.txt", "a.txt").out == ""
        and Path("x.txt").read_text(encoding="utf-8").startswith("clean")
    ),
    "o": lambda run, _: run("score", "-o", "y.txt", "a.txt").out == "" and Path("y.txt").exists(),
    "findings": lambda run, _: (
        [len(jsonl(run, "--findings", which, "a.txt")[0]["findings"]) for which in ("none", "wording", "auto", "all")]
        == [0, 1, 1, 2]
    ),
    "config": lambda run, quick: (
        not run("score", "--config", "settings.toml", "a.txt").code and quick.options.jobs == 7
    ),
    "no-config": lambda run, quick: not run("score", "--no-config", "a.txt").code and quick.options.jobs == 1,
    "record": lambda run, _: run("explain", "--record", "r1", "c.jsonl").code == 0,
    "sure": lambda run, _: (
        "arms" in run("restore", "--sure", "0.4", "swapped.txt").out
        and "wings" in run("restore", "--sure", "0.6", "swapped.txt").out
    ),
    "kept": lambda run, _: filtered(run, "a.txt") == ["kept/a.txt"],
    "rejected": lambda run, _: filtered(run, "spun.txt") == ["rejected/spun.txt", "rejected/spun.txt.unspun.json"],
    "suspect": lambda run, _: filtered(run, "--suspect", "suspect", "c.jsonl")[-1] == "suspect/c.jsonl",
    "to": lambda run, _: filtered(run, "--to", "jsonl.zst", "c.jsonl")[0] == "kept/c.jsonl.zst",
    "field": lambda run, _: filtered(run, "--field", "", "spun.txt") == ["rejected/spun.txt"],
    "annotate-kept": lambda run, _: (
        filtered(run, "--annotate-kept", "a.txt") == ["kept/a.txt", "kept/a.txt.unspun.json"]
    ),
    "errors": lambda run, _: (
        bool(filtered(run, "--errors", "e.jsonl", "d.jsonl"))
        and Path("e.jsonl").read_text(encoding="utf-8").count("{broken") == 2
    ),
    "report": lambda run, _: (
        not run("score", "--report", "csv=x.csv", "a.txt").code
        and Path("x.csv").read_text(encoding="utf-8").startswith("id,source,")
    ),
    "run-report": lambda run, _: (
        bool(filtered(run, "--run-report", "r.json", "a.txt"))
        and "records" in Path("r.json").read_text(encoding="utf-8")
    ),
    "group-by": lambda run, _: (
        bool(filtered(run, "--group-by", "url", "c.jsonl")) and '"u1"' in Path("run.json").read_text(encoding="utf-8")
    ),
    "borderline": lambda run, _: len(profiled(run, "--borderline", "1")["borderline"]) == 1,
    "html": lambda run, _: (
        bool(profiled(run, "--html", "p.html")) and "<svg" in Path("p.html").read_text(encoding="utf-8")
    ),
    "listed": lambda run, _: len(compared(run, "--listed", "0")["changes"]) == 0 and compared(run)["changed"] == 1,
    "each": lambda run, _: len(audited(run, "--each", "1")) == 1,
    "sources": lambda run, _: (
        {row["source"] for row in audited(run, "--group-by", "host", "--sources", "1")} == {"a.example", ""}
    ),
    "seed": lambda run, _: len({audited(run, "--each", "1", "--seed", str(seed))[0]["id"] for seed in range(9)}) > 1,
    "corpus": lambda run, _: audited(run, "--corpus", "hosts.jsonl")[0]["text"].startswith("Nothing"),
    "answers": lambda run, _: (
        bool(audited(run))
        and "scored by another model" in run("calibrate", "--answers", "sheet.jsonl", "--max-fpr", "0.5", "-o", "c").err
    ),
    "engine": lambda run, _: filtered(run, "--engine", "local", "a.txt") == ["kept/a.txt"],
    "restart": lambda run, _: filtered(run, "a.txt") != filtered(run, "--restart", "spun.txt"),
    "experiment": lambda run, _: (
        not run("annotate", "--to", "dolma", "--output", ".", "--experiment", "mine", "c.jsonl").code
        and '"mine__unspun__clean": [[0,' in Path("attributes/mine/c.jsonl").read_text(encoding="utf-8")
    ),
    "min-probability": lambda run, _: (
        [repaired(run, "--min-probability", least) for least in ("0.4", "0.5")]
        == ["The spun arms offer.", "The spun wings offer."]
    ),
    "undo": lambda run, _: (
        repaired(run, "--min-probability", "0.4") == "The spun arms offer."
        and not run("repair", "--undo", "--output", "back", "out/swapped.txt").code
        and Path("back/swapped.txt").read_text(encoding="utf-8") == SOURCES["swapped.txt"]
    ),
    "against": lambda run, _: "family 1: 2 documents" in traced(run, "one.txt", "--against", "other.txt"),
    "signatures": lambda run, _: (
        bool(traced(run, "--signatures", "kept", "one.txt", "other.txt"))
        and traced(run, "kept", "--html", "t.html") == traced(run, "one.txt", "other.txt")
        and "<h1>Families" in Path("t.html").read_text(encoding="utf-8")
    ),
    "trace": lambda run, _: (
        traced(run, "one.txt") == ""
        and [jsonl(run, "one.txt", *more)[0]["evidence"] for more in ((), ("--trace", "other.txt"))] == [None, None]
    ),
    "version": lambda run, _: run("--version").out.startswith("detector "),
    "help": lambda run, _: run("score", "--help").out == run("score", "-h").out,
    "h": lambda run, _: run("-h").out == run("--help").out,
}
ELSEWHERE = {
    "directory", "force",  # of setup: tests/signals/grammar/test_installer.py
    "missing", "sheet", "again",  # of baseline: tests/policy/test_baseline.py
    "work",  # of filter: tests/corpus/test_remote.py
    "host", "port", "allow-host", "queue", "max-body",  # of serve: tests/serve/test_serve.py
    "unscored",  # of filter: tests/corpus/test_filter.py
    "stdin-format",  # a process of its own: below
}  # fmt: skip


@pytest.mark.parametrize(
    ("format", "data"),
    [
        ("csv", "id,text\nr1,Nothing.\n"),
        ("jsonl", '{"id": "r1", "text": "Nothing."}\n'),
    ],
)
def test_standard_input_holds_records(run: Run, monkeypatch: pytest.MonkeyPatch, format: str, data: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data.encode())))
    assert jsonl(run, "--stdin-format", format, "-")[0]["id"] == "r1"


def changed_sources(run: Run) -> list[str]:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "--quiet"], ["add", "a.txt", "spun.txt"], ["commit", "--quiet", "--message", "x"]):
        subprocess.run([*git, *words], check=True)
    Path("new.txt").write_text("Nothing.", encoding="utf-8")
    return sources(run, "--diff-base", "HEAD", "a.txt", "spun.txt", "new.txt")


def filtered(run: Run, *arguments: str) -> list[str]:
    run("filter", "--kept", "kept", "--rejected", "rejected", *arguments)
    found = (path for folder in ("kept", "rejected", "suspect") for path in Path(folder).rglob("[!.]*"))
    return sorted(path.as_posix() for path in found if path.is_file() and ".unspun/" not in path.as_posix())


def audited(run: Run, *arguments: str) -> list[dict[str, Any]]:
    hosts = ("a", "a", "b", "c")
    rows = ({"id": f"https://{host}.example/{n}", "text": f"Nothing {n}."} for n, host in enumerate(hosts))
    Path("hosts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    Path("sheet.jsonl").unlink(missing_ok=True)
    run("score", "--format", "jsonl", "-o", "scores.jsonl", "hosts.jsonl")
    run("audit", "scores.jsonl", "-o", "sheet.jsonl", *arguments)
    return [json.loads(line) for line in Path("sheet.jsonl").read_text(encoding="utf-8").splitlines()]


def profiled(run: Run, *arguments: str) -> dict[str, Any]:
    run("score", "--format", "jsonl", "-o", "scores.jsonl", "a.txt", "spun.txt")
    found: dict[str, Any] = json.loads(run("profile", "--format", "json", *arguments, "scores.jsonl").out)
    return found


def traced(run: Run, *arguments: str) -> str:
    text = (
        "When the boats of the harbour came in, it was still dark, and nobody had told the men what they were to do. "
    )
    Path("one.txt").write_text(text * 2, encoding="utf-8")
    Path("other.txt").write_text(text * 2, encoding="utf-8")
    return run("trace", *arguments).out


def compared(run: Run, *arguments: str) -> dict[str, Any]:
    Path("x.txt").write_text("Nothing.", encoding="utf-8")
    run("score", "--format", "jsonl", "-o", "old.jsonl", "x.txt")
    Path("x.txt").write_text("spun", encoding="utf-8")
    run("score", "--format", "jsonl", "-o", "new.jsonl", "x.txt")
    found: dict[str, Any] = json.loads(run("diff", "--format", "json", *arguments, "old.jsonl", "new.jsonl").out)
    return found


def repaired(run: Run, *arguments: str) -> str:
    run("repair", "--output", "out", "--restart", *arguments, "swapped.txt")
    return Path("out/swapped.txt").read_text(encoding="utf-8")


def jsonl(run: Run, *arguments: str) -> list[dict[str, Any]]:
    return run("score", "--format", "jsonl", *arguments).records


def sources(run: Run, *arguments: str) -> list[str]:
    return [record["source"] for record in jsonl(run, *arguments)]


def ignored(run: Run, option: str) -> list[str]:
    subprocess.run(["git", "init", "--quiet"], check=True)
    Path(".gitignore").write_text("drafts/\n", encoding="utf-8")
    return [source for source in sources(run, option, ".") if "drafts" in source]


@pytest.mark.parametrize("option", CASES)
def test_an_option_does_what_its_help_says(run: Run, quick: Quick, option: str) -> None:
    assert CASES[option](run, quick)


def test_every_option_in_the_help_is_tried(run: Run) -> None:
    shown = set(re.findall(r"(?<![\w-])--?([a-z][a-z-]*)", run("--help").out))
    for command in COMMANDS:
        page = run(*command, "--help").out
        options = re.findall(r"^  (-.*?)(?:  |$)", page, re.MULTILINE)
        shown |= {name for option in options for name in re.findall(r"(?<![\w-])--?([a-z][a-z-]*)", option)}
    assert shown == set(CASES) | set(ENGINE) | ELSEWHERE
    assert {row.key for row in rows(Settings)} <= shown


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_80_columns(run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = run(*command, "--help").out
    assert max(map(len, page.splitlines())) <= 80
    assert "..." not in page.split("\n", 1)[1]  # nothing is cut short


@pytest.mark.parametrize(("command", "code"), [("score", 0), ("check", 1)])
def test_only_a_gate_ends_with_1(run: Run, command: str, code: int) -> None:
    assert run(command, "--grammar", "off", "spun.txt", "a.txt").code == code


@pytest.mark.parametrize("command", ["explain", "restore"])
def test_a_command_for_one_document_reads_all_of_it(run: Run, quick: Quick, command: str) -> None:
    run(command, "a.txt")
    assert quick.options.measures == "all"


@pytest.mark.parametrize("command", ["score", "check", "explain", "restore"])
def test_a_document_that_the_wording_signal_could_not_read_is_no_success(run: Run, command: str) -> None:
    ended = run(command, "unmeasured.txt")
    assert ended.code == 2
    assert "wording" in ended.out + ended.err


def test_a_gate_shows_what_it_could_not_judge(run: Run) -> None:
    ended = run("check", "--format", "jsonl", "a.txt", "unmeasured.txt", "d.jsonl")
    assert [record["id"] for record in ended.records] == ["unmeasured.txt", "d.jsonl:1", "d.jsonl:2"]


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom detector.cli.app import app\ntry:\n    app(['score', '--help'], prog_name='detector')\n"
        "except SystemExit: pass\n"
        "print(*{'numpy', 'onnxruntime', 'sklearn', 'tokenizers', 'torch'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""


def test_every_record_has_its_line(run: Run) -> None:
    ended = run("score", "--format", "jsonl", "a.txt", "d.jsonl", "spun.txt")
    assert [record.get("verdict", "error") for record in ended.records] == ["clean", "error", "error", "spun"]
    assert ended.code == 2


@pytest.mark.parametrize("command", ["train", "evaluate", "spin"])
def test_a_command_of_the_extra_names_the_pip_command(run: Run, command: str) -> None:
    from importlib.util import find_spec

    if find_spec("torch"):
        assert command in run("--help").out
        return
    assert not re.search(rf"^  {command}\b", run("--help").out, re.MULTILINE)
    if command != "spin":  # which runs without the extra where its tables are made
        ended = run(command, "--data", "x")
        assert ended.code == 2
        assert "pip install -e '.[train]'" in ended.err


def test_no_color_is_respected(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32m" in run("score", "a.txt").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", run("score", "a.txt").out)
