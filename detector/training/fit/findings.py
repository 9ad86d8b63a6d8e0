"""Fits what makes findings of words: what is expected of a spun document's rate, and from which probability words are shown.

usage: python -m detector.training.fit.findings --data DIR --moby words.txt --work DIR [--out models] [--count N]
       [--without FAMILY]

The manifest in `--out` must have the verdict's fit; its `finding` settings are written. Fitted on the documents that the
verdict is fitted on, N honest ones of each source and some of them spun, read as `light` and as `auto` read them. Every
document's log-odds come from a classifier that saw nothing of its source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from detector.judge.verdict import vector
from detector.model_files import MANIFEST, read_manifest
from detector.signals import Scale
from detector.signals.wording.cascade import Cascade
from detector.signals.wording.encoder import Word
from detector.signals.wording.evidence import ALL_INPUTS, WORD_INPUTS
from detector.signals.wording.features import features
from detector.signals.wording.findings import JOINED_WORDS
from detector.signals.wording.likelihood import HONEST, likelihood_ratios, suspicion
from detector.signals.wording.margins import NO_CANDIDATE
from detector.signals.wording.phrases import find_adjacent
from detector.signals.wording.posterior import RATES, RateModel, any_swapped, spun_probability
from detector.signals.wording.scoring import PART
from detector.signals.wording.word_model import LOWEST_FINDING_LOG_ODDS, WordModel
from detector.training.data.records import Record, fit_records
from detector.training.data.splits import share
from detector.training.fit.arguments import fit_arguments, spinners_of
from detector.training.fit.classifier import PARTS, balanced_weights, left_out_log_odds
from detector.training.fit.judged_features import FEATURES
from detector.training.fit.measure import document_of
from detector.training.fit.rows import Table
from detector.training.fit.words import RecordEvidence, read_words, trace_cascade, with_light_inputs

COUNT = 18  # honest documents of each source, if there are that many
SPUN_SHARE = 0.55  # of these, the share that is read spun, too
RIGHT = 0.65  # of the findings in documents called spun, the least share that is right, on left-out sources
LIKELY = 0.5  # by definition: more likely swapped than not
START = (-3.0, 0.1)
_STEPS = np.round(np.arange(0.05, 0.5, 0.01), 2)


@dataclass(frozen=True)
class Reading:
    """Documents as one way of reading gives them: their words' evidence, and left-out log-odds of each being spun."""

    records: Sequence[Record]
    evidence: Sequence[RecordEvidence]
    log_odds: NDArray[np.float64]

    def select(self, there: NDArray[np.bool_]) -> Reading:
        chosen = np.flatnonzero(there).tolist()
        return Reading([self.records[n] for n in chosen], [self.evidence[n] for n in chosen], self.log_odds[there])

    @cached_property
    def spun(self) -> NDArray[np.bool_]:
        return np.array([record.spun for record in self.records])

    @cached_property
    def part(self) -> NDArray[np.int64]:
        """Which part each document's source belongs to; parts are left out one at a time."""
        names = sorted({record.source for record in self.records}, key=share)
        return np.array([names.index(record.source) % PARTS for record in self.records])

    @cached_property
    def words(self) -> NDArray[np.int64]:
        return np.array([len(one.evidence) for one in self.evidence])

    @cached_property
    def suspects(self) -> list[NDArray[np.bool_]]:
        """Of each document, the words that may become findings."""
        return [
            (e.evidence.log_odds > LOWEST_FINDING_LOG_ODDS) & (e.evidence.margins > NO_CANDIDATE) for e in self.evidence
        ]

    @cached_property
    def document(self) -> NDArray[np.int64]:
        """The document of each suspect."""
        return np.repeat(np.arange(len(self.records)), [int(of.sum()) for of in self.suspects])

    @cached_property
    def follows(self) -> NDArray[np.bool_]:
        """Whether the word after each suspect is of the same phrase, if it is a suspect, too."""
        result = []
        for record, one, there in zip(self.records, self.evidence, self.suspects, strict=True):
            places = zip(one.evidence.starts.tolist(), one.evidence.ends.tolist(), strict=True)
            words = [Word(start, end, 0, 0) for start, end in places]
            adjacent = np.array([*find_adjacent(document_of(record).prose.text, words), False])
            result.append((adjacent & np.append(there[1:], False))[there])
        return np.concatenate(result)

    @cached_property
    def ratios(self) -> NDArray[np.float64]:
        """The likelihood ratio of each suspect."""
        pairs = zip(self.evidence, self.suspects, strict=True)
        return np.concatenate([likelihood_ratios(one.evidence.log_odds[there], one.prior) for one, there in pairs])

    @cached_property
    def swapped(self) -> NDArray[np.bool_]:
        """Whether each suspect was swapped."""
        return np.concatenate([one.replaced[there] for one, there in zip(self.evidence, self.suspects, strict=True)])

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """Of each suspect, so that as many documents are honest as its probability supposes."""
        spun = self.spun[self.document]
        return np.where(spun, (1 - HONEST) / self.spun.sum(), HONEST / (~self.spun).sum())

    def probabilities(self, rate: RateModel) -> NDArray[np.float64]:
        """Return for each suspect how probable it is that it was swapped."""
        spun = np.array([spun_probability(float(odds)) for odds in self.log_odds])
        weights = np.array([rate.weights(float(odds)) for odds in self.log_odds])
        swapped = RATES[:, None] * self.ratios / (1 + RATES[:, None] * (self.ratios - 1))
        result: NDArray[np.float64] = spun[self.document] * (weights[self.document].T * swapped).sum(axis=0)
        return result


def limited(records: Iterable[Record], count: int) -> Iterator[Record]:
    """Yield the first honest documents of each source, and the first of these spun."""
    for _, some in groupby(records, key=lambda record: record.source):
        number = -1
        for record in some:
            number += record.genuine
            if (record.spun and number < round(count * SPUN_SHARE)) or (record.genuine and number < count):
                yield record


def left_out(records: Sequence[Record], readings: Sequence[RecordEvidence]) -> NDArray[np.float64]:
    """Return calibrated log-odds of each document being spun, from its wording, by classifiers that saw no such source."""
    names = [feature.name for feature in FEATURES]
    logs = np.array([feature.scale is Scale.LOG1P for feature in FEATURES])
    values = np.array([vector(features(one.evidence, one.prior), names, logs) for one in readings])
    count = len(records)
    labels = np.array([record.spun for record in records])
    rows = Table(values, labels, np.ones(count), np.arange(count), np.full(count, "wording"))
    odds = left_out_log_odds(records, rows)
    platt = LogisticRegression(C=1e6).fit(odds[:, None], labels, sample_weight=balanced_weights(rows, slice(None)))
    calibrated: NDArray[np.float64] = odds * platt.coef_[0, 0] + platt.intercept_[0]
    return calibrated


def read(records: Sequence[Record], models: Path, cache: Path) -> tuple[Reading, Reading]:
    """Return the documents as `light` and as `auto` read them. The deep encoder reads what the light one has doubts about."""
    wording = read_manifest(models).section("wording")
    fitted = {
        name: WordModel.from_settings(wording.section("encoders").section(name).section("word"), inputs)
        for name, inputs in (("light", WORD_INPUTS), ("deep", ALL_INPUTS))
    }
    limits = Cascade.from_settings(wording.section("cascade"))
    rows = read_words("light", records, models, cache)
    light = [RecordEvidence(row.evidence(fitted["light"]), fitted["light"].prior, row.replaced) for row in rows]
    doubtful = [n for n, one in enumerate(light) if len(one.evidence) and suspicion(one.evidence) > limits.sample_above]
    deep_rows = with_light_inputs(
        [rows[n] for n in doubtful], read_words("deep", [records[n] for n in doubtful], models, cache)
    )
    auto = list(light)
    for number, row in zip(doubtful, deep_rows, strict=True):
        deep = RecordEvidence(row.evidence(fitted["deep"]), fitted["deep"].prior, row.replaced)
        if trace_cascade(records[number], light[number], deep, limits).settled:
            auto[number] = deep
    there = [number for number, one in enumerate(light) if len(one.evidence)]
    kept = [records[number] for number in there]
    ways = ([way[number] for number in there] for way in (light, auto))
    one, other = (Reading(kept, way, left_out(kept, way)) for way in ways)
    return one, other


def fit_rate(reading: Reading) -> RateModel:
    """Return the rate model under which what was swapped, and what was not, is most probable."""

    def loss(values: NDArray[np.float64]) -> float:
        rate = RateModel(float(np.exp(np.clip(values[0], -6, -1))), float(values[1]))
        said = np.clip(reading.probabilities(rate), 1e-9, 1 - 1e-9)
        each = -np.where(reading.swapped, np.log(said), np.log1p(-said))
        return float(np.average(each, weights=reading.weights))

    found = minimize(loss, START, method="Nelder-Mead", options={"xatol": 0.01, "fatol": 1e-6}).x
    return RateModel(round(float(np.exp(found[0])), 4), round(float(found[1]), 3))


def left_out_probabilities(reading: Reading) -> NDArray[np.float64]:
    """Return for each suspect its probability by a rate model that was fitted without its source."""
    result = np.zeros(len(reading.swapped))
    for number in range(PARTS):
        there = reading.part == number
        if there.any():
            rate = fit_rate(reading.select(~there))
            result[there[reading.document]] = reading.select(there).probabilities(rate)
    return result


def phrases(reading: Reading, said: NDArray[np.float64], least: float) -> Iterator[tuple[int, float, bool]]:
    """Yield what becomes a finding from the probability `least` on: its document, its probability, and whether it is right.

    Words next to each other are one finding, as in `signals.wording.findings`.
    """
    chosen = np.flatnonzero(said >= least * PART)
    follows = reading.follows
    first = 0
    for last in range(len(chosen)):
        joined = last + 1 < len(chosen) and follows[chosen[last]] and chosen[last] + 1 == chosen[last + 1]
        if joined and last + 1 - first < JOINED_WORDS:
            continue
        words = chosen[first : last + 1]
        document = int(reading.document[words[0]])
        probability = any_swapped(said[words].tolist(), float(reading.log_odds[document]))
        if probability >= least:
            yield document, probability, bool(reading.swapped[words].any())
        first = last + 1


def lowest_probability(reading: Reading, said: NDArray[np.float64], called: NDArray[np.bool_]) -> float:
    """Return the lowest probability from which `RIGHT` of the findings are right, in spun documents called so."""
    there = called & reading.spun
    for step in _STEPS.tolist():
        right = [is_right for document, _, is_right in phrases(reading, said, step) if there[document]]
        if sum(right) >= RIGHT * len(right):
            return float(step)
    return LIKELY


def report(reading: Reading, said: NDArray[np.float64], called: NDArray[np.bool_], possible: float) -> Iterator[str]:
    """Yield lines: how far the probabilities can be believed, and what is shown of each kind of document."""
    document, swapped = reading.document, reading.swapped
    yield "  probability given, words, share swapped: documents called spun, others"
    edges = (0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0)
    for low, high in pairwise(edges):
        cells = []
        for some in (called, ~called):
            there = some[document] & (said >= low) & (said < high)
            cells.append(f"{int(there.sum()):6} {swapped[there].mean() if there.any() else float('nan'):6.3f}")
        yield f"    {low:.2f} to {high:.2f}  {'  '.join(cells)}"
    found = [(int(n), probability, right) for n, probability, right in phrases(reading, said, possible)]
    of_document = np.array([number for number, _, _ in found], dtype=int)
    probabilities = np.array([probability for _, probability, _ in found])
    is_right = np.array([right for _, _, right in found], dtype=bool)
    yield f"  from {possible} on, in documents called spun: how many of these, findings, right; likely ones"
    families = np.array([record.family.split("/")[0].split("+")[0] for record in reading.records])
    rows = {name: families == name for name in sorted({*families.tolist()} - {""})} | {"all": reading.spun}
    for name, some in rows.items():
        of = some & called & reading.spun
        cells = []
        for least in (possible, LIKELY):
            shown = of[of_document] & (probabilities >= least)
            cells.append(f"{int(shown.sum()):6} {is_right[shown].mean() if shown.any() else float('nan'):6.3f}")
        yield f"    {name:14} {int(of.sum()):5}  {'  '.join(cells)}"
    yield "  honest documents: findings per 1,000 words, in documents called spun and in the others"
    registers = np.array([record.register for record in reading.records])
    for name in [*sorted({*registers.tolist()}), "all"]:
        of = ~reading.spun & ((registers == name) | (name == "all"))
        words = int(reading.words[of].sum())
        if words:
            shown = of[of_document]
            cells = [f"{1000 * int((shown & some[of_document]).sum()) / words:6.2f}" for some in (called, ~called)]
            yield f"    {name:36} {int(of.sum()):5} {words:8,}  {'  '.join(cells)}"


def main() -> None:
    parser = fit_arguments(__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="honest documents of each source")
    options = parser.parse_args()
    records = list(limited(fit_records(options.data, spinners_of(options), options.packages), options.count))
    light, auto = read(records, options.out, options.work / "fit")
    manifest = json.loads((options.out / MANIFEST).read_text("utf-8"))
    limit = float(np.log(manifest["verdict"]["spun"] / (1 - manifest["verdict"]["spun"])))
    settings: dict[str, Any] = {}
    for name, reading in (("light", light), ("deep", auto)):
        rate = fit_rate(reading)
        called = reading.log_odds >= limit
        said = left_out_probabilities(reading)
        possible = lowest_probability(reading, said, called)
        settings[name] = {
            "rate": rate.median,
            "growth": rate.growth,
            "surest": round(float(reading.log_odds.max()), 2),
            "possible": possible,
            "likely": LIKELY,
        }
        model = {"median": rate.median, "growth": rate.growth}
        print(f"{name}: {model}, possible from {possible}; {len(reading.records)} documents")
        print("\n".join(report(reading, said, called, possible)))
    for name, values in settings.items():
        manifest["wording"]["encoders"][name]["finding"] = values
    (options.out / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
