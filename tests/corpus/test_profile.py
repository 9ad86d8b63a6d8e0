"""`detector profile` and the page of a run: what is counted, and that nothing in it acts."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from commands import Run, caller
from corpus_files import line, write
from stored_scores import NumberScorer, lines, report

from detector.cli import filtering, scoring
from detector.corpus.frequent import Borderline, Swaps
from detector.corpus.score_log import Entry
from detector.corpus.tally import Tally
from detector.errors import DocumentError
from detector.report import (
    BOTH_ENCODERS,
    LIGHT_ENCODER,
    Failure,
    Origin,
    Outcome,
    SignalState,
    Status,
    Thresholds,
)
from detector.reports.page import make_page

HOSTILE = '</title><script>alert(1)</script><img src=x onerror="alert(2)">\u202e\x1b[31m\ud800 \' onmouseover=x'
SPUN = 0.999


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    scorer = NumberScorer()
    monkeypatch.setattr(scoring, "load_detector", scorer.open)
    monkeypatch.setattr(filtering, "expected_engine", lambda engine, url: None)
    return caller(capsys)


def profile(run: Run, *arguments: str) -> dict[str, Any]:
    ended = run("profile", "--format", "json", *arguments)
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


def outcomes() -> Iterator[Outcome]:
    for number in range(10):
        host = "spun.example" if number < 4 else "good.example"
        probability = SPUN if number < 3 else 0.02
        yield report(probability, id=f"https://{host}/{number}", source=f"in/a.jsonl:{number + 1}")
    yield report(None, id="short", source="in/b.jsonl:1")
    yield Failure("bad", "in/b.jsonl:2", DocumentError("the program broke on this document"))


# What is counted


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (
            {"scan": ("ok", None), "wording": ("not needed", None)},
            "the first stage alone: 1 (it overlooks most of the light",
        ),
        ({"scan": ("ok", None), "wording": ("ok", LIGHT_ENCODER)}, "the first stage and the light encoder alone: 1"),
        ({"scan": ("ok", None), "wording": ("ok", BOTH_ENCODERS)}, ""),
        ({"wording": ("not needed", None)}, ""),
    ],
)
def test_who_alone_read_a_document_is_told_of_stored_scores(
    run: Run, states: dict[str, tuple[str, str | None]], told: str
) -> None:
    signals = {name: SignalState(Status(status), "", engine) for name, (status, engine) in states.items()}
    write("s.jsonl", lines([replace(report(0.02, id="a", source="a:1"), signals=signals)]))
    shown = run("profile", "s.jsonl").out
    page = make_page({**profile(run, "s.jsonl"), "seconds": {}}, "t")
    for text in (shown, page):
        assert ("read by" in text) is bool(told)
        assert told in text


def test_scores_are_counted_by_verdict_reason_and_source(run: Run) -> None:
    write("s.jsonl", lines(outcomes()))
    found = profile(run, "s.jsonl", "--group-by", "host")
    assert found["records"] == 12
    assert found["verdicts"] == {"clean": 7, "spun": 3, "unscored": 1}
    assert found["unscored"] == {"under N words of prose": 1}
    assert found["errors"] == {"document": 1}
    assert found["keep_rate"] == pytest.approx(8 / 12, abs=1e-6)
    assert sum(found["histogram"]["counts"]) == 10
    assert found["histogram"]["counts"][-1] == 3
    assert found["swaps"] == [{"word": "moo", "original": "cow", "findings": 3}]
    first, *_ = found["sources"]
    assert (first["source"], first["spun"], first["documents"], first["spun_share"]) == ("spun.example", 3, 4, 0.75)
    assert 0 < first["low"] < 0.75 < first["high"] < 1
    by_file = profile(run, "s.jsonl", "--group-by", "source")["sources"]
    assert [(one["source"], one["documents"]) for one in by_file] == [("in/a.jsonl", 10), ("in/b.jsonl", 2)]


def test_a_compressed_file_and_several_files_are_read_as_one(run: Run) -> None:
    whole = lines(outcomes())
    write("s.jsonl", whole)
    write("t.jsonl.gz", gzip.compress(whole.encode()))
    one, both = profile(run, "s.jsonl"), profile(run, "s.jsonl", "t.jsonl.gz")
    assert profile(run, "t.jsonl.gz") == one
    assert both["records"] == 2 * one["records"]


def test_a_run_and_its_scores_have_the_same_profile(run: Run) -> None:
    texts = ["0.999 w", "0.02 w", "-", "0.98 clipped", "x", "0.5 w"]
    write("in/a.jsonl", "".join(line(id=f"https://h{n % 2}.example/{n}", text=text) for n, text in enumerate(texts)))
    run("score", "--format", "jsonl", "-o", "s.jsonl", "in")
    run("filter", "in", "--kept", "out/kept", "--rejected", "out/rejected", "--group-by", "host")
    of_file, of_run = profile(run, "s.jsonl", "--group-by", "host"), profile(run, "out/kept")
    of_json = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    for name in ("records", "verdicts", "keep_rate", "unscored", "errors", "histogram", "swaps", "sources"):
        assert of_file[name] == of_run[name] == of_json[name], name
    assert of_run["borderline"] == of_json["borderline"]
    assert [one["id"] for one in of_run["borderline"]] == [one["id"] for one in of_file["borderline"]]
    assert {one["source"] for one in profile(run, "out/kept", "--group-by", "source")["sources"]} == {"a.jsonl"}
    assert "spun from 0.898194\n" in run("profile", "out/kept").out
    assert set(of_json["seconds"]) == {"reading", "scoring", "writing"}
    assert of_json["stages"] == {}  # of a scorer that tells nothing of it


def test_the_documents_nearest_to_the_threshold_are_listed_nearest_first(run: Run) -> None:
    probabilities = (0.02, 0.85, 0.93, 0.999, 0.6)
    write("s.jsonl", lines(report(p, id=f"r{p}", threshold=0.9) for p in probabilities))
    found = profile(run, "s.jsonl", "--borderline", "3")
    assert [one["probability"] for one in found["borderline"]] == [0.93, 0.85, 0.6]
    assert profile(run, "s.jsonl", "--borderline", "0")["borderline"] == []


def test_the_surest_source_comes_first_and_not_the_highest_share(run: Run) -> None:
    many = [report(SPUN if n < 41 else 0.01, id=f"https://many.example/{n}") for n in range(100)]
    write("s.jsonl", lines([*many, report(SPUN, id="https://one.example/1")]))
    ended = run("profile", "s.jsonl", "--group-by", "host")
    first, second = (text for text in ended.out.splitlines() if ".example:" in text)
    assert first.strip() == "many.example: 41 % spun [32, 51], 100 documents"
    assert second.strip().startswith("one.example: 100 % spun [21, 100], 1 document")


def test_a_source_shows_the_threshold_that_held_for_it(run: Run) -> None:
    own = Thresholds(0.6, 0.61, Origin.CALIBRATION, "good.example")
    write(
        "s.jsonl",
        lines([report(0.7, id="https://good.example/1", group="good.example", thresholds=own), *outcomes()]),
    )
    sources = {one["source"]: one["own_threshold"] for one in profile(run, "s.jsonl", "--group-by", "host")["sources"]}
    assert sources == {"good.example": 0.61, "spun.example": None, "": None}


# What can't be read


def test_a_damaged_line_is_told_and_the_rest_is_counted(run: Run) -> None:
    good = lines(outcomes())
    write("s.jsonl", good + "{broken\n" + good + '{"contract": 2, "id": "cut o')
    ended = run("profile", "--format", "json", "s.jsonl")
    assert ended.code == 2
    assert json.loads(ended.out)["records"] == 24
    assert "s.jsonl, line 13: this line is no score" in ended.err
    assert "s.jsonl, line 26: this line is no score" in ended.err


def test_a_compressed_file_that_is_cut_off_is_counted_as_far_as_it_goes(run: Run) -> None:
    packed = gzip.compress(lines(outcomes()).encode() * 500)
    write("s.jsonl.gz", packed[: len(packed) // 2])
    ended = run("profile", "--format", "json", "s.jsonl.gz")
    assert ended.code == 2
    assert 0 < json.loads(ended.out)["records"] < 6000
    assert "s.jsonl.gz, line" in ended.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[\n{"contract": 2}\n]\n', "holds no scores (a JSON array; score with --format jsonl)"),
        ('{"text": "A corpus."}\n', "holds no scores; give a file that detector score --format jsonl wrote"),
        ("\x00\x01", "holds no scores"),
    ],
)
def test_what_holds_no_scores_is_refused(run: Run, content: str, said: str) -> None:
    write("s.jsonl", content)
    ended = run("profile", "s.jsonl")
    assert ended.code == 2
    assert f"s.jsonl: {said}" in ended.err


def test_an_empty_file_is_an_empty_profile(run: Run) -> None:
    write("s.jsonl", "")
    assert profile(run, "s.jsonl")["records"] == 0


def test_scores_of_two_models_are_no_profile(run: Run) -> None:
    other = json.loads(lines([report(0.5)])) | {"model": {"version": "9", "sha256": "cd" * 32}}
    write("s.jsonl", lines(outcomes()) + json.dumps(other) + "\n")
    ended = run("profile", "s.jsonl")
    assert ended.code == 2
    assert "s.jsonl, line 13: was scored by another model (cdcdcdcdcdcd…) than the lines before it" in ended.err


def test_a_folder_without_a_run_and_a_field_that_was_not_stored_are_told(run: Run) -> None:
    Path("empty").mkdir()
    assert "empty: holds no run; give the --kept folder" in run("profile", "empty").err
    write("in/a.jsonl", line(id="a", text="0.5 w", site="s"))
    run("filter", "in", "--kept", "out/kept", "--rejected", "out/rejected", "--group-by", "site")
    assert [one["source"] for one in profile(run, "out/kept")["sources"]] == ["s"]
    ended = run("profile", "out/kept", "--group-by", "publisher")
    assert ended.code == 2
    assert "did not group by 'publisher', so that is not stored; there are site, host, id, source" in ended.err


def test_a_run_that_was_killed_is_counted_as_far_as_it_came(run: Run) -> None:
    write("in/a.jsonl", "".join(line(id=f"r{n}", text="0.5 w") for n in range(10)))
    run("filter", "in", "--kept", "out/kept", "--rejected", "out/rejected")
    log = Path("out/kept/.unspun/scores/a.jsonl.jsonl")
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    Path("out/kept/.unspun/done/a.jsonl.json").unlink()
    ended = run("profile", "--format", "json", "out/kept")
    assert 0 < json.loads(ended.out)["records"] < 10
    assert "out/kept: 1 shard not finished; the counts are as far as it came" in ended.err
    again = run("rethreshold", "out/kept", "in", "--threshold", "0.4", "--kept", "r/kept", "--rejected", "r/rejected")
    assert again.code == 2
    assert "in/a.jsonl: is not finished there (out/kept)" in again.err


# What is kept is bounded and does not hang on the order of shards


def test_what_a_tally_keeps_is_bounded() -> None:
    tally = Tally()
    finding = {"rule": "SWAPPED_WORD", "text": "moo", "suggestions": ["cow"]}
    rare = ({**finding, "text": f"w{n}"} for n in range(30_000))
    for n, one in enumerate(rare):
        tally.add(Entry(n, f"r{n}", "spun", 0.99, findings=(one, finding), threshold=0.9, group=f"g{n}"), "rejected")
    assert tally.swaps.most_common(1) == [{"word": "moo", "original": "cow", "findings": 30_000}]
    assert len(tally.to_dict()["swaps"]) <= 1000
    assert len(tally.borderline.to_list()) == 20


def test_a_tally_survives_its_marker() -> None:
    tally = Tally()
    tally.add(Entry(1, "a", "spun", 0.99, threshold=0.9, own=True, group="g"), "rejected", "a.jsonl")
    tally.add(Entry(2, "b", error={"type": "document", "message": "m"}), None, "a.jsonl")
    again = Tally.from_dict(json.loads(json.dumps(tally.to_dict())))
    assert again.report() == tally.report()
    assert isinstance(again.swaps, Swaps)
    assert isinstance(again.borderline, Borderline)


def test_families_are_counted_once_a_source_and_once_in_all() -> None:
    one, other = Tally(), Tally()
    for n, (tally, group) in enumerate(((one, "g"), (one, "g"), (other, "g"), (other, "h"))):
        tally.add(Entry(n, f"r{n}", "spun", 0.2, family=f"f{n % 2}", group=group), "rejected")
    one.merge(Tally.from_dict(json.loads(json.dumps(other.to_dict()))))
    report = one.report()
    assert report["families"] == 2
    assert {source["source"]: source["families"] for source in report["sources"]} == {"g": 2, "h": 1}
    assert "families" not in Tally().report()


# The page


class Page(HTMLParser):
    """Collects what a browser would act on, and checks that every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def hostile(run: Run) -> str:
    """Return the page of a run in which everything that comes from documents tries to act."""
    reports = [report(0.95, id=HOSTILE, source=f"{HOSTILE}:1", threshold=0.9, swap=(HOSTILE, HOSTILE))]
    odd = json.loads(json.dumps(report(None, id="u").to_dict())) | {"reason": HOSTILE}
    write("s.jsonl", lines(reports) + json.dumps(odd) + "\n")
    assert run("profile", "s.jsonl", "--group-by", "id", "--html", "p.html").code == 0
    return Path("p.html").read_text(encoding="utf-8")


def test_what_comes_from_documents_is_text_and_nothing_else(hostile: str) -> None:
    page = Page(hostile)
    assert not {"script", "img", "iframe", "link", "object", "form", "a href"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "srcset", "action")]
    assert {value for name, value in page.attributes if name == "href"} <= {
        f"#{name}" for name in ("verdicts", "scores", "sources", "swaps", "borderline", "unscored", "errors")
    }
    assert "url(" not in hostile
    assert "@import" not in hostile
    assert not re.search("[\x1b\u202e\ud800]", hostile)
    assert sum("<script>alert(1)</script>" in text for text in page.text) >= 5  # shown, as it is spelt
    policy = next(value for name, value in page.attributes if name == "content" and value and "default-src" in value)
    assert "default-src 'none'" in policy


def test_a_page_can_be_read_by_ear_and_by_keyboard(hostile: str) -> None:
    page = Page(hostile)
    assert page.tags.count("main") == page.tags.count("h1") == 1
    assert ("lang", "en") in page.attributes
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for name, value in page.attributes:
        if name == "aria-labelledby":
            assert value in ids
    for table in re.findall(r"<table>.*?</table>", hostile, re.DOTALL):
        assert 'scope="col"' in table
        assert 'scope="row"' in table
    for region in re.findall(r'<div class="scroll"[^>]*>', hostile):
        assert 'tabindex="0"' in region
        assert "aria-label=" in region
    for picture in re.findall(r"<svg.*?</svg>", hostile, re.DOTALL):
        assert 'aria-hidden="true"' in picture or ('role="img"' in picture and "<title>" in picture)
    assert "prefers-color-scheme: dark" in hostile
    assert "@media print" in hostile


@pytest.mark.parametrize("counts", [[0] * 20, [1] + [0] * 19, [10**9] * 20])
def test_a_page_is_made_of_any_counts(counts: list[int]) -> None:
    tally = Tally(histogram=counts)
    Page(make_page({**tally.report(), "thresholds": {"spun": 1.0, "suspect": 0.0}, "seconds": {}}, "t"))


def test_a_run_writes_its_page_beside_its_report(run: Run) -> None:
    write("in/a.jsonl", "".join(line(id=f"r{n}", text=f"0.{n}9 w", site="s") for n in range(10)))
    run("filter", "in", "--kept", "out/kept", "--rejected", "out/rejected", "--group-by", "site")
    page = Path("out/run.html").read_text(encoding="utf-8")
    assert "10 records" in page
    assert {"Sources", "Time", "What decided"} <= set(Page(page).text)
    run("filter", "in", "--kept", "o2/kept", "--rejected", "o2/rejected", "--run-report", "o2/x.json")
    assert Path("o2/x.html").exists()


def test_a_page_replaces_an_earlier_one_and_nothing_else(run: Run) -> None:
    write("s.jsonl", lines(outcomes()))
    assert [run("profile", "s.jsonl", "--html", "p.html").code for _ in range(2)] == [0, 0]
    write("mine.html", "<p>My own page.</p>")
    ended = run("profile", "s.jsonl", "--html", "mine.html")
    assert ended.code == 2
    assert "--html mine.html: this file is there already and holds no such page" in ended.err
    assert Path("mine.html").read_text(encoding="utf-8") == "<p>My own page.</p>"
