"""Thresholds by false-positive rate: how they are chosen, where they come from, and the file that keeps one."""

from __future__ import annotations

import io
import json
import math
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from detector.engine.detector import Detector
from detector.errors import ConfigError, ModelError
from detector.judge.calibration import choose, documents_needed, lowest_rate, resolve, upper_bound
from detector.judge.calibration_file import (
    NO_ENGINE,
    Calibration,
    GroupPoint,
    Groups,
    engine_of,
    read_calibration,
    write_calibration,
)
from detector.judge.probability import HIGHEST
from detector.model_files import Manifest
from detector.options import Options
from detector.report import ModelInfo, Origin, SignalState, Status, Thresholds

STEP = 1e-6

# Choosing a threshold


@pytest.mark.parametrize(("reached", "documents"), [(0, 59), (1, 200), (7, 1212), (40, 5000)])
def test_the_bound_is_the_rate_under_which_so_few_would_reach_it_once_in_twenty_times(
    reached: int, documents: int
) -> None:
    assert binom.cdf(reached, documents, upper_bound(reached, documents)) == pytest.approx(0.05)


@pytest.mark.parametrize("digits", [1, 2, 6, 9])
@pytest.mark.parametrize("max_fpr", [0.003, 0.01, 0.05, 0.3])
def test_the_threshold_holds_the_rate_and_is_the_lowest_that_does(digits: int, max_fpr: float) -> None:
    rng = random.Random(digits)
    sample = [round(rng.betavariate(0.5, 3), digits) for _ in range(1500)]
    point = choose(sample, max_fpr)
    reported = [round(one, 6) for one in sample]
    assert point.false_positives == sum(one >= point.threshold for one in reported)
    assert point.upper_bound == upper_bound(point.false_positives, 1500) <= max_fpr
    lower = sum(one >= round(point.threshold - STEP, 6) for one in reported)
    assert upper_bound(lower, 1500) > max_fpr


def test_the_true_rate_is_held_for_19_samples_of_20() -> None:
    """Uniform probabilities, so that the true false-positive rate of a threshold is what lies above it."""
    rng = np.random.default_rng(1)
    held = [1 - choose(rng.random(400), 0.03).threshold <= 0.03 for _ in range(400)]
    assert 0.93 < sum(held) / len(held) < 0.99


def test_the_order_and_the_kind_of_the_numbers_do_not_matter() -> None:
    sample = np.random.default_rng(3).random(500)
    assert choose(sample, 0.05) == choose(sorted(sample.tolist()), 0.05) == choose(iter(sample.tolist()), 0.05)


def test_of_documents_that_share_a_probability_none_is_called_spun() -> None:
    point = choose([0.9] * 30 + [0.1] * 970, 0.03)  # 20 of them would have been allowed
    assert (point.threshold, point.false_positives) == (0.900001, 0)
    point = choose([0.9] * 10 + [0.1] * 990, 0.03)
    assert (point.threshold, point.false_positives) == (0.100001, 10)


def test_documents_that_are_reported_alike_are_alike() -> None:
    assert choose([0.50000049] + [0.4999996] * 99, 0.05).threshold == 0.500001


@pytest.mark.parametrize(("max_fpr", "needed"), [(0.05, 59), (0.01, 299), (0.001, 2995)])
def test_too_few_documents_are_counted_out(max_fpr: float, needed: int) -> None:
    assert choose([0.2] * needed, max_fpr).false_positives == 0
    with pytest.raises(ConfigError, match=f"needs at least {needed:,} .* there were {needed - 1:,}"):
        choose([0.2] * (needed - 1), max_fpr)
    with pytest.raises(ConfigError, match="there were 0"):
        choose([], max_fpr)


@pytest.mark.parametrize("documents", [1, 2, 3, 10, 58, 59, 60, 299, 300, 1212, 2995, 10**6])
def test_the_lowest_rate_that_is_offered_can_be_had(documents: int) -> None:
    assert documents_needed(lowest_rate(documents)) <= documents


@pytest.mark.parametrize("max_fpr", [0.0, 1.0, -0.1, float("nan")])
def test_a_rate_that_makes_no_sense(max_fpr: float) -> None:
    with pytest.raises(ConfigError, match="above 0 and below 1"):
        choose([0.5] * 100, max_fpr)


@pytest.mark.parametrize(
    ("probabilities", "documents"), [([float("nan")], 100), ([1.5], 100), ([0.5, 0.5], 1), ([], 100)]
)
def test_what_are_no_probabilities_of_documents(probabilities: list[float], documents: int) -> None:
    with pytest.raises(ValueError, match="probabilit"):
        choose(probabilities, 0.5, documents)


def test_a_threshold_that_nothing_can_reach_is_refused() -> None:
    with pytest.raises(ConfigError, match=f"50 of 1,000 documents have {HIGHEST}.*really good"):
        choose([1.0] * 50 + [0.1] * 950, 0.01)


def test_the_top_of_the_documents_is_enough() -> None:
    sample = sorted(np.random.default_rng(4).random(2000), reverse=True)
    for max_fpr in (0.002, 0.01, 0.1):
        assert choose(sample[:300], max_fpr, 2000) == choose(sample, max_fpr)


def test_a_rate_deeper_than_what_is_known_lets_fewer_through_than_allowed() -> None:
    sample = [0.9, 0.8, 0.7, 0.7]  # of 1,000; whether more have .7 is not known
    point = choose(sample, 0.1, 1000)
    assert (point.threshold, point.false_positives) == (0.700001, 2)
    assert point.upper_bound == upper_bound(2, 1000)


# Where a run's thresholds come from


HONEST = [round(0.99 - n / 400, 6) for n in range(150)]  # the strongest 15 % of 1,000


def with_verdict(manifest: Manifest, **verdict: Any) -> Manifest:
    settings = {"suspect": 0.75, "spun": 0.95} | verdict
    return replace(manifest, settings={**manifest.settings, "verdict": settings})


@pytest.fixture
def measured(manifest: Manifest) -> Manifest:
    """Model files with operating points."""
    return with_verdict(manifest, honest=HONEST, honest_documents=1000)


def test_without_a_choice_the_thresholds_are_the_models(measured: Manifest) -> None:
    assert resolve(Options(), measured).thresholds == Thresholds(0.75, 0.95)


def test_a_threshold_below_suspect_takes_suspect_with_it(measured: Manifest) -> None:
    assert resolve(Options(threshold=0.8), measured).thresholds == Thresholds(0.75, 0.8, Origin.THRESHOLD)
    assert resolve(Options(threshold=0.3), measured).thresholds == Thresholds(0.3, 0.3, Origin.THRESHOLD)


def test_a_rate_chooses_among_the_operating_points_of_the_model(measured: Manifest) -> None:
    for max_fpr in (0.005, 0.01, 0.03):
        chosen = resolve(Options(max_fpr=max_fpr), measured).thresholds
        assert chosen == Thresholds(0.75, choose(HONEST, max_fpr, 1000).threshold, Origin.MAX_FPR)
        assert chosen.spun > 0.75


def test_a_rate_never_makes_spun_what_is_not_even_suspect(measured: Manifest) -> None:
    """`suspect` is reached by 97 of 1,000; 15 % of them and 30 % are deeper than that, and 30 % than the list."""
    for max_fpr in (0.15, 0.3):
        assert resolve(Options(max_fpr=max_fpr), measured).thresholds == Thresholds(0.75, 0.75, Origin.MAX_FPR)


def test_model_files_without_operating_points_say_so(manifest: Manifest) -> None:
    with pytest.raises(ModelError, match=r"manifest\.json: these model files carry no operating points"):
        resolve(Options(max_fpr=0.01), with_verdict(manifest))


@pytest.mark.parametrize(
    "broken",
    [
        {"honest": None},
        {"honest": ["x"]},
        {"honest": []},
        {"honest": [2.0]},
        {"honest_documents": 100},
        {"honest_documents": "many"},
    ],
)
def test_broken_operating_points_name_the_manifest(measured: Manifest, broken: dict[str, Any]) -> None:
    altered = with_verdict(measured, **({"honest": HONEST, "honest_documents": 1000} | broken))
    with pytest.raises(ModelError, match=r"manifest\.json: its operating points can't be read"):
        resolve(Options(max_fpr=0.1), altered)


def test_a_rate_lower_than_the_model_was_tried_for(measured: Manifest) -> None:
    with pytest.raises(ConfigError, match=r"2,995 .* there were 1,000; .* is 0\.003; calibrate on more of your own"):
        resolve(Options(max_fpr=0.001), measured)


def test_a_manifest_without_thresholds_is_named(manifest: Manifest) -> None:
    with pytest.raises(ModelError, match=r"manifest\.json: verdict is missing"):
        resolve(Options(), replace(manifest, settings={}))


# The calibration file


def made_for(manifest: Manifest, **changes: Any) -> Calibration:
    made = Calibration(
        program="0.1.0",
        model=ModelInfo(manifest.version, manifest.sha256),
        wording="auto",
        grammar="auto",
        engines={"languagetool/6.8": 2999, NO_ENGINE: 1},
        max_fpr=0.001,
        scored=3000,
        unscored=12,
        unread=1,
        threshold=0.987654,
        false_positives=0,
        upper_bound=0.000998,
    )
    return replace(made, **changes)


def kept(calibration: Calibration, folder: Path) -> Path:
    path = folder / "news.json"
    with path.open("w", encoding="utf-8") as stream:
        write_calibration(calibration, stream)
    return path


def test_a_calibration_is_read_as_it_was_written(manifest: Manifest, tmp_path: Path) -> None:
    made = made_for(manifest)
    assert read_calibration(kept(made, tmp_path)) == made


@pytest.mark.parametrize("alike", [0.0, 212.5, math.inf])
def test_thresholds_of_groups_are_read_as_they_were_written(manifest: Manifest, tmp_path: Path, alike: float) -> None:
    points = {"example.org": GroupPoint(812, 0.91, 0, 0.00097), "naïve \u202e": GroupPoint(400, 0.5, 2, 0.0009)}
    made = made_for(manifest, groups=Groups("host", alike, points))
    assert read_calibration(kept(made, tmp_path)) == made


def test_a_group_has_its_own_threshold_and_what_is_unknown_that_of_all(measured: Manifest, tmp_path: Path) -> None:
    points = {"news": GroupPoint(812, 0.91, 0, 0.00097), "scans": GroupPoint(812, 0.5, 0, 0.00097)}
    path = kept(made_for(measured, groups=Groups("kind", 10.0, points)), tmp_path)
    choice = resolve(Options(calibration=path), measured)
    assert choice.of_group("news") == Thresholds(0.75, 0.91, Origin.CALIBRATION, "news")
    assert choice.of_group("scans") == Thresholds(0.5, 0.5, Origin.CALIBRATION, "scans")
    for unknown in ("blogs", "", None):
        assert choice.of_group(unknown) == Thresholds(0.75, 0.987654, Origin.CALIBRATION)


def test_a_later_version_may_add_keys(manifest: Manifest, tmp_path: Path) -> None:
    path = kept(made_for(manifest), tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"register": "news"}))
    assert read_calibration(path) == made_for(manifest)


def test_a_calibration_chooses_the_threshold(measured: Manifest, tmp_path: Path) -> None:
    path = kept(made_for(measured), tmp_path)
    assert resolve(Options(calibration=path), measured).thresholds == Thresholds(0.75, 0.987654, Origin.CALIBRATION)
    path = kept(made_for(measured, threshold=0.4), tmp_path)
    assert resolve(Options(calibration=str(path)), measured).thresholds == Thresholds(0.4, 0.4, Origin.CALIBRATION)


def test_a_calibration_of_another_model_is_refused(measured: Manifest, tmp_path: Path) -> None:
    path = kept(made_for(measured, model=ModelInfo("0.0.9", "ab" * 32)), tmp_path)
    with pytest.raises(ConfigError, match=r"news\.json: was made with model 0\.0\.9 \(abab.*calibrate again"):
        resolve(Options(calibration=path), measured)


def test_a_calibration_of_another_encoder_is_refused(measured: Manifest, tmp_path: Path) -> None:
    path = kept(made_for(measured), tmp_path)
    with pytest.raises(ConfigError, match=r"news\.json: was made with --wording auto, this run has --wording light"):
        resolve(Options(calibration=path, wording="light"), measured)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON"),
        ("[]", "no schema number"),
        ("{}", "no schema number"),
        ('{"schema": 99}', "has schema 99, this program reads 2"),
        ('{"schema": 1}', "has schema 1, this program reads 2"),
        ('{"schema": 2}', "missing 'model'"),
    ],
)
def test_what_is_no_calibration_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "news.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=rf"news\.json: .*{said}"):
        read_calibration(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("threshold", 1.5),
        ("threshold", "0.9"),
        ("threshold", True),
        ("max_fpr", None),
        ("wording", "shallow"),
        ("model", {"version": "0.1.0", "sha256": 7}),
        ("grammar", {"asked": "auto", "engines": {}}),
        ("grammar", ["auto"]),
        ("documents", {"scored": -1, "unscored": 0, "unread": 0}),
        ("groups", []),
        ("groups", {"by": "host", "alike": -1, "thresholds": {}}),
        ("groups", {"by": "host", "alike": None, "thresholds": {"a": {"documents": 1}}}),
        ("groups", {"by": "host", "alike": None, "thresholds": {"a": None}}),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(manifest: Manifest, tmp_path: Path, key: str, value: object) -> None:
    path = kept(made_for(manifest), tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(ConfigError, match=r"news\.json: is not a calibration"):
        read_calibration(path)


def test_a_calibration_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.json: can't be read \(No such file"):
        read_calibration(tmp_path / "gone.json")


def test_another_grammar_engine_is_remarked_on(manifest: Manifest) -> None:
    made = made_for(manifest)
    assert made.remark(SignalState(Status.OK, "LanguageTool 6.9 at http://host:8081", "languagetool/6.9")) is None
    embedded = SignalState(Status.OK, "whatever a person is told", "embedded/1+2")
    assert "is checked by embedded/1+2:" in str(made.remark(embedded))
    assert "here grammar is not checked" in str(made.remark(SignalState(Status.FAILED, "LanguageTool 6.8 fell over")))
    without = made_for(manifest, engines={NO_ENGINE: 3000})
    assert without.remark(SignalState(Status.SKIPPED, "switched off")) is None
    assert "calibrated without grammar" in str(without.remark(embedded))


def test_the_engine_is_read_from_a_real_report(detector: Detector) -> None:
    report = detector.score((Path(__file__).parents[1] / "cases/documents/clean.txt").read_text(encoding="utf-8"))
    assert re.fullmatch(r"embedded/[\d.]+\+[\d.]+", engine_of(report.signals["grammar"]))


def test_a_calibration_names_no_path_and_no_text(manifest: Manifest) -> None:
    stream = io.StringIO()
    write_calibration(made_for(manifest), stream)
    assert set(json.loads(stream.getvalue())) == {
        "schema", "program", "model", "wording", "grammar", "max_fpr", "documents", "threshold", "false_positives",
        "upper_bound",
    }  # fmt: skip
