"""What is read of a repository where only changes are asked for."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from detector.corpus.changes import Changes
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.reading import read
from detector.errors import ConfigError


def git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout.strip()


def commit() -> None:
    git("add", "--all")
    git("-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "--quiet", "--message", "x")


def lines(path: str, *texts: str) -> None:
    content = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(content, encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("PRE_COMMIT_FROM_REF", raising=False)
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    git("init", "--quiet", "--initial-branch", "main")
    Path("same.md").write_text("same", encoding="utf-8")
    Path("edited.md").write_text("before", encoding="utf-8")
    lines("data/a.jsonl", "one", "two", "three")
    lines("data/ä b.jsonl", "eins")
    commit()
    return root


def texts(revision: str, *paths: str) -> tuple[list[str], dict[str, int]]:
    log = ReadLog()
    records = list(read(paths, ReadOptions(changes=Changes(revision)), log=log))
    return [one.document.text if one.document else str(one.error) for one in records], dict(log.left_out)


def test_only_what_has_changed_is_read(repository: Path) -> None:
    Path("edited.md").write_text("after", encoding="utf-8")
    Path("new.md").write_text("new", encoding="utf-8")
    lines("data/a.jsonl", "three", "four", "one", "two!")
    assert texts("HEAD", ".") == (
        ["four", "two!", "after", "new"],
        {"hidden": 1, "files unchanged since HEAD": 2, "records unchanged since HEAD": 2},
    )
    git("add", "--all")  # staged or not
    assert texts("HEAD", ".")[0] == ["four", "two!", "after", "new"]


def test_what_a_hook_names_is_read_where_it_has_not_changed(repository: Path) -> None:
    """As with `pre-commit run --all-files`: nothing may pass because nothing was read."""
    lines("data/a.jsonl", "one", "two", "five")
    assert texts("auto", "same.md", "data/a.jsonl", "data/ä b.jsonl")[0] == ["same", "five", "eins"]


def test_a_renamed_file_is_compared_with_the_old_one(repository: Path) -> None:
    git("mv", "data/a.jsonl", "data/moved.jsonl")
    lines("data/moved.jsonl", "one", "two", "three", "four")
    git("add", "--all")
    assert texts("HEAD", "data")[0] == ["four"]


def test_records_may_be_sharded_anew(repository: Path) -> None:
    """Shuffled into other files, packed or not, known to git or not: only what is new is read."""
    lines("data/b.jsonl", "four", "five")
    commit()
    os.remove("data/a.jsonl")
    lines("data/b.jsonl", "two", "six")
    lines("data/shard-0.jsonl", "five", "one")
    lines("data/shard-1.jsonl", "three", "four", "seven")
    subprocess.run(["gzip", "data/shard-1.jsonl"], check=True)
    found, left_out = texts("HEAD", "data")
    assert sorted(found) == ["seven", "six"]
    assert left_out == {"files unchanged since HEAD": 1, "records unchanged since HEAD": 5}
    git("add", "--all")
    assert sorted(texts("auto", "data/b.jsonl", "data/shard-0.jsonl", "data/shard-1.jsonl.gz")[0]) == ["seven", "six"]


def test_a_file_that_has_another_name_only_is_not_read(repository: Path) -> None:
    git("mv", "same.md", "moved.md")
    assert texts("HEAD", "moved.md") == ([], {"files unchanged since HEAD": 1})
    assert texts("auto", "moved.md")[0] == ["same"]
    Path("moved.md").write_text("not the same", encoding="utf-8")
    assert texts("HEAD", "moved.md")[0] == ["not the same"]


def test_a_submodule_is_compared_with_the_commit_that_the_repository_had(repository: Path, tmp_path: Path) -> None:
    """And neither with its own last commit, nor with a branch of its own that has the same name."""
    add = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository))
    around = tmp_path / "around"
    around.mkdir()
    os.chdir(around)
    git("init", "--quiet", "--initial-branch", "main")
    git(*add, "part")
    commit()
    os.chdir("part")
    Path("edited.md").write_text("after", encoding="utf-8")
    commit()
    os.chdir("..")
    assert texts("HEAD", ".")[0] == texts("main", "part")[0] == texts("auto", "part/edited.md")[0] == ["after"]
    commit()
    assert texts("HEAD", ".")[0] == []
    assert texts("HEAD~1", ".")[0] == ["after"]
    git(*add, "another")
    assert sorted(texts("HEAD", "another")[0]) == ["before", "eins", "one", "same", "three", "two"]  # all of it is new


@pytest.mark.parametrize("packed", ["gzip", "xz"])
def test_a_packed_file_is_compared_by_its_records(repository: Path, packed: str) -> None:
    suffix = {"gzip": "gz", "xz": "xz"}[packed]
    for more in ((), ("new",)):
        lines("packed.jsonl", "one", "two", *more)
        subprocess.run([packed, "--force", "packed.jsonl"], check=True)
        if not more:
            commit()
    assert texts("HEAD", f"packed.jsonl.{suffix}")[0] == ["new"]


def test_parquet_is_compared_by_its_records(repository: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    for texts_of_file in (["one", "two"], ["two", "new", "one"]):
        parquet.write_table(arrow.table({"text": texts_of_file}), "t.parquet")
        if len(texts_of_file) == 2:
            commit()
    assert texts("HEAD", "t.parquet")[0] == ["new"]


def test_a_branch_is_compared_with_where_it_began(repository: Path) -> None:
    git("switch", "--quiet", "--create", "branch")
    lines("data/a.jsonl", "one", "two", "three", "branch")
    commit()
    git("switch", "--quiet", "main")
    lines("data/a.jsonl", "one", "two")  # three is gone in main, and old in the branch
    commit()
    git("switch", "--quiet", "branch")
    assert texts("main", "data")[0] == ["branch"]


def test_pre_commit_may_say_what_to_compare_with(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = git("rev-parse", "HEAD")
    lines("data/a.jsonl", "one", "two", "three", "four")
    commit()
    assert texts("auto", "data/a.jsonl")[0] == ["one", "two", "three", "four"]  # the last commit has it as it is
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", first)
    assert texts("auto", "data/a.jsonl")[0] == ["four"]
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", "0" * 40)  # a branch that is pushed for the first time
    assert len(texts("auto", "data/a.jsonl")[0]) == 4


def test_what_git_can_not_tell_is_read(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines(str(tmp_path / "outside.jsonl"), "outside")
    lines("data/broken.jsonl", "one")
    Path("data/broken.jsonl").write_bytes(b'{"text": "one"\n{"text": "two"}\n')
    commit()
    lines("data/broken.jsonl", "one", "two")
    assert texts("HEAD", "../outside.jsonl", "data/broken.jsonl")[0] == ["outside", "one"]
    monkeypatch.setenv("PATH", "/nothing")
    assert texts("auto", "same.md")[0] == ["same"]
    with pytest.raises(ConfigError, match=r"git can.t be run"):
        texts("HEAD", "same.md")


def test_the_first_commit_has_nothing_to_compare_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    lines("a.jsonl", "one")
    git("add", "--all")
    assert texts("auto", "a.jsonl")[0] == ["one"]


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", ""])
def test_an_unknown_revision_is_an_error(repository: Path, revision: str) -> None:
    with pytest.raises(ConfigError, match=r"--diff-base .*there is no such commit"):
        texts(revision, "same.md")
    assert not Path("x").exists()


def test_git_of_the_caller_is_not_asked_of_another_repository(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert texts("HEAD", "same.md") == ([], {"files unchanged since HEAD": 1})


def test_few_processes_are_started(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        Path(f"{number}.md").write_text("new", encoding="utf-8")
    asked: list[Sequence[str]] = []
    usual = subprocess.run

    def count(words: Sequence[str], *rest: object, **more: object) -> object:
        asked.append(words)
        return usual(words, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", count)
    lines("data/a.jsonl", "x")
    texts("HEAD", ".")
    assert len(asked) == 4
