"""`detector trace`: from files to families, resumable, and nothing lost."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import Run, caller
from traced_texts import SOURCE, from_template, spun, unrelated

from detector import model_files
from detector.cli import tracing
from detector.corpus.options import ReadOptions
from detector.errors import ConfigError
from detector.trace import indexing
from detector.trace.comparing import Comparer
from detector.trace.indexing import Indexer, lock_of
from detector.trace.sidecar import Sidecar


def write(path: str, *texts: str) -> None:
    rows = ({"id": f"{path}-{number}", "text": text} for number, text in enumerate(texts))
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(scope="module")
def comparer() -> Comparer:
    return Comparer(model_files.read_manifest(model_files.locate()))


@pytest.fixture
def run(comparer: Comparer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tracing, "Comparer", lambda manifest: comparer)  # it takes half a second to load
    write("news.jsonl", *(unrelated(seed) for seed in range(8)), SOURCE)
    write("crawl.jsonl", spun(0.6, 1), *(unrelated(seed) for seed in range(8, 20)), spun(1.0))
    return caller(capsys)


def traced(run: Run, *arguments: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    found = run("trace", "--format", "jsonl", *arguments).records
    return [one for one in found if one["type"] == "pair"], [one for one in found if one["type"] == "family"]


def test_a_family_with_its_original_and_each_swap(run: Run) -> None:
    pairs, (family,) = traced(run, "news.jsonl", "crawl.jsonl")
    assert family["original"]["source"] == "news.jsonl:9"
    assert [(one["source"], one["relation"]) for one in family["members"]] == [
        ("news.jsonl:9", None), ("crawl.jsonl:1", "spun copy"), ("crawl.jsonl:14", "spun copy"),
    ]  # fmt: skip
    (pair,) = (one for one in pairs if (one["a"]["id"], one["b"]["id"]) == ("news.jsonl-8", "crawl.jsonl-13"))
    assert pair["original"] == "a"
    swaps = {swap["a"]["text"]: swap["b"]["text"] for swap in pair["swaps"]}
    assert swaps["treasurer"] == "bursar"
    for side, text in (("a", SOURCE), ("b", spun(1.0))):
        for swap in pair["swaps"]:
            assert text[swap[side]["start"] : swap[side]["end"]] == swap[side]["text"]
    assert pair["words"] == pair["kept"] + pair["swapped"] + pair["left_out"]
    ended = run("trace", "news.jsonl", "crawl.jsonl")
    assert ended.out.startswith(
        "family 1: 3 documents, the original is news.jsonl:9\n  spun copy     crawl.jsonl:1  of "
    )
    assert re.search("“(cash|inked|bursar|missive)” ← “(money|signed|treasurer|letter)”", ended.out)
    assert "23 documents signed, 23 of them now" in ended.err


def test_what_is_said_of_a_pair_does_not_hang_on_the_order_of_the_documents(run: Run) -> None:
    write("source.jsonl", SOURCE)
    write("copy.jsonl", re.sub("ferry|letter", lambda found: f"{found[0]} of sorts", spun(1.0)))
    orders = (("source.jsonl", "copy.jsonl"), ("copy.jsonl", "source.jsonl"))
    told, again = (run("trace", *order).out for order in orders)
    assert "words swapped" in told
    assert told == again


def test_many_members_and_what_can_not_be_compared_are_counted(run: Run) -> None:
    write("same.jsonl", *[SOURCE] * 300, "Too short for that.", "部长周一表示，四十艘船失踪了。" * 20)
    ended = run("trace", "same.jsonl")
    assert "… and 100 other documents; --format jsonl lists all" in ended.out
    assert "2 documents of these: too few English words to be compared" in ended.err
    assert len(traced(run, "same.jsonl")[1][0]["members"]) == 300


def test_restart_removes_nothing_under_another_run(run: Run) -> None:
    run("trace", "--signatures", "kept", "news.jsonl")
    with lock_of(Sidecar(Path("kept"))):
        ended = run("trace", "--signatures", "kept", "--restart", "news.jsonl")
    assert ended.code == 2
    assert "9 documents signed, 0 of them now" in run("trace", "--signatures", "kept", "news.jsonl").err


def test_siblings_whose_original_is_not_there(run: Run) -> None:
    write("one.jsonl", spun(0.5, 1), unrelated(1))
    write("other.jsonl", unrelated(2), spun(0.5, 4))
    ((pair,), _) = traced(run, "one.jsonl", "other.jsonl")
    assert pair["relation"].startswith("spun")


def test_against_references(run: Run) -> None:
    pairs, (family,) = traced(run, "crawl.jsonl", "--against", "news.jsonl")
    assert [(one["a"]["id"], one["b"]["id"], one["original"]) for one in pairs] == [
        ("crawl.jsonl-0", "news.jsonl-8", "b"), ("crawl.jsonl-13", "news.jsonl-8", "b"),
    ]  # fmt: skip
    assert family["original"]["id"] == "news.jsonl-8"


def test_signatures_are_kept_and_added_to(run: Run) -> None:
    assert "9 documents signed, 9 of them now" in run("trace", "--signatures", "kept", "news.jsonl").err
    again = run("trace", "--signatures", "kept", "--format", "jsonl", "crawl.jsonl")
    assert "23 documents signed, 14 of them now" in again.err
    assert run("trace", "kept", "--format", "jsonl").out == again.out
    assert traced(run, "crawl.jsonl", "--against", "kept")[1][0]["original"]["id"] == "news.jsonl-8"
    assert "14 documents signed, 14 of them now" in run("trace", "--signatures", "kept", "--restart", "crawl.jsonl").err


def test_a_file_that_changed_is_refused(run: Run) -> None:
    run("trace", "--signatures", "kept", "news.jsonl")
    write("news.jsonl", SOURCE)
    ended = run("trace", "--signatures", "kept", "news.jsonl")
    assert ended.code == 2
    assert "news.jsonl: is not the file any more that kept has read; --restart reads everything anew" in ended.err


def test_an_interrupted_run_goes_on_within_a_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop:
        def __init__(self, after: int) -> None:
            self.left = after

        def bytes_done(self, done: int, total: int) -> None:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

        def problem(self, error: Exception) -> None:
            raise AssertionError

    whole = Sidecar.create(tmp_path / "whole")
    Indexer(whole, ReadOptions()).add(["news.jsonl", "crawl.jsonl"])
    parts = Sidecar.create(tmp_path / "parts")
    read = 0
    for after in (3, 5, 4):
        with pytest.raises(KeyboardInterrupt):
            Indexer(parts, ReadOptions(), watch=Stop(after), most_documents=2).add(["news.jsonl", "crawl.jsonl"])
        read = sum(map(len, parts.parts()))
    assert read == 12
    done = Indexer(parts, ReadOptions()).add(["news.jsonl", "crawl.jsonl"])
    assert (done.before, done.now) == (12, 11)
    texts = [[part.entry(n) for part in sidecar.parts() for n in range(len(part))] for sidecar in (whole, parts)]
    assert texts[0] == texts[1]
    assert not Indexer(parts, ReadOptions()).add(["news.jsonl", "crawl.jsonl"]).now


def test_what_can_not_be_read_is_told_each_time_and_the_rest_goes_on(run: Run) -> None:
    with open("crawl.jsonl", "a", encoding="utf-8") as stream:
        stream.write('{broken\n{"id": "no text"}\n')
    command = ("trace", "--signatures", "kept", "news.jsonl", "crawl.jsonl")
    for arguments, now in (
        (command, "23 of them now"),
        (command, "0 of them now"),
        (("trace", "kept"), "0 of them now"),
    ):
        ended = run(*arguments)
        assert (ended.code, now in ended.err) == (2, True)
        assert "error: crawl.jsonl, line 15: " in ended.err
        assert "error: crawl.jsonl, line 16: " in ended.err
        assert ended.out.startswith("family 1: 3 documents")


def test_of_many_errors_of_earlier_runs_some_are_shown_and_the_others_counted(run: Run) -> None:
    Path("broken.jsonl").write_text("{broken\n" * 9, encoding="utf-8")
    run("trace", "--signatures", "kept", "broken.jsonl")
    told = run("trace", "--signatures", "kept", "broken.jsonl").err
    assert told.count("error: broken.jsonl, line ") == 5
    assert "4 more errors of earlier runs" in told


def test_a_folder_of_signatures_that_is_named_twice_is_one(run: Run) -> None:
    once = run("trace", "--signatures", "kept", "news.jsonl", "crawl.jsonl").out
    assert run("trace", "kept", "./kept").out == once
    assert run("trace", "kept", "--signatures", "./kept").out == once


def test_restart_without_a_folder_of_signatures_is_refused(run: Run) -> None:
    ended = run("trace", "--restart", "news.jsonl")
    assert (ended.code, "--restart: " in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("made", "message"),
    [("there", "is there and no sidecar"), ("older", "were made in another way"), ("damaged", "is damaged")],
)
def test_a_folder_that_is_none_is_refused(run: Run, made: str, message: str) -> None:
    Path("kept").mkdir()
    if made == "there":
        Path("kept/mine.txt").write_text("mine", encoding="utf-8")
    else:
        run("trace", "--signatures", "signed", "news.jsonl")
        Path("signed").rename("kept/x")
        Path("kept/x").rename("moved")
        Path("kept").rmdir()
        Path("moved").rename("kept")
        if made == "older":
            Path("kept/trace.json").write_text('{"scheme": {"version": 0}}', encoding="utf-8")
        else:
            Path("kept/parts/000000/part.json").write_text("{", encoding="utf-8")
    ended = run("trace", "--signatures", "kept", "crawl.jsonl")
    assert ended.code == 2
    assert message in ended.err
    assert Path("kept/mine.txt").exists() == (made == "there")


def test_hostile_ids_stay_in_their_line(run: Run) -> None:
    rows = [{"id": "a\x1b[31m\n\x00b", "text": SOURCE}, {"id": "\ud800", "text": spun(1.0)}]
    Path("odd.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ended = run("trace", "odd.jsonl")
    assert ended.code == 0
    assert "\x1b" not in ended.out
    (pair,), _ = traced(run, "odd.jsonl")
    assert pair["relation"] == "spun copy"


def test_output_is_whole_or_not_there_and_never_an_input(run: Run) -> None:
    assert run("trace", "news.jsonl", "crawl.jsonl", "-o", "found.txt").out == ""
    assert Path("found.txt").read_text(encoding="utf-8").startswith("family 1")
    assert run("trace", "news.jsonl", "crawl.jsonl", "-o", "crawl.jsonl").code == 2
    assert run("trace", "missing.jsonl", "-o", "none.txt").code == 2
    assert not Path("none.txt").exists()


@pytest.mark.parametrize("arguments", [("-o",), ("--format", "jsonl", "-o"), ("--html",)])
def test_what_an_earlier_run_has_written_is_replaced_and_not_read(run: Run, arguments: tuple[str, ...]) -> None:
    Path("corpus").mkdir()
    Path("crawl.jsonl").rename("corpus/crawl.jsonl")
    suffix = "html" if "--html" in arguments else "jsonl" if "jsonl" in arguments else "txt"
    for rows in ((SOURCE,), (SOURCE, spun(0.8, 5))):
        write("corpus/news.jsonl", *rows)
        ended = run("trace", "corpus", *arguments, f"corpus/found.{suffix}")
        assert ended.code == 0
        assert f"{14 + len(rows)} documents signed" in ended.err
    found = Path(f"corpus/found.{suffix}").read_text(encoding="utf-8")
    assert "corpus/news.jsonl:2" in found


def test_passages_in_common_are_replaced_too(run: Run) -> None:
    write("sewn.jsonl", f"{unrelated(30)} {SOURCE}", f"{unrelated(31)} {SOURCE} {unrelated(32)}")
    for _ in range(2):
        assert run("trace", "sewn.jsonl", "-o", "found.txt").code == 0
    assert Path("found.txt").read_text(encoding="utf-8").startswith("passages in common, of 1 pair")


def test_without_the_library_the_pip_command_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidfuzz.distance", None)
    for name in [name for name in sys.modules if name.startswith("detector.trace") or name == "detector.cli.tracing"]:
        monkeypatch.delitem(sys.modules, name)
    ended = run("trace", "news.jsonl")
    assert ended.code == 2
    assert "pip install '.[trace]'" in ended.err


def test_a_page_shows_each_copy_beside_its_source_and_runs_nothing(run: Run) -> None:
    hostile = '<script>alert(1)</script> <img src="https://a.example/x" onerror=alert(1)> & \u202e\x00'
    write("hostile.jsonl", f"{SOURCE} {hostile}", f"{spun(1.0)} {hostile}")
    rows = Path("hostile.jsonl").read_text(encoding="utf-8").replace('"hostile.jsonl-0"', '"<b>\\u0007\\ud800"')
    Path("<i>.jsonl").write_text(rows, encoding="utf-8")
    run("trace", "<i>.jsonl", "--text-format", "plain", "--html", "page.html")
    page = Path("page.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "<img" not in page
    assert "<i>" not in page
    tags = "head meta title style body header h1 main section h2 p ul li span table caption thead tbody tr th td mark a sup"
    assert set(re.findall(r"<([a-z0-9]+)", page)) <= {"html", *tags.split()}
    assert re.search(r'<mark id="f1-1a\d+"><a href="#f1-1b\d+">treasurer<sup>', page)
    assert re.search(r'<mark id="f1-1b\d+"><a href="#f1-1a\d+">bursar<sup>', page)
    assert page.count("<tr>") > 5  # one a sentence
    Path("mine.html").write_text("mine", encoding="utf-8")
    assert run("trace", "news.jsonl", "--html", "mine.html").code == 2
    assert Path("mine.html").read_text(encoding="utf-8") == "mine"


def test_texts_of_one_template_are_no_family(run: Run) -> None:
    write("forms.jsonl", *(from_template(seed) for seed in range(12)))
    assert traced(run, "forms.jsonl") == ([], [])


def test_parts_are_bounded() -> None:
    assert indexing.PART_DOCUMENTS <= 50_000
    with pytest.raises(ConfigError):
        Sidecar(Path("nowhere"))
