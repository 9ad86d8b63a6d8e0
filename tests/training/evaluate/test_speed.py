"""The collection of which throughput is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.training.data import splits as data
from detector.training.data.records import Record
from detector.training.evaluate import speed as throughput


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    """News and blogs of two sources each, and two spun documents."""
    names = [source.name for source in data.SOURCES[:4]]
    honest = [
        Record(f"{name}-{number}", name, register, "g", f"Honest text {number}.", spun=False)
        for name, register in zip(names, ("news", "news", "blog", "blog"), strict=True)
        for number in range(60)
    ]
    spun = [Record(f"wild-{number}", "wild", "wild spun", "g", f"Spun text {number}.", spun=True) for number in (1, 2)]
    monkeypatch.setattr(throughput, "evaluation_records", lambda *_: [*honest, *spun])
    return [*honest, *spun]


def collected(register: str | None = None) -> list[str]:
    return [document.id for document in throughput.collection(Path(), register)]


def test_a_collection_has_all_sources_in_turn_and_spun_documents_among_them(records: list[Record]) -> None:
    ids = collected()
    sources = [name.rpartition("-")[0] for name in ids]
    assert len(set(sources[:4])) == 4
    assert sources[:4] == sources[4:8]
    assert [at for at, source in enumerate(sources) if source == "wild"] == [49, 99, 149, 199]


def test_a_collection_of_one_register_has_its_sources_alone(records: list[Record]) -> None:
    registers = {record.id: record.register for record in records}
    assert {registers[name] for name in collected("news")} == {"news", "wild spun"}
    assert sum(name.startswith("wild") for name in collected("news")) == 2


def test_a_register_that_nothing_has_is_refused_by_name(records: list[Record]) -> None:
    with pytest.raises(SystemExit, match="no honest documents of register 'verse'; there are 'blog', 'news'"):
        collected("verse")


def test_files_have_no_register(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["throughput", "article.txt", "--register", "news"])
    with pytest.raises(SystemExit):
        throughput.main()
    assert "--register chooses from the folder that --data names" in capsys.readouterr().err
