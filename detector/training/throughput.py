"""Words per second of each signal, measured one after the other in one process, as ratios to the slowest grammar engine.

usage: python -m detector.training.throughput FILE... [--words 20000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from detector import gates, models
from detector.document import Document
from detector.errors import SignalError
from detector.signals import Signal
from detector.signals.grammar import open_grammar
from detector.signals.names import NamesSignal
from detector.signals.readability import ReadabilitySignal
from detector.signals.typography import TypographySignal
from detector.signals.wording import WordingSignal
from detector.sources import read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--words", type=int, default=20_000)
    options = parser.parse_args()
    documents = collect(options.files, options.words)
    words = sum(len(document.words) for document in documents)
    print(f"{len(documents)} documents, {words:,} words, one thread for wording")
    manifest = models.verify(models.locate())
    signals: dict[str, Callable[[], Signal]] = {
        "wording, light": lambda: WordingSignal(manifest, threads=1, depth="light"),
        "wording, auto": lambda: WordingSignal(manifest, threads=1, depth="auto"),
        "wording, deep": lambda: WordingSignal(manifest, threads=1, depth="deep"),
        "grammar, embedded": lambda: open_grammar("embedded"),
        "grammar, languagetool": lambda: open_grammar("languagetool"),
        "typography": TypographySignal,
        "names": NamesSignal,
        "readability": ReadabilitySignal,
    }
    seconds = {"gates": timed(lambda: [gates.check(document) for document in documents])}
    for name, make in signals.items():
        try:
            signal = make()
        except SignalError as error:
            print(f"{name}: not measured ({error})")
            continue
        signal.measure(documents[:2])  # loading and first use are not what is asked for
        seconds[name] = timed(lambda s=signal: s.measure(documents))  # type: ignore[misc]
        signal.close()
    base = max(time for name, time in seconds.items() if name.startswith("grammar"))
    for name, spent in seconds.items():
        print(f"  {name:24} {words / spent:10,.0f} words/s  {base / spent:8.2f}x")


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def collect(files: Sequence[str], words: int) -> list[Document]:
    """Documents from the files in turn that pass the gates, until there are words enough."""
    documents: list[Document] = []
    count = 0
    for item in read(files):
        if count < words and isinstance(item, Document) and gates.check(item).reason is None and len(item.words) < 5000:
            documents.append(Document(item.id, item.source, item.text, item.prose))  # nothing cached
            count += len(item.words)
    return documents


if __name__ == "__main__":
    main()
