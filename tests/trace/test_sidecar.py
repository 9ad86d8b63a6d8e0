"""The sidecar: whatever ends a run, going on makes the same bytes; one run at a time writes to it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from traced_texts import unrelated

from detector.corpus.options import ReadOptions
from detector.errors import ConfigError, OutputError
from detector.trace import sidecar
from detector.trace.indexing import Indexer, lock_of
from detector.trace.sidecar import Sidecar

FILES = ("a.jsonl", "b.jsonl")


@pytest.fixture(autouse=True)
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for file in FILES:
        rows = (json.dumps({"id": f"{file}-{n}", "text": unrelated(n, 3)}) + "\n" for n in range(7))
        Path(file).write_text("".join([*rows, "{broken\n"]), encoding="utf-8")


def index(folder: str) -> None:
    Indexer(Sidecar.create(Path(folder)), ReadOptions(), most_documents=3).add(list(FILES))


def content(folder: str) -> dict[str, bytes]:
    files = (path for path in Path(folder).rglob("*") if path.is_file() and ".unspun" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def killed_at(call: int, function: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    """Return the function, which kills the process when it is called for the nth time."""
    left = iter(range(call - 1, -1, -1))

    def replacement(*arguments: Any, **named: Any) -> Any:
        is_last = next(left) == 0
        if is_last and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return replacement


def kills() -> Iterator[tuple[str, int, bool]]:
    yield from (("sign_texts", call, True) for call in (1, 3, 5))
    yield from (("save", call, before) for call in (1, 7) for before in (True, False))
    yield from (("rename", call, before) for call in (1, 2, 5) for before in (True, False))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.parametrize(("where", "call", "before"), list(kills()))
def test_a_run_that_is_killed_anywhere_goes_on_to_the_same_bytes(where: str, call: int, before: bool) -> None:
    index("whole")
    child = os.fork()
    if not child:
        try:
            from detector.trace import indexing

            module: Any = {"sign_texts": indexing, "save": sidecar.np, "rename": os}[where]
            setattr(module, where, killed_at(call, getattr(module, where), before=before))
            index("again")
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    index("again")
    assert content("again") == content("whole")


@pytest.mark.parametrize("where", ["save", "rename", "sync_folder"])
@pytest.mark.parametrize("part", [1, 2, 4])
def test_a_run_that_is_stopped_while_it_writes_a_part_has_each_document_once(
    where: str, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    index("whole")
    module: Any = {"save": sidecar.np, "rename": os, "sync_folder": sidecar}[where]
    function, left = getattr(module, where), iter(range(1, 100))

    def stopped(*arguments: Any) -> Any:
        result = function(*arguments)
        if next(left) == part * (4 if where == "save" else 1):  # a part has four columns
            raise KeyboardInterrupt
        return result

    with monkeypatch.context() as patched:
        patched.setattr(module, where, stopped)
        with pytest.raises(KeyboardInterrupt):
            index("again")
    index("again")
    whole, again = (
        [part.entry(n) for part in Sidecar(Path(name)).parts() for n in range(len(part))] for name in ("whole", "again")
    )
    assert again == whole


def test_two_runs_do_not_write_at_once() -> None:
    index("kept")
    before = content("kept")
    with lock_of(Sidecar(Path("kept"))), pytest.raises(OutputError, match="kept"):
        index("kept")
    assert content("kept") == before


@pytest.mark.parametrize("file", ["texts.bin", "hashes.npy", "starts.npy", "digests.npy", "numbers.npy", "part.json"])
@pytest.mark.parametrize("left", [0, 0.5])
def test_a_damaged_part_is_told(file: str, left: float) -> None:
    index("kept")
    path = Path("kept/parts/000001") / file
    path.write_bytes(path.read_bytes()[: int(left * path.stat().st_size)])
    with pytest.raises(ConfigError, match=r"000001: is damaged; delete it"):
        read("kept")


def read(folder: str) -> None:
    """Read all that is in a sidecar."""
    for part in Sidecar(Path(folder)).parts():
        assert len(part.hashes) == len(part.numbers)
        assert len(part.digests) == len([part.entry(number).text for number in range(len(part))])
