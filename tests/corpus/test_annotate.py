"""`detector annotate` as a user sees it: a row for each record, and the corpus stays as it is."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from commands import Ended, caller
from corpus_files import line, write
from filter_process import WordScorer
from pyarrow import parquet
from warc_files import members, page

from detector.cli import scoring

MARKS = ("[short]", "", "[spun]", "[suspect]", "[broken]")  # the first is unscored: the first row decides about no type
DOLMA = "1.2.1"
ROOT = Path(__file__).resolve().parents[2]

Annotate = Callable[..., Ended]


@pytest.fixture
def annotate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Annotate:
    monkeypatch.setattr(scoring, "load_detector", WordScorer().open)
    return caller(capsys, "annotate")


def rows(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"id": f"r{n}", "text": f"Té😀xt {n} {MARKS[n % len(MARKS)]} end", **more} for n in range(count)]


def lines(records: list[dict[str, Any]]) -> str:
    return "".join(line(**record) for record in records)


def attributes(path: str) -> list[dict[str, Any]]:
    raw = Path(path).read_bytes()
    return [json.loads(one) for one in (gzip.decompress(raw) if path.endswith(".gz") else raw).splitlines()]


# Dolma's attributes


def test_attributes_stand_where_dolma_looks_for_them(annotate: Annotate) -> None:
    write("corpus/documents/en/a.json.gz", gzip.compress(lines(rows(5, source="mine")).encode(), mtime=0))
    write("corpus/documents/b.jsonl", lines(rows(1)))
    before = Path("corpus/documents/en/a.json.gz").read_bytes()
    ended = annotate("corpus/documents/en", "corpus/documents", "--to", "dolma", "--output", "corpus")
    assert ended.code == 2  # one record could not be scored
    assert Path("corpus/attributes/unspun/b.jsonl").exists()
    found = attributes("corpus/attributes/unspun/en/a.json.gz")
    assert [(one["id"], one["source"]) for one in found] == [(f"r{n}", "mine") for n in range(5)]
    assert len({tuple(one["attributes"]) for one in found}) == 1  # the same keys in each line
    assert Path("corpus/documents/en/a.json.gz").read_bytes() == before


def test_spans_count_code_points_and_every_verdict_is_stated(annotate: Annotate) -> None:
    write("in/a.jsonl", lines(rows(5)) + "not json\n" + line(id=7, text=None))
    annotate("in", "--to", "dolma", "--output", "out", "--experiment", "exp")
    found = attributes("out/attributes/exp/a.jsonl")
    stated = [{key: spans for key, spans in one["attributes"].items() if spans} for one in found]
    assert stated[2] == {
        "exp__unspun__probability": [[0, 19 - 1, 0.99]],
        "exp__unspun__spun": [[0, 18, 1.0]],
        "exp__unspun__wording": [[8, 14, 0.5]],
    }
    assert [next(key for key in one if "probability" not in key) for one in stated] == [
        f"exp__unspun__{verdict}" for verdict in ("unscored", "clean", "spun", "suspect", "error", "error", "clean")
    ]
    assert stated[4] == {"exp__unspun__error": [[0, 20, 1.0]]}
    assert stated[5] == {"exp__unspun__error": [[0, 0, 1.0]]}
    assert [one["id"] for one in found[4:]] == ["r4", "in/a.jsonl:6", "7"]


def test_spans_of_markup_count_in_the_record_s_text(annotate: Annotate) -> None:
    text = "<html><body><p>Caf&eacute; \U0001f600 &amp; <b>x</b> [spun]</p></body></html>"
    write("in/a.jsonl", line(id="a", text=text))
    annotate("in", "--to", "dolma", "--output", "out", "--text-format", "html")
    (found,) = attributes("out/attributes/unspun/a.jsonl")
    ((start, end, _),) = found["attributes"]["unspun__unspun__wording"]
    assert text[start:end] == "[spun]"
    assert found["attributes"]["unspun__unspun__spun"] == [[0, len(text), 1.0]]


@pytest.mark.parametrize(
    ("name", "sidecar"), [("a.csv", "a.jsonl.gz"), ("a.parquet", "a.jsonl.gz"), ("a.txt", "a.txt.jsonl.gz")]
)
def test_other_containers_have_attributes_too(annotate: Annotate, name: str, sidecar: str) -> None:
    Path("in").mkdir()
    if name == "a.parquet":
        parquet.write_table(pa.Table.from_pylist(rows(3)), "in/a.parquet")
    else:
        write(f"in/{name}", "id,text\nr0,A\nr1,B [spun]\nr2,C\n" if name == "a.csv" else "A [spun] text")
    assert annotate("in", "--to", "dolma", "--output", "out").code == 0
    assert len(attributes(f"out/attributes/unspun/{sidecar}")) == (1 if name == "a.txt" else 3)


@pytest.mark.parametrize("name", ["my-exp", "a/b", "", "é"])
def test_a_name_that_no_filter_can_spell_is_refused(annotate: Annotate, name: str) -> None:
    write("in/a.jsonl", lines(rows(1)))
    ended = annotate("in", "--to", "dolma", "--output", "out", "--experiment", name)
    assert ended.code == 2
    assert "--experiment" in ended.err
    assert not Path("out").exists()


# The real mixer


@pytest.fixture(scope="module")
def mixer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dolma's mixer, which is a compiled module. Dolma needs numpy below 2, and so has a place of its own."""
    place = tmp_path_factory.mktemp("dolma")
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(place),
        f"dolma=={DOLMA}",
    ]
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=200)
    if done.returncode:
        pytest.skip(f"dolma can't be installed: {done.stderr.strip().splitlines()[-1:]}")
    (module,) = (place / "dolma").glob("dolma.*.so")
    return module


def mix(module: Path, **stream: Any) -> list[dict[str, Any]]:
    """Mix `corpus/documents`; return what comes out."""
    for folder in ("mixed", "work"):  # what is there is not mixed again
        shutil.rmtree(folder, ignore_errors=True)
    work = {"input": str(Path("work/in").resolve()), "output": str(Path("work/out").resolve())}
    for folder in work.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    to = {"path": str(Path("mixed").resolve()), "max_size_in_bytes": 1 << 30}
    documents = [str(Path("corpus/documents").resolve() / "*.gz")]
    streams = [{"name": "m", "documents": documents, "output": to, "attributes": ["unspun"], **stream}]
    config = {"streams": streams, "work_dir": work, "processes": 1}
    code = (
        "import importlib.util, sys\nspec = importlib.util.spec_from_file_location('dolma', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(module)\n"
        "module.mixer_entrypoint(sys.argv[2])\n"
    )
    subprocess.run([sys.executable, "-c", code, str(module), json.dumps(config)], check=True, timeout=60)
    return attributes("mixed/m-0000.json.gz")


def test_the_real_mixer_takes_our_attributes(annotate: Annotate, mixer: Path) -> None:
    records = rows(10, source="mine", added="2026-01-01T00:00:00Z")
    write("corpus/documents/a.json.gz", gzip.compress(lines(records).encode(), mtime=0))
    annotate("corpus/documents", "--to", "dolma", "--output", "corpus")
    given = "$.attributes[?(@.unspun__unspun__{0} && @.unspun__unspun__{0}[0] && @.unspun__unspun__{0}[0][2] >= {1})]"
    not_spun = {"include": [], "exclude": [given.format("probability", "0.9"), given.format("error", "0.5")]}
    kept = mix(mixer, filter=not_spun)
    assert [one["id"] for one in kept] == ["r0", "r1", "r3", "r5", "r6", "r8"]
    by_verdict = [f".attributes.unspun__unspun__{verdict} | length > 0" for verdict in ("spun", "error")]
    assert mix(mixer, filter={"syntax": "jq", "include": [], "exclude": by_verdict}) == kept
    marked = {"span": "$.attributes.unspun__unspun__wording", "min_score": 0.4, "replacement": "<{}>"}
    texts = {one["id"]: one["text"] for one in mix(mixer, span_replacement=[marked])}
    assert texts == {one["id"]: _marked(one["text"]) for one in records}


def test_the_filter_that_the_page_shows_fails_where_a_sidecar_is_missing(annotate: Annotate, mixer: Path) -> None:
    """A filter in JSONPath would keep everything."""
    write("corpus/documents/a.json.gz", gzip.compress(lines(rows(2, source="mine")).encode(), mtime=0))
    page = (ROOT / "docs/corpora.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^  exclude: (\[.*\])$", page, re.MULTILINE)
    in_jq = {"syntax": "jq", "include": [], "exclude": json.loads(shown)}
    with pytest.raises(subprocess.CalledProcessError):
        mix(mixer, filter=in_jq)
    annotate("corpus/documents", "--to", "dolma", "--output", "corpus")
    assert len(mix(mixer, filter=in_jq)) == 2


def _marked(text: str) -> str:
    at = text.find("[")
    return text if at < 0 or "[broken]" in text else f"{text[:at]}<{text[at : at + 6]}>{text[at + 6 :]}"


# Flat Parquet


def test_a_table_has_a_row_for_each_record_and_the_same_columns_whatever_comes_first(annotate: Annotate) -> None:
    write("in/deep/a.jsonl.gz", gzip.compress((lines(rows(5)) + "not json\n").encode(), mtime=0))
    write("in/b.csv", "id,text\n,[short]\n")
    write("in/c.jsonl", "")
    assert annotate("in", "--to", "parquet", "--output", "out").code == 2
    table = parquet.read_table("out/deep/a.parquet")
    schemas = {str(parquet.read_schema(f"out/{name}.parquet")) for name in ("deep/a", "b", "c")}
    assert len(schemas) == 1
    assert table["id"].to_pylist() == [*(f"r{n}" for n in range(5)), "in/deep/a.jsonl.gz:6"]
    assert table["row"].to_pylist() == [1, 2, 3, 4, 5, 6]
    assert table["verdict"].to_pylist() == ["unscored", "clean", "spun", "suspect", None, None]
    assert table["probability"].to_pylist() == [None, 0.03125, 0.99, 0.7, None, None]
    assert table["reason"].to_pylist()[0] == "under 40 words of prose"
    assert table["error"].to_pylist()[4] == "the program broke on this document"
    assert "not JSON" in table["error"].to_pylist()[5]
    assert table["findings"].to_pylist()[2] == [
        {"start": 8, "end": 14, "text": "[spun]", "rule": "SWAPPED_WORD", "score": 0.5, "suggestions": ["é\u2028"],
         "signal": "wording"}
    ]  # fmt: skip
    assert parquet.read_table("out").num_rows == 7  # as one data set, whatever stands beside the tables
    counts = json.loads(Path("out.run.json").read_text(encoding="utf-8"))
    assert (counts["records"], counts["destinations"], "keep_rate" in counts) == (7, {"output": 5}, False)


def test_a_probability_of_zero_is_one(annotate: Annotate, monkeypatch: pytest.MonkeyPatch) -> None:
    from detector.report import Verdict

    monkeypatch.setitem(sys.modules["filter_process"].PROBABILITIES, Verdict.CLEAN, 0.0)
    write("in/a.jsonl", line(id="a", text="B"))
    annotate("in", "--to", "parquet", "--output", "out")
    assert parquet.read_table("out/a.parquet")["probability"].to_pylist() == [0.0]


def test_two_inputs_with_one_table_are_refused(annotate: Annotate) -> None:
    write("in/a.jsonl", lines(rows(1)))
    write("in/a.csv", "id,text\na,b\n")
    assert "same file" in annotate("in", "--to", "parquet", "--output", "out").err


def test_a_file_that_can_not_be_read_has_no_sidecar(annotate: Annotate) -> None:
    write("in/a.jsonl.gz", b"no gzip")
    write("in/b.jsonl.gz", gzip.compress(lines(rows(300)).encode(), mtime=0)[:600])
    assert annotate("in", "--to", "dolma", "--output", "out").code == 2
    assert not Path("out/attributes/unspun/a.jsonl.gz").exists()
    last = attributes("out/attributes/unspun/b.jsonl.gz")[-1]
    assert last["attributes"]["unspun__unspun__error"]
    assert last["id"].startswith("in/b.jsonl.gz:")


def test_a_second_run_and_another_input_are_refused(annotate: Annotate) -> None:
    write("in/a.jsonl", lines(rows(2)))
    write("out/.unspun/lock", json.dumps({"host": "another.example", "pid": 1, "started": "", "token": "x"}))
    ended = annotate("in", "--to", "parquet", "--output", "out")
    assert ended.code == 2
    assert "process 1 on another.example writes there" in ended.err
    Path("out/.unspun/lock").unlink()
    assert annotate("in", "--to", "parquet", "--output", "out").code == 0
    write("in/a.jsonl", lines(rows(3)))
    assert "is not the file any more" in annotate("in", "--to", "parquet", "--output", "out").err
    assert annotate("in", "--to", "parquet", "--output", "out", "--restart").code == 0
    assert parquet.read_table("out/a.parquet").num_rows == 3


def test_another_format_into_the_same_folder_is_refused(annotate: Annotate) -> None:
    write("in/a.jsonl", lines(rows(2)))
    annotate("in", "--to", "dolma", "--output", "out")
    ended = annotate("in", "--to", "parquet", "--output", "out/attributes/unspun")
    assert ended.code == 2
    assert "--to dolma, now it is parquet" in ended.err
    assert "another --output" in ended.err


def test_pages_have_a_table_and_no_attributes(annotate: Annotate) -> None:
    """A mixer cuts texts by their offsets, and those of a page count its markup."""
    write("a.warc.gz", members(page("A [spun] one.", "b"), page("Another.", "c")))
    refused = annotate("a.warc.gz", "--to", "dolma", "--output", "out")
    assert refused.code == 2
    assert "make records of the pages first" in refused.err
    assert not Path("out").exists()
    assert annotate("a.warc.gz", "--to", "parquet", "--output", "out").code == 0
    assert parquet.read_table("out/a.parquet").column("id").to_pylist() == ["<urn:uuid:b>", "<urn:uuid:c>"]
