"""Long documents are read in steps, and only as far as their verdict may depend on it: stand-ins say what each step finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any

import pytest

from detector.engine.detector import load
from detector.engine.long_documents import CLOSER_WINDOWS, LongDocumentStage
from detector.engine.plan import Case, SectionStage
from detector.judge.gates import Gate
from detector.judge.sections import find_odd_windows
from detector.options import Options
from detector.report import Finding, ReadWindow, Status, Thresholds, Verdict
from detector.signals import Measurement
from detector.text.document import Document
from detector.text.offsets import Span

CLEAN = (Path(__file__).parents[2] / "samples" / "news-clean.txt").read_text(encoding="utf-8")
PROSE = " ".join(f"The {n}th letter was read aloud by the clerk and put away again." * 8 for n in range(20))
DOCUMENT = Document.from_text(PROSE, id="long", format="plain")
READ = DOCUMENT.windows[:9]


@dataclass(frozen=True)
class Found(Measurement):
    """What was found, by how far it was read: the probability of the document, and of each window."""

    by_window: tuple[float, ...] = ()
    sections: bool = True  # whether windows in a row were read

    def of_window(self, window: Span) -> dict[str, float] | None:
        numbers = [n for n, one in enumerate(DOCUMENT.windows) if window.start <= one.start < window.end]
        if len(numbers) > 1 and not self.sections:
            return None
        return {"wording.p": max(self.by_window[n] for n in numbers)} if numbers[-1] < len(READ) else None


def found(document: float, windows: Sequence[float] = (0.1,) * len(READ), *, whole: bool = False) -> Found:
    unread = () if whole else tuple(DOCUMENT.windows[len(READ) :])
    return Found(Status.OK, features={"wording.p": document}, unread=unread, by_window=tuple(windows))


class Wording:
    """Says one thing after the other."""

    name = "wording"
    features = ()

    def __init__(self, closer: Found | Exception, whole: Measurement) -> None:
        self.closer, self.whole = closer, whole
        self.asked: list[Any] = []

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        raise AssertionError("what was measured is not measured again")

    def measure_closer(
        self, documents: Sequence[Document], measured: Sequence[Measurement], windows: Sequence[Sequence[Span]]
    ) -> list[Measurement]:
        self.asked += [("closer", [READ.index(window) for window in some]) for some in windows]
        if isinstance(self.closer, Exception):
            raise self.closer
        return [self.closer for _ in documents]

    def measure_whole(self, documents: Sequence[Document]) -> list[Measurement]:
        self.asked += ["whole" for _ in documents]
        return [self.whole for _ in documents]

    def close(self) -> None:
        pass


class Judge:
    """Takes the probability that the features name."""

    def log_odds(self, features: dict[str, float]) -> float:
        return 0.0

    def probabilities(self, rows: Sequence[dict[str, float]]) -> list[float]:
        return [row.get("wording.p", 0.0) for row in rows]

    def highest_probabilities(self, rows: Sequence[dict[str, float]], unknown: Any) -> list[float]:
        return self.probabilities(rows)


class Chosen:
    def thresholds_of(self, document: Document) -> Thresholds:
        return Thresholds(0.5, 0.9)


def run(
    first: Found, closer: Found | Exception, whole: Measurement | None = None, **others: Any
) -> tuple[list[Any], Measurement]:
    asked, case = run_case(first, closer, whole, **others)
    return asked, case.measured["wording"]


def run_case(
    first: Found,
    closer: Found | Exception,
    whole: Measurement | None = None,
    *,
    ignores: Any = None,
    doubt: float = inf,
    spintax: Measurement | None = None,
) -> tuple[list[Any], Case]:
    wording = Wording(closer, whole or found(0.99, whole=True))
    case = Case(DOCUMENT, Gate(None, "en", 1000, False), ignores=ignores)
    if spintax is not None:
        case.add("spintax", spintax)
    case.add("wording", first)
    stage = LongDocumentStage(wording, Judge(), Chosen(), (), doubt)  # type: ignore[arg-type]
    SectionStage(Judge()).run([case])  # type: ignore[arg-type]
    stage.run([case])
    return wording.asked, case


CALM = (0.02,) * len(READ)


def test_what_is_plainly_clean_is_left_at_that() -> None:
    first = found(0.01, CALM)
    assert run(first, found(0.99)) == ([], first)


def test_the_sections_that_look_spun_are_read_closer() -> None:
    closer = found(0.05)
    asked, measured = run(found(0.05, [0.6, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.6]), closer)
    assert asked == [("closer", [0, 1, 2, 6, 7, 8])]
    assert measured == closer


def test_where_no_section_looks_spun_the_strongest_is_read_closer() -> None:
    asked, _ = run(found(0.01, [0.1, *CALM[1:]]), found(0.05))
    assert asked == [("closer", [0, 1, 2])]


def test_where_no_section_was_read_the_oddest_windows_are_read_closer() -> None:
    windows = [0.01, 0.09, 0.02, 0.08, 0.03, 0.07, 0.06, 0.05, 0.04]
    apart = replace(found(0.3, windows), sections=False)
    assert run(apart, found(0.05))[0] == [("closer", [1, 3, 5, 6, 7, 8])]


@pytest.mark.parametrize("closer", [found(0.4), found(0.05, [0.5] * len(READ)), ValueError("broke")])
def test_what_is_still_doubtful_is_read_whole(closer: Found | Exception) -> None:
    asked, measured = run(found(0.3), closer)
    assert asked[-1] == "whole"
    assert not measured.unread


def test_what_looks_spun_in_many_places_is_read_whole_at_once() -> None:
    asked, _ = run(found(0.05, [0.6] * len(READ)), found(0.05))
    assert asked == ["whole"]


GROUP = Finding(0, 9, "{a|b}", "spintax", "CHOICES", "a choice", 1.0, ())
CHOICES = Measurement(Status.OK, features={"spintax.groups": 1.0}, findings=(GROUP, GROUP))


class Ignores:
    """Takes a measurement, and returns another one; so many words do not count."""

    def __init__(self, kept: Measurement | None = None, words_unread: int = 0) -> None:
        self._kept, self.words_unread = kept, words_unread

    def apply(self, measurement: Measurement, signal: str) -> Measurement:
        return measurement if self._kept is None or not measurement.unread else self._kept


PLAIN = found(0.01, CALM)


@pytest.mark.parametrize(
    ("first", "others"),
    [
        (PLAIN, {"spintax": CHOICES}),
        (replace(PLAIN, features={**PLAIN.features, "wording.words_over_10": 250.0}), {}),
        (replace(PLAIN, features={**PLAIN.features, "wording.broken_words": 900.0}), {}),
        (PLAIN, {"ignores": Ignores(words_unread=1)}),
        (PLAIN, {"ignores": Ignores(Measurement.skipped("all its words are ignored"))}),
    ],
    ids=["choices", "garbled", "broken", "a passage is ignored", "all that was read is ignored"],
)
def test_where_the_probability_alone_makes_no_verdict_all_is_read(first: Found, others: dict[str, Any]) -> None:
    asked, measured = run(first, found(0.01, CALM), **others)
    assert asked == ["whole"]
    assert not measured.unread


def test_what_is_clean_only_with_ignores_is_read_on_for_the_verdict_without_them() -> None:
    asked, _ = run(found(0.9, CALM), found(0.9, CALM), ignores=Ignores(PLAIN))
    assert asked == [("closer", [6, 7, 8]), "whole"]


def test_what_the_last_reader_is_asked_about_was_read_whole() -> None:
    assert run(PLAIN, PLAIN, doubt=-3.0)[0] == []
    assert run(PLAIN, PLAIN, doubt=-4.0)[0][-1] == "whole"


def test_a_document_on_which_the_signal_breaks_at_last_is_unscored_and_says_why() -> None:
    asked, case = run_case(found(0.4), found(0.4), Measurement.failed("broke"))
    assert asked[-1] == "whole"
    assert case.reason == "the wording signal failed: broke"


def test_a_document_that_breaks_does_not_change_how_others_are_read() -> None:
    class Breaks(Wording):
        def measure_closer(self, documents: Any, measured: Any, windows: Any) -> list[Measurement]:
            super().measure_closer(documents, measured, windows)
            if any(document.id == "breaks" for document in documents):
                raise ValueError
            return [found(0.05) for _ in documents]

    wording = Breaks(found(0.05), found(0.99, whole=True))
    cases = []
    for document in (DOCUMENT, replace(DOCUMENT, id="breaks")):
        cases.append(Case(document, Gate(None, "en", 1000, False)))
        cases[-1].add("wording", found(0.3))
    LongDocumentStage(wording, Judge(), Chosen(), ()).run(cases)  # type: ignore[arg-type]
    assert [bool(case.measured["wording"].unread) for case in cases] == [True, False]


def test_what_was_read_whole_is_not_read_again() -> None:
    assert run(found(0.99, whole=True), found(0.05))[0] == []


def test_odd_windows_are_those_of_sections_that_do_not_overlap() -> None:
    measured = {"wording": found(0.05, [0.1, 0.8, 0.1, 0.1, 0.1, 0.1, 0.9, 0.1, 0.1])}
    odd = find_odd_windows(Judge(), DOCUMENT, measured, 0.5, CLOSER_WINDOWS)  # type: ignore[arg-type]
    assert len(odd) % 3 == 0
    assert {DOCUMENT.windows[1], DOCUMENT.windows[6]} <= set(odd)
    assert odd == sorted(odd)


@pytest.mark.parametrize("depth", ["light", "auto"])
def test_a_report_says_which_windows_were_read(depth: Any) -> None:
    paragraphs = [f"{CLEAN} {number} times the council met." for number in range(12)]
    document = Document.from_text("\n\n".join(paragraphs), id="long")
    with load(Options(grammar="off", wording=depth)) as detector:
        report = detector.score(document)
    assert report.verdict is Verdict.CLEAN
    windows = [window for window in report.windows if isinstance(window, ReadWindow)]
    read = sum(window.read for window in windows)
    assert 0 < read < len(windows) == len(report.windows) == len(document.windows)
    assert f" in {read} of {len(windows)} windows; the first stage read all of it" in report.signals["wording"].detail
    assert all(window.probability is None for window in windows if not window.read)
