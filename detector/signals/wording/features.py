"""The wording features: one set of numbers from the evidence of all words of a document."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from detector.signals import Feature, rate
from detector.signals.wording.evidence import ALL_INPUTS, LOGIT_LIMIT, Evidence, broken_words, log_rank
from detector.signals.wording.likelihood import marginal_log_ratio, mean_of_highest, posterior_log_odds
from detector.signals.wording.margins import NO_CANDIDATE

BLOCK = 80  # words; what the spread of the evidence over a document is measured in
IN_PLACE = -3.0  # logit below which a word looks in place
FUNCTION_WORDS = 70  # the first of the vocabulary, nearly all of them function words
FEWEST_FUNCTION_WORDS = 5  # whose mean says something

FEATURES = (
    Feature(
        "wording.likelihood_ratio",
        "nats",
        "likelihood ratio of the words, averaged over spinning rates; light and heavy alike",
    ),
    Feature(
        "wording.likelihood_ratio_density",
        "nats per 100 words",
        "the same evidence beside the length it was gathered over",
    ),
    rate("wording.words_over_10", "words with a swap probability over .10: the many weak ones"),
    rate("wording.words_over_50", "words more likely swapped than not"),
    rate("wording.words_over_90", "words that are almost certainly swapped"),
    Feature("wording.strongest_3", "log-odds", "mean of the three strongest words: a lightly spun text has a few"),
    Feature("wording.strongest_10", "log-odds", "mean of the ten strongest words"),
    Feature(
        "wording.strongest_fiftieth", "log-odds", "mean of the strongest fiftieth: as strongest_3, whatever the length"
    ),
    Feature("wording.strongest_twentieth", "log-odds", "mean of the strongest twentieth"),
    Feature("wording.strongest_tenth", "log-odds", "mean of the strongest tenth of the words"),
    Feature("wording.margin_strongest_5", "nats", "mean of the five words that a candidate would beat by most"),
    rate("wording.margins_over_3", "words that a candidate would beat by 3 nats"),
    rate("wording.margins_over_5", "words that a candidate would beat by 5 nats"),
    Feature(
        "wording.log_words",
        "log words",
        "extremes grow with length by chance alone; this lets the verdict allow for it",
    ),
    Feature(
        "wording.strongest_10_with_candidate",
        "log-odds",
        "mean of the ten strongest words that a spinner is known to put in",
    ),
    rate("wording.odd_with_better_candidate", "words odd in themselves that a candidate would beat by 2 nats"),
    rate(
        "wording.expected_swaps", "swapped words to expect: sum of the words' probabilities, given the whole document"
    ),
    Feature(
        "wording.second_block_ratio",
        "nats",
        "ratio of the second strongest block of 80 words: spinning is seldom in one place",
    ),
    Feature("wording.spun_blocks", "share", "blocks of 80 words that are more likely spun than not"),
    rate("wording.broken_words", "words in pieces that no spinner puts in, names apart: scanning, typing"),
    rate("wording.odd_without_candidate", "words that look odd but that no spinner is known to put in: OCR, typing"),
    Feature(
        "wording.masked_log_prob_usual",
        "nats",
        "how far the words that look in place would be expected: plain or rare prose",
    ),
    Feature(
        "wording.masked_log_prob_odd",
        "nats",
        "how much less than those the most suspicious twentieth would be expected",
    ),
    Feature(
        "wording.masked_log_prob_function_words",
        "nats",
        "how far function words would be expected, where nothing near looks odd: spinners leave them, learners do not",
    ),
)


def features(evidence: Evidence, prior: float) -> dict[str, float]:
    """Return the values of `FEATURES` by name for a document or a part of it, which has one word at least."""
    odds, margins = evidence.log_odds, evidence.margins
    count = len(odds)
    ratio = marginal_log_ratio(odds, prior)
    per_1000 = 1000 / count

    def over(probability: float) -> float:
        return float((odds > np.log(probability / (1 - probability))).sum() * per_1000)

    logits, known = evidence.logits, margins > NO_CANDIDATE
    capitalised = evidence.column("capitalised")
    odd = (logits > 0) & ~known & (capitalised == 0)
    broken = broken_words(~known, evidence.column("extra_pieces"), capitalised)
    blocks = sorted(marginal_log_ratio(block, prior) for block in np.array_split(odds, max(1, round(count / BLOCK))))
    values = (
        ratio,
        ratio / count * 100,
        over(0.1),
        over(0.5),
        over(0.9),
        mean_of_highest(odds, 3),
        mean_of_highest(odds, 10),
        *(mean_of_highest(odds, max(3, round(count / part))) for part in (50, 20)),
        mean_of_highest(odds, max(1, count // 10)),
        mean_of_highest(margins, 5),
        float((margins > 3).sum() * per_1000),
        float((margins > 5).sum() * per_1000),
        float(np.log(count)),
        mean_of_highest(odds[known], 10) if known.any() else -LOGIT_LIMIT,
        float(((logits > 0) & (margins > 2)).sum() * per_1000),
        float((1 / (1 + np.exp(-posterior_log_odds(odds, prior)))).sum() * per_1000),
        blocks[-2] if len(blocks) > 1 else blocks[-1],
        float(np.mean([block > 0 for block in blocks])),
        float(broken.sum() * per_1000),
        float(odd.sum() * per_1000),
        *_masked_log_probs(evidence),
    )
    return {f.name: value for f, value in zip(FEATURES, values, strict=True) if value is not None}


def without_masked_log_probs(evidence: Evidence) -> Evidence:
    """Return the evidence as an encoder without that head gives it: `features` then has none of them."""
    inputs = evidence.inputs.copy()
    inputs[:, ALL_INPUTS.index("masked_log_prob")] = 0
    return replace(evidence, inputs=inputs)


def _masked_log_probs(evidence: Evidence) -> tuple[float | None, float | None, float | None]:
    """Return the mean masked log-probability of the words that look in place, how much lower that of the most suspicious
    ones is, and that of function words among neighbours that look in place; None where the encoder has no such head, or
    there are too few such words."""
    log_probs = evidence.column("masked_log_prob")
    in_place = evidence.logits < IN_PLACE
    if not log_probs.any() or not in_place.any():
        return None, None, None
    usual = float(log_probs[in_place].mean())
    most = np.argsort(-evidence.log_odds, kind="stable")[: max(3, len(log_probs) // 20)]
    frequent = (evidence.column("log_rank") < log_rank(FUNCTION_WORDS)) & (evidence.column("extra_pieces") == 0)
    function = frequent & (evidence.column("neighbour_logit") < IN_PLACE)
    plain = float(log_probs[function].mean()) if function.sum() >= FEWEST_FUNCTION_WORDS else None
    return usual, float(log_probs[most].mean()) - usual, plain
