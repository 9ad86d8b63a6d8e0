from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from detector.engine.scorer import open_signals
from detector.errors import ModelError
from detector.judge.probability import logistic
from detector.judge.trees import Trees
from detector.judge.verdict import Judge, vector
from detector.model_files import Manifest
from detector.report import Status, Verdict
from detector.signals import Feature, Measurement, Scale
from detector.signals.grammar import open_grammar

HARD_EVIDENCE = {
    "wording.likelihood_ratio": 40.0,
    "wording.likelihood_ratio_density": 10.0,
    "wording.words_over_10": 150.0,
    "wording.words_over_50": 120.0,
    "wording.words_over_90": 60.0,
    "wording.strongest_3": 6.0,
    "wording.strongest_10": 5.0,
    "wording.strongest_fiftieth": 5.5,
    "wording.strongest_twentieth": 5.0,
    "wording.strongest_tenth": 4.0,
    "wording.margin_strongest_5": 9.0,
    "wording.margins_over_3": 100.0,
    "wording.margins_over_5": 60.0,
    "wording.log_words": math.log(300),
    "wording.strongest_10_with_candidate": 5.0,
    "wording.odd_with_better_candidate": 100.0,
    "wording.expected_swaps": 130.0,
    "wording.second_block_ratio": 15.0,
    "wording.spun_blocks": 1.0,
    "wording.broken_words": 0.0,
    "wording.odd_without_candidate": 0.0,
}
NO_EVIDENCE = ("wording.log_words", "wording.broken_words", "wording.odd_without_candidate")


@pytest.fixture(scope="module")
def features(manifest: Manifest) -> tuple[Feature, ...]:
    return tuple(f for s in open_signals(manifest, open_grammar("embedded"), "light", threads=1) for f in s.features)


@pytest.fixture(scope="module")
def judge(manifest: Manifest, features: tuple[Feature, ...]) -> Judge:
    return Judge(manifest, features)


def measured(**signals: dict[str, float]) -> dict[str, Measurement]:
    return {name: Measurement(Status.OK, features=values) for name, values in signals.items()}


def test_hard_lexical_evidence_is_spun_with_no_other_signal(judge: Judge) -> None:
    judgement = judge.judge(measured(wording=HARD_EVIDENCE))
    assert judgement is not None
    assert judgement.verdict is Verdict.SPUN
    assert not judgement.remarks


def test_without_the_wording_signal_there_is_no_verdict(judge: Judge) -> None:
    grammar = measured(grammar={"grammar.article": 2.0})
    assert judge.judge(grammar) is None
    for broken in (Measurement.failed("broken"), Measurement.skipped("no words to read")):
        assert judge.judge(grammar | {"wording": broken}) is None


def test_the_rest_alone_never_makes_a_document_spun(judge: Judge, features: tuple[Feature, ...]) -> None:
    for sign in (1e3, -1e3):  # whatever the weights' signs are
        signals: dict[str, dict[str, float]] = {"wording": dict.fromkeys(HARD_EVIDENCE, 0.0)}
        for feature in features:
            signal = feature.name.partition(".")[0]
            if signal != "wording":
                signals.setdefault(signal, {})[feature.name] = sign
        judgement = judge.judge(measured(**signals))
        assert judgement is not None
        assert judgement.verdict is not Verdict.SPUN
        if judgement.probability >= judge.spun:
            assert judgement.verdict is Verdict.SUSPECT
            assert judgement.remarks


def test_contributions_are_plain_text_and_numbers(judge: Judge) -> None:
    judgement = judge.judge(measured(wording=HARD_EVIDENCE))
    assert judgement is not None
    assert {type(contribution.signal) for contribution in judgement.contributions} == {str}
    assert {type(contribution.log_odds) for contribution in judgement.contributions} == {float}
    assert type(judgement.probability) is float


def test_contributions_add_up_to_the_log_odds(judge: Judge) -> None:
    judgement = judge.judge(
        measured(wording=HARD_EVIDENCE | {"wording.likelihood_ratio": 3.0}, grammar={"grammar.article": 2.0})
    )
    assert judgement is not None
    total = sum(contribution.log_odds for contribution in judgement.contributions)
    assert logistic(total) == pytest.approx(judgement.probability, abs=1e-3)


@pytest.mark.parametrize("name", [n for n in HARD_EVIDENCE if n not in NO_EVIDENCE])
def test_more_lexical_evidence_never_lowers_the_probability(judge: Judge, name: str) -> None:
    usual = dict.fromkeys(HARD_EVIDENCE, 0.0) | {"wording.log_words": 6.0}
    odds = [judge.log_odds(usual | {name: value}) for value in (0, 1, 5, 20, 50)]
    assert odds == sorted(odds)


def test_a_threshold_of_the_users_own(manifest: Manifest, features: tuple[Feature, ...]) -> None:
    low, high = Judge(manifest, features, threshold=0.0), Judge(manifest, features, threshold=1.0)
    usual, spun = (
        low.judge(measured(wording=dict.fromkeys(HARD_EVIDENCE, 0.0))),
        high.judge(measured(wording=HARD_EVIDENCE)),
    )
    assert usual is not None
    assert usual.verdict is Verdict.SPUN
    assert spun is not None
    assert spun.verdict is Verdict.SUSPECT


def test_a_classifier_for_other_features_is_refused(manifest: Manifest, features: tuple[Feature, ...]) -> None:
    with pytest.raises(
        ModelError,
        match=r"manifest\.json: the classifier was fitted on features this program does not measure: wording\.",
    ):
        Judge(manifest, [f for f in features if not f.name.startswith("wording.")])


def test_a_feature_of_another_scale_is_refused(manifest: Manifest, features: tuple[Feature, ...]) -> None:
    changed = [f._replace(scale=Scale.LINEAR) if f.name == "wording.words_over_50" else f for f in features]
    with pytest.raises(
        ModelError, match=r"manifest\.json: verdict\.features\[3\]\.scale of wording\.words_over_50 is log1p"
    ):
        Judge(manifest, changed)


def test_a_classifier_that_computes_something_else_is_refused(
    manifest: Manifest, features: tuple[Feature, ...]
) -> None:
    verdict = manifest.settings["verdict"]
    first, *rest = verdict["probe"]["log_odds"]
    other = verdict | {"probe": verdict["probe"] | {"log_odds": [first + 0.1, *rest]}}
    with pytest.raises(ModelError, match=r"verdict\.npz: does not compute"):
        Judge(replace(manifest, settings={**manifest.settings, "verdict": other}), features)


def test_trees_compute_what_scikit_learn_computes() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(400, 3))
    values[rng.random(values.shape) < 0.2] = np.nan
    model = HistGradientBoostingClassifier(max_depth=3, max_iter=20, min_samples_leaf=5)
    model.fit(values, np.nan_to_num(values[:, 0]) + values[:, 1] ** 2 > 0.5)
    assert Trees.from_classifier(model).log_odds(values) == pytest.approx(model.decision_function(values))


def test_many_at_once_are_as_each_alone(judge: Judge) -> None:
    rows = [HARD_EVIDENCE, dict.fromkeys(HARD_EVIDENCE, 0.0), {}]
    assert judge.probabilities(rows) == pytest.approx([judge.probability(row) for row in rows])
    assert judge.probabilities([]) == []


def test_absent_features_are_missing_numbers_and_some_are_logarithms() -> None:
    row = vector({"a": 0.0, "b": math.e - 1}, ["a", "b", "c"], np.array([False, True, True]))
    assert row[:2] == pytest.approx([0.0, 1.0])
    assert math.isnan(row[2])
