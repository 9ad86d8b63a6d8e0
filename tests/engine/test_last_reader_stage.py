"""The last reader is asked where a verdict is in doubt, and what it says moves words, findings and verdict."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import pytest

from detector.engine.last_reading import CERTAINLY_CLEAN, CERTAINLY_SPUN, LastReaderStage
from detector.engine.plan import Case
from detector.judge.gates import Gate
from detector.judge.probability import logit
from detector.judge.verdict import Judge
from detector.model_files import Manifest, Settings
from detector.report import Status
from detector.signals.grammar.features import FEATURES as GRAMMAR
from detector.signals.last_reader import LastReader
from detector.signals.last_reader.model import Answer, Answers, LanguageModel, Question
from detector.signals.names import NamesSignal
from detector.signals.readability import ReadabilitySignal
from detector.signals.typography import TypographySignal
from detector.signals.wording import WordingSignal
from detector.text.document import Document

ODD = (
    "The market opened early on Saturday, and by nine the square was full of people who had come from the villages around."
    " Farmers sold apples and cheese from wooden tables, and a band played near the wellspring. The mayor gave a concise"
    " discourse in which she thanked the volunteers who had cleansed the place after the tempest. Several clans had misplaced"
    " their rooftops, and the board guaranteed to reimburse for fresh ones before winter. School starts again on Monday."
)


class Model:
    """Says of every other word that it is so many nats better."""

    def __init__(self, gain: float) -> None:
        self.gain = gain
        self.asked: list[str] = []

    def ask(self, text: str, questions: Sequence[Question]) -> list[Answers]:
        self.asked += [text[one.start : one.end] for one in questions]
        return [Answers(Answer(-9, -9), tuple(Answer(-9 + self.gain, -9) for _ in one.others)) for one in questions]


class Broken:
    def ask(self, text: str, questions: Sequence[Question]) -> list[Answers]:
        raise RuntimeError("no answer")


def settings(lowest: float, highest: float) -> Settings:
    word = {"bias": 0.0, "word": 0.5, "after": 0.5, "limit": 8.0}
    return Settings(
        Path("manifest.json"),
        "last_reader",
        {"words": 6, "doubt": {"lowest": lowest, "highest": highest}, "word": word},
    )


@pytest.fixture(scope="module")
def wording(manifest: Manifest) -> WordingSignal:
    return WordingSignal(manifest, threads=1, depth="light")


@pytest.fixture(scope="module")
def judge(manifest: Manifest) -> Judge:
    others = (TypographySignal, NamesSignal, ReadabilitySignal)
    return Judge(
        manifest, (*WordingSignal.features, *GRAMMAR, *(feature for one in others for feature in one.features))
    )


def read(wording: WordingSignal, judge: Judge, model: object, lowest: float = -99, highest: float = 99) -> Case:
    document = Document.from_text(ODD)
    case = Case(document, Gate(None, "en", 80))
    (measured,) = wording.measure([document])
    case.add("wording", measured)
    reader = LastReader(settings(lowest, highest), lambda: model, "engine/1")  # type: ignore[arg-type,return-value]
    LastReaderStage(reader, wording, judge).run([case])
    return case


def test_what_it_prefers_moves_the_verdict_and_is_said(wording: WordingSignal, judge: Judge) -> None:
    before, more, less = (read(wording, judge, Model(gain)) for gain in (0.0, 6.0, -6.0))
    odds = [judge.log_odds(case.features) for case in (less, before, more)]
    assert odds == sorted(odds)
    assert odds[0] < odds[2]
    assert len(more.measured["wording"].findings) >= len(before.measured["wording"].findings)
    state = more.measured["last_reader"]
    assert (state.status, state.engine) == (Status.OK, "engine/1")
    assert "prefers “" in state.detail
    assert "prefers none to those that stand there" in less.measured["last_reader"].detail


def test_it_is_asked_about_the_most_suspicious_words_in_their_order(wording: WordingSignal, judge: Judge) -> None:
    model = Model(0.0)
    read(wording, judge, model)
    assert "discourse" in model.asked
    assert len(model.asked) <= 6
    assert model.asked == sorted(model.asked, key=ODD.index)


@pytest.mark.parametrize(("lowest", "highest", "why"), [(98, 99, CERTAINLY_CLEAN), (-99, -98, CERTAINLY_SPUN)])
def test_it_is_not_asked_where_there_is_no_doubt(
    wording: WordingSignal, judge: Judge, lowest: float, highest: float, why: str
) -> None:
    case = read(wording, judge, Broken(), lowest, highest)
    state = case.measured["last_reader"]
    assert (state.status, state.detail, state.engine) == (Status.NOT_NEEDED, why, "engine/1")


def test_where_it_breaks_the_rest_stays_as_it_was(wording: WordingSignal, judge: Judge) -> None:
    case, same = read(wording, judge, Broken()), read(wording, judge, Model(0.0), 98, 99)
    assert case.measured["last_reader"].status is Status.FAILED
    assert "no answer" in case.measured["last_reader"].detail
    assert case.features == same.features


def test_the_limits_of_the_shipped_model_hold_its_thresholds(manifest: Manifest) -> None:
    lowest, highest = (manifest.section("last_reader").section("doubt").number(name) for name in ("lowest", "highest"))
    verdict = manifest.section("verdict")
    assert lowest < logit(verdict.number("suspect")) < logit(verdict.number("spun")) < highest


def test_a_reader_pickles_without_its_model(manifest: Manifest) -> None:
    reader = LastReader(settings(0, 1), _none, "engine/1")
    assert pickle.loads(pickle.dumps(reader)).doubt == reader.doubt


def _none() -> LanguageModel:
    raise AssertionError
