"""What paths lead to, in which order, and what is left out."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from corpus_files import line, outcomes, write

from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.errors import ConfigError


def test_a_directory_gives_its_supported_visible_files_by_name() -> None:
    for name in ("d/b.md", "d/a/z.TXT", "d/c.html", "d/skip.py", "d/.hidden.txt", "d/.git/x.txt", "d/e.htm"):
        write(name)
    assert outcomes("d") == ["d/a/z.TXT", "d/b.md", "d/c.html", "d/e.htm"]


def test_patterns_the_shell_left_alone() -> None:
    for name in ("d/a.txt", "d/b/c.txt", "d/b/c.py", "d/b/.h.txt", "d/e.md"):
        write(name)
    assert outcomes("d/**/*.txt") == ["d/a.txt", "d/b/c.txt"]
    assert outcomes("d/*.md", "d/[a]*") == ["d/e.md", "d/a.txt"]
    assert outcomes("d/**") == ["d/a.txt", "d/b/c.txt", "d/e.md"]


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        ("_delta_log/00000000000000000000.json", "Delta Lake"),
        (".hoodie/hoodie.properties", "Hudi"),
        ("metadata/00000-0a1b2c3d-0000-4000-8000-000000000000.metadata.json", "Iceberg"),
    ],
)
def test_a_folder_whose_log_says_which_files_count_is_not_read(log: str, kind: str) -> None:
    write(f"d/table/{log}")
    write("d/table/part-0.jsonl", line(id="deleted", text="A"))
    write("d/other.jsonl", line(id="other", text="B"))
    write("d/metadata/notes.metadata.json")
    problem = f"d/table: is a table of {kind}; rows that were deleted from it are in its folder, too: export it first"
    assert outcomes("d") == ["other", f"{problem}, or name the files"]
    assert outcomes("d/table/*.jsonl") == ["deleted"]


def test_a_file_with_the_name_of_a_pattern_is_that_file() -> None:
    write("a[1].txt")
    write("a1.txt")
    assert outcomes("a[1].txt") == ["a[1].txt"]


def test_a_file_is_read_once_where_it_came_first() -> None:
    for name in ("d/a.txt", "d/b.txt"):
        write(name)
    os.symlink("a.txt", "d/z.txt")
    assert outcomes("d/b.txt", "d", "./d/a.txt", "d/*.txt", os.path.abspath("d")) == ["d/b.txt", "d/a.txt"]


def test_a_hard_link_is_a_file_of_its_own() -> None:
    write("d/a.txt")
    os.link("d/a.txt", "d/b.txt")
    assert outcomes("d") == ["d/a.txt", "d/b.txt"]


def test_links_that_form_a_circle_end_and_are_counted() -> None:
    write("d/a.txt")
    os.symlink("..", "d/up")
    log = ReadLog()
    assert outcomes("d", log=log) == ["d/a.txt"]
    assert log.unread == {"linked folder": 1}


@pytest.mark.parametrize(
    ("target", "said"), [("nowhere", "no such file"), ("link.txt", "too many levels of symbolic links")]
)
def test_links_that_lead_nowhere(target: str, said: str) -> None:
    os.symlink(target, "link.txt")
    (found,) = outcomes("link.txt")
    assert found.startswith(f"link.txt: {said}")


@pytest.mark.parametrize("path", ["d", "d/*"])
def test_a_link_to_nothing_in_a_folder_is_counted(path: str) -> None:
    write("d/a.txt")
    os.symlink("gone.txt", "d/b.txt")
    log = ReadLog()
    assert outcomes(path, log=log) == ["d/a.txt"]
    assert log.unread == {"link to nothing": 1}


def test_a_directory_with_the_name_of_a_text_is_a_directory() -> None:
    write("x.txt/a.md")
    assert outcomes("x.txt") == ["x.txt/a.md"]


def test_directories_nested_deeper_than_calls_can_be() -> None:
    here = os.getcwd()
    depth = sys.getrecursionlimit() + 100
    for _ in range(depth):
        os.mkdir("d")
        os.chdir("d")
    Path("a.txt").write_text("Some text.", encoding="utf-8")
    os.chdir(here)
    try:
        assert outcomes("d") == ["d/" * depth + "a.txt"]
    finally:  # what removes temporary directories is itself recursive
        os.chdir("d/" * depth)
        os.remove("a.txt")
        for _ in range(depth):
            os.chdir("..")
            os.rmdir("d")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("gone.txt", "gone.txt: no such file"),
        ("gone", "gone: no such file"),
        ("empty_dir", "empty_dir: no supported file in this directory"),
        ("code_only", "code_only: no supported file in this directory"),
        ("no/*.match", "no/*.match: no supported file matches this pattern"),
        ("code_only/x.py", "code_only/x.py: files ending in .py are not supported (supported: .txt "),
        ("LICENSE", "LICENSE: a file without a suffix is not supported"),
        ("", "'': is no path"),
    ],
)
def test_what_leads_to_nothing_is_said_and_the_rest_is_read(path: str, said: str) -> None:
    Path("empty_dir").mkdir()
    write("code_only/x.py")
    write("LICENSE")
    first, problem, last = outcomes(write("a.txt"), path, write("b.txt"))
    assert (first, last) == ("a.txt", "b.txt")
    assert problem.startswith(said)


def test_a_directory_without_readable_files_says_what_is_there() -> None:
    write("d/part-0.parquet.crc")
    write("d/part-1.parquet.crc")
    write("d/.hidden.txt")
    (problem,) = outcomes("d")
    assert problem.endswith("; there are 2 .crc, 1 hidden)")


def test_a_settings_file_is_not_missed() -> None:
    for name in ("d/a.txt", "d/detector.toml", "d/s/detector.toml", "d/s/other.toml"):
        write(name)
    log = ReadLog()
    assert outcomes("d", log=log) == ["d/a.txt"]
    assert log.unread == {".toml": 1}


def test_what_has_no_reader_is_counted_by_suffix_once() -> None:
    for name in ("d/a.avro", "d/b.AVRO", "d/s/c.csv.xyz", "d/s/d.tar.gz", "d/Makefile", "d/ok.txt"):
        write(name)
    os.mkfifo("d/pipe.txt")
    log = ReadLog()
    assert outcomes("d", "d/*", log=log) == ["d/ok.txt"]
    assert log.unread == {".avro": 2, ".xyz": 1, ".tar.gz": 1, "no suffix": 1, "special file": 1}
    assert "2 .avro" in " ".join(log.remarks())


# What git ignores


def test_what_git_ignores_is_left_out_and_counted() -> None:
    write("d/.gitignore", "*.log.txt\n/build/\n!keep.log.txt\n\\\n")
    write("d/s/.gitignore", "secret.md\n!again.log.txt")
    names = ("a.txt", "x.log.txt", "keep.log.txt", "build/a.txt", "s/build/a.txt", "s/secret.md", "s/again.log.txt")
    for name in (*names, "secret.md"):
        write(f"d/{name}")
    log = ReadLog()
    kept = ["a.txt", "keep.log.txt", "s/again.log.txt", "s/build/a.txt", "secret.md"]
    assert outcomes("d", log=log) == [f"d/{name}" for name in kept]
    assert log.left_out["gitignored"] == 3
    assert len(outcomes("d", options=ReadOptions(gitignored=True))) == 8


def test_a_file_that_is_named_is_read_whatever_git_ignores() -> None:
    write(".gitignore", "*.txt")
    write(".hidden.txt")
    write("a.txt")
    write("b.md")
    assert outcomes(".hidden.txt", "a.txt") == [".hidden.txt", "a.txt"]
    assert outcomes("*.txt") == ["a.txt"]
    assert outcomes(".") == ["./b.md"]


def test_rules_above_count_in_a_repository_unless_they_ignore_the_directory_itself() -> None:
    write("r/.gitignore", "/data/\n*.tmp.txt")
    write("r/.git/info/exclude", "mine.txt")
    for folder in ("r/data", "r/docs"):
        for name in ("a.txt", "b.tmp.txt", "mine.txt"):
            write(f"{folder}/{name}")
    assert outcomes("r") == ["r/docs/a.txt"]
    assert outcomes("r/docs") == ["r/docs/a.txt"]
    assert outcomes("r/data") == ["r/data/a.txt", "r/data/b.tmp.txt", "r/data/mine.txt"]


def test_a_repository_within_another_has_its_own_rules() -> None:
    write("r/.gitignore", "*.txt")
    write("r/.git/HEAD", "")
    write("r/inner/.git", "gitdir: nowhere")
    write("r/inner/a.txt")
    assert outcomes("r") == ["r/inner/a.txt"]


# --exclude


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["vendor/"], ["d/a.txt", "d/s/b.html"]),
        (["d/vendor"], ["d/a.txt", "d/s/b.html"]),
        (["/vendor"], ["d/a.txt", "d/s/b.html"]),
        (["*.html"], ["d/a.txt", "d/vendor/c.txt"]),
        (["d/**/*.txt"], ["d/s/b.html"]),
        (["*.txt", "!a.txt"], ["d/a.txt", "d/s/b.html"]),
    ],
)
def test_patterns_exclude(patterns: list[str], left: list[str]) -> None:
    for name in ("d/a.txt", "d/s/b.html", "d/vendor/c.txt"):
        write(name)
    options = ReadOptions(exclude=tuple(patterns))
    assert outcomes("d", options=options) == left
    assert outcomes(os.path.abspath("d"), options=options) == [os.path.abspath(name) for name in left]
    assert outcomes("d/a.txt", options=options) == ["d/a.txt"]


def test_a_pattern_that_makes_no_sense() -> None:
    write("a.txt")
    with pytest.raises(ConfigError, match="--exclude"):
        outcomes(".", options=ReadOptions(exclude=("\\",)))


# Names and special files


def test_names_that_are_not_utf8_stay_distinct() -> None:
    for name in (b"caf\xe9.txt", b"caf\xe8.txt"):
        Path(os.fsdecode(name)).write_text("Some text.", encoding="utf-8")
    assert outcomes(".") == ["./caf\\xe8.txt", "./caf\\xe9.txt"]


def test_a_named_pipe_is_read_as_its_suffix_says(tmp_path: Path) -> None:
    import threading

    os.mkfifo("pipe.jsonl")
    os.mkfifo("pipe")
    for name in ("pipe.jsonl", "pipe"):
        writer = threading.Thread(target=lambda name=name: write_pipe(name))
        writer.start()
        (found,) = outcomes(name)
        writer.join()
        assert found == ("x" if name == "pipe.jsonl" else "pipe")


def write_pipe(name: str) -> None:
    with open(name, "w", encoding="utf-8") as stream:
        stream.write(line(id="x", text="a"))


def test_a_socket_can_not_be_read() -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.txt")
        (found,) = outcomes("s.txt")
    assert found.startswith("s.txt: ")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read() -> None:
    Path(write("a.txt")).chmod(0)
    write("d/b.txt")
    Path("d").chmod(0)
    assert outcomes("a.txt", "d") == ["a.txt: permission denied", "d: permission denied"]
