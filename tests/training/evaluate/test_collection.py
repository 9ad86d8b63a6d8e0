"""The collections of which is measured what scoring costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.training.data import splits as data
from detector.training.data.records import Record
from detector.training.evaluate import collection
from detector.training.evaluate.collection import mix


@pytest.fixture
def records() -> list[Record]:
    """News and blogs of two sources each, and two spun documents."""
    names = [source.name for source in data.SOURCES[:4]]
    honest = [
        Record(f"{name}-{number}", name, register, "g", f"Honest text {number}.", spun=False)
        for name, register in zip(names, ("news", "news", "blog", "blog"), strict=True)
        for number in range(60)
    ]
    spun = [Record(f"wild-{number}", "wild", "wild spun", "g", f"Spun text {number}.", spun=True) for number in (1, 2)]
    return [*honest, *spun]


def collected(records: list[Record], register: str | None = None, spun: float = 0.02) -> list[str]:
    return [document.id for document in mix(records, register, spun)]


def test_a_collection_has_all_sources_in_turn_and_spun_documents_among_them(records: list[Record]) -> None:
    ids = collected(records)
    sources = [name.rpartition("-")[0] for name in ids]
    assert len(set(sources[:4])) == 4
    assert sources[:4] == sources[4:8]
    assert [at for at, source in enumerate(sources) if source == "wild"] == [49, 99, 149, 199]


def test_a_collection_of_one_register_has_its_sources_alone(records: list[Record]) -> None:
    registers = {record.id: record.register for record in records}
    assert {registers[name] for name in collected(records, "news")} == {"news", "wild spun"}
    assert sum(name.startswith("wild") for name in collected(records, "news")) == 2


def test_a_register_that_nothing_has_is_refused_by_name(records: list[Record]) -> None:
    with pytest.raises(SystemExit, match="no honest documents of register 'verse'; there are 'blog', 'news'"):
        collected(records, "verse")


def test_without_a_share_nothing_is_spun(records: list[Record]) -> None:
    assert not any(name.startswith("wild") for name in collected(records, spun=0.0))


def test_documents_written_long_are_those_that_nothing_was_fitted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    prose = "It was the first of the days on which they had to go to the town and to see what was there for them. "
    one = data.SOURCES[0]
    texts = [
        data.Text(f"{group}-{count}", one.name, one.register, group, prose * count, {})
        for group in ("fitted", "other")
        for count in (3, 60)
    ]
    monkeypatch.setattr(data, "SOURCES", (one,))
    monkeypatch.setattr(data, "read", lambda *_: iter(texts))
    monkeypatch.setattr(collection, "split_documents", lambda *_: ([texts[0]], []))
    assert [document.id for document in collection.written_long(Path(), 1_000)] == ["other-60"]
