"""Outputs are there whole or not at all, and what goes wrong is said of the file that the user named."""

from __future__ import annotations

import gzip
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from detector.corpus.compression import compression_of, decompressed
from detector.errors import OutputError
from detector.reports.destination import open_destination

LINE = "x" * 99 + "\n"


@pytest.fixture(autouse=True)
def _in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(path: str, lines: int = 1) -> None:
    with open_destination(Path(path), for_machines=True) as stream:
        for _ in range(lines):
            stream.write(LINE)


def ended(code: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, with limits and pipes as a shell sets them."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2", ".xz"])
def test_the_suffix_compresses(suffix: str) -> None:
    with open_destination(Path(f"a.jsonl{suffix}"), for_machines=True) as stream:
        for _ in range(1_000):
            stream.write(LINE)
            stream.flush()
    compression = compression_of(suffix)
    assert compression is not None
    with decompressed(open(f"a.jsonl{suffix}", "rb"), compression) as packed:
        assert packed.read() == LINE.encode() * 1_000
    assert os.stat(f"a.jsonl{suffix}").st_size < 1_500  # a flush after each line does not end the block
    assert os.listdir() == [f"a.jsonl{suffix}"]


def test_the_same_content_gives_the_same_compressed_bytes() -> None:
    write("a.jsonl.gz")
    write("b.jsonl.gz")
    assert Path("a.jsonl.gz").read_bytes() == Path("b.jsonl.gz").read_bytes()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_the_permissions_of_a_replaced_file_are_kept(mode: int) -> None:
    Path("a.jsonl").write_text("old", encoding="utf-8")
    Path("a.jsonl").chmod(mode)
    write("a.jsonl")
    assert stat.S_IMODE(os.stat("a.jsonl").st_mode) == mode


def test_a_new_file_has_the_permissions_of_any_new_file() -> None:
    write("a.jsonl")
    Path("b").touch()
    assert os.stat("a.jsonl").st_mode == os.stat("b").st_mode


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"])
@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_full_disk_leaves_the_old_file_and_names_it(name: str, lines: int) -> None:
    """A limit on the size of files stands for the disk: it fails in the same calls."""
    Path(name).write_text("old", encoding="utf-8")
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from detector.reports.destination import open_destination\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "with open_destination(Path(sys.argv[1]), for_machines=True) as stream:\n"
        "    for n in range(int(sys.argv[2])): stream.write(f'{n * n} record {n}\\n' * 9)\n"
    )
    process = ended(code, name, str(lines))
    last = process.stderr.splitlines()[-1]
    assert last == f"detector.errors.OutputError: --output {name}: can't be written (file too large)"
    assert "unfinished" not in last
    assert Path(name).read_text(encoding="utf-8") == "old"
    assert os.listdir() == [name]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("lines", [1, 1_000])
def test_a_device_that_is_full(lines: int) -> None:
    with pytest.raises(OutputError, match=r"^--output /dev/full: can't be written \(no space left on device\)$"):
        write("/dev/full", lines)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("output", [[], ["-o", "/dev/stdout"], ["-o", "-"]])
def test_standard_output_that_is_full(output: list[str]) -> None:
    Path("empty.jsonl").touch()
    command = [sys.executable, "-m", "detector", "score", "--format", "json", *output, "empty.jsonl"]
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert process.returncode == 2
    assert process.stderr.splitlines()[-1] == "error: standard output: can't be written (no space left on device)"


def test_a_folder_that_vanishes() -> None:
    Path("d").mkdir()

    def lose_the_folder() -> None:
        with open_destination(Path("d/a.jsonl"), for_machines=True) as stream:
            stream.write(LINE)
            for name in os.listdir("d"):
                os.remove(f"d/{name}")
            os.rmdir("d")

    with pytest.raises(OutputError, match=r"^--output d/a.jsonl: can't be written \(no such file or directory\)$"):
        lose_the_folder()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("no/such/a.jsonl", "no such file or directory"),
        ("file/a.jsonl", "not a directory"),
        ("loop", "too many levels of symbolic links"),
        ("x" * 300, "file name too long"),
    ],
)
def test_a_place_where_no_file_can_be(path: str, said: str) -> None:
    Path("file").touch()
    os.symlink("loop", "loop")
    with pytest.raises(OutputError, match=said) as raised:
        write(path)
    assert str(raised.value).startswith(f"--output {path}: can't be written")
    assert sorted(os.listdir()) == ["file", "loop"]


def test_the_longest_name_a_file_can_have() -> None:
    write("x" * 255)
    assert os.listdir() == ["x" * 255]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_what_may_not_be_written() -> None:
    Path("a.jsonl").write_text("old", encoding="utf-8")
    Path("a.jsonl").chmod(0o400)
    Path("d").mkdir(mode=0o500)
    for path in ("a.jsonl", "d/a.jsonl"):
        with pytest.raises(OutputError, match=r"can't be written \(permission denied\)"):
            write(path)


def test_a_named_pipe_gets_the_report_as_it_comes() -> None:
    os.mkfifo("pipe.gz")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe.gz").read_bytes()))
    reader.start()
    write("pipe.gz", 10)
    reader.join()
    assert gzip.decompress(read[0]) == LINE.encode() * 10
    assert stat.S_ISFIFO(os.stat("pipe.gz").st_mode)


def test_a_named_pipe_whose_reader_goes_away() -> None:
    os.mkfifo("pipe")
    reader = threading.Thread(target=lambda: open("pipe", "rb").close())
    reader.start()
    with pytest.raises(OutputError, match=r"^--output pipe: nobody reads it any more$"):
        write("pipe", 100_000)
    reader.join()


def test_a_pipe_on_standard_output_that_is_closed_is_no_failure_of_a_file() -> None:
    code = (
        "from detector.reports.destination import open_destination\n"
        "with open_destination(None, for_machines=True) as stream:\n"
        "    for _ in range(100_000): stream.write('x' * 99)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read().splitlines()[-1].startswith("BrokenPipeError")
    process.wait()


def test_dev_stdout_is_standard_output_and_no_file_to_replace() -> None:
    """`>> file` must still append: the file behind standard output keeps what it has."""
    Path("log").write_text("before\n", encoding="utf-8")
    code = (
        "from pathlib import Path; from detector.reports.destination import open_destination\n"
        "with open_destination(Path('/dev/stdout'), for_machines=True) as stream: stream.write('after\\n')\n"
    )
    with open("log", "a", encoding="utf-8") as log:
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True, timeout=60)
    assert Path("log").read_text(encoding="utf-8") == "before\nafter\n"
