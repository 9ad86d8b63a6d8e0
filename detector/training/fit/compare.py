"""What was tried for the word evidence and for the verdict, beside what is shipped; on sources left out.

usage: python -m detector.training.fit.compare --data DIR --moby words.txt --work DIR [--out models] [--packages DIR]

Needs the measurements that `detector.training.fit.verdict` keeps in `--work`; changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from detector.signals import Feature
from detector.signals.wording.evidence import ALL_INPUTS, LIGHT_INPUTS, WORD_INPUTS
from detector.training.data import splits as data
from detector.training.data.records import Record
from detector.training.fit.arguments import fit_arguments
from detector.training.fit.classifier import balanced_weights, fit_trees, left_out_log_odds
from detector.training.fit.judged_features import FEATURES, MEASURED, TELLS_SOURCES
from detector.training.fit.rows import Measured, Table, measurements, table
from detector.training.fit.verdict import counts_in_measuring
from detector.training.fit.words import SHARES, RecordEvidence, Shares, fit_cascade, is_ordinary_honest, run_cascade

PARTS = 5  # into which sources are divided for the word evidence
RATES = (0.02, 0.05, 0.1, 0.2, 0.41)

_JUDGED = frozenset(feature.name for feature in FEATURES)

Odds = NDArray[np.float64]


def word_evidence(records: Sequence[Record], readings: Sequence[RecordEvidence]) -> None:
    """Print what the inputs of a word's evidence bring, on sources left out of the fit, with both encoders."""
    inputs = np.concatenate([reading.evidence.inputs for reading in readings])
    swapped = np.concatenate([reading.replaced for reading in readings])
    part = np.concatenate(
        [
            np.full(len(g.evidence), int(data.share(f"part-{r.source}") * PARTS))
            for r, g in zip(records, readings, strict=True)
        ]
    )

    def crossed(title: str, names: Sequence[str], make: Callable[[], Any]) -> None:
        columns = [ALL_INPUTS.index(name) for name in names]
        odds = np.zeros(len(swapped))
        for number in np.unique(part):
            there = part == number
            odds[there] = (
                make().fit(inputs[~there][:, columns], swapped[~there]).decision_function(inputs[there][:, columns])
            )
        print(f"  {title:44} {average_precision_score(swapped, odds):.3f}")

    def linear() -> Any:
        return make_pipeline(StandardScaler(), LogisticRegression(C=1e4, max_iter=500))

    def boosted() -> Any:
        return HistGradientBoostingClassifier(max_depth=5, max_iter=150, min_samples_leaf=100, random_state=1)

    print(f"words: {len(swapped):,}, {swapped.mean():.1%} of them swapped; average precision on sources left out")
    crossed("what counts of the light encoder", LIGHT_INPUTS, linear)
    crossed("the deep one, first head alone", ("logit",), linear)
    crossed("and the channel's gain", ("logit", "margin", "logit_x_margin", "no_candidate"), linear)
    crossed("all inputs of the deep one, linear", WORD_INPUTS, linear)
    crossed("all inputs of the deep one, boosting", WORD_INPUTS, boosted)
    crossed("and the light one, linear (shipped)", ALL_INPUTS, linear)
    crossed("and the light one, boosting", ALL_INPUTS, boosted)


def show(title: str, records: Sequence[Record], rows: Table, odds: Odds) -> None:
    """Print AUROC and recalls of the documents with all signals, beside a title."""
    whole = (rows.kinds == "all") & counts_in_measuring(records, rows)
    labels, of_documents = rows.labels[whole], odds[whole]
    rates = np.array([records[number].rate for number in rows.records[whole]])
    limit = np.quantile(of_documents[~labels], 0.99)
    low = np.quantile(of_documents[~labels], 0.995)
    cells = [(of_documents[labels & (rates >= a) & (rates < b)] > limit).mean() for a, b in pairwise(RATES)]
    recall = " ".join(f"{cell:.3f}" for cell in cells)
    print(
        f"  {title:44} {roc_auc_score(labels, of_documents):.4f}  {recall}"
        f"  {(of_documents[labels] > limit).mean():.3f}  {(of_documents[labels] > low).mean():.3f}"
    )


def candidates(records: Sequence[Record], readings: Sequence[RecordEvidence], named: Any) -> None:
    def boosted(title: str, judged: Sequence[Feature]) -> None:
        rows = table(records, readings, named, judged)
        show(title, records, rows, left_out_log_odds(records, rows, partial(fit_trees, judged=judged)))

    print("verdict: AUROC; recall at 1 % by the share of words replaced (2-5-10-20-41 %), at 1 % and at .5 % of all")
    plain = table(records, readings, named)
    show("linear", records, plain, left_out_log_odds(records, plain, linear))
    boosted("boosted trees (shipped)", FEATURES)
    for title, judged in (
        ("trees, wording alone", ("wording.",)),
        ("trees, grammar alone", ("grammar.",)),
        ("trees, readability alone", ("readability.",)),
        ("trees, wording and grammar", ("wording.", "grammar.")),
        ("trees, wording, typography and names", ("wording.", "typography.", "names.")),
    ):
        boosted(title, [feature for feature in MEASURED if feature.name.startswith(judged)])
    boosted("trees, with readability", [feature for feature in MEASURED if feature.name not in TELLS_SOURCES])


def without_spinner(records: Sequence[Record], readings: Sequence[RecordEvidence], named: Any) -> None:
    """Print what it costs the verdict to meet a spinner that it was not fitted on: the recall of what that one has
    spun.

    Documents that several have spun are left out of both fits. The word evidence knows all spinners, the encoders all
    but MyThes.
    """
    rows = table(records, readings, named)
    whole = (rows.kinds == "all") & counts_in_measuring(records, rows)
    of = np.array([records[number].family.partition("/")[0] for number in rows.records])
    by_several = np.char.endswith(of, "+")

    def recalls(name: str, hidden: NDArray[np.bool_]) -> str:
        odds = left_out_log_odds(records, rows, lambda some, chosen: fit_trees(some, chosen & ~hidden))
        limits = np.quantile(odds[whole & ~rows.labels], (0.99, 0.995))
        return " ".join(f"{(odds[whole & (of == name)] > limit).mean():.3f}" for limit in limits)

    print("spinners: documents; recall at 1 % and at .5 %, fitted with those that each has spun and without")
    for name in sorted({str(family) for family in of[rows.labels & ~by_several]}):
        count = int((whole & (of == name)).sum())
        print(f"  {name:12} {count:4}  {recalls(name, by_several)}   {recalls(name, by_several | (of == name))}")


def linear(rows: Table, chosen: NDArray[np.bool_]) -> Any:
    """Fit a logistic regression. What is absent is filled in with the median, and that it is absent is an input."""
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(C=0.03, max_iter=2000),
    )
    weights = balanced_weights(rows, chosen)
    return model.fit(rows.values[chosen], rows.labels[chosen], logisticregression__sample_weight=weights)


def tell_sources(records: Sequence[Record], readings: Sequence[RecordEvidence], named: Any) -> None:
    """Print what each feature tells of the source of an honest text, beside what it tells of spinning.

    One that tells the source and not the spinning has no place in the verdict.
    """
    rows = table(records, readings, named, MEASURED)
    whole = (rows.kinds == "all") & counts_in_measuring(records, rows)
    values, labels = np.nan_to_num(rows.values[whole]), rows.labels[whole]
    sources = np.array([records[number].source for number in rows.records[whole]])
    _, there = np.unique(sources[~labels], return_inverse=True)
    chance = np.bincount(there).max() / len(there)
    found = []
    for column, feature in enumerate(MEASURED):
        tree = DecisionTreeClassifier(max_depth=6, min_samples_leaf=10, random_state=1)
        right = cross_val_score(tree, values[~labels, column : column + 1], there, cv=4).mean()
        separation = roc_auc_score(labels, values[:, column])
        found.append((right, max(separation, 1 - separation), feature.name))
    print(
        f"features: share of honest documents whose source each tells alone (the largest: {chance:.3f}), AUROC of spun"
    )
    for right, separation, name in sorted(found, reverse=True):
        print(f"  {name:36} {right:.3f}  {separation:.3f}{'' if name in _JUDGED else '  not judged by'}")


def read_twice(of: Measured) -> None:
    """Print what it brings to read more with the deep encoder: whole documents, or the strangest stretches first."""
    there = is_ordinary_honest(of.records)
    words = sum(len(reading.evidence) for reading, honest in zip(of.deep, there, strict=True) if honest)

    def shown(title: str, readings: Sequence[RecordEvidence]) -> None:
        rows = table(of.records, readings, of.named)
        show(title, of.records, rows, left_out_log_odds(of.records, rows))

    print(
        "encoders: the light one; then honest documents the deep one looks into, glances at again, reads; words of honest "
        "text it reads"
    )
    shown("light", of.light)
    for shares in (
        Shares(look=0.1, again=1.0, rest=1.0),
        Shares(look=0.4, again=1.0, rest=1.0),
        Shares(look=0.7, again=0.15, rest=1.0),  # one glance
        Shares(look=0.6, read=0.05, again=0.2, rest=0.06),
        SHARES,
        Shares(look=0.55, read=0.08, again=0.25, rest=0.12),  # as it was before
        Shares(look=0.7, again=0.25, rest=0.15),
        Shares(look=0.7, again=0.4, rest=0.25),
        Shares(look=1.0, again=1.0, rest=1.0),
    ):
        again = run_cascade(of.records, of.light, of.deep, fit_cascade(of.records, of.light, of.deep, shares))
        title = f"{shares.look:.0%}, {shares.again:.0%}, {shares.rest:.0%}"
        shown(f"{title}; {again.words[there].sum() / words:.0%} of the words", again.readings)


COMPARED: dict[str, Callable[[Measured], None]] = {
    "words": lambda of: word_evidence(of.records, of.deep),
    "verdict": lambda of: candidates(of.records, of.deep, of.named),
    "spinners": lambda of: without_spinner(of.records, of.deep, of.named),
    "encoders": read_twice,
    "features": lambda of: tell_sources(of.records, of.deep, of.named),
}


def main() -> None:
    parser = fit_arguments(__doc__)
    parser.add_argument("--only", choices=COMPARED, nargs="+", default=list(COMPARED))
    options = parser.parse_args()
    of = measurements(options)
    for name in options.only:
        COMPARED[name](of)


if __name__ == "__main__":
    main()
