from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from detector.model_files import Manifest, Settings
from detector.report import Grade, Status
from detector.restore import apply, edits
from detector.signals.wording import WordingMeasurement, WordingSignal
from detector.signals.wording.encoder import MAX_TOKENS, Encoder
from detector.signals.wording.evidence import ALL_INPUTS, WORD_INPUTS, Evidence, log_rank, neighbour_means
from detector.signals.wording.features import features
from detector.signals.wording.findings import SuspiciousSpan, make_findings
from detector.signals.wording.likelihood import marginal_log_ratio, posterior_log_odds
from detector.signals.wording.margins import COMMON, NO_CANDIDATE, score_candidates
from detector.signals.wording.originals import Candidate, rank_originals
from detector.signals.wording.posterior import EVEN, RATES, FindingModel, RateModel, any_swapped, spun_probability
from detector.signals.wording.swap_table import SwapTable
from detector.signals.wording.word_model import WordModel
from detector.text.document import Document

SENTENCES = (
    "The minister said on Monday that the new bridge would be opened before the end of the year.",
    "Residents of the valley have waited for it since the flood.",
)
SPUN = (
    "The president denied agreeing to an wings offer with the neighbouring nation. He held the rank of big in the "
    "military and was given to the friends of the administration, according to an announcement printed by the state."
)


MODEL, SURE = FindingModel(RateModel(0.05, 0.0), 0.2, 0.5), 12.0
INPUTS = {"light": WORD_INPUTS, "deep": ALL_INPUTS}


def encoder_settings(manifest: Manifest, name: str) -> Settings:
    return manifest.section("wording").section("encoders").section(name)


@pytest.fixture(scope="module")
def encoder(manifest: Manifest) -> Encoder:
    files = manifest.settings["wording"]["encoders"]["light"]
    return Encoder(*(manifest.path(files[name]) for name in ("body", "vectors", "tokenizer")), threads=1)


@pytest.fixture(scope="module")
def swaps(manifest: Manifest) -> SwapTable:
    return SwapTable.load(manifest.path(manifest.settings["wording"]["swaps"]))


def test_words_are_what_a_reader_calls_words(encoder: Encoder) -> None:
    text = "Don’t re-open the Łódź files; 12 of “them” (e.g. café) aren't."
    (reading,) = encoder.encode([text])
    found = [text[word.start : word.end] for word in reading.words]
    assert found == [
        "Don",
        "t",
        "re",
        "open",
        "the",
        "Łódź",
        "files",
        "12",
        "of",
        "them",
        "e",
        "g",
        "café",
        "aren",
        "t",
    ]
    assert len(reading.logits) == len(reading.original_vectors) == len(reading.ids)


def test_a_text_is_encoded_as_if_alone(encoder: Encoder) -> None:
    together = encoder.encode([SENTENCES[0], SPUN, SENTENCES[1]])
    for text, reading in zip((SENTENCES[0], SPUN, SENTENCES[1]), together, strict=True):
        (alone,) = encoder.encode([text])
        assert np.array_equal(reading.logits, alone.logits)


def test_a_long_text_is_read_in_parts_and_no_word_is_lost(encoder: Encoder) -> None:
    text = " ".join(SENTENCES * 40)
    (reading,) = encoder.encode([text])
    assert len(reading.ids) > MAX_TOKENS * 2
    assert [text[word.start : word.end] for word in reading.words] == text.replace(".", "").split()
    assert all(a.last_token < b.first_token for a, b in pairwise(reading.words))
    pieces = [encoder.pieces[reading.ids[word.first_token]] for word in reading.words]
    assert all(text[w.start : w.end].lower().startswith(piece) for w, piece in zip(reading.words, pieces, strict=True))


@pytest.mark.parametrize("text", ["", "   ", "…!?", "“”"])
def test_a_text_without_words(encoder: Encoder, text: str) -> None:
    (reading,) = encoder.encode([text])
    assert reading.words == ()


def test_one_endless_word(encoder: Encoder) -> None:
    (reading,) = encoder.encode(["ab12" * 400])
    assert len(reading.words) == 1
    assert len(reading.logits) <= MAX_TOKENS


def test_the_dictionaries_read_backwards(encoder: Encoder, swaps: SwapTable) -> None:
    for put_in, original in (("wings", "arms"), ("friends", "allies"), ("offer", "deal"), ("huge", "big")):
        ids, priors = swaps.get(put_in)
        assert original in [encoder.pieces[i] for i in ids], put_in
        assert len(ids) == len(priors)
        assert (priors <= 0).all()
    assert len(swaps.get("xyzzy")[0]) == 0


def test_a_word_no_spinner_puts_in_has_no_gain(encoder: Encoder, swaps: SwapTable) -> None:
    (reading,) = encoder.encode(["the xyzzy opened"])
    (scored,) = score_candidates(encoder, swaps, [reading], [["the", "xyzzy", "opened"]])
    values = scored.margins
    assert values[1] == NO_CANDIDATE
    assert values[2] > NO_CANDIDATE


def test_what_would_be_expected_is_another_opinion(encoder: Encoder, swaps: SwapTable) -> None:
    (reading,) = encoder.encode(["he opened the gates"])
    forms = ["he", "opened", "the", "gates"]
    (without,) = score_candidates(encoder, swaps, [replace(reading, masked_vectors=None)], [forms])
    assert not without.masked_log_probs.any()
    (same,) = score_candidates(encoder, swaps, [replace(reading, masked_vectors=reading.original_vectors)], [forms])
    scores = reading.original_vectors[reading.words[1].first_token] @ encoder.vectors.T + encoder.bias
    beside = np.exp(scores[COMMON]).sum()  # `opened` is one of the common words
    assert same.masked_log_probs[1] == pytest.approx(same.observed_scores[1] - np.log(beside), abs=1e-2)
    assert (same.masked_log_probs <= 0).all()
    np.testing.assert_array_equal(same.margins, without.margins)


def test_a_document_is_measured_by_what_is_expected_where_the_encoder_says() -> None:
    inputs = np.zeros((60, len(WORD_INPUTS)), dtype=np.float32)
    inputs[:, WORD_INPUTS.index("logit")] = np.where(np.arange(60) < 3, 2, -6)
    places = np.arange(60)
    silent = features(Evidence(places, places + 1, inputs, inputs[:, 0]), 0.05)
    assert not [name for name in silent if "masked_log_prob" in name]
    inputs[:, WORD_INPUTS.index("masked_log_prob")] = np.where(np.arange(60) < 3, -9, -2)
    telling = features(Evidence(places, places + 1, inputs, inputs[:, 0]), 0.05)
    assert telling["wording.masked_log_prob_usual"] == pytest.approx(-2)
    assert telling["wording.masked_log_prob_odd"] == pytest.approx(-7)


def test_function_words_count_where_nothing_near_looks_odd() -> None:
    def measured(near: float, pieces: int = 0) -> float | None:
        inputs = np.zeros((60, len(WORD_INPUTS)), dtype=np.float32)
        frequent = np.arange(60) % 3 == 0
        columns = {
            "logit": np.full(60, -6),
            "log_rank": np.where(frequent, log_rank(5), log_rank(5000)),
            "extra_pieces": np.full(60, pieces),
            "neighbour_logit": np.where(np.arange(60) < 30, near, -6),
            "masked_log_prob": np.where(frequent, np.where(np.arange(60) < 30, -5, -1), -9),
        }
        for name, values in columns.items():
            inputs[:, WORD_INPUTS.index(name)] = values
        return features(Evidence(np.arange(60), np.arange(60) + 1, inputs, inputs[:, 0]), 0.05).get(
            "wording.masked_log_prob_function_words"
        )

    assert measured(near=-6) == pytest.approx(-3)  # half of them at -5
    assert measured(near=2) == pytest.approx(-1)
    assert measured(near=-6, pieces=1) is None


def test_more_evidence_raises_the_ratio() -> None:
    odds = np.full(100, -3.0, dtype=np.float32)
    ratios = [marginal_log_ratio(np.concatenate([odds, np.full(n, 4.0, dtype=np.float32)]), 0.06) for n in range(6)]
    assert ratios == sorted(ratios)
    assert ratios[0] < 0 < ratios[-1]


@pytest.mark.parametrize("name", ["light", "deep"])
def test_a_word_is_never_less_suspicious_for_more_evidence(manifest: Manifest, name: str) -> None:
    model = WordModel.from_settings(encoder_settings(manifest, name).section("word"), INPUTS[name])
    rows = np.zeros((4, len(ALL_INPUTS)), dtype=np.float32)
    rows[:, WORD_INPUTS.index("logit")] = 1.0
    rows[:, WORD_INPUTS.index("margin")] = [0, 2, 5, 9]
    rows[:, WORD_INPUTS.index("logit_x_margin")] = [0, 0.2, 0.5, 0.9]
    assert list(model.log_odds(rows)) == sorted(model.log_odds(rows))
    rows[:] = 0
    rows[:, WORD_INPUTS.index("logit")] = [-5, -1, 2, 6]
    assert list(model.log_odds(rows)) == sorted(model.log_odds(rows))


def test_a_word_is_weighed_by_the_other_words_of_its_document() -> None:
    alone, among = np.full(200, -6.0, dtype=np.float32), np.full(200, -6.0, dtype=np.float32)
    among[20:60] = 3.0
    alone[0] = among[0] = 0.0
    assert posterior_log_odds(among, 0.06)[0] > 0 > posterior_log_odds(alone, 0.06)[0]


@pytest.mark.parametrize("name", ["light", "deep"])
def test_a_stronger_word_and_a_document_more_surely_spun_are_never_less_probable(manifest: Manifest, name: str) -> None:
    findings = FindingModel.from_settings(encoder_settings(manifest, name).section("finding"))
    words = np.linspace(-8, 8, 60).astype(np.float32)
    documents = np.linspace(-7, 7, 15)
    probabilities = np.array([findings.probabilities(words, 0.044, document) for document in documents])
    assert (np.diff(probabilities, axis=1) >= 0).all()
    odd = words > 0  # of others, more were left as they were where more was swapped
    assert (np.diff(probabilities[:, odd], axis=0) >= 0).all()
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1


@pytest.mark.parametrize("name", ["light", "deep"])
def test_no_word_is_more_probable_than_that_its_document_is_spun(manifest: Manifest, name: str) -> None:
    findings = FindingModel.from_settings(encoder_settings(manifest, name).section("finding"))
    certain = np.array([30.0], dtype=np.float32)
    for log_odds in (-6.0, 0.0, 2.2, 5.0):
        (probability,) = findings.probabilities(certain, 0.044, log_odds)
        assert probability == pytest.approx(spun_probability(log_odds), rel=1e-3)
        assert (findings.grade(probability) is None) == (probability < findings.possible)
    assert spun_probability(EVEN) == pytest.approx(0.5)


def test_the_rate_is_integrated_over_not_guessed() -> None:
    model = FindingModel(RateModel(0.05, 0.0), 0.2, 0.5)
    ratio, prior, sure = 30.0, 0.5, 60.0
    (probability,) = model.probabilities(np.array([np.log(ratio)], dtype=np.float32), prior, sure)
    weights = np.exp(-((np.log(RATES) - np.log(0.05)) ** 2) / 2)
    expected = np.average(RATES * ratio / (1 + RATES * (ratio - 1)), weights=weights)
    assert probability == pytest.approx(expected, rel=1e-4)
    at_the_median = 0.05 * ratio / (1 + 0.05 * (ratio - 1))
    assert abs(probability - at_the_median) > 0.01


def test_a_rate_is_not_drawn_out_beyond_the_surest_document_it_was_fitted_on() -> None:
    rate = RateModel(0.02, 0.3, 4.0)
    assert list(rate.weights(9.0)) == list(rate.weights(4.0))
    assert list(rate.weights(3.0)) != list(rate.weights(4.0))


def test_one_of_several_words_is_more_probable_than_each() -> None:
    surely, hardly = 40.0, -1.0
    assert any_swapped([0.3, 0.4], surely) == pytest.approx(1 - 0.7 * 0.6)
    assert any_swapped([0.02, 0.02], hardly) < spun_probability(hardly)
    assert any_swapped([0.25], hardly) == pytest.approx(spun_probability(hardly))  # no more than that


def test_broken_words_are_seen_around_but_not_by_themselves() -> None:
    assert neighbour_means(np.array([0, 1, 0, 0], dtype=np.float32), 1).tolist() == [1, 0, 0.5, 0]
    assert neighbour_means(np.zeros(1, dtype=np.float32), 3).tolist() == [0]


def test_features_are_the_documented_ones(signal: WordingSignal) -> None:
    (measurement,) = signal.measure([Document.from_text(SPUN)])
    assert measurement.status is Status.OK
    assert list(measurement.features) == [feature.name for feature in signal.features]
    assert all(np.isfinite(value) for value in measurement.features.values())


def test_windows_are_weighed_by_their_own_words(signal: WordingSignal) -> None:
    document = Document.from_text(" ".join(SENTENCES * 12) + "\n\n" + SPUN)
    (measurement,) = signal.measure([document])
    assert isinstance(measurement, WordingMeasurement)
    first, last = measurement.of_window(document.windows[0]), measurement.of_window(document.windows[-1])
    assert first is not None
    assert last is not None
    assert last["wording.strongest_3"] > first["wording.strongest_3"]
    whole = features(measurement.evidence, measurement.prior) if measurement.evidence else {}
    assert whole == dict(measurement.features)


def test_a_document_without_words_is_skipped(signal: WordingSignal) -> None:
    assert [m.status for m in signal.measure([Document.from_text("… — …"), Document.from_text(SPUN)])] == [
        Status.SKIPPED,
        Status.OK,
    ]


def test_neighbours_become_one_phrase_written_as_the_text_is(encoder: Encoder, swaps: SwapTable) -> None:
    text = "They rejected Wings offer, and LAW came."
    (reading,) = encoder.encode([text])
    words = [word for word in reading.words if text[word.start : word.end] in ("Wings", "offer", "LAW")]
    vectors = reading.original_vectors[[word.first_token for word in words]]
    options = rank_originals(
        encoder, swaps, reading.ids, words, forms=["wings", "offer", "law"], original_vectors=vectors
    )
    places = [SuspiciousSpan(word.start, word.end, (0.9,), of) for word, of in zip(words, options, strict=True)]
    first, second = make_findings(Document.from_text(text), places, MODEL, SURE)
    assert (first.text, first.rule) == ("Wings offer", "SWAPPED_PHRASE")
    assert all(s.text[0].isupper() and " " in s.text for s in first.suggestions)
    assert (second.text, second.rule) == ("LAW", "SWAPPED_WORD")
    assert all(s.text.isupper() and s.text != "LAW" for s in second.suggestions)
    for finding in (first, second):
        scores = [s.score for s in finding.suggestions]
        assert scores == sorted(scores, reverse=True)
        assert finding.suggestions[0].text in finding.message


def test_what_two_words_were_put_in_for_is_suggested_once() -> None:
    left, parted, town = (
        Candidate(word, share, known=False) for word, share in (("left", 0.6), ("parted", 0.3), ("town", 0.4))
    )
    text = "He went away yesterday."
    (finding,) = make_findings(
        Document.from_text(text),
        [SuspiciousSpan(3, 7, (0.9,), (left, parted)), SuspiciousSpan(8, 12, (0.8,), (left, town))],
        MODEL,
        SURE,
    )
    assert [(s.text, s.score) for s in finding.suggestions] == [
        ("left", 0.36),
        ("left town", 0.24),
        ("parted left", 0.18),
        ("parted town", 0.12),
    ]
    assert apply(text, edits(Document.from_text(text), [finding])) == "He left yesterday."


def test_a_phrase_is_graded_by_all_its_words_and_shown_without_weak_ones_at_its_ends() -> None:
    words = [Candidate("so", 1.0, known=False)]
    text = "one two three, four five six. seven"

    def span(word: str, probability: float, *, known: bool = False) -> SuspiciousSpan:
        start = text.index(word)
        return SuspiciousSpan(start, start + len(word), (probability,), tuple(words), known)

    spans = [span("one", 0.1), span("two", 0.6), span("three", 0.3), span("four", 0.11), span("five", 0.12)]
    spans += [span("six", 0.09), span("seven", 0.01, known=True)]
    found = list(make_findings(Document.from_text(text), spans, MODEL, SURE))
    assert [(f.text, f.grade) for f in found] == [
        ("two three", Grade.LIKELY),
        ("four five six", Grade.POSSIBLE),
        ("seven", Grade.POSSIBLE),
    ]
    assert found[0].score == pytest.approx(1 - 0.9 * 0.4 * 0.7, abs=1e-3)
    assert list(make_findings(Document.from_text(text), spans[:-1], MODEL, -3.0)) == []  # in a document that is clean


@pytest.mark.parametrize("text", ["Celebration.", "The celebration.", "7"])
def test_a_window_of_a_word_or_two_has_findings_or_none(signal: WordingSignal, text: str) -> None:
    document = Document.from_text(text)
    (measurement,) = signal.measure([document])
    assert isinstance(measurement, WordingMeasurement)
    assert len(measurement.find(document, 12.0)) <= len(document.words)
