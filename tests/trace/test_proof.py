"""With `--trace`, a source decides: verdict, evidence, exact findings, and words given back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from commands import Run, caller
from traced_texts import SOURCE, spun, unrelated

from detector import model_files
from detector.cli import filtering, scoring, tracing
from detector.corpus.stored_scores import grounds_of
from detector.engine import detector as engine
from detector.judge.decision import decide
from detector.report import (
    Finding,
    Grounds,
    ModelInfo,
    Outcome,
    Report,
    SignalState,
    Status,
    Suggestion,
    Thresholds,
    Verdict,
)
from detector.text.document import Document
from detector.trace.comparing import Comparer


class Lenient:
    """Calls everything clean, and finds one swap in each document that is none."""

    def score_documents(self, documents: Iterable[Document]) -> Iterator[Outcome]:
        for document in documents:
            found = Finding(0, 3, document.text[:3], "wording", "SWAPPED_WORD", "Odd.", 0.6, (Suggestion("A", 0.9),))
            short = len(document.prose.text) < 100
            yield Report(
                document.id, document.source, Verdict.UNSCORED if short else Verdict.CLEAN, None if short else 0.2,
                "under 40 words of prose" if short else None, "en", 200, (), (found,),
                {"wording": SignalState(Status.OK, "")}, ModelInfo("1", "ab" * 32), Thresholds(0.5, 0.9),
                grounds=None if short else Grounds(0.2),
            )  # fmt: skip


@pytest.fixture(scope="module")
def comparer() -> Comparer:
    return Comparer(model_files.read_manifest(model_files.locate()))


@pytest.fixture
def run(comparer: Comparer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tracing, "Comparer", lambda manifest: comparer)
    monkeypatch.setattr(scoring, "load_detector", lambda options: nullcontext(Lenient()))
    monkeypatch.setattr(engine, "load", lambda options: nullcontext(Lenient()))
    monkeypatch.setattr(filtering, "expected_engine", lambda engine, url: None)
    Path("news.jsonl").write_text(
        "".join(json.dumps({"id": f"n{n}", "text": text}) + "\n" for n, text in enumerate((unrelated(1), SOURCE))),
        encoding="utf-8",
    )
    Path("spun.txt").write_text(spun(0.7, 3), encoding="utf-8")
    return caller(capsys)


def scored(run: Run, *arguments: str) -> dict[str, Any]:
    (record,) = run("score", "--format", "jsonl", "--findings", "all", *arguments).records
    return dict(record)


def test_a_copy_is_spun_and_its_findings_are_the_swaps(run: Run) -> None:
    assert scored(run, "spun.txt")["verdict"] == "clean"
    report = scored(run, "spun.txt", "--trace", "news.jsonl")
    assert (report["verdict"], report["probability"], report["grounds"]["proven"]) == ("spun", 0.2, "spun")
    assert report["evidence"]["relation"] == "spun copy"
    assert (report["evidence"]["id"], report["evidence"]["source"]) == ("n1", "news.jsonl:2")
    swapped, words = report["evidence"]["swapped"], report["evidence"]["words"]
    assert report["notes"][0] == f"copy of n1, {swapped} of {words} words swapped"
    text = Path("spun.txt").read_text(encoding="utf-8")
    assert {finding["rule"] for finding in report["findings"]} == {"PROVEN_SWAP"}  # what was guessed there is gone
    assert all(text[one["start"] : one["end"]] == one["text"] for one in report["findings"])
    assert "copy of n1" in run("score", "spun.txt", "--trace", "news.jsonl").out
    assert run("check", "spun.txt", "--trace", "news.jsonl").code == 1


def test_markup_is_no_hindrance_and_offsets_are_those_of_the_file(run: Run) -> None:
    page = f"<html><body><p>{spun(0.7, 3).replace('harbour', '<b>harbour</b>')}</p></body></html>"
    Path("page.html").write_text(page, encoding="utf-8")
    report = scored(run, "page.html", "--trace", "news.jsonl")
    assert report["verdict"] == "spun"
    assert all(page[one["start"] : one["end"]] == one["text"] for one in report["findings"])


def test_restore_gives_back_the_words_of_the_source(run: Run) -> None:
    assert run("restore", "spun.txt", "--trace", "news.jsonl").out.strip() == SOURCE


def test_filter_rejects_a_copy_and_another_source_is_another_run(run: Run) -> None:
    command = ("filter", "--kept", "kept", "--rejected", "rejected", "spun.txt")
    assert run(*command, "--trace", "news.jsonl").code == 0
    assert Path("rejected/spun.txt").exists()
    assert not Path("kept/spun.txt").exists()
    assert "--trace" in run(*command).err


@pytest.mark.parametrize("kept", [False, True])
def test_filter_goes_on_with_the_same_sources_only_whatever_they_are_called(run: Run, kept: bool) -> None:
    sources = "signatures" if kept else "news.jsonl"
    if kept:
        run("trace", "news.jsonl", "--signatures", sources)
    command = ("filter", "--kept", "kept", "--rejected", "rejected", "spun.txt", "--trace", sources)
    assert run(*command).code == 0
    Path("news.jsonl").touch()
    assert run(*command).code == 0
    Path("more.jsonl").write_text(json.dumps({"id": "m", "text": unrelated(7)}), encoding="utf-8")
    if kept:
        run("trace", "more.jsonl", "--signatures", sources)
    else:
        Path("news.jsonl").write_text(
            Path("news.jsonl").read_text("utf-8") + Path("more.jsonl").read_text("utf-8"), "utf-8"
        )
    ended = run(*command)
    assert ended.code == 2
    assert "holds a run with contents of --trace" in ended.err
    assert run(*command, "--restart").code == 0


def test_families_are_counted_by_source(run: Run) -> None:
    rows = [
        ("a.example/1", spun(0.7, 1)),
        ("a.example/2", spun(0.7, 2)),
        ("b.example/1", spun(1.0)),
        ("b.example/2", SOURCE),
    ]
    Path("crawl.jsonl").write_text(
        "".join(json.dumps({"id": f"https://{id}", "text": text}) + "\n" for id, text in rows), encoding="utf-8"
    )
    run(
        "filter",
        "crawl.jsonl",
        "--trace",
        "news.jsonl",
        "--group-by",
        "host",
        "--kept",
        "kept",
        "--rejected",
        "rejected",
    )
    Path("scores.jsonl").write_text(
        run("score", "crawl.jsonl", "--trace", "news.jsonl", "--format", "jsonl").out, encoding="utf-8"
    )
    for scores in ("kept", "scores.jsonl"):
        profile = json.loads(run("profile", scores, "--group-by", "host", "--format", "json").out)
        assert profile["families"] == 1
        assert {one["source"]: one["families"] for one in profile["sources"]} == {"a.example": 1, "b.example": 1}
        shown = run("profile", scores, "--group-by", "host", "--html", f"{scores}.html")
        assert "traced to 1 family" in shown.out
        assert ">Families</th>" in Path(f"{scores}.html").read_text(encoding="utf-8")


def test_the_original_is_not_accused_and_neither_is_a_copy_of_itself(run: Run) -> None:
    Path("original.txt").write_text(SOURCE, encoding="utf-8")
    report = scored(run, "original.txt", "--trace", "news.jsonl", "--trace", "spun.txt")
    assert (report["verdict"], report["evidence"]["relation"]) == ("clean", "original")
    assert report["notes"] == ["1 copy was spun from it: spun.txt"]
    assert scored(run, "original.txt", "--trace", "news.jsonl")["evidence"] is None


def test_a_spun_passage_makes_a_document_suspect(run: Run) -> None:
    Path("long.txt").write_text(f"{unrelated(2, 30)}\n\n{spun(1.0)}\n\n{unrelated(3, 30)}", encoding="utf-8")
    report = scored(run, "long.txt", "--trace", "news.jsonl")
    assert report["verdict"] == "suspect"
    assert report["evidence"]["coverage"] < 0.5


def test_what_has_no_verdict_and_what_has_no_source_stays_as_it_was(run: Run) -> None:
    Path("short.txt").write_text(spun(1.0)[:90], encoding="utf-8")
    Path("other.txt").write_text(unrelated(9), encoding="utf-8")
    for path, verdict in (("short.txt", "unscored"), ("other.txt", "clean")):
        plain, traced = scored(run, path), scored(run, path, "--trace", "news.jsonl")
        assert plain == traced
        assert plain["verdict"] == verdict


def test_another_threshold_does_not_move_what_is_proven(run: Run) -> None:
    grounds = grounds_of(scored(run, "spun.txt", "--trace", "news.jsonl")["grounds"])
    assert grounds is not None
    assert decide(0.2, grounds, Thresholds(0.9, 0.99)) == (Verdict.SPUN, ())


def test_signatures_that_were_kept_are_read_and_what_is_not_there_is_an_error(run: Run) -> None:
    run("trace", "news.jsonl", "--signatures", "kept")
    assert scored(run, "spun.txt", "--trace", "kept")["verdict"] == "spun"
    ended = run("score", "spun.txt", "--trace", "nowhere")
    assert (ended.code, "nowhere" in ended.err) == (2, True)


def test_what_is_not_read_of_the_sources_is_told(run: Run) -> None:
    Path("sources").mkdir()
    Path("sources/news.jsonl").write_text(Path("news.jsonl").read_text("utf-8") + "{broken\n", "utf-8")
    Path("sources/more.bin").write_bytes(b"\0")
    run("trace", "sources/news.jsonl", "--signatures", "kept")
    ended = run("score", "spun.txt", "--trace", "sources")
    assert "error: sources/news.jsonl, line 3: " in ended.err
    assert "--trace: not read, because there is no reader for it: 1 .bin" in ended.err
    assert "error: sources/news.jsonl, line 3: " in run("score", "spun.txt", "--trace", "kept").err


@pytest.mark.parametrize("command", ["score", "check", "explain", "restore", "filter"])
def test_what_is_not_read_of_the_sources_is_an_error_in_the_end(run: Run, command: str) -> None:
    Path("original.txt").write_text(SOURCE, encoding="utf-8")
    arguments = [command, "original.txt"]
    if command == "filter":
        arguments += ["--kept", "kept", "--rejected", "rejected"]
    assert run(*arguments, "--trace", "news.jsonl").code == 0
    with Path("news.jsonl").open("a", encoding="utf-8") as sources:
        sources.write("{broken\n")
    if command == "filter":
        arguments += ["--restart"]
    ended = run(*arguments, "--trace", "news.jsonl")
    assert ended.code == 2
    assert "--trace: 1 source could not be read; nothing was compared with it" in ended.err
    if command == "filter":  # nothing is left to be scored, and still it is told
        assert Path("kept/original.txt").exists()
        again = run(*arguments[:-1], "--trace", "news.jsonl")
        assert (again.code, "--trace: 1 source" in again.err) == (2, True)


def test_strict_wants_every_file_of_the_sources_to_have_a_reader(run: Run) -> None:
    Path("sources").mkdir()
    Path("news.jsonl").rename("sources/news.jsonl")
    Path("sources/more.bin").write_bytes(b"\0")
    Path("original.txt").write_text(SOURCE, encoding="utf-8")
    assert run("score", "original.txt", "--trace", "sources", "--grammar", "off").code == 0
    assert run("score", "original.txt", "--trace", "sources", "--grammar", "off", "--strict").code == 2


@pytest.mark.parametrize("content", [b"", b"\0\1\2", b'{"id": "x"}\n'])
def test_sources_without_a_document_are_an_error_and_call_nothing_clean(run: Run, content: bytes) -> None:
    Path("nothing.jsonl").write_bytes(content)
    ended = run("score", "spun.txt", "--trace", "nothing.jsonl")
    assert ended.code == 2
    assert not ended.out
    assert "there is no document to compare with in nothing.jsonl" in ended.err
