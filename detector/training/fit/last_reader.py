"""Fits how the last reader moves the log-odds of words, and says what that brings on left-out sources.

usage: python -m detector.training.fit.last_reader --data DIR --moby words.txt --work DIR [--out models] [--packages DIR]
       [--without FAMILY] [--count N] [--only-report]

The manifest in `--out` must have the verdict's fit; its `last_reader` settings are written. The language model (`detector
setup lm`) is asked about the documents that the verdict is fitted on, read as `auto` reads them, as far as their verdict is in
doubt by a classifier that saw nothing of their source. How an opinion moves a word is fitted on other sources than it is
measured on. What it said is kept in `--work`. With `--count`, only N honest documents of each source are read, and some of
these spun.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from detector.judge.verdict import vector
from detector.model_files import MANIFEST, hash_files, read_manifest
from detector.signals import Scale
from detector.signals.last_reader import WordUpdate
from detector.signals.last_reader.asking import Opinion, ask
from detector.signals.last_reader.installation import GRAPH, open_model
from detector.signals.last_reader.model import Answer, Answers
from detector.signals.wording import WordingMeasurement, WordingSignal
from detector.signals.wording.features import features
from detector.signals.wording.scoring import Suspect
from detector.training.code_version import code_version, file_version
from detector.training.data.records import fit_records
from detector.training.fit.arguments import fit_arguments, spinners_of
from detector.training.fit.classifier import PARTS, balanced_weights, fit_trees
from detector.training.fit.findings import Reading, limited, read
from detector.training.fit.judged_features import FEATURES
from detector.training.fit.measure import document_of, key_of
from detector.training.fit.rows import Table

WORDS = 6  # of a document, that the model is asked about
DOUBT = (-0.3, 3.0)  # log-odds of documents that it is asked about
LIMIT = 8.0  # nats, of what an opinion counts
# What a regression makes of the opinions is too sure of them: they are not independent of each other, nor of what the encoders
# say. With this part of it, less this, no more honest documents of left-out sources are called spun than without.
PART, LESS = 0.6, 0.3
RATES = (0.02, 0.035, 0.05, 0.1)  # shares of the words, between which recall is printed
LEAST = 0.3  # weight of the encoders' log-odds, by which the others are divided
FALSE_POSITIVES = 0.01  # of honest documents of left-out sources, at which recall is measured

Opinions = Mapping[int, Sequence[Opinion]]  # by the document's number


def main() -> None:
    parser = fit_arguments(__doc__)
    parser.add_argument("--count", type=int, help="honest documents of each source, instead of all")
    parser.add_argument("--only-report", action="store_true", help="leave the manifest as it is")
    options = parser.parse_args()
    records = fit_records(options.data, spinners_of(options), options.packages)
    chosen = list(limited(records, options.count) if options.count else records)
    _, auto = read(chosen, options.out, options.work / "fit")
    opinions = ask_all(auto, options.out, options.work / "fit")
    print("\n".join(report(auto, opinions)))
    if options.only_report:
        return
    update = fit_update(auto, opinions, np.full(len(auto.records), fill_value=True))
    manifest = json.loads((options.out / MANIFEST).read_text("utf-8"))
    manifest["files"] |= hash_files(options.out, [GRAPH])
    manifest["last_reader"] = {
        "words": WORDS,
        "doubt": dict(zip(("lowest", "highest"), DOUBT, strict=True)),
        "word": asdict(update),
    }
    (options.out / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


# --- what the language model says -------------------------------------------------------------------------------------


def ask_all(reading: Reading, models: Path, cache: Path) -> Opinions:
    """Return the model's opinions on the documents in doubt. Go on where an earlier run stopped."""
    manifest = read_manifest(models)
    code = code_version("detector.signals.last_reader", alone=("detector.signals.wording.scoring",))
    path = cache / f"last-reader-{file_version([models / GRAPH])}-{code}.jsonl"
    known: dict[str, list[Any]] = dict(map(json.loads, path.open())) if path.exists() else {}
    doubtful = np.flatnonzero((reading.log_odds >= DOUBT[0]) & (reading.log_odds <= DOUBT[1])).tolist()
    missing = [number for number in doubtful if key_of(reading.records[number]) not in known]
    if missing:
        wording, model = WordingSignal(manifest, threads=1, depth="auto"), open_model(manifest)
        started = process_time()
        with path.open("a") as out:
            for number in missing:
                record = reading.records[number]
                document = document_of(record)
                (measured,) = wording.measure_whole([document])
                assert isinstance(measured, WordingMeasurement)
                suspects = [one for one in measured.suspects(WORDS) if one.originals]
                known[key_of(record)] = [_stored(one) for one in ask(model, document, suspects)]
                out.write(json.dumps([key_of(record), known[key_of(record)]]) + "\n")
                out.flush()
        print(f"{(process_time() - started) / len(missing):.2f} s a document, the encoders' part included")
    return {number: [_restored(one) for one in known[key_of(reading.records[number])]] for number in doubtful}


def _stored(opinion: Opinion) -> list[Any]:
    suspect, answers = opinion.suspect, opinion.answers
    return [suspect.start, suspect.end, suspect.log_odds, opinion.others, answers.observed, answers.others]


def _restored(stored: Sequence[Any]) -> Opinion:
    start, end, log_odds, words, observed, others = stored
    answers = Answers(Answer(*observed), tuple(Answer(*one) for one in others))
    return Opinion(Suspect(start, end, log_odds, tuple(words)), tuple(words), answers)


# --- the fit ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """The words that the model was asked about: their document, which word of it, was it swapped, and what moves them."""

    document: NDArray[np.int64]
    word: NDArray[np.int64]
    swapped: NDArray[np.bool_]
    log_odds: NDArray[np.float64]
    moving: NDArray[np.float64]

    @classmethod
    def of(cls, reading: Reading, opinions: Opinions) -> Asked:
        rows = []
        for number, some in opinions.items():
            one = reading.evidence[number]
            places = {int(start): at for at, start in enumerate(one.evidence.starts)}
            for opinion in some:
                at = places.get(opinion.suspect.start)
                if at is None:
                    continue
                odds = float(one.evidence.log_odds[at])
                moving = WordUpdate.inputs(opinion, LIMIT)
                rows.append((number, at, bool(one.replaced[at]), odds, moving))
        return cls(*(np.array(column) for column in zip(*rows, strict=True)))


def fit_update(reading: Reading, opinions: Opinions, there: NDArray[np.bool_]) -> WordUpdate:
    """Fit on the documents that are `there`. The mean of what moves the words of honest documents is `LESS` below 0: nothing
    speaks against a document because it was asked about."""
    asked = Asked.of(reading, opinions)
    rows = there[asked.document]
    columns = np.column_stack([asked.log_odds, asked.moving])[rows]
    found = LogisticRegression(C=1.0, max_iter=500).fit(columns, asked.swapped[rows])
    weights = PART * found.coef_[0, 1:] / max(float(found.coef_[0, 0]), LEAST)
    moved = asked.moving[rows] @ weights
    bias = -float(moved[~reading.spun[asked.document][rows]].mean()) - LESS
    word, after = (round(float(one), 4) for one in weights)
    return WordUpdate(round(bias, 4), word, after, LIMIT)


def moved_evidence(reading: Reading, opinions: Opinions, update: WordUpdate, there: NDArray[np.bool_]) -> Reading:
    """Return the reading with the words of some documents moved."""
    evidence = list(reading.evidence)
    for number, some in opinions.items():
        if there[number]:
            one = evidence[number]
            before = dict(zip(one.evidence.starts.tolist(), one.evidence.log_odds.tolist(), strict=True))
            changed = {
                opinion.suspect.start: before[opinion.suspect.start] + update.shift(opinion)
                for opinion in some
                if opinion.suspect.start in before
            }
            evidence[number] = replace(one, evidence=one.evidence.with_log_odds(changed))
    return Reading(reading.records, evidence, reading.log_odds)


# --- what it brings ---------------------------------------------------------------------------------------------------


def left_out_both(reading: Reading, opinions: Opinions) -> tuple[NDArray[np.float64], NDArray[np.float64], Reading]:
    """Return calibrated log-odds of all documents without the last reader and with it, and their words as moved.

    Neither the classifier nor what moves the words saw anything of a document's source.
    """
    before = _values(reading)
    without, moved = np.zeros(len(before)), np.zeros(len(before))
    words = reading
    for number in range(PARTS):
        out = reading.part == number
        if not out.any():
            continue
        words = moved_evidence(words, opinions, fit_update(reading, opinions, ~out), out)
        there = np.flatnonzero(out).tolist()
        after = _values(
            Reading([reading.records[n] for n in there], [words.evidence[n] for n in there], reading.log_odds[out])
        )
        rows = Table(
            before, reading.spun, np.ones(len(before)), np.arange(len(before)), np.full(len(before), "wording")
        )
        trees = fit_trees(rows, ~out)
        without[out], moved[out] = trees.decision_function(before[out]), trees.decision_function(after)
    rows = Table(before, reading.spun, np.ones(len(before)), np.arange(len(before)), np.full(len(before), "wording"))
    platt = LogisticRegression(C=1e6).fit(
        without[:, None], rows.labels, sample_weight=balanced_weights(rows, slice(None))
    )
    slope, intercept = platt.coef_[0, 0], platt.intercept_[0]
    return without * slope + intercept, moved * slope + intercept, words


def _values(reading: Reading) -> NDArray[np.float64]:
    names = [feature.name for feature in FEATURES]
    logs = np.array([feature.scale is Scale.LOG1P for feature in FEATURES])
    return np.array([vector(features(one.evidence, one.prior), names, logs) for one in reading.evidence])


def report(reading: Reading, opinions: Opinions) -> Iterator[str]:
    """Yield lines: how many documents are asked about, and what changes for words and documents of left-out sources."""
    without, with_it, words = left_out_both(reading, opinions)
    genuine = np.array([record.genuine for record in reading.records])
    rates = np.array([record.rate for record in reading.records])
    asked = np.isin(np.arange(len(without)), list(opinions))
    yield f"{len(without)} documents; asked about: {asked[genuine].mean():.3f} of the honest ones," + (
        f" {asked[reading.spun].mean():.3f} of the spun ones"
    )
    about = Asked.of(reading, opinions)
    moved = np.array(
        [words.evidence[n].evidence.log_odds[at] for n, at in zip(about.document, about.word, strict=True)]
    )
    for name, odds in (("log-odds", about.log_odds), ("moved", moved)):
        precision, area = average_precision_score(about.swapped, odds), roc_auc_score(about.swapped, odds)
        yield f"words asked about, {name}: {len(odds)}, average precision {precision:.3f}, AUROC {area:.3f}"
    measured = reading.spun | genuine
    limits = [np.quantile(odds[genuine], 1 - FALSE_POSITIVES) for odds in (without, with_it)]
    for low, high in [*pairwise(RATES), (RATES[0], RATES[-2]), (0.0, 1.0)]:
        there = (reading.spun & (rates >= low) & (rates < high)) | genuine
        cells = []
        for odds, limit in zip((without, with_it), limits, strict=True):
            area = roc_auc_score(reading.spun[there & measured], odds[there & measured])
            cells.append(f"AUROC {area:.4f}, recall {(odds[there & reading.spun] > limit).mean():.3f}")
        count = int((there & reading.spun).sum())
        yield f"{low:.1%} to {high:.1%} of the words replaced, {count} documents: without {cells[0]}; with {cells[1]}"
    yield from _called(reading, without, with_it, genuine)


def _called(
    reading: Reading, without: NDArray[np.float64], with_it: NDArray[np.float64], genuine: NDArray[np.bool_]
) -> Iterator[str]:
    """Yield what is called spun at one threshold for both: that of 1 % of the honest documents without the last reader."""
    limit = np.quantile(without[genuine], 1 - FALSE_POSITIVES)
    for name, odds in (("without", without), ("with", with_it)):
        yield (
            f"at the threshold without it, {name}: {(odds[genuine] > limit).mean():.4f} of the honest documents called spun,"
            f" {(odds[reading.spun] > limit).mean():.3f} of the spun ones"
        )
    registers = np.array([record.register for record in reading.records])
    worse = [
        f"{register} {before:.3f} → {after:.3f}"
        for register in sorted({*registers.tolist()})
        if (there := genuine & (registers == register)).any()
        and (after := (with_it[there] > limit).mean()) != (before := (without[there] > limit).mean())
    ]
    yield f"registers in which that differs: {', '.join(worse) or 'none'}"


if __name__ == "__main__":
    main()
