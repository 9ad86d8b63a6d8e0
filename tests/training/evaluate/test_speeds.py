"""What the speeds overlook, by verdicts that are made up."""

from __future__ import annotations

from detector.report import Verdict
from detector.training.data.records import Record
from detector.training.evaluate.speeds import kept, table

C, S, X = Verdict.CLEAN, Verdict.SPUN, Verdict.SUSPECT


def record(register: str, *, spun: bool = True, rate: float = 0.0) -> Record:
    return Record("id", "source", register, "", "text", spun, "moby" if rate else "", rate)


RECORDS = [
    record("wild spun"),
    record("wild spun"),
    *(record("news", rate=0.06) for _ in range(4)),
    record("news", spun=False),
]
VERDICTS = {"full": [S, S, S, S, X, C, C], "fast": [S, S, S, C, C, C, C], "scan": [S, C, C, C, C, C, C]}


def test_what_a_speed_overlooks_is_counted_in_points_of_recall() -> None:
    head, *lines = table(RECORDS, VERDICTS)
    rows = {line[:44].strip(): line[44:].split() for line in lines}
    assert head.split()[:2] == ["n", "called"]
    assert rows["6% of words"][:6] == ["4", "2", "1", "25.0", "0", "50.0"]
    assert rows["6% of words"][6:] == ["3,", "1,", "0"]  # suspect, too
    assert rows["honest, all"][:3] == ["1", "0", "0"]
    assert rows["spun, wild spun"][3:6] == ["0.0", "1", "50.0"]


def test_what_is_left_of_what_full_finds_is_a_share() -> None:
    lines = list(kept(RECORDS, VERDICTS))
    assert lines[0] == "of 2 that full calls spun, found in the wild: fast 1.000, scan 0.500"
    assert lines[2] == "of 2 that full calls spun, 6% of words, by all families: fast 0.500, scan 0.000"
    assert lines[3] == "of 0 that full calls spun, 25% of words, by all families: "


def test_documents_without_a_verdict_do_not_count() -> None:
    verdicts = {speed: [Verdict.UNSCORED, *found[1:]] for speed, found in VERDICTS.items()}
    assert any(line.split()[3:5] == ["1", "1"] for line in table(RECORDS, verdicts) if line.startswith("spun, wild"))
