"""What scoring costs beside other systems: all of them on the same documents, in one run, as ratios.

usage: python -m detector.training.evaluate.benchmark --data DIR [--old COMMIT|DETECTOR] [--words 20000] [--rounds 1]
       [--collections news mix] [--spun 0 2 20] [--lengths 100 300 1000 3000 10000] [--only SYSTEM...] [--bert FILE]

Prints words per CPU second, of all processes of a system together and without starting; ratios are to the first system that
was measured, version 0.1.0 where `--old` names its commit, which is then installed into a temporary environment. Collections
are honest news, or honest documents of all sources in turn; so many per cent of the documents are real spun ones. By length:
news, one article after the other, cut at so many words; and documents that were written as long as that, of all sources.
What is not installed is named, with what installs it. Needs Linux;
`--words 3000 --lengths 300 10000` takes some five minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median

from detector.text.document import Document
from detector.training.data.records import evaluation_records
from detector.training.evaluate.collection import DOCUMENTS, collect, mix, written_long
from detector.training.evaluate.processes import cpu_seconds, highest_resident, with_descendants

_ONE_SYSTEM = Path(__file__).with_name("one_system.py")
_REPOSITORY = Path(__file__).parents[3]
WARM, BERT = "warm.jsonl", "bert.onnx"  # files beside the corpora

#: By the name in the table: the name of `one_system`, and whether its cost depends on how much is spun.
SYSTEMS = {
    "0.1.0, auto with grammar": ("detector", True),
    "full": ("detector:full", True),
    "fast": ("detector:fast", True),
    "scan": ("detector:scan", True),
    "stage: gates": ("stage:gates", False),
    "stage: first stage": ("stage:scan", False),
    "stage: light encoder": ("stage:light", False),
    "stage: light, then deep": ("stage:auto", False),
    "stage: deep encoder": ("stage:deep", False),
    "stage: typography": ("stage:typography", False),
    "stage: names": ("stage:names", False),
    "stage: readability": ("stage:readability", False),
    "stage: grammar, embedded": ("stage:embedded", False),
    "LanguageTool over HTTP": ("stage:languagetool", False),
    "BERT-base in float": ("bert", False),
    "Gopher quality": ("datatrove:GopherQualityFilter", False),
    "Gopher repetition": ("datatrove:GopherRepetitionFilter", False),
    "C4 quality": ("datatrove:C4QualityFilter", False),
    "hashed linear classifier": ("linear", False),
    "tokenizer alone": ("tokenizer", False),
}
OLD = next(iter(SYSTEMS))
_HEAVY = 5  # spun documents before measuring: the first stage hands on one of them at least, and so all is open
_LONG_WARM = 1_500  # words before measuring: opens what only long documents need
#: Opens the language identifier, which is opened when a text is not plainly English.
_FOREIGN = (
    "Der Bericht wurde gestern im Rathaus vorgestellt, und viele Leute kamen, um ihn zu hören und zu besprechen. " * 2
)
LONG = 3_000  # words from which there are documents that were written as long
_BY_LENGTH = ("detector", "detector:full", "detector:fast", "detector:scan")


@dataclass
class Measured:
    """Of one system, for each round: words per CPU second by file; CPU and wall seconds of starting; bytes at the peak."""

    speeds: dict[str, list[float]] = field(default_factory=dict)
    ready: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    missing: str = ""

    def speed(self, file: str) -> float | None:
        return median(self.speeds[file]) if file in self.speeds else None


def write_corpora(
    data: Path, folder: Path, *, collections: Sequence[str], spun: Sequence[int], lengths: Sequence[int], words: int
) -> dict[str, int]:
    """Write the files that are measured, and `WARM`; return the words of each."""
    sizes = {}
    records = list(evaluation_records(data, DOCUMENTS))
    for name in collections:
        register = None if name == "mix" else name
        for share in spun:
            documents = collect(mix(records, register, share / 100), words)
            sizes[f"{name}-{share}"] = _write(folder / f"{name}-{share}", [document.text for document in documents])
    articles = collect(mix(records, "news", 0.0), max([words, *lengths]))
    for length in lengths:
        texts = cut(articles, length, max(1, words // length))
        sizes[f"length-{length}"] = _write(folder / f"length-{length}", texts)
    for length in lengths:
        if length >= LONG and (written := list(islice(written_long(data, length), max(1, words // length)))):
            texts = [text for document in written for text in cut([document], length, 1)]
            sizes[f"long-{length}"] = _write(folder / f"long-{length}", texts)
    heavy = [record.text for record in records if record.source == "wild"][:_HEAVY]
    _write(folder / WARM, [articles[0].text, *heavy, _FOREIGN, *cut(articles, _LONG_WARM, 1)])
    return sizes


def cut(articles: Sequence[Document], length: int, count: int) -> list[str]:
    """Return texts of so many words of articles, one after the other: `count` of them, or as many as there are."""
    joined = "\n\n".join(article.text for article in articles)
    words = Document.from_text(joined, format="plain").words
    starts = range(0, len(words) - length + 1, length)[:count]
    return [joined[words[start].start : words[start + length - 1].end] for start in starts]


def _write(path: Path, texts: Sequence[str]) -> int:
    path.write_text("".join(json.dumps({"id": str(at), "text": text}) + "\n" for at, text in enumerate(texts)), "utf-8")
    return sum(len(text.split()) for text in texts)


def measure(python: Path, system: str, folder: Path, sizes: dict[str, int], into: Measured) -> None:
    """Measure one system over the files of `sizes`, and add what it took."""
    command = [str(python), "-P", str(_ONE_SYSTEM), system, str(folder / WARM), *(str(folder / name) for name in sizes)]
    command += ["--bert", str(folder / BERT)] if (folder / BERT).exists() else []
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    began = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        spent, memory = 0.0, 0
        for event, what in _events(process.stdout):
            now, wall = sum(map(cpu_seconds, with_descendants(process.pid))), time.perf_counter() - began
            memory = sum(map(highest_resident, with_descendants(process.pid)))
            match event:
                case "missing":
                    into.missing = what
                case "ready":
                    into.ready.append(now)
                    into.wall.append(wall)
                case "file":
                    into.speeds.setdefault(what, []).append(sizes[what] / (now - spent))
            print(f"  {event}: {what}, {now - spent:.2f} s", file=sys.stderr, flush=True)
            spent = now
            process.stdin.write("\n")
            process.stdin.flush()
        if process.wait():
            errors.seek(0)
            raise SystemExit(f"{system}: exit code {process.returncode}\n{errors.read()}")
    if not into.missing:
        into.memory.append(memory)


def _events(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what `one_system` tells. Packages print lines of their own."""
    for line in lines:
        with suppress(json.JSONDecodeError):
            match json.loads(line):
                case {"event": str(event), "of": str(what)}:
                    yield event, what


def install(old: str, folder: Path) -> Path:
    """Return the Python that has the old version: that beside a `detector` command, or one installed from a commit."""
    if Path(old).exists():
        return Path(old).with_name("python")
    sources, environment = folder / "old", folder / "environment"
    sources.mkdir()
    archive = subprocess.run(
        ["git", "archive", "--format=tar", old], cwd=_REPOSITORY, stdout=subprocess.PIPE, check=True
    )
    subprocess.run(["tar", "-x", "-C", str(sources)], input=archive.stdout, check=True)
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", str(sources)], check=True)
    return python


def tables(measured: dict[str, Measured], sizes: dict[str, int], collections: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the tables."""
    rows = {name: one for name, one in measured.items() if not one.missing}
    base = next(iter(rows), "")
    for name in collections:
        files = [file for file in sizes if file.rpartition("-")[0] == name]
        heads = [f"{file.rpartition('-')[2]} % spun" for file in files]
        yield f"{name}: words per CPU second, and as a ratio to {base}"
        yield from _table(rows, files, heads, base)
    for prefix, what in (("length-", "news by length"), ("long-", "documents that were written as long, all sources")):
        if files := [file for file in sizes if file.startswith(prefix)]:
            yield f"{what}: words per CPU second, and as a ratio to {base}"
            long = {name: one for name, one in rows.items() if set(files) & set(one.speeds)}
            yield from _table(long, files, [f"{int(file.rpartition('-')[2]):,} words" for file in files], base)
    yield "starting: CPU seconds and wall seconds until eight documents are scored; MB at the peak of the run"
    for name, one in rows.items():
        cost = f"{median(one.ready):6.1f} {median(one.wall):6.1f} {max(one.memory) / 1e6:8,.0f}"
        yield f"  {name:26} {cost}"
    yield ""
    yield from (f"not measured: {name} ({one.missing})" for name, one in measured.items() if one.missing)


def _table(rows: dict[str, Measured], files: Sequence[str], heads: Sequence[str], base: str) -> Iterator[str]:
    yield " " * 29 + "".join(f"{head:>20}" for head in heads)
    for name, one in rows.items():
        cells = []
        for file in files:
            speed, first = one.speed(file), rows[base].speed(file)
            ratio = f"{speed / first:8.2f}x" if speed and first else " " * 9
            cells.append(f"{speed:11,.0f}{ratio}" if speed else " " * 20)
        yield f"  {name:27}{''.join(cells)}".rstrip()
    yield ""


def add_bert(folder: Path, given: Path | None) -> None:
    """Put BERT-base in float beside the corpora: the given one, or one with weights by chance, which do not change its speed.

    There is none where `onnx` is missing.
    """
    if given:
        (folder / BERT).symlink_to(given.resolve())
        return
    with suppress(ImportError):
        from detector.training.evaluate import bert_graph

        bert_graph.write(folder / BERT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of evaluation data")
    parser.add_argument("--old", help="version 0.1.0: a commit to install, or the path of its `detector`")
    parser.add_argument("--words", type=int, default=20_000, help="of each collection")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--collections", nargs="+", default=["news", "mix"], help="registers, or mix for all of them")
    parser.add_argument("--spun", type=int, nargs="+", default=[0, 2, 20], help="per cent of the documents")
    parser.add_argument("--lengths", type=int, nargs="*", default=[100, 300, 1_000, 3_000, 10_000], help="in words")
    parser.add_argument("--only", nargs="+", choices=SYSTEMS, metavar="SYSTEM", help=", ".join(SYSTEMS))
    parser.add_argument("--bert", type=Path, help="BERT-base as ONNX, instead of one with weights by chance")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sizes = write_corpora(
            options.data,
            folder,
            collections=options.collections,
            spun=options.spun,
            lengths=options.lengths,
            words=options.words,
        )
        chosen = [name for name in SYSTEMS if name in (options.only or SYSTEMS)]
        measured = {name: Measured() for name in chosen}
        if "BERT-base in float" in chosen:
            add_bert(folder, options.bert)
        if OLD in chosen and not options.old:
            measured[OLD].missing = "--old names its commit, or its detector"
        old = install(options.old, folder) if options.old and OLD in chosen else Path()
        try:
            for _ in range(options.rounds):
                for name in random.sample(chosen, len(chosen)):  # what else the machine does strikes them alike
                    if measured[name].missing:
                        continue
                    print(f"measuring {name}", file=sys.stderr, flush=True)
                    system, by_share = SYSTEMS[name]
                    files = {file: words for file, words in sizes.items() if _is_for(file, system, by_share=by_share)}
                    python = old if name == OLD else Path(sys.executable)
                    measure(python, system, folder, files, measured[name])
        except KeyboardInterrupt:  # what was measured until then is shown
            for one in measured.values():
                one.missing = one.missing or ("" if one.memory else "interrupted before")
        print(", ".join(f"{file}: {words:,} words" for file, words in sizes.items()))
        print(f"{options.rounds} round(s), one thread\n")
        print("\n".join(tables(measured, sizes, options.collections)))


def _is_for(file: str, system: str, *, by_share: bool) -> bool:
    """Tell whether a system reads a file: where spun documents change nothing, one share of them is enough."""
    if file.startswith(("length-", "long-")):
        return system in _BY_LENGTH
    return by_share or file.endswith("-0")


if __name__ == "__main__":
    main()
