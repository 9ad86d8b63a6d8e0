"""How far the shipped eight-bit encoder agrees with the float model it was made of, by kind of text.

usage: python -m detector.training.encoders.parity CHECKPOINT --data DIR [--name deep] [--start BERT_DIR] [--count 4]

Of each register's evaluation documents the first windows are read by both. For the first head: the correlation of the log-odds
of the words and their mean difference; for the second, how often both put the same word first in the places that either finds
suspicious; for a third, the correlation of the scores of the words themselves.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from detector.signals.wording.encoder import MAX_TOKENS, Encoder
from detector.training.data.records import evaluation_records
from detector.training.encoders.export import load_checkpoint
from detector.training.encoders.model import SpunEncoder
from detector.training.fit.measure import document_of

WINDOWS = 2  # of a document
SUSPICIOUS = -2.0  # log-odds of the first head from which the second is compared


@dataclass(frozen=True)
class Answers:
    """Of one window's tokens: log-odds by the float model and the shipped one; where suspicious, whether they agree; and the
    tokens' own scores by the third head of both, if there is one."""

    exact: NDArray[np.float32]
    shipped: NDArray[np.float32]
    same: NDArray[np.bool_]
    exact_expected: NDArray[np.float32]
    expected: NDArray[np.float32]


def compare(model: SpunEncoder, encoder: Encoder, ids: list[int]) -> Answers:
    logits, fits, expects = encoder.run(ids)
    with torch.no_grad():
        read = torch.tensor([ids])
        hidden = model.hidden(read, torch.ones_like(read))
        exact, exact_fits = (part[0].numpy() for part in model.heads(hidden, model.words[read]))
        exact_expects = model.expect(hidden)[0].numpy() if model.expect else None
    places = np.flatnonzero(np.maximum(logits, exact)[1:-1] > SUSPICIOUS) + 1
    best, exact_best = ((some[places] @ encoder.vectors.T + encoder.bias).argmax(axis=1) for some in (fits, exact_fits))
    own = [_own(some, encoder, ids) for some in (exact_expects, expects)]
    return Answers(exact[1:-1], logits[1:-1], best == exact_best, *own)


def _own(expected: NDArray[np.float32] | None, encoder: Encoder, ids: list[int]) -> NDArray[np.float32]:
    """Scores of the tokens that stand there; none without a third head."""
    if expected is None:
        return np.zeros(0, dtype=np.float32)
    scores: NDArray[np.float32] = np.einsum("td,td->t", expected, encoder.vectors[ids]) + encoder.bias[ids]
    return scores[1:-1]


def report(name: str, answers: Iterable[Answers]) -> str:
    some = list(answers)
    exact, shipped, same, exact_expected, expected = (
        np.concatenate([getattr(a, field.name) for a in some]) for field in fields(Answers)
    )
    agreed = f"{same.mean():.3f} of {len(same):5,}" if len(same) else "-"
    third = f"  expected {np.corrcoef(exact_expected, expected)[0, 1]:.4f}" if len(expected) else ""
    return (
        f"  {name:36} {len(exact):7,} tokens  correlation {np.corrcoef(exact, shipped)[0, 1]:.4f}"
        f"  difference {np.abs(exact - shipped).mean():.3f}  same word first {agreed:14}{third}"
    ).rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--start", default="minilm", help="what the training started from: minilm, or a folder")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--name", default="light")
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--count", type=int, default=4, help="documents of each source")
    options = parser.parse_args()
    model = load_checkpoint(options.checkpoint, options.start, options.layers).eval()
    files = (options.models / f for f in (f"{options.name}.onnx", f"{options.name}-vectors.npz", "tokenizer.json"))
    encoder = Encoder(*files, threads=1)
    answers: dict[str, list[Answers]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    for record in evaluation_records(options.data, options.count):
        counts[record.source] += 1
        if counts[record.source] > options.count:
            continue
        document = document_of(record)
        for window in document.windows[:WINDOWS]:
            ids = encoder.tokenize(document.prose.text[slice(*window)])
            answers[record.register].append(compare(model, encoder, ids[:MAX_TOKENS]))
    print(f"{options.name}: the eight-bit encoder beside the float model")
    for name, some in sorted(answers.items()):
        print(report(name, some))
    print(report("all", [answer for some in answers.values() for answer in some]))


if __name__ == "__main__":
    main()
