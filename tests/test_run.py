"""A run over records: every record has its outcome, in order, whatever happens between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, nullcontext
from dataclasses import replace
from itertools import islice

import pytest

from detector.corpus.record import Record
from detector.errors import DetectorError, ErrorLimitError, ModelError, SourceError
from detector.report import Failure, ModelInfo, Outcome, Report, Thresholds, Verdict
from detector.run import Scored, run, score_records
from detector.summary import Summary
from detector.text.document import Document


class Scores:
    """Scores in batches of three, as the engine does; counts how often it was opened."""

    def __init__(self) -> None:
        self.opened = 0

    def __call__(self) -> nullcontext[Scores]:
        self.opened += 1
        return nullcontext(self)

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        remaining = iter(documents)
        while batch := list(islice(remaining, 3)):
            yield from map(clean, batch)


class Events:
    """A writer that remembers its events."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def begin(self) -> None:
        self.seen.append("begin")

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        self.seen.append(outcome.id)

    def end(self, summary: Summary) -> None:
        self.seen.append("end" if summary.complete else "broken off")


def clean(document: Document) -> Report:
    return Report(
        document.id, document.source, Verdict.CLEAN, 0.1, None, "en", 50, (), (), {}, ModelInfo("1", "a"), Thresholds(0.5, 0.9)
    )  # fmt: skip


def records(pattern: str) -> list[Record]:
    """Make a record of each letter: d a document, e an error."""
    return [
        Record(f"{letter}{row}", "a.jsonl", row, document=Document.from_text("x", id=f"{letter}{row}"))
        if letter == "d"
        else Record(f"{letter}{row}", "a.jsonl", row, error=SourceError("a.jsonl", "not JSON", row))
        for row, letter in enumerate(pattern, 1)
    ]


def scored(pattern: str, scores: Scores | None = None) -> list[Scored]:
    return list(score_records(records(pattern), scores or Scores()))


@pytest.mark.parametrize(
    "pattern",
    ["", "d", "e", "eee", "ddddd", "edede", "deeed", "ddeddedde", "eedddddee", "d" + "e" * 2500 + "d", "e" * 3000],
)
def test_every_record_has_its_outcome_in_its_place(pattern: str) -> None:
    done = scored(pattern)
    assert [record.id for record, _ in done] == [record.id for record in records(pattern)]
    for record, outcome in done:
        assert outcome.id == record.id
        assert isinstance(outcome, Failure) == (record.error is not None)


def test_the_model_is_loaded_once_and_only_for_a_document() -> None:
    scores = Scores()
    scored("eee", scores)
    assert scores.opened == 0
    scored("d" + "e" * 2500 + "d", scores)
    assert scores.opened == 1


def test_errors_do_not_pile_up_behind_a_document() -> None:
    taken = 0

    def endless() -> Iterator[Record]:
        nonlocal taken
        yield from records("d")
        while True:
            taken += 1
            yield Record("e", "a.jsonl", taken, error=SourceError("a.jsonl", "not JSON", taken))

    with closing(score_records(endless(), Scores())) as outcomes:
        next(outcomes)
    assert taken <= 2000


def test_an_outcome_that_is_missing_is_a_mistake_of_ours() -> None:
    class Forgetful(Scores):
        def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
            yield from map(clean, list(documents)[1:])

    with pytest.raises(DetectorError, match="mistake of the program"):
        scored("dd", Forgetful())


def test_events_come_in_order_and_everybody_gets_them() -> None:
    one, other = Events(), Events()
    summary = run(scored("ded"), [one, other])
    assert one.seen == other.seen == ["begin", "d1", "e2", "d3", "end"]
    assert (summary.failures, summary.documents[Verdict.CLEAN], summary.complete) == (1, 2, True)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ModelError("x")])
def test_a_run_that_breaks_off_still_ends_its_reports(error: BaseException) -> None:
    def broken() -> Iterator[Scored]:
        yield from scored("d")
        raise error

    events = Events()
    with pytest.raises(type(error)):
        run(broken(), [events])
    assert events.seen == ["begin", "d1", "broken off"]


def test_too_many_errors_stop_the_run() -> None:
    events = Events()
    with pytest.raises(ErrorLimitError, match=r"^stopped after more than 1 error \(--max-errors 1\)$"):
        run(scored("dedede"), [events], max_errors=1)
    assert events.seen == ["begin", "d1", "e2", "d3", "e4", "broken off"]
    assert run(scored("dedede"), [Events()], max_errors=3).complete


def test_notes_that_differ_in_numbers_are_counted_as_one_and_a_single_one_is_told_as_it_is() -> None:
    summary = Summary()
    report = clean(Document.from_text("x"))
    for notes in (("3 tables were not read", "read as windows-1252"), ("read as windows-1252",)):
        summary.add(replace(report, notes=notes))
    assert summary.notes == {"3 tables were not read": 1, "read as windows-1252": 2}
    for number in (3, 4, 4):
        summary.add(replace(report, notes=(f"{number} tables were not read",)))
    assert summary.notes == {"N tables were not read": 4, "read as windows-1252": 2}
