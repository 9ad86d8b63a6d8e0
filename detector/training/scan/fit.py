"""Makes `scan.npz` of a checkpoint: packs the network, and fits the classifier of documents and the cut-offs.

usage: python -m detector.training.scan.fit --data DIR --moby words.txt --tables DIR --corpus FOLDER --checkpoint last.pt
           --models models

Each document's log-odds for the cut-offs come from a classifier that saw no document of its source. The manifest gets the
file's hash and the cut-offs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from detector import model_files
from detector.model_files import MANIFEST, Manifest, hash_files
from detector.signals.scan import FILE, Scanner
from detector.signals.scan.features import COUNT
from detector.signals.scan.phrases import hash_phrases
from detector.signals.scan.words import Vocabulary, normalise
from detector.signals.wording import select_windows
from detector.signals.wording.cascade import Cascade
from detector.signals.wording.evidence import WORD_INPUTS, concatenate
from detector.signals.wording.likelihood import suspicion
from detector.signals.wording.phrases import PhraseTable, fingerprint
from detector.signals.wording.scoring import Dictionaries, WordScorer
from detector.text.document import Document
from detector.training.data.known_phrases import known_phrases
from detector.training.data.lexicon import Resources
from detector.training.data.records import Record
from detector.training.scan.documents import documents
from detector.training.scan.model import Scan, arrays
from detector.training.spinners.mixture import load_spinners

HIDDEN, SEEDS = 16, 3  # units of a network, and networks whose log-odds are averaged
STEPS, RATE, DECAY = 1500, 3e-3, 3e-3
SPUN_SHARE = 0.3  # of the fitted documents' weight, as in the verdict's fit
FOLDS = 5
HANDED_ON = 0.1  # share of the fitted honest documents, those of each source alike, that `scan` hands on
LOST, LIGHT_RATES = 0.05, (0.05, 0.1)  # share that `fast` loses of the fitted documents with so many words swapped
TRIED = 6  # honest documents of each source that the light encoder reads
READ_BY_DEEP = 0.2  # share of them of which the deep encoder reads something at the speed `fast`

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


def cut_offs(records: Sequence[Record], log_odds: Floats) -> dict[str, float]:
    """Return the log-odds from which documents are handed on, by speed: `scan` for a cost, `fast` for a loss."""
    honest = np.array([record.genuine for record in records])
    sources = np.array([record.source for record in records])
    weights = np.array([1 / ((sources == source) & honest).sum() for source in sources[honest]])
    order = np.argsort(-log_odds[honest])
    shares = np.cumsum(weights[order]) / weights.sum()
    scan = float(log_odds[honest][order][np.searchsorted(shares, HANDED_ON)])
    light = [record.spun and LIGHT_RATES[0] <= record.rate < LIGHT_RATES[1] for record in records]
    fast = float(np.quantile(log_odds[np.array(light)], LOST))
    return {"scan": round(scan, 4), "fast": round(min(fast, scan), 4)}


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


def fast_cascade(manifest: Manifest, records: Sequence[Record]) -> dict[str, float]:
    """Return when the deep encoder reads at the speed `fast`: where it does at the full one, and the light encoder has more
    suspicion than of most honest documents. Some of each source are read."""
    settings = manifest.section("wording")
    some = [
        r for _, of in groupby((r for r in records if r.genuine), key=lambda r: r.source) for r in islice(of, TRIED)
    ]
    light = settings.section("encoders").section("light")
    scorer = WordScorer.load(manifest, light, Dictionaries.load(manifest, settings), WORD_INPUTS, threads=1)
    suspicions = []
    for record in some:
        document = Document.from_text(record.text)
        windows = scorer.score_windows([document], [select_windows(document.windows)])[0]
        suspicions.append(suspicion(concatenate([window.evidence for window in windows])))
    limit = round(float(np.quantile(suspicions, 1 - READ_BY_DEEP)), 4)
    shipped = Cascade.from_settings(settings.section("cascade"))
    raised = {name: max(getattr(shipped, name), limit) for name in ("sample_above", "whole_above")}
    return {**asdict(shipped), **raised}


def write_manifest(folder: Path, cuts: Mapping[str, float], cascade: Mapping[str, float]) -> None:
    path = folder / MANIFEST
    content = json.loads(path.read_text(encoding="utf-8"))
    content["files"] |= hash_files(folder, [FILE])
    content["scan"] = {"model": FILE, "cut_offs": dict(cuts), "cascade": dict(cascade)}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True, help="where the dictionaries' tables are kept")
    parser.add_argument("--corpus", type=Path, required=True, help="with vocabulary.txt")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    records = list(documents(options.data, load_spinners(Resources(options.data, options.moby), options.tables)))
    fit_all(records, options)


def fit_all(records: Sequence[Record], options: argparse.Namespace) -> None:
    forms = (options.corpus / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
    model = Scan(len(Vocabulary(forms)))
    model.load_state_dict(torch.load(options.checkpoint, weights_only=True)["model"])
    manifest = model_files.read_manifest(options.models)
    phrases = PhraseTable.load(manifest.checked(manifest.section("wording").text("phrases")))
    packed = pack(model.eval(), forms, phrases, options.data)
    path = options.models / FILE
    nothing = {"mean": np.zeros(COUNT), "scale": np.ones(COUNT), "hidden": np.zeros((COUNT, 1))}
    nothing |= {"hidden_bias": np.zeros(1), "output": np.zeros(1), "output_bias": np.zeros(1)}
    write_arrays(path, {**packed, **nothing})
    scanner = Scanner(path)
    features = [scanner.features(Document.from_text(record.text).prose.text) for record in records]
    everything = np.ones(len(records), np.bool_)
    write_arrays(path, {**packed, **fit(*_rows(records, features, everything))})
    log_odds = left_out(records, features)
    cuts = cut_offs(records, log_odds)
    write_manifest(options.models, cuts, fast_cascade(manifest, records))
    print("\n".join([f"{path}: {path.stat().st_size:,} bytes; cut-offs {cuts}", *summary(records, log_odds, cuts)]))


if __name__ == "__main__":
    main()
