"""What README.md and docs/ show is what the program does: their commands run, and print what the pages say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from fenced_blocks import ACTIONS, Block, blocks, differences

from detector.corpus.compression import COMPRESSIONS
from detector.corpus.containers import CONTAINERS
from detector.option_types import rows
from detector.options import Settings
from detector.text.formats import FORMATS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ALL_PAGES = [
    *PAGES,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "samples/README.md",
    *ROOT.glob("models/*.md"),
]
ENGINES = {  # of docs/engines.md, by the package of each
    "datasets": "datasets",
    "datatrove": "datatrove",
    "spark": "pyspark",
    "ray": "ray",
    "duckdb": "duckdb",
    "dolma": "dolma",
    "curator": "nemo_curator",
}
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")


def page(path: Path) -> object:
    return pytest.param(path, id=str(path.relative_to(ROOT)))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user of this installation who has no LanguageTool and no settings."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, program in {"detector": "-m detector", "python": "", "python3": ""}.items():
        command = commands / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" {program} "$@"\n', encoding="utf-8")
        command.chmod(0o755)
    return os.environ | {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "LTP_PATH": str(tmp_path / "nothing"),
        "COLUMNS": "120",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", "")))),
    }


@pytest.mark.parametrize("path", [page(path) for path in PAGES])
def test_the_commands_print_what_the_page_says(path: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    run_page(path, tmp_path / "folder", environment, {"run", "ci"})


@pytest.mark.engine
@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_does_what_its_page_says(engine: str, tmp_path: Path, environment: dict[str, str]) -> None:
    pytest.importorskip(ENGINES[engine])
    scripts = Path(sys.executable).parent  # a command of the engine's own
    environment["PATH"] += f"{os.pathsep}{scripts}"
    assert run_page(ROOT / "docs/engines.md", tmp_path / "folder", environment, {"engine"}, engine)


def run_page(path: Path, folder: Path, environment: dict[str, str], actions: set[str], engine: str = "") -> int:
    """Run the blocks of a page with these actions, look at what they print, and return how many there were."""
    shutil.copytree(ROOT / "samples", folder / "samples")
    printed: str | None = None
    elsewhere = False  # the last block was for another run than this
    count = 0
    for block in blocks(path):
        where = f"{path.name}, line {block.line}"
        if block.action == "file":
            target = folder / block.argument
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif block.action in ("run", "ci", "engine"):
            elsewhere = block.action not in actions or (block.action == "engine" and block.argument != engine)
            if not elsewhere:
                printed = run(block, folder, environment, where)
                count += 1
        elif block.action == "output" and not elsewhere:
            assert printed is not None, f"{where}: no command stands before this output"
            wrong = differences(block.text, printed, block.argument)
            assert not wrong, "\n".join([where, *wrong])
    return count


def run(block: Block, folder: Path, environment: dict[str, str], where: str) -> str | None:
    """Run a block, and return what it printed; None for one that can't be run here."""
    text = block.text
    if block.action == "ci":  # what makes an environment is run by .ci/run; its last command prints
        if "pytest" in text:
            return None
        text = text.rpartition("&&")[2].replace(".venv/bin/", "")
    command = ["python", "-c", text] if block.language == "python" else ["bash", "-euo", "pipefail", "-c", text]
    if command[0] == "python":
        command[0] = sys.executable
    ended = subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True, encoding="utf-8", timeout=300
    )
    wanted = int(block.argument.removeprefix("exits with ")) if block.argument and block.action == "run" else 0
    assert ended.returncode == wanted, f"{where}: exit code {ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


@pytest.mark.parametrize("path", [page(path) for path in PAGES])
def test_every_block_says_what_is_to_be_done_with_it(path: Path) -> None:
    for block in blocks(path):
        where = f"{path.name}, line {block.line}"
        assert block.action in ACTIONS, (
            f"{where}: say <!-- run -->, <!-- output -->, <!-- file: … -->, <!-- not run: … -->"
        )
        assert block.action not in ("not run", "file") or block.argument, f"{where}: why, or which file?"
    text = path.read_text(encoding="utf-8")
    assert len(re.findall(r"^```", text, re.MULTILINE)) == 2 * len(blocks(path)), (
        "a fence that is not closed, or indented"
    )
    assert not re.search(r"^    (\.venv/bin/)?(detector|python|pip|cat) ", text, re.MULTILINE), (
        "a command outside a fence"
    )


@pytest.mark.parametrize("path", [page(path) for path in ALL_PAGES])
def test_links_within_the_repository_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", [page(path) for path in ALL_PAGES])
def test_no_page_says_to_install_what_is_not_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"pip install\s+['\"]?detector\b", text), "that is somebody else's project"
    assert not re.search(r"pip install\s+['\"]?unspun\b", text), "nothing of that name can be installed yet"


def test_the_page_on_corpora_names_every_suffix_that_is_read() -> None:
    page = (ROOT / "docs/corpora.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\.[a-z0-9]+", page))
    read = {suffix for known in (*FORMATS.values(), *CONTAINERS) for suffix in known.suffixes}
    packed = {known.suffix for known in COMPRESSIONS}
    assert not (read | packed) - named


def test_the_pages_name_every_option() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    options = {f"--{row.key}" for row in rows(Settings)}
    assert not {option for option in options if not re.search(rf"{option}\b", pages)}


def test_the_example_for_pre_commit_has_hooks_that_there_are_and_no_revision_that_there_is_not() -> None:
    examples = [
        yaml.safe_load(block.text)
        for path in PAGES
        for block in blocks(path)
        if block.language == "yaml" and "hooks:" in block.text
    ]
    assert examples
    known = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    for repo in (repo for example in examples for repo in example["repos"]):
        assert {hook["id"] for hook in repo["hooks"]} <= known
        assert repo["rev"].isupper(), "a revision that a reader could copy has to exist: say what to put there instead"


@pytest.mark.parametrize(
    ("promised", "printed", "how", "same"),
    [
        ("spun 0.95 a", "spun 0.93 a", "", True),
        ("spun 0.95 a", "spun 0.80 a", "", False),
        ("spun 0.95 a", "clean 0.95 a", "", False),
        ("spun  0.9  10 words  a.txt  “x”", "spun  0.9  10 words  a.txt  “y” · “z”", "verdicts", True),
        ("spun  0.9  10 words  a.txt  “x”", "spun  0.9  10 words  b.txt  “x”", "verdicts", False),
        ("a\nb\nc\nd\ne", "a\nb\nx\nd\ne", "most lines", True),
        ("a\nb\nc\nd\ne", "a\nx\nx\nd\ne", "most lines", False),
        ("a\nb", "x", "most lines", False),
        ("a 0.5\nb\nc\nd\ne\n", "a 0.9\nb\nc\nd\ne\nf", "most lines", True),
        ("", "a", "", False),
    ],
)
def test_how_outputs_are_compared(promised: str, printed: str, how: str, same: bool) -> None:
    assert (not differences(promised, printed, how)) is same


def test_a_page_is_read_by_its_markers(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("# A\n\n<!-- run: exits with 1 -->\n```sh\nfalse\n```\n\n```\nx\n```\n", encoding="utf-8")
    assert blocks(path) == [Block(4, "run", "exits with 1", "sh", "false\n"), Block(8, "", "", "", "x\n")]
