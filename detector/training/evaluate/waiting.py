"""How long somebody waits: for the hook over one file, cold and warm, and for an editor after a key was pressed.

usage: python -m detector.training.evaluate.waiting [CLEAN.txt SPUN.txt] [--rounds 3]

Without files, those of `samples/`. Each line has wall-clock seconds and CPU seconds of all processes, the least of the
rounds: on a machine that does other things, too, only the second mean something. Cold is a run after the system was told to
forget the files of this installation; it does so where nobody else has them open. Of the editor, the time is that from an
edit of one paragraph in a text of some 5,000 words to the diagnostics, with the pause that waits for more keys, and the CPU
seconds are the server's own. Needs Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from detector import model_files
from detector.training.evaluate.processes import adopt_orphans, cpu_seconds, run, with_descendants

_SAMPLES = Path(__file__).parents[3] / "samples"
_PROGRAM = [sys.executable, "-m", "detector"]
_GRAMMAR = ["--grammar", "embedded"]
_WORDS = 5_000
_IDLE = 0.03  # CPU seconds in one second
_WHERE = """
import sys, time
from pathlib import Path
def told(name, began):
    print(f"  {name:40}{time.process_time() - began:6.2f}"); return time.process_time()
at = told("Python itself", 0)
from detector.engine import detector, scorer
from detector.signals import names, readability, spintax, typography, wording
import onnxruntime, tokenizers
at = told("modules", at)
opened = detector.load(detector.Options(grammar="embedded", wording="light"))
at = told("files checked, light encoder opened", at)
signals = opened._opened()._scorer.signals
signals[1].preload()
at = told("rules of grammar opened", at)
opened.score(Path(sys.argv[1]).read_text())
at = told("read by the light encoder and all else", at)
signals = detector.load(detector.Options(grammar="off", wording="deep"))._opened()._scorer.signals
at = told("deep encoder opened, light one again", at)
signals[0].measure([detector.Document.from_text(Path(sys.argv[1]).read_text())])
at = told("read by both encoders", at)
"""


def main() -> None:
    arguments = _parser().parse_args()
    clean, spun = arguments.files or (_SAMPLES / "news-clean.txt", _SAMPLES / "news-spun-heavy.txt")
    adopt_orphans()
    print(f"{'':36}{'wall':>7}{'CPU':>7}")
    for name, path in (("clean", clean), ("spun", spun)):
        command = [*_PROGRAM, "check", *_GRAMMAR, str(path)]
        print_least(f"the hook, one {name} file, cold", arguments.rounds, partial(timed, command, forget_files))
        print_least(f"the hook, one {name} file, warm", arguments.rounds, partial(timed, command))
    for name, path in (("clean", clean), ("spun", spun)):
        with Editor(long_text(path.read_text(encoding="utf-8"))) as editor:
            print_least(f"the editor, a {name} paragraph", arguments.rounds * 2, editor.edit)
    print("\nCPU seconds of one process for the spun file, step by step")
    sys.stdout.flush()
    subprocess.run([sys.executable, "-c", _WHERE, str(spun)], check=True)


def print_least(name: str, rounds: int, measure: Callable[[], tuple[float, float]]) -> None:
    """Print the least wall-clock and the least CPU seconds of several rounds."""
    walls, cpus = zip(*(measure() for _ in range(rounds)), strict=True)
    print(f"{name:36}{min(walls):7.2f}{min(cpus):7.2f}", flush=True)


def timed(command: list[str], prepare: Callable[[], None] = lambda: None) -> tuple[float, float]:
    """Return the wall-clock and the CPU seconds of a command that may find something, with all that it starts."""
    prepare()
    cost = run(command, accepted=(0, 1))
    return cost.wall, cost.cpu


def forget_files() -> None:
    """Ask the system to drop its copies of this program's files, and of all packages beside them."""
    if not hasattr(os, "posix_fadvise"):
        return
    here = Path(__file__).parents[2]
    folders = {here, model_files.locate(), *map(Path, sys.path[1:]), Path(sysconfig.get_path("platlib"))}
    for folder in folders:
        for path in folder.rglob("*") if folder.is_dir() else ():
            with suppress(OSError):
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                finally:
                    os.close(descriptor)


def long_text(text: str) -> list[str]:
    """Return the paragraphs of a text so often that there are enough words, each with another beginning."""
    paragraphs = [one.strip() for one in text.split("\n\n") if len(one.split()) > 40]
    words = sum(len(one.split()) for one in paragraphs)
    return [f"{chr(65 + n % 26)}{n}. {one}" for n in range(_WORDS // words + 1) for one in paragraphs]


class Editor:
    """An editor that has one document open in `detector lsp`, and waits for what is said of it."""

    def __init__(self, paragraphs: list[str]) -> None:
        self._paragraphs = paragraphs
        self._version = 0
        self._numbers = iter(range(1, 1_000_000))

    def __enter__(self) -> Editor:
        command = [*_PROGRAM, "lsp", *_GRAMMAR]
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._to, self._from = self._server.stdin, self._server.stdout
        self._send("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": {}}, id=0)
        self._wait(lambda message: message.get("id") == 0)
        self._send("initialized", {})
        document = {"uri": "file:///text.md", "languageId": "markdown", "version": 0, "text": self._text()}
        self._send("textDocument/didOpen", {"textDocument": document})
        self._wait_for_diagnostics()
        self._wait_until_idle()  # another process reads the whole
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.wait()

    def edit(self) -> tuple[float, float]:
        """Edit a paragraph in the middle; return the wall-clock seconds and the server's CPU seconds until the answer."""
        self._version += 1
        at = (len(self._paragraphs) // 2 + self._version) % len(self._paragraphs)
        self._paragraphs[at] += f" That was all of it, said neighbour {self._version}."
        document = {"uri": "file:///text.md", "version": self._version}
        cpu, began = cpu_seconds(self._server.pid), time.perf_counter()
        self._send("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": self._text()}]})
        self._wait_for_diagnostics()
        return time.perf_counter() - began, cpu_seconds(self._server.pid) - cpu

    def _text(self) -> str:
        return "\n\n".join(self._paragraphs) + "\n"

    def _wait_for_diagnostics(self) -> None:
        self._wait(lambda message: _is_about(message, self._version))

    def _wait(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        for message in _messages(self._from):
            if wanted(message):
                return
        sys.exit("detector lsp ended")

    def _wait_until_idle(self) -> None:
        used = -1.0
        while (now := sum(map(cpu_seconds, with_descendants(self._server.pid)))) - used > _IDLE:
            used = now
            time.sleep(1)

    def _send(self, method: str, params: dict[str, Any], **more: Any) -> None:
        data = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self._to.flush()


def _is_about(message: dict[str, Any], version: int) -> bool:
    is_published = message.get("method") == "textDocument/publishDiagnostics"
    return is_published and message["params"].get("version") == version


def _messages(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    while True:
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            return
        yield json.loads(stream.read(length))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="CLEAN SPUN")
    parser.add_argument("--rounds", type=int, default=3)
    return parser


if __name__ == "__main__":
    main()
