"""Words per second of each signal, measured one after the other in one process, as ratios to the slowest grammar engine.

usage: python -m detector.training.evaluate.speed FILE... [--words 20000] [--bert DIR]
       python -m detector.training.evaluate.speed --data DIR [--register news] [--words 20000] [--bert DIR]

With `--data` the documents are a collection like those that are filtered: honest ones of all sources in turn, one in fifty a
real spun one; with `--register`, honest ones of that register alone. With `--bert` a BERT-base in float reads the same
windows, for comparison; that needs the `train` extra.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import cycle, zip_longest
from pathlib import Path
from typing import Any

from detector import model_files
from detector.corpus.reading import read
from detector.errors import SignalError
from detector.judge import gates
from detector.signals import Signal
from detector.signals.grammar import open_grammar
from detector.signals.names import NamesSignal
from detector.signals.readability import ReadabilitySignal
from detector.signals.typography import TypographySignal
from detector.signals.wording import WordingSignal
from detector.text.document import Document
from detector.training.data import splits as data
from detector.training.data.records import Record, evaluation_records
from detector.training.fit.measure import document_of

SPUN_SHARE = 0.02  # of the documents of a collection, as real ones may have
DOCUMENTS = 60  # honest ones that are read of each source
WORDS = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--data", type=Path, help="instead of files: the folder of evaluation data")
    parser.add_argument("--register", help="with --data: the register of the honest documents; of all, if not given")
    parser.add_argument("--bert", type=Path, help="folder of BERT-base, to compare with")
    parser.add_argument("--words", type=int, default=WORDS)
    options = parser.parse_args()
    if options.register and not options.data:
        parser.error("--register chooses from the folder that --data names")
    items = (
        collection(options.data, options.register)
        if options.data
        else (record.document or record.error for record in read(options.files))
    )
    documents = collect(items, options.words)
    words = sum(len(document.words) for document in documents)
    print(f"{len(documents)} documents, {words:,} words, one thread for wording")
    manifest = model_files.verify(model_files.locate())
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
    if options.bert:
        seconds["BERT-base in float"] = bert_base(options.bert, documents)
    base = max(time for name, time in seconds.items() if name.startswith("grammar"))
    for name, spent in seconds.items():
        print(f"  {name:24} {words / spent:10,.0f} words/s  {base / spent:8.2f}x")


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def bert_base(folder: Path, documents: Sequence[Document]) -> float:
    """Return the seconds that a BERT-base without any head needs in onnxruntime with one thread."""
    import onnxruntime
    import torch
    from tokenizers import Tokenizer
    from transformers import BertModel

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    windows = [
        torch.tensor([tokenizer.encode(document.prose.text[slice(*window)]).ids[:256]])
        for document in documents
        for window in document.windows
    ]

    class Hidden(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.body(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state

    model = Hidden().eval()
    with tempfile.TemporaryDirectory() as scratch:
        path = f"{scratch}/float.onnx"
        axes = {"ids": {1: "tokens"}, "hidden": {1: "tokens"}}
        names: Any = {"input_names": ["ids"], "output_names": ["hidden"], "dynamic_axes": axes}
        torch.onnx.export(model, (windows[0],), path, opset_version=17, dynamo=False, **names)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    for ids in windows[:2]:
        session.run(None, {"ids": ids.numpy()})
    return timed(lambda: [session.run(None, {"ids": ids.numpy()}) for ids in windows])


def collection(folder: Path, register: str | None = None) -> Iterator[Document]:
    """Yield honest documents, one of each source in turn, and among them the share of spun ones that real collections
    may have."""
    return mix(list(evaluation_records(folder, DOCUMENTS)), register, SPUN_SHARE)


def mix(records: Sequence[Record], register: str | None, spun_share: float) -> Iterator[Document]:
    """Yield honest documents of a register, or of all, one of each source in turn, and among them a share of real spun
    ones."""
    registers = sorted({r.register for r in records if not r.spun})
    if register and register not in registers:
        raise SystemExit(f"no honest documents of register {register!r}; there are {str(registers)[1:-1]}")
    chosen = [r for r in records if register in (None, r.register)]
    honest = [[r for r in chosen if r.source == source.name] for source in data.SOURCES]
    spun = cycle(record for record in records if record.source == "wild")
    in_turn = (record for row in zip_longest(*honest) for record in row if record)
    for number, record in enumerate(in_turn, start=1):
        yield document_of(record)
        if spun_share and number % round(1 / spun_share - 1) == 0:
            yield document_of(next(spun))


def collect(items: Iterable[object], words: int) -> list[Document]:
    """Return documents in turn that pass the gates, until there are words enough."""
    documents: list[Document] = []
    count = 0
    for item in items:
        if count >= words:
            break
        if isinstance(item, Document) and gates.check(item).reason is None and len(item.words) < 5000:
            documents.append(
                Document.from_prose(item.text, item.prose, id=item.id, source=item.source)
            )  # nothing cached
            count += len(item.words)
    return documents


if __name__ == "__main__":
    main()
