"""What is kept of a document that both encoders have read in part, by stand-ins for what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detector.report import Status
from detector.signals import Ignoring
from detector.signals.wording.evidence import ALL_INPUTS, WORD_INPUTS, Evidence
from detector.signals.wording.features import features
from detector.signals.wording.measurement import WordingMeasurement
from detector.signals.wording.scoring import Suspect
from detector.text.offsets import Span

WIDTH = 10  # characters of a word with the space after it
CLOSER = Span(3 * WIDTH, 6 * WIDTH)
UNREAD = Span(9 * WIDTH, 12 * WIDTH)
MASKED = "wording.masked_log_prob_usual"


def evidence(log_odds: dict[int, float], inputs: int, masked: float = 0.0) -> Evidence:
    """Evidence of words by their numbers in the text."""
    at = np.array(sorted(log_odds)) * WIDTH
    odds = np.array([log_odds[number] for number in sorted(log_odds)], np.float32)
    columns = np.zeros((len(at), inputs), np.float32)
    columns[:, ALL_INPUTS.index("logit")] = odds
    columns[:, ALL_INPUTS.index("masked_log_prob")] = masked
    return Evidence(at, at + WIDTH - 1, columns, odds)


class Scored:
    """What one encoder says: its evidence, and that each word of it is a suspect."""

    prior = 0.5

    def __init__(self, evidence: Evidence, neighbour_weight: float = 0.0) -> None:
        self.evidence, self.neighbour_weight = evidence, neighbour_weight

    def strongest(self, count: int) -> list[Suspect]:
        pairs = zip(self.evidence.starts.tolist(), self.evidence.log_odds.tolist(), strict=True)
        chosen = sorted(pairs, key=lambda pair: -pair[1])[:count]
        return [Suspect(start, start + WIDTH - 1, odds, ("word",)) for start, odds in sorted(chosen)]

    def with_log_odds(self, changed: dict[int, float]) -> Scored:
        return Scored(self.evidence.with_log_odds(changed), self.neighbour_weight)


LIGHT = dict.fromkeys(range(9), -4.0) | {4: 2.0, 7: 1.0}
DEEP = {3: -6.0, 4: 5.0, 5: -7.0}


def measured(mentions: tuple[Span, ...] = (), light: dict[int, float] = LIGHT) -> WordingMeasurement:
    read = evidence(
        {n: odds for n, odds in light.items() if n * WIDTH not in {mention.start for mention in mentions}},
        len(WORD_INPUTS),
    )
    scored: Any = Scored(evidence(light, len(WORD_INPUTS)), neighbour_weight=0.0)
    return WordingMeasurement(
        Status.OK,
        "9 words in 3 of 4 windows",
        features(read, 0.5),
        evidence=read,
        unread=(UNREAD,),
        scored=scored,
        mentions=mentions,
        read=frozenset((CLOSER,)),
    )


def with_closer(one: WordingMeasurement, deep: dict[int, float] = DEEP) -> WordingMeasurement:
    scored: Any = Scored(evidence(deep, len(ALL_INPUTS), masked=-3.0))
    return one.with_closer(scored, [CLOSER])


def odds(one: Any) -> list[float]:
    return one.evidence.log_odds.tolist()  # type: ignore[no-any-return]


def test_the_deep_encoder_speaks_of_what_it_has_read_and_the_light_one_of_all_else() -> None:
    both = with_closer(measured())
    assert odds(both) == [-4, -4, -4, -6, 5, -7, -4, 1, -4]
    assert both.evidence is not None
    assert both.evidence.starts.tolist() == [n * WIDTH for n in range(9)]
    assert both.unread == (UNREAD,)
    assert both.detail == "9 words in 3 of 4 windows; the deep encoder read 1 of them, too"
    assert odds(measured()) == [LIGHT[n] for n in range(9)]


def test_what_only_the_deep_encoder_measures_is_known_of_its_windows_alone() -> None:
    both = with_closer(measured())
    assert MASKED not in both.features
    of_closer, beside, across = both.of_window(CLOSER), both.of_window(Span(0, 30)), both.of_window(Span(0, 60))
    assert of_closer is not None
    assert of_closer[MASKED] == pytest.approx(-3.0)
    assert beside is not None
    assert across is not None
    assert MASKED not in beside
    assert MASKED not in across
    assert both.of_window(UNREAD) is None


def test_a_mention_is_left_out_by_whichever_encoder_read_it() -> None:
    both = with_closer(measured(mentions=(Span(4 * WIDTH, 5 * WIDTH),)))
    assert odds(both) == [-4, -4, -4, -6, -7, -4, 1, -4]


def test_an_ignored_word_counts_as_an_ordinary_one_of_those_that_the_same_encoder_read() -> None:
    ignored = Ignoring(frozenset(), unremarkable=[Span(4 * WIDTH, 5 * WIDTH), Span(7 * WIDTH, 8 * WIDTH)])
    both = with_closer(measured()).without(ignored)
    assert odds(both) == [-4, -4, -4, -6, -6, -7, -4, -4, -4]
    of_closer = both.of_window(CLOSER)
    assert of_closer is not None
    assert of_closer[MASKED] == pytest.approx(-3.0)
    assert both.unread == (UNREAD,)


def test_where_all_that_one_encoder_read_is_ignored_the_ordinary_word_is_one_of_the_other() -> None:
    both = with_closer(measured()).without(Ignoring(frozenset(), unremarkable=[CLOSER]))
    assert odds(both) == [-4, -4, -4, -6, -4, -7, -4, 1, -4]  # what looks more ordinary keeps its own


def test_a_passage_that_is_not_to_be_read_is_left_out_of_both() -> None:
    both = with_closer(measured()).without(Ignoring(frozenset(), unread=[Span(2 * WIDTH, 5 * WIDTH)]))
    assert odds(both) == [-4, -4, -7, -4, 1, -4]
    nothing = with_closer(measured()).without(Ignoring(frozenset(), unread=[Span(0, 9 * WIDTH)]))
    assert nothing.status is Status.SKIPPED


def test_a_window_was_read_whether_its_words_count_or_not() -> None:
    without = with_closer(measured()).without(Ignoring(frozenset(), unread=[CLOSER]))
    assert without.of_window(CLOSER) is None
    assert without.has_read(CLOSER)
    assert not without.has_read(UNREAD)


def test_the_last_reader_is_asked_what_the_encoder_suspects_that_read_last() -> None:
    both = with_closer(measured())
    assert [(one.start // WIDTH, one.log_odds) for one in both.suspects(2)] == [(4, 5.0), (7, 1.0)]
    changed = both.with_log_odds({4 * WIDTH: -1.0})
    assert odds(changed)[4] == -1
    assert [(one.start // WIDTH, one.log_odds) for one in changed.suspects(1)] == [(7, 1.0)]


def test_nothing_is_read_closer_of_what_was_not_measured() -> None:
    one = WordingMeasurement(Status.OK)
    assert with_closer(one) is one
