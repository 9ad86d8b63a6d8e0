"""Inputs and outputs on other machines: an object store (moto's) and web servers, all on this machine."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pytest
from commands import caller
from corpus_files import line, outcomes, write
from filter_process import SwapScorer, WordScorer
from filtering import Filter
from moto.server import ThreadedMotoServer
from pyarrow import parquet
from warc_files import members, page

from detector.cli import scoring
from detector.cli.app import app
from detector.corpus import remote
from detector.corpus.locations import printable_path
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.reading import read

PROCESS = Path(__file__).parent / "filter_process.py"
SECRET = "hunter2-secret"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Any]:
    """An empty bucket called `corpus` in an object store."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    fs = fsspec.filesystem("s3", use_listings_cache=False)
    fs.mkdir("corpus")
    yield fs
    fs.rm("corpus", recursive=True)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_WAITS", (0.01, 0.01, 0.01))


def table(rows: int, width: int = 10) -> bytes:
    stream = io.BytesIO()
    texts = [f"{n} " + "x" * width for n in range(rows)]
    wide = [bytes([n % 251]) * 1000 for n in range(rows)]
    made = pa.table({"text": texts, "id": list(range(rows)), "wide": wide})
    parquet.write_table(made, stream, row_group_size=max(rows // 10, 1), compression="none")
    return stream.getvalue()


# Reading


def test_files_folders_and_patterns_of_an_object_store(bucket: Any) -> None:
    bucket.pipe(
        {
            "corpus/a.jsonl": line(id="a", text="A").encode(),
            "corpus/deep/b.jsonl.gz": gzip.compress(line(id="b", text="B").encode()),
            "corpus/deep/c.txt": b"Words.",
            "corpus/deep/er/d.parquet": table(2),
            "corpus/deep/.hidden/e.txt": b"Words.",
            "corpus/deep/f.bin": b"Words.",
            "corpus/empty.jsonl": b"",
        }
    )
    assert outcomes("s3://corpus/a.jsonl") == ["a"]
    log = ReadLog()
    assert outcomes("s3://corpus", log=log) == ["a", "b", "s3://corpus/deep/c.txt", "0", "1"]
    assert (dict(log.unread), dict(log.left_out)) == ({".bin": 1}, {"hidden": 1})
    assert outcomes("s3://corpus/deep/") == outcomes("s3://corpus/deep") == ["b", "s3://corpus/deep/c.txt", "0", "1"]
    assert outcomes("s3://corpus/**/*.jsonl*") == ["a", "b"]
    assert outcomes("s3://corpus/*") == outcomes("s3://corpus")
    assert outcomes("s3://corpus", options=ReadOptions(exclude=("deep/",))) == ["a"]
    assert next(iter(read(["s3://corpus/a.jsonl"]))).source == "s3://corpus/a.jsonl:1"


def test_a_table_of_delta_lake_in_an_object_store_is_not_read_by_its_files(bucket: Any) -> None:
    record = line(id="a", text="A").encode()
    bucket.pipe({"corpus/t/_delta_log/00.json": b"{}", "corpus/t/a.jsonl": record, "corpus/t2/a.jsonl": record})
    problem, id = outcomes("s3://corpus")
    assert problem.startswith("s3://corpus/t: is a table of Delta Lake")
    assert id == "a"
    assert outcomes("s3://corpus/t/*.jsonl") == ["a"]


def test_what_is_not_there(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.pipe("corpus/a.bin", b"x")
    assert outcomes("s3://corpus/none.jsonl") == ["s3://corpus/none.jsonl: no such file"]
    assert outcomes("s3://no-such-bucket/a.jsonl") == ["s3://no-such-bucket/a.jsonl: no such file"]
    for folder in ("s3://corpus/none/", "s3://corpus/none", "s3://no-such-bucket/"):
        assert outcomes(folder) == [f"{folder}: no such file or folder"]
    (none,) = outcomes("s3://corpus/*.jsonl")
    assert none.startswith("s3://corpus/*.jsonl: no supported file is there")
    (unknown,) = outcomes("teapot://corpus/a.jsonl")
    assert unknown == "teapot://corpus/a.jsonl: teapot:// is no kind of address that fsspec knows"
    assert "files ending in .bin are not supported" in outcomes("s3://corpus/a.bin")[0]


def test_names_that_would_lead_elsewhere(filter: Filter, bucket: Any) -> None:
    bucket.pipe("corpus/in/../../escaped.jsonl", line(text="A").encode())
    (said,) = outcomes("s3://corpus")
    assert said == "s3://corpus/in/../../escaped.jsonl: its name has parts that are no names of files"
    assert filter("s3://corpus").code == 2
    assert not list(Path().rglob("escaped*"))


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsspec.core.url_to_fs", _raise_import_error)
    assert outcomes("s3://x/a.jsonl") == ["s3://x/a.jsonl: s3:// needs s3fs: pip install s3fs"]
    assert outcomes("hf://x/a.jsonl") == ["hf://x/a.jsonl: hf:// needs huggingface_hub: pip install huggingface_hub"]
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    assert outcomes("gs://x/a.jsonl") == ["gs://x/a.jsonl: gs:// needs fsspec: pip install 'unspun[remote]'"]


def _raise_import_error(*_: object, **__: object) -> None:
    raise ImportError("Install something")


class _Counted:
    """Counts the bytes that an object store is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import s3fs.core

        self.bytes = self.most = 0
        real = s3fs.core._fetch_range

        def counting(*arguments: Any, **more: Any) -> bytes:
            data: bytes = real(*arguments, **more)
            self.bytes += len(data)
            self.most = max(self.most, len(data))
            return data

        monkeypatch.setattr(s3fs.core, "_fetch_range", counting)


def test_only_the_columns_that_are_needed_are_fetched(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = table(5000)
    bucket.pipe("corpus/a.parquet", data)
    counted = _Counted(monkeypatch)
    assert len(outcomes("s3://corpus/a.parquet")) == 5000
    assert counted.bytes < len(data) / 10


def test_an_object_is_read_in_blocks_and_once(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 5_000_000
    bucket.pipe("corpus/a.jsonl", line(text="x" * 1000).encode() * (size // 1013))
    counted = _Counted(monkeypatch)
    assert sum(1 for _ in read(["s3://corpus/a.jsonl"])) == size // 1013
    assert counted.most == 1 << 20
    assert counted.bytes == size // 1013 * 1013


@pytest.mark.parametrize("failures", [3, 4])
def test_connections_that_drop_are_tried_again(bucket: Any, monkeypatch: pytest.MonkeyPatch, failures: int) -> None:
    import s3fs.core

    bucket.pipe("corpus/a.jsonl", line(text="x" * 1000).encode() * 3000)
    real, calls = s3fs.core._fetch_range, 0

    def failing(*arguments: Any, **more: Any) -> bytes:
        nonlocal calls
        calls += 1
        if 2 <= calls < 2 + failures:
            raise ConnectionResetError(f"https://someone:{SECRET}@s3.example hung up")
        data: bytes = real(*arguments, **more)
        return data

    monkeypatch.setattr(s3fs.core, "_fetch_range", failing)
    found = outcomes("s3://corpus/a.jsonl")
    if failures == 3:
        assert len(found) == 3000
        assert not any("connection" in one for one in found)
    else:
        assert 1000 < len(found) < 1100
        assert re.fullmatch(
            r"s3://corpus/a.jsonl, line \d+: the connection failed, 4 times \(ConnectionResetError\)", found[-1]
        )


# The web


class _Web(BaseHTTPRequestHandler):
    """A server of some files that may give ranges, drop connections, or refuse."""

    files: dict[str, bytes] = {}  # noqa: RUF012
    ranges = True
    drop_after: int | None = None
    drops = 0
    encoding: str | None = None
    sent = 0

    def do_HEAD(self) -> None:
        self.do_GET(body=False)

    def do_GET(self, body: bool = True) -> None:
        kind, path = type(self), self.path.partition("?")[0]
        if path.startswith("/status/"):
            self.send_error(int(path.split("/")[2].partition(".")[0]))
            return
        data = self.files.get(path)
        if data is None:
            self.send_error(404)
            return
        asked = re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        total = len(data)
        if asked and self.ranges:
            first, last = int(asked[1]), min(int(asked[2]), total - 1)
            data = data[first : last + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{total}")
        else:
            self.send_response(200)
        if self.encoding:
            self.send_header("Content-Encoding", self.encoding)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            if kind.drop_after is not None and kind.drops and len(data) > kind.drop_after:
                kind.drops -= 1
                data = data[: kind.drop_after]
                self.close_connection = True
            kind.sent += len(data)
            with suppress(OSError):
                self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(**settings: Any) -> Iterator[tuple[str, type[_Web]]]:
    handler = type("Handler", (_Web,), settings)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler
    finally:
        server.shutdown()
        server.server_close()


FILES = {
    "/a.jsonl": b"".join(line(id=f"r{n}", text="x" * 1000).encode() for n in range(3000)),
    "/b.jsonl.gz": gzip.compress(line(id="b", text="B").encode()),
    "/c.parquet": table(2000),
    "/d.txt": b"Words.",
    "/e.arrow": b"",
    "/f.warc.gz": members(page("One.", "b"), page("Two.", "c")) + b"\xff" * 40 + members(page("Three.", "d")),
}


@pytest.mark.parametrize("ranges", [True, False])
def test_files_of_the_web(ranges: bool) -> None:
    with served(files=FILES, ranges=ranges) as (web, _):
        assert outcomes(f"{web}/a.jsonl?X-Signature={SECRET}") == [f"r{n}" for n in range(3000)]
        assert outcomes(f"{web}/b.jsonl.gz") == ["b"]
        assert outcomes(f"{web}/d.txt?token={SECRET}") == [f"{web}/d.txt"]
        pages = outcomes(f"{web}/f.warc.gz?token={SECRET}")
        assert pages[:2] == ["<urn:uuid:b>", "<urn:uuid:c>"]
        assert "record 3: the gzip data is followed by something else" in pages[2]
        assert pages[3:] == (["<urn:uuid:d>"] if ranges else [])  # what comes after damage is looked for in a file
        rows = outcomes(f"{web}/c.parquet")
        if ranges:
            assert rows == [str(n) for n in range(2000)]
        else:
            assert rows == [f"{web}/c.parquet: Parquet is read from a file, not from a pipe"]


def test_of_a_table_on_the_web_only_parts_are_fetched() -> None:
    with served(files=FILES) as (web, handler):
        assert len(outcomes(f"{web}/c.parquet")) == 2000
        assert handler.sent < len(FILES["/c.parquet"]) / 5


@pytest.mark.parametrize("ranges", [True, False])
def test_a_server_that_hangs_up(ranges: bool) -> None:
    with served(files=FILES, ranges=ranges, drop_after=500_000, drops=3) as (web, handler):
        assert outcomes(f"{web}/a.jsonl") == [f"r{n}" for n in range(3000)]
        assert handler.drops == 0
    with served(files=FILES, ranges=ranges, drop_after=500_000, drops=99) as (web, _):
        *_, last = outcomes(f"{web}/a.jsonl?token={SECRET}")
        assert "a.jsonl, line " in last or "a.jsonl: " in last
        assert "the connection failed, 4 times" in last
        assert SECRET not in last


def test_compressed_files_that_the_server_calls_encoded() -> None:
    with served(files=FILES, encoding="gzip") as (web, _):
        assert outcomes(f"{web}/b.jsonl.gz") == ["b"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("none.jsonl", "no such file"),
        ("status/404.jsonl", "no such file"),
        ("status/403.jsonl", "access is denied; are there credentials for it?"),
        ("status/401.jsonl", "access is denied; are there credentials for it?"),
        ("status/500.jsonl", "its server answers with 500, 4 times (ClientResponseError)"),
    ],
)
def test_what_the_web_refuses(path: str, said: str) -> None:
    with served(files=FILES) as (web, _):
        address = web.replace("//", f"//me:{SECRET}@") + f"/{path}?token={SECRET}"
        assert outcomes(address) == [f"{web}/{path}: {said}"]


def test_nobody_is_there() -> None:
    with served() as (web, _):
        pass
    (said,) = outcomes(f"{web}/a.jsonl")
    assert said.startswith(f"{web}/a.jsonl: the connection failed, 4 times (")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"https://me:{SECRET}@a.example/b.jsonl?sig={SECRET}#{SECRET}", "https://a.example/b.jsonl"),
        (f"s3://key:{SECRET}@bucket/a?b.txt", "s3://bucket/a?b.txt"),
        ("hf://datasets/who/what@main/a.parquet", "hf://datasets/who/what@main/a.parquet"),
    ],
)
def test_secrets_of_an_address_are_not_shown(address: str, shown: str) -> None:
    assert printable_path(address) == shown


# Score and filter


@pytest.fixture
def score(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(scoring, "load_detector", WordScorer().open)
        with pytest.raises(SystemExit) as ended:
            app(["score", *arguments], prog_name="detector")
        return int(ended.value.code or 0), capsys.readouterr().err

    return call


def test_a_report_is_sent_when_it_is_whole(score: Any, bucket: Any) -> None:
    write("a.jsonl", line(id="a", text="A") + line(id="b", text="B [spun]"))
    arguments = ("a.jsonl", "--format", "jsonl", "--output", "s3://corpus/reports/a.jsonl.gz")
    assert score(*arguments)[0] == 0
    lines = gzip.decompress(bucket.cat("corpus/reports/a.jsonl.gz")).splitlines()
    assert [json.loads(one)["id"] for one in lines] == ["a", "b"]
    assert score(*arguments)[0] == 0  # an earlier report is replaced
    bucket.pipe("corpus/reports/a.jsonl.gz", b"mine")
    code, said = score(*arguments)
    assert (code, bucket.cat("corpus/reports/a.jsonl.gz")) == (2, b"mine")
    assert "holds no report" in said


def test_a_report_that_can_not_be_sent(score: Any, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.jsonl", line(id="a", text="A"))
    code, said = score("a.jsonl", "--output", "s3://no-such-bucket/a.jsonl")
    assert code == 2
    assert "there is no bucket no-such-bucket" in said
    code, said = score("a.jsonl", "--output", f"https://a.example/a.jsonl?token={SECRET}")
    assert code == 2
    assert SECRET not in said
    monkeypatch.setattr(bucket, "put_file", _hang_up)  # fsspec has one for all who ask alike
    code, said = score("a.jsonl", "--format", "jsonl", "--output", "s3://corpus/b.jsonl")
    assert code == 2
    assert not bucket.exists("corpus/b.jsonl")
    kept = re.search(r"the report is in (\S+)", said)
    assert kept
    assert json.loads(Path(kept[1]).read_text(encoding="utf-8"))["id"] == "a"
    Path(kept[1]).unlink()


def _hang_up(*_: object, **__: object) -> None:
    raise ConnectionResetError(SECRET)


def test_an_input_is_not_replaced(score: Any, bucket: Any) -> None:
    bucket.pipe("corpus/a.jsonl", line(text="A").encode())
    code, said = score("s3://corpus/a.jsonl", "--output", "s3://corpus/a.jsonl")
    assert code == 2
    assert "read as input" in said


def test_a_corpus_of_an_object_store_is_filtered(filter: Filter, bucket: Any) -> None:
    records = [{"id": n, "text": f"T {n} {'[spun]' if n % 3 == 0 else ''}"} for n in range(40)]
    stream = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(records), stream, row_group_size=7)
    bucket.pipe(
        {
            "corpus/in/a.jsonl.gz": gzip.compress("".join(line(**one) for one in records).encode()),
            "corpus/in/deep/b.parquet": stream.getvalue(),
            "corpus/in/c.txt": b"A [spun] text.",
        }
    )
    ended = filter("s3://corpus/in")
    assert (ended.code, ended.scored) == (0, 81), ended.err
    kept = [json.loads(one)["id"] for one in gzip.decompress(Path("out/kept/a.jsonl.gz").read_bytes()).splitlines()]
    assert kept == [n for n in range(40) if n % 3]
    assert parquet.read_table("out/kept/deep/b.parquet")["id"].to_pylist() == kept
    assert Path("out/rejected/c.txt").read_bytes() == b"A [spun] text."
    assert filter("s3://corpus/in").scored == 0
    bucket.pipe("corpus/in/a.jsonl.gz", gzip.compress(line(text="Another").encode()))
    ended = filter("s3://corpus/in")
    assert ended.code == 2
    assert "s3://corpus/in/a.jsonl.gz: is not the file any more" in ended.err
    for path in Path("out").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()


def test_files_of_the_web_are_filtered(filter: Filter) -> None:
    with served(files=FILES) as (web, _):
        ended = filter(f"{web}/b.jsonl.gz?token={SECRET}", f"{web}/d.txt")
        assert (ended.code, ended.scored) == (0, 2), ended.err
        assert filter(f"{web}/b.jsonl.gz?token=other", f"{web}/d.txt").scored == 0
    for path in Path("out").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()
    assert Path("out/kept/d.txt").read_bytes() == b"Words."


# Outputs elsewhere

ELSEWHERE = ("--kept", "s3://corpus/out/kept", "--rejected", "s3://corpus/out/rejected")


def put_corpus(bucket: Any) -> None:
    records = [{"id": n, "text": f"T {n} {'[spun]' if n % 3 == 0 else ''}"} for n in range(40)]
    stream = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(records), stream, row_group_size=7)
    bucket.pipe(
        {
            "corpus/in/a.jsonl.gz": gzip.compress("".join(line(**one) for one in records).encode()),
            "corpus/in/deep/b.parquet": stream.getvalue(),
            "corpus/in/c.txt": b"A [spun] text.",
        }
    )


def stored(bucket: Any, folder: str) -> dict[str, bytes]:
    names = bucket.find(f"corpus/{folder}")
    return {name.removeprefix(f"corpus/{folder}/"): bucket.cat(name) for name in names if ".unspun/" not in name}


def test_a_corpus_is_filtered_into_an_object_store(filter: Filter, bucket: Any) -> None:
    put_corpus(bucket)
    filter("s3://corpus/in")
    ended = filter("s3://corpus/in", *ELSEWHERE, "--work", "work", folders=False)
    assert (ended.code, ended.scored) == (0, 81), ended.err
    for name in ("kept", "rejected"):
        here = {
            path.relative_to(f"out/{name}").as_posix(): path.read_bytes()
            for path in Path(f"out/{name}").rglob("*")
            if path.is_file() and ".unspun" not in path.parts
        }
        assert stored(bucket, f"out/{name}") == here
        assert not [path for path in Path(f"work/{name}").rglob("*") if path.is_file() and ".unspun" not in path.parts]
    told = json.loads(Path("work/run.json").read_text(encoding="utf-8"))
    assert told["complete"]
    assert told["command"]["--kept"] == "s3://corpus/out/kept"
    assert filter("s3://corpus/in", *ELSEWHERE, "--work", "work", folders=False).scored == 0
    assert filter("s3://corpus", *ELSEWHERE, "--work", "new", folders=False).code == 2  # somebody else's
    for path in Path("work").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()


def test_outputs_elsewhere_are_no_inputs_and_are_not_replaced(filter: Filter, bucket: Any) -> None:
    bucket.pipe("corpus/a.jsonl", line(text="A").encode())
    assert filter("s3://corpus", *ELSEWHERE, "--work", "work", folders=False).scored == 1
    ended = filter("s3://corpus", *ELSEWHERE, "--work", "work", folders=False)
    assert (ended.code, ended.scored) == (0, 0), ended.err
    bucket.pipe("corpus/b.jsonl", line(text="B").encode())
    bucket.pipe("corpus/out/rejected/b.jsonl", b"mine")
    ended = filter("s3://corpus", *ELSEWHERE, "--work", "work", folders=False)
    assert "s3://corpus/out/rejected/b.jsonl: is there, and was not made by this run" in ended.err
    assert bucket.cat("corpus/out/rejected/b.jsonl") == b"mine"


def test_a_run_that_could_not_send_goes_on(filter: Filter, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put_corpus(bucket)
    real = bucket.put_file

    def failing(local: str, place: str, **more: Any) -> None:
        if "rejected/a.jsonl.gz" in place:
            raise ConnectionResetError(SECRET)
        real(local, place, **more)

    monkeypatch.setattr(bucket, "put_file", failing)
    ended = filter("s3://corpus/in", *ELSEWHERE, "--work", "work", folders=False)
    assert ended.code == 2
    assert "s3://corpus/out/rejected/a.jsonl.gz: can't be written (the connection failed, 4 times" in ended.err
    assert SECRET not in ended.err
    assert "a.jsonl.gz" not in stored(bucket, "out/rejected")
    monkeypatch.setattr(bucket, "put_file", real)
    ended = filter("s3://corpus/in", *ELSEWHERE, "--work", "work", folders=False)
    assert ended.code == 0, ended.err
    assert ended.scored <= 41  # what was scored is not scored again
    filter("s3://corpus/in")
    for name in ("kept", "rejected"):
        assert stored(bucket, f"out/{name}")["a.jsonl.gz"] == Path(f"out/{name}/a.jsonl.gz").read_bytes()


def test_another_run_and_a_restart(filter: Filter, bucket: Any) -> None:
    put_corpus(bucket)
    filter("s3://corpus/in", *ELSEWHERE, "--work", "work", folders=False)
    before = stored(bucket, "out")
    ended = filter("s3://corpus/in", *ELSEWHERE, "--work", "other", folders=False)
    assert ended.code == 2
    assert f"--work {Path('work').resolve()};" in ended.err
    assert stored(bucket, "out") == before
    bucket.rm("corpus/in/c.txt")
    assert filter("s3://corpus/in", *ELSEWHERE, "--work", "work", "--restart", folders=False).scored == 80
    assert "c.txt" not in stored(bucket, "out/rejected")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (ELSEWHERE, "say where with --work DIR"),
        (("--kept", "a", "--rejected", "b", "--work", "w"), "--work is for outputs that are addresses"),
        (("--kept", "s3://none/a", "--rejected", "b", "--work", "w"), "there is no bucket none"),
        (("--kept", "https://a.example/b", "--rejected", "b", "--work", "w"), "the web can only be read"),
        (("--kept", "s3://corpus/a", "--rejected", "s3://corpus/a/", "--work", "w"), "are the same folder"),
    ],
)
def test_outputs_elsewhere_that_make_no_sense(
    filter: Filter, bucket: Any, arguments: tuple[str, ...], said: str
) -> None:
    write("in/a.jsonl", line(text="A"))
    ended = filter("in", *arguments, folders=False)
    assert ended.code == 2
    assert said in ended.err
    assert not bucket.find("corpus")


def test_errors_and_report_go_elsewhere(filter: Filter, bucket: Any) -> None:
    write("in/a.jsonl", line(text="A") + "{broken}\n" + line(text="B [spun]"))
    targets = ("--errors", "s3://corpus/deep/errors.jsonl", "--run-report", "s3://corpus/run.v1/counts.json")
    ended = filter("in", *targets)
    assert ended.code == 2
    (error,) = map(json.loads, bucket.cat("corpus/deep/errors.jsonl").splitlines())
    assert (error["row"], error["raw"]) == (2, "{broken}")
    assert json.loads(bucket.cat("corpus/run.v1/counts.json"))["destinations"] == {"kept": 1, "rejected": 1}
    assert b"<svg" in bucket.cat("corpus/run.v1/counts.html")
    assert "see s3://corpus/run.v1/counts.json" in ended.err
    assert sorted(path.name for path in Path().iterdir()) == ["in", "out"]
    assert filter("in", *targets).scored == 0


@pytest.mark.parametrize(
    "path",
    [
        "zip://a.jsonl::in/a.zip",
        "zip://*.jsonl::in/a.zip",
        "simplecache::s3://corpus/a.jsonl",
        "s3://corpus/a::b.jsonl",
    ],
)
def test_an_address_within_another_is_told(filter: Filter, path: str) -> None:
    write("in/a.jsonl", line(text="A"))
    assert [str(record.error) for record in read([path, "in/a.jsonl"])] == [
        f"{path}: an address with :: in it, as of a member of an archive, is not supported; name the file itself, unpacked",
        "None",
    ]
    for targets in ((path, "--kept", "k", "--rejected", "r"), ("in", "--kept", path, "--rejected", "r", "--work", "w")):
        ended = filter(*targets, folders=False)
        assert (ended.code, ended.scored) == (2, 0)
        assert "an address with :: in it" in ended.err


@pytest.mark.parametrize("option", ["--errors", "--run-report"])
@pytest.mark.parametrize(
    ("place", "said"),
    [
        (f"https://me:{SECRET}@example.org/a.json", "https://example.org/a.json: the web can only be read"),
        (f"s3://me:{SECRET}@none/a.json", "can't be written (there is no bucket"),
        ("s3://corpus/folder", "s3://corpus/folder: is a folder"),
        ("teapot://corpus/a", "teapot:// is no kind of address"),
        ("zip://a::s3://corpus/a.zip", "an address with :: in it"),
    ],
)
def test_errors_and_report_that_can_not_be_sent(
    filter: Filter, bucket: Any, option: str, place: str, said: str
) -> None:
    bucket.pipe("corpus/folder/a", b"x")
    write("in/a.jsonl", line(text="A"))
    ended = filter("in", option, place)
    assert (ended.code, ended.scored) == (2, 0)
    assert f"{option} " in ended.err
    assert said in " ".join(ended.err.split())
    assert SECRET not in ended.err
    assert sorted(path.name for path in Path().iterdir()) == ["in"]


def test_sidecars_go_elsewhere(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scoring, "load_detector", WordScorer().open)
    annotate = caller(capsys, "annotate")
    records = "".join(line(id=str(n), text=f"T {n} {'[spun]' if n % 3 == 0 else ''}") for n in range(10))
    bucket.pipe("corpus/documents/deep/a.jsonl.gz", gzip.compress(records.encode()))
    options = ("s3://corpus/documents", "--to", "dolma", "--output", "s3://corpus", "--work", "work")
    ended = annotate(*options)
    assert ended.code == 0, ended.err
    made = gzip.decompress(bucket.cat("corpus/attributes/unspun/deep/a.jsonl.gz")).splitlines()
    assert [json.loads(one)["id"] for one in made] == [str(n) for n in range(10)]
    assert bucket.exists("corpus/attributes/unspun/.unspun/owner.json")
    assert not list(Path("work").rglob("*.jsonl.gz"))
    assert annotate(*options).code == 0
    assert annotate(*options[:-1], "other").code == 2  # somebody else's
    write("here/documents/deep/a.jsonl.gz", gzip.compress(records.encode()))
    assert annotate("here/documents", "--to", "dolma", "--output", "here").code == 0
    assert Path("here/attributes/unspun/deep/a.jsonl.gz").read_bytes() == bucket.cat(
        "corpus/attributes/unspun/deep/a.jsonl.gz"
    )
    assert annotate("here/documents", "--to", "parquet", "--output", "s3://corpus/scores", "--work", "w2").code == 0
    assert parquet.read_table(io.BytesIO(bucket.cat("corpus/scores/deep/a.parquet")))["id"].to_pylist() == [
        str(n) for n in range(10)
    ]


def test_repairs_go_elsewhere_and_come_back(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scoring, "load_detector", SwapScorer().open)
    repair = caller(capsys, "repair")
    put_corpus(bucket)
    text = "A [spun] text of WINGS."
    bucket.pipe({"corpus/in/c.txt": text.encode(), "corpus/in/d.jsonl": line(id=1, text=text).encode()})
    ended = repair("s3://corpus/in", "--output", "s3://corpus/out", "--work", "work")
    assert ended.code == 0, ended.err
    assert b"\xc3\xa4rms" in bucket.cat("corpus/out/c.txt")
    ended = repair("--undo", "s3://corpus/out", "--output", "s3://corpus/back", "--work", "work2")
    assert ended.code == 0, ended.err
    assert stored(bucket, "back").keys() == stored(bucket, "in").keys()
    for name in ("c.txt", "d.jsonl"):
        assert bucket.cat(f"corpus/back/{name}") == bucket.cat(f"corpus/in/{name}")
    assert repair("s3://corpus/in", "--output", "s3://corpus/out3").code == 2  # where is what it needs to go on?


def test_only_the_rejected_go_elsewhere(filter: Filter, bucket: Any) -> None:
    write("in/a.jsonl", line(text="A") + line(text="B [spun]"))
    assert filter("in", "--kept", "kept", "--rejected", "s3://corpus/spun", "--work", "w", folders=False).code == 0
    assert Path("kept/a.jsonl").exists()
    assert b"[spun]" in bucket.cat("corpus/spun/a.jsonl")


def test_a_run_that_is_killed_sends_each_file_whole(filter: Filter, bucket: Any) -> None:
    put_corpus(bucket)
    filter("s3://corpus/in")
    command = [sys.executable, str(PROCESS), "0.005", "filter", "s3://corpus/in", *ELSEWHERE, "--work", "work"]
    chance = random.Random(5)
    kills = 0
    for _ in range(30):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        started = Path("work/kept/.unspun/lock")
        while kills < 5 and process.poll() is None and not started.exists():
            time.sleep(0.01)
        if kills < 5:
            time.sleep(chance.uniform(0.1, 0.6))
            kills += process.poll() is None
            process.kill()
        if process.wait() >= 0:
            break
    assert process.returncode == 0
    assert kills >= 2
    for name in ("kept", "rejected"):
        found = (path for path in Path(f"out/{name}").rglob("*") if path.is_file() and ".unspun" not in path.parts)
        assert stored(bucket, f"out/{name}") == {
            path.relative_to(f"out/{name}").as_posix(): path.read_bytes() for path in found
        }
