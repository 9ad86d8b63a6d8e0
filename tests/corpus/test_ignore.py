"""What is left out of a directory is what git leaves out: random trees and patterns, compared with git itself."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from detector.corpus.ignore import IgnorePatterns
from detector.corpus.options import ReadOptions
from detector.corpus.paths import expand
from detector.corpus.read_log import ReadLog

TREES = 12  # of each seed
FOLDERS = ("a", "b", "build", "docs", "x1")
FILES = ("a.txt", "b.txt", "keep.md", "note.md", "x 1.txt", "#h.txt", "!c.md", "d[1].txt")
PATTERNS = (
    *("*.txt", "!a.txt", "build", "build/", "/build", "docs/*.md", "docs/**", "**/b.txt", "a/**/b.txt", "!keep.md"),
    *(
        "x?.txt",
        "[ab].txt",
        "[!ab].txt",
        "[^ab].txt",
        "/a",
        "!/a",
        "*",
        "!*/",
        "!*.md",
        "docs/build/",
        "\\#h.txt",
        "#c",
    ),
    *("  ", "a/", "!a/", "x\\ 1.txt", "b.txt  ", "/docs/*", "!/docs/a", "**/build/**", "**", "*/", "!b.txt", "/*"),
    *("!/docs/", "\\!c.md", "d\\[1\\].txt", "\\", "a/b/../b.txt", "**/", "a/**", "!a/**/", "/**/a.txt", "[a-c]*"),
)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("seed", range(4))
def test_the_same_files_as_git(seed: int) -> None:
    chance = random.Random(seed)
    for number in range(TREES):
        tree = Path(f"tree{number}")
        git("init", "-q", str(tree))
        folders = [tree]
        for _ in range(chance.randint(1, 6)):
            folders.append(chance.choice(folders) / chance.choice(FOLDERS))
            folders[-1].mkdir(exist_ok=True)
        for folder in folders:
            for name in chance.sample(FILES, chance.randint(0, 4)):
                (folder / name).touch()
            if chance.random() < 0.4:
                write_patterns(folder / ".gitignore", chance, 4)
        write_patterns(tree / ".git" / "info" / "exclude", chance, 1)
        listed = git("-C", str(tree), "ls-files", "-z", "--others", "--exclude-standard").split("\0")
        expected = {path for path in listed if path and not os.path.basename(path).startswith(".")}
        found = expand([str(tree)], ReadOptions(), ReadLog())
        assert {os.path.relpath(path, tree) for path in found if isinstance(path, str)} == expected


def git(*arguments: str) -> str:
    command = ["git", "-c", f"core.excludesFile={os.devnull}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout


def write_patterns(path: Path, chance: random.Random, most: int) -> None:
    lines = [chance.choice(PATTERNS) for _ in range(chance.randint(1, most))]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("patterns", "path", "ignored"),
    [
        (["build/"], "build/a.txt", True),
        (["build/"], "src/build/a/b.txt", True),
        (["/build"], "src/build/a.txt", False),
        (["src/build"], "src/build/a.txt", True),
        (["*.txt", "!a.txt"], "src/a.txt", False),
        (["src/", "!src/a.txt"], "src/a.txt", True),
    ],
)
def test_a_path_is_ignored_with_the_folders_above_it(patterns: list[str], path: str, ignored: bool) -> None:
    assert IgnorePatterns(patterns).match_with_parents(path, folder=False) is ignored


def test_many_stars_take_no_time() -> None:
    many = IgnorePatterns(["/".join(["**", "a"] * 30), "*a" * 30])
    assert many.decide("/".join(["a"] * 200 + ["b"]), folder=False) is None
    assert many.decide("a" * 250 + "b", folder=False) is None
