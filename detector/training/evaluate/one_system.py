"""Runs one system over files of documents; `detector.training.evaluate.benchmark` starts it, a process for each system.

usage: python one_system.py SYSTEM WARM.jsonl FILE.jsonl... [--bert FILE.onnx]

Prints each event as a JSON object on a line, and waits for a line after it, so that who started it can measure what was
spent until then: `ready` when the documents of `WARM` were scored, which need all that is opened late; `file` at the end of
the pass over each file; `missing` for a system that is not installed, with what installs it. Imports nothing of the detector
but what a system needs, so that it can run with an older version of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

Run = Callable[[Sequence[str]], object]


class MissingError(Exception):
    """What a system needs is not installed; the message says what installs it."""


def open_detector(speed: str | None) -> Run:
    """Open the detector as its users do, with the embedded grammar. Version 0.1.0 has no speeds."""
    import detector

    options: dict[str, Any] = {"grammar": "embedded"} if speed is None else {"grammar": "embedded", "speed": speed}
    return detector.load(detector.Options(**options)).score_batch


def open_stage(name: str) -> Run:
    """Open one signal, or the gates, as the plan does."""
    from detector import model_files
    from detector.engine.batches import in_batches
    from detector.errors import SignalError
    from detector.judge import gates
    from detector.signals.grammar import open_grammar
    from detector.signals.names import NamesSignal
    from detector.signals.readability import ReadabilitySignal
    from detector.signals.scan import ScanSignal
    from detector.signals.typography import TypographySignal
    from detector.signals.wording import WordingSignal
    from detector.text.document import Document

    manifest = model_files.verify(model_files.locate())
    makers: dict[str, Callable[[], Any]] = {
        "scan": lambda: ScanSignal(manifest),
        "light": lambda: WordingSignal(manifest, threads=1, depth="light"),
        "auto": lambda: WordingSignal(manifest, threads=1, depth="auto"),
        "deep": lambda: WordingSignal(manifest, threads=1, depth="deep"),
        "embedded": lambda: open_grammar("embedded"),
        "languagetool": lambda: open_grammar("languagetool"),
        "typography": TypographySignal,
        "names": NamesSignal,
        "readability": ReadabilitySignal,
    }
    try:
        measure = None if name == "gates" else makers[name]().measure
    except SignalError as error:
        raise MissingError(str(error)) from error

    def run(texts: Sequence[str]) -> None:
        for batch in in_batches(Document.from_text(text, id=str(at)) for at, text in enumerate(texts)):
            if measure is None:
                for document in batch:
                    gates.check(document)
            else:
                measure(batch)

    return run


def open_tokenizer() -> Run:
    """Open the tokenizer of the encoders."""
    from detector import model_files
    from detector.runtime.tokenizer import open_tokenizer

    manifest = model_files.verify(model_files.locate())
    light = manifest.section("wording").section("encoders").section("light")
    tokenizer = open_tokenizer(manifest.checked(light.text("tokenizer")))
    return lambda texts: [tokenizer.encode(text).ids for text in texts]


def open_datatrove(name: str) -> Run:
    """Open one of datatrove's filters, with its defaults for English."""
    try:
        import spacy  # noqa: F401  # its word tokenizer
        from datatrove.data import Document
        from datatrove.pipeline import filters
    except ImportError as error:
        raise MissingError("pip install 'datatrove[processing]' spacy") from error
    chosen = getattr(filters, name)()
    return lambda texts: [chosen.filter(Document(text=text, id="0")) for text in texts]


def open_linear() -> Run:
    """Open a linear classifier on hashed words and pairs of words; what it learned does not change its speed."""
    try:
        from sklearn.feature_extraction.text import HashingVectorizer
        from sklearn.linear_model import SGDClassifier
    except ImportError as error:
        raise MissingError("pip install scikit-learn") from error
    vectorizer = HashingVectorizer(ngram_range=(1, 2))
    classifier = SGDClassifier(loss="log_loss", random_state=0)
    classifier.fit(vectorizer.transform(["a first text", "another one"]), [0, 1])
    return lambda texts: classifier.predict_proba(vectorizer.transform(texts))


def open_bert(model: Path | None) -> Run:
    """Open a BERT-base in float, on the same windows as the encoders have."""
    if model is None:
        raise MissingError("pip install onnx")
    import numpy as np
    import onnxruntime

    from detector import model_files
    from detector.runtime.tokenizer import open_tokenizer
    from detector.text.document import Document

    manifest = model_files.verify(model_files.locate())
    deep = manifest.section("wording").section("encoders").section("deep")
    tokenizer = open_tokenizer(manifest.checked(deep.text("tokenizer")))
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])

    def windows(texts: Sequence[str]) -> Iterator[str]:
        for text in texts:
            document = Document.from_text(text)
            yield from (document.prose.text[slice(*window)] for window in document.windows)

    return lambda texts: [
        session.run(None, {"ids": np.array(tokenizer.encode(window).ids[:256])}) for window in windows(texts)
    ]


def open_system(name: str, bert: Path | None) -> Run:
    """Open a system by its name in `benchmark.SYSTEMS`. Raise MissingError where it is not installed."""
    kind, _, what = name.partition(":")
    if kind == "detector":
        return open_detector(what or None)
    if kind == "stage":
        return open_stage(what)
    if kind == "datatrove":
        return open_datatrove(what)
    others: dict[str, Callable[[], Run]] = {
        "tokenizer": open_tokenizer,
        "linear": open_linear,
        "bert": lambda: open_bert(bert),
    }
    return others[kind]()


def texts_of(path: Path) -> list[str]:
    return [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]


def tell(event: str, what: str) -> None:
    """Print what has happened, and wait for a line, or for the end of standard input."""
    print(json.dumps({"event": event, "of": what}), flush=True)
    sys.stdin.readline()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system")
    parser.add_argument("warm", type=Path)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--bert", type=Path)
    options = parser.parse_args()
    try:
        run = open_system(options.system, options.bert)
    except MissingError as missing:
        tell("missing", str(missing))
        return
    run(texts_of(options.warm))
    tell("ready", options.system)
    for path in options.files:
        run(texts_of(path))  # once, since some packages remember what they have seen
        tell("file", path.name)


if __name__ == "__main__":
    main()
