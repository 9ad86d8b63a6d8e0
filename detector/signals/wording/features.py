"""What a document's words say together: the numbers that the verdict is made of."""

from __future__ import annotations

import numpy as np

from detector.signals import Feature, rate
from detector.signals.wording.channel import NO_CANDIDATE
from detector.signals.wording.evidence import (
    LOGIT_LIMIT,
    Evidence,
    broken_words,
    in_company,
    log_rank,
    marginal_ratio,
    strongest,
)

BLOCK = 80  # words; what the spread of the evidence over a document is measured in
IN_PLACE = -3.0  # logit below which a word looks in place
FUNCTION_WORDS = 70  # the first of the vocabulary, nearly all of them function words
FEWEST_FUNCTION_WORDS = 5  # whose mean says something

FEATURES = (
    Feature(
        "wording.ratio", "nats", "likelihood ratio of the words, averaged over spinning rates; light and heavy alike"
    ),
    Feature("wording.ratio_density", "nats per 100 words", "the same evidence beside the length it was gathered over"),
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
    Feature("wording.gain_strongest_5", "nats", "mean of the five words that a known original would beat most"),
    rate("wording.gains_over_3", "words that a known original would beat by 3 nats"),
    rate("wording.gains_over_5", "words that a known original would beat by 5 nats"),
    Feature(
        "wording.length", "log words", "extremes grow with length by chance alone; this lets the verdict allow for it"
    ),
    Feature("wording.strongest_known_10", "log-odds", "mean of the ten strongest that a spinner is known to put in"),
    rate("wording.odd_and_beaten", "words odd in themselves that a known original would beat by 2 nats"),
    rate("wording.expected", "swapped words to expect, each weighed by the company it keeps"),
    Feature(
        "wording.second_block",
        "nats",
        "ratio of the second strongest block of 80 words: spinning is seldom in one place",
    ),
    Feature("wording.odd_blocks", "share", "blocks of 80 words that are more likely spun than not"),
    rate("wording.broken", "words in pieces that no spinner puts in, names apart: scanning, typing"),
    rate("wording.odd_unswapped", "words that look odd but that no spinner is known to put in: OCR, typing"),
    Feature(
        "wording.expected_usual", "nats", "how far the words that look in place would be expected: plain or rare prose"
    ),
    Feature("wording.expected_odd", "nats", "how much less than those the most suspicious twentieth would be expected"),
    Feature(
        "wording.expected_function",
        "nats",
        "how far function words would be expected, where nothing near looks odd: spinners leave them, learners do not",
    ),
)


def features(evidence: Evidence, prior: float) -> dict[str, float]:
    """The numbers of `FEATURES` for a document or a part of it. There must be at least one word."""
    odds, gains = evidence.log_odds, evidence.gains
    count = len(odds)
    ratio = marginal_ratio(odds, prior)
    per_1000 = 1000 / count

    def over(probability: float) -> float:
        return float((odds > np.log(probability / (1 - probability))).sum() * per_1000)

    logits, known = evidence.logits, gains > NO_CANDIDATE
    capital = evidence.column("capital")
    odd = (logits > 0) & ~known & (capital == 0)
    broken = broken_words(~known, evidence.column("pieces"), capital)
    blocks = sorted(marginal_ratio(block, prior) for block in np.array_split(odds, max(1, round(count / BLOCK))))
    values = (
        ratio,
        ratio / count * 100,
        over(0.1),
        over(0.5),
        over(0.9),
        strongest(odds, 3),
        strongest(odds, 10),
        *(strongest(odds, max(3, round(count / part))) for part in (50, 20)),
        strongest(odds, max(1, count // 10)),
        strongest(gains, 5),
        float((gains > 3).sum() * per_1000),
        float((gains > 5).sum() * per_1000),
        float(np.log(count)),
        strongest(odds[known], 10) if known.any() else -LOGIT_LIMIT,
        float(((logits > 0) & (gains > 2)).sum() * per_1000),
        float((1 / (1 + np.exp(-in_company(odds, prior)))).sum() * per_1000),
        blocks[-2] if len(blocks) > 1 else blocks[-1],
        float(np.mean([block > 0 for block in blocks])),
        float(broken.sum() * per_1000),
        float(odd.sum() * per_1000),
        *_expected(evidence),
    )
    return {f.name: value for f, value in zip(FEATURES, values, strict=True) if value is not None}


def _expected(evidence: Evidence) -> tuple[float | None, float | None, float | None]:
    """How far the words that look in place would be expected, how much less the most suspicious ones, and how far function
    words would be that stand among such as look in place; None where the encoder does not say, or has too few to say it of."""
    expected = evidence.column("expected_own")
    in_place = evidence.logits < IN_PLACE
    if not expected.any() or not in_place.any():
        return None, None, None
    usual = float(expected[in_place].mean())
    most = np.argsort(-evidence.log_odds, kind="stable")[: max(3, len(expected) // 20)]
    frequent = (evidence.column("rank") < log_rank(FUNCTION_WORDS)) & (evidence.column("pieces") == 0)
    function = frequent & (evidence.column("near") < IN_PLACE)
    plain = float(expected[function].mean()) if function.sum() >= FEWEST_FUNCTION_WORDS else None
    return usual, float(expected[most].mean()) - usual, plain
