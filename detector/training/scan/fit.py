"""Makes `scan.npz` of a checkpoint: packs the network, and fits the classifier of documents and the limits of the speeds.

usage: python -m detector.training.scan.fit --data DIR --moby words.txt --tables DIR --corpus FOLDER --checkpoint last.pt
           --models models
       python -m detector.training.scan.fit --data DIR --moby words.txt --tables DIR --models models --limits

Run it after `fit.verdict`, which writes the manifest anew; it adds the file's hash and the limits (`limits`). For them, each
document's log-odds come from a classifier that saw no document of its source.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from detector import model_files
from detector.model_files import MANIFEST, hash_files
from detector.signals.scan import FILE, Scanner
from detector.signals.scan.features import COUNT
from detector.signals.scan.phrases import hash_phrases
from detector.signals.scan.words import Vocabulary, normalise
from detector.signals.wording.phrases import PhraseTable, fingerprint
from detector.text.document import Document
from detector.training.data.known_phrases import known_phrases
from detector.training.data.lexicon import Resources
from detector.training.data.records import Record
from detector.training.scan.documents import documents
from detector.training.scan.limits import choose
from detector.training.scan.model import Scan, arrays
from detector.training.spinners.mixture import load_spinners

HIDDEN, SEEDS = 16, 3  # units of a network, and networks whose log-odds are averaged
STEPS, RATE, DECAY = 1500, 3e-3, 3e-3
SPUN_SHARE = 0.3  # of the fitted documents' weight, as in the verdict's fit
FOLDS = 5

Floats = NDArray[np.float64]


def pack(model: Scan, forms: Sequence[str], phrases: PhraseTable, folder: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of `scan.npz` but for the classifier: vectors in eight bits a number, the rest in sixteen."""
    weights: dict[str, NDArray[Any]] = {name: value.astype(np.float16) for name, value in arrays(model).items()}
    vectors = arrays(model)["words"]
    scales = np.maximum(np.abs(vectors).max(1), 1e-6) / 127
    vocabulary = Vocabulary(forms)
    known = (phrase for phrase in known_phrases(folder) if fingerprint(phrase) in phrases.originals)
    whole, starts = hash_phrases([vocabulary.number(normalise(word)) for word in phrase] for phrase in known)
    return {
        **weights,
        "words": np.rint(vectors / scales[:, None]).astype(np.int8),
        "word_scales": scales.astype(np.float16),
        "forms": np.frombuffer("\n".join(forms).encode(), dtype=np.uint8),
        "phrases": whole,
        "phrase_starts": starts,
    }


def fit(rows: Floats, spun: NDArray[np.bool_]) -> dict[str, NDArray[np.float32]]:
    """Return a classifier of sections: the mean of some small networks, written as one."""
    mean, scale = rows.mean(0), rows.std(0) + 1e-3
    inputs = torch.from_numpy(((rows - mean) / scale).astype(np.float32))
    labels = torch.from_numpy(spun.astype(np.float32))
    share = float(spun.mean())
    weights = torch.where(labels > 0, SPUN_SHARE / share, (1 - SPUN_SHARE) / (1 - share))
    parts = []
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Linear(rows.shape[1], HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 1))
        optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
        for step in range(STEPS):
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
            some = torch.randint(len(inputs), (512,))
            said = network(inputs[some])[:, 0]
            loss = functional.binary_cross_entropy_with_logits(said, labels[some], weights[some])
            loss = loss + 1e-3 * network[0].weight.abs().sum() / HIDDEN
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        parts.append([value.detach().numpy() for value in network.parameters()])
    hidden, bias, output, output_bias = (list(values) for values in zip(*parts, strict=True))
    return {
        "mean": mean.astype(np.float32),
        "scale": scale.astype(np.float32),
        "hidden": np.concatenate(hidden).T,
        "hidden_bias": np.concatenate(bias),
        "output": np.concatenate(output, axis=1)[0] / SEEDS,
        "output_bias": np.array([np.mean(output_bias)], np.float32),
    }


def left_out(records: Sequence[Record], features: Sequence[Floats]) -> Floats:
    """Return the log-odds of each document by a classifier that saw none of its source."""
    sources = sorted({record.source for record in records})
    fold = np.array([sources.index(record.source) % FOLDS for record in records])
    result = np.zeros(len(records))
    for number in range(FOLDS):
        classifier = fit(*_rows(records, features, fold != number))
        for at in np.flatnonzero(fold == number).tolist():
            result[at] = judge(features[at], classifier)
    return result


def judge(features: Floats, classifier: Mapping[str, NDArray[Any]]) -> float:
    return Scanner.judge(features, classifier)


def _rows(records: Sequence[Record], features: Sequence[Floats], chosen: NDArray[np.bool_]) -> tuple[Floats, Any]:
    some = [number for number in np.flatnonzero(chosen).tolist() if len(features[number])]
    spun = np.array([records[number].spun for number in some for _ in features[number]])
    return np.concatenate([features[number] for number in some]), spun


def summary(records: Sequence[Record], log_odds: Floats, cuts: Mapping[str, float]) -> list[str]:
    """Return lines on the fitted documents: the share of each kind that is handed on."""
    lines = []
    for low, high in ((0, 0), (0.02, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.41)):
        some = [
            value
            for record, value in zip(records, log_odds, strict=True)
            if (record.genuine if high == 0 else record.spun and low <= record.rate < high)
        ]
        handed = {speed: round(float((np.array(some) >= cut).mean()), 3) for speed, cut in cuts.items()}
        lines.append(f"{'honest' if high == 0 else f'rate {low} to {high}'}: {len(some)} documents, handed on {handed}")
    return lines


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    np.savez_compressed(path, **arrays)


def write_manifest(folder: Path, limits: Mapping[str, Any]) -> None:
    path = folder / MANIFEST
    content = json.loads(path.read_text(encoding="utf-8"))
    content["files"] |= hash_files(folder, [FILE])
    content["scan"] = {"model": FILE, **limits}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True, help="where the dictionaries' tables are kept")
    parser.add_argument("--corpus", type=Path, help="with vocabulary.txt")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument(
        "--limits", action="store_true", help="keep the model and the classifier; choose the limits anew"
    )
    parser.add_argument("--models", type=Path, default=Path("models"))
    options = parser.parse_args()
    if not options.limits and not (options.corpus and options.checkpoint):
        parser.error("--corpus and --checkpoint are needed to make the model")
    torch.set_num_threads(1)
    records = list(documents(options.data, load_spinners(Resources(options.data, options.moby), options.tables)))
    fit_all(records, options)


def fit_all(records: Sequence[Record], options: argparse.Namespace) -> None:
    path = options.models / FILE
    if not options.limits:
        _write_model(path, options)
    scanner = Scanner(path)
    features = [scanner.features(Document.from_text(record.text).prose.text) for record in records]
    if not options.limits:
        packed = dict(np.load(path))
        write_arrays(path, {**packed, **fit(*_rows(records, features, np.ones(len(records), np.bool_)))})
    log_odds = left_out(records, features)
    limits = choose(model_files.read_manifest(options.models), records, log_odds, scanner)
    write_manifest(options.models, limits)
    print(
        "\n".join([f"{path}: {path.stat().st_size:,} bytes; {limits}", *summary(records, log_odds, limits["cut_offs"])])
    )


def _write_model(path: Path, options: argparse.Namespace) -> None:
    """Write the network with a classifier that knows nothing yet."""
    forms = (options.corpus / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
    model = Scan(len(Vocabulary(forms)))
    model.load_state_dict(torch.load(options.checkpoint, weights_only=True)["model"])
    manifest = model_files.read_manifest(options.models)
    phrases = PhraseTable.load(manifest.checked(manifest.section("wording").text("phrases")))
    nothing = {"mean": np.zeros(COUNT), "scale": np.ones(COUNT), "hidden": np.zeros((COUNT, 1))}
    nothing |= {"hidden_bias": np.zeros(1), "output": np.zeros(1), "output_bias": np.zeros(1)}
    write_arrays(path, {**pack(model.eval(), forms, phrases, options.data), **nothing})


if __name__ == "__main__":
    main()
