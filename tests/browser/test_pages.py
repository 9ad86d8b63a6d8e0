"""The HTML report, the page of an audit and the page of a run, in a browser."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from commands import Run, caller

from detector.corpus.record import Record
from detector.errors import SourceError
from detector.report import (
    Contribution,
    Failure,
    Finding,
    Grade,
    Grounds,
    Ignored,
    IgnoredBy,
    IgnoredFinding,
    ModelInfo,
    Outcome,
    Report,
    SignalState,
    Status,
    Suggestion,
    Thresholds,
    Verdict,
    WindowScore,
)
from detector.reports import FORMATS
from detector.restore import apply, edits
from detector.summary import Summary
from detector.text.document import Document

HOSTILE = (
    '</script><img src=x onerror="window.acted = 1"><script>window.acted = 1</script>&lt;b&gt; \u202egnp \x1b[31m {{x}}'
)
TEXT = f"🙂 A 𝔘nicode start.\r\n\r\nHe denied agreeing to an wings offer, they said. {HOSTILE}\r\nThe manner was odd."


def finding(text: str, phrase: str, original: str, signal: str = "wording", rule: str = "SWAPPED_WORD") -> Finding:
    at = text.index(phrase)
    message = f"“{phrase}” looks put in. {HOSTILE}"
    return Finding(
        at, at + len(phrase), phrase, signal, rule, message, 0.9, (Suggestion(original, 0.8), Suggestion("x", 0.1))
    )


def spun(id: str, text: str = TEXT) -> tuple[Report, Record]:
    document = Document.from_text(text, id=id, source=id, format="plain")
    findings = (
        finding(text, "an wings", "a", "grammar", "EN_A_VS_AN"),
        finding(text, "wings offer", "arms deal", rule="SWAPPED_PHRASE"),
        finding(text, "manner", "way"),
    )
    report = Report(
        id, id, Verdict.SPUN, 0.973, None, "en", 60, (WindowScore(0, 40, 0.2), WindowScore(40, 90, 0.99)), findings,
        {"wording": SignalState(Status.OK, "60 words"), "grammar": SignalState(Status.SKIPPED, "off")}, ModelInfo("1", "ab" * 32), Thresholds(0.5, 0.9),
        (Contribution("base", -3.4), Contribution("wording", 7.9)), {"readability.ari": 9.17}, ("a note",),
        grounds=Grounds(0.97),
    )  # fmt: skip
    return report, Record(id, id, document=document)


def every() -> list[tuple[Outcome, Record | None]]:
    first, record = spun("news/a.txt")
    page = "<p>Before.</p><p>A <b>wings</b> offer.</p><p>The manner, an wings, wings offer.</p>"
    marked_up = Document.from_text(page, id="b.html", format="html")
    at = page.index("wings</b>")
    in_markup = Finding(
        at, at + 15, page[at : at + 15], "wording", "SWAPPED_PHRASE", "Odd.", 0.9, (Suggestion("arms deal", 0.8),)
    )
    clean = replace(first, id="c.txt", source="c.txt", verdict=Verdict.CLEAN, probability=0.1, findings=(), windows=())
    unscored = replace(
        clean, id="u", source="u", verdict=Verdict.UNSCORED, probability=None, reason="under 40 words of prose"
    )
    error = SourceError("bad.jsonl", f"not JSON {HOSTILE}", 9)
    hostile, record_of_hostile = spun(HOSTILE)
    return [
        (first, record),
        (replace(first, id="b.html", source="b.html", findings=(in_markup,), probability=0.91), Record("b.html", "b.html", document=marked_up)),
        (clean, Record("c.txt", "c.txt", document=Document.from_text("Fine.", id="c.txt"))),
        (unscored, None),
        (Failure("9", "bad.jsonl:9", error), Record("9", "bad.jsonl", 9, error=error)),
        (hostile, record_of_hostile),
        (replace(first, id="s", source="s", verdict=Verdict.SUSPECT, probability=0.6), record),
    ]  # fmt: skip


def write_report(path: Path, outcomes: list[tuple[Outcome, Record | None]]) -> str:
    summary = Summary()
    with path.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        writer = FORMATS["html"].open(stream)
        writer.begin()
        for outcome, record in outcomes:
            summary.add(outcome)
            writer.outcome(outcome, record)
        summary.complete = True
        writer.end(summary)
    return path.as_uri()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return write_report(tmp_path / "report.html", every())


def names(tab: Any) -> list[str]:
    found: list[str] = tab.locator(".space .row .name").all_inner_texts()
    return found


def open_document(tab: Any, name: str) -> None:
    tab.locator(".space .row", has_text=name).first.click()
    tab.wait_for_selector("article")


def problems(tab: Any) -> list[str]:
    return [f"{one['id']}: {one['help']}" for one in Axe().run(tab).response["violations"]]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_everybody_can_use_the_report(tab: Any, url: str, scheme: str, width: int) -> None:
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(url)
    assert problems(tab) == []
    open_document(tab, "news/a.txt")
    tab.locator(".mark.wording").first.focus()
    assert problems(tab) == []
    tab.locator("summary").first.click()
    assert problems(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_nothing_in_a_text_acts_and_nothing_is_loaded(tab: Any, url: str) -> None:
    tab.goto(url)
    for number in range(1, 8):
        tab.goto(f"{url}#document-{number}")
        tab.wait_for_function(f"location.hash === '#document-{number}' && document.getElementById('document-title')")
        if tab.locator("#restore:enabled").count():
            tab.locator("#restore").click()
        for mark in tab.locator(".mark[tabindex]").all():
            mark.hover()
    assert tab.evaluate("window.acted") is None
    assert {request.partition("#")[0] for request in tab.requested} == {url}
    assert tab.locator("img, iframe, object, a[href]").count() == 0


def test_documents_are_sorted_and_filtered(tab: Any, url: str) -> None:
    tab.goto(url)
    assert names(tab)[0].startswith("news/a.txt")  # spun first, the surest before the others
    assert tab.locator("[data-column=verdict-cell]").get_attribute("aria-sort") == "ascending"
    tab.get_by_role("button", name="Probability").click()
    assert tab.locator(".probability-cell").all_inner_texts()[1:] == [
        "0.973",
        "0.973",
        "0.910",
        "0.600",
        "0.100",
        "–",
        "–",
    ]
    tab.get_by_role("button", name="Probability").click()
    assert tab.locator(".probability-cell").all_inner_texts()[1:][0] == "0.100"  # and unknown ones stay last
    tab.get_by_role("button", name="clean 1").click()
    assert names(tab) == ["c.txt"]
    tab.get_by_role("button", name="error 1").click()
    assert len(names(tab)) == 2
    tab.get_by_role("button", name="clean 1").click()
    tab.get_by_role("button", name="error 1").click()
    tab.get_by_label("Search names and swaps").fill("ARMS b.html")
    assert names(tab) == ["b.html"]
    assert tab.locator("#told").inner_text() == "1 of 7 documents"
    tab.get_by_label("Search names and swaps").fill("")
    tab.locator("#source").select_option("news")
    assert names(tab) == ["s", "news/a.txt"]
    assert tab.get_by_role("img", name="Histogram of probabilities").count() == 1
    assert tab.get_by_role("heading", name="Sources").count() == 1


def test_the_keyboard_is_enough(tab: Any, url: str) -> None:
    tab.goto(url)
    tab.locator(".space .row").first.focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("End")
    assert tab.evaluate("document.activeElement.getAttribute('aria-rowindex')") == "8"
    tab.keyboard.press("Home")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("article")
    assert tab.evaluate("document.activeElement.id") == "document-title"
    while not tab.evaluate("document.activeElement.classList.contains('mark')"):
        tab.keyboard.press("Tab")
    tip = tab.get_by_role("tooltip")
    assert tip.is_visible()
    tab.keyboard.press("Escape")
    assert not tip.is_visible()
    assert tab.locator("#document").is_visible()  # the first Escape closes the tooltip alone
    tab.keyboard.press("Escape")
    tab.wait_for_selector("#report:not([hidden])")
    assert tab.evaluate("document.activeElement.getAttribute('aria-rowindex')") == "2"


def test_a_finding_says_why_and_what_stood_there(tab: Any, url: str) -> None:
    tab.goto(url)
    open_document(tab, "news/a.txt")
    marks = tab.locator(".mark")
    assert marks.all_text_contents() == ["an ", "wings", " offer", "manner"]  # where two findings overlap, in parts
    tab.locator(".mark", has_text="offer").hover()
    tip = tab.get_by_role("tooltip")
    assert "wings offer ← arms deal" in tip.inner_text()
    assert "wording/SWAPPED_PHRASE, score 0.90, line 3, column 26" in tip.inner_text()
    shown = tab.locator(".text").inner_text()
    assert "🙂 A 𝔘nicode start." in shown
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    assert tab.get_by_role("button", name="wings offer ← arms deal").count() == 1
    aside = tab.get_by_role("complementary").inner_text()
    assert "What moved the probability" in aside
    assert "+7.90" in aside


def test_possible_swaps_are_told_from_likely_ones(tab: Any, tmp_path: Path) -> None:
    report, record = spun("a.txt")
    grades = zip(report.findings[1:], (Grade.LIKELY, Grade.POSSIBLE), strict=True)
    graded = tuple(replace(one, grade=grade) for one, grade in grades)
    tab.goto(write_report(tmp_path / "r.html", [(replace(report, findings=graded), record)]))
    open_document(tab, "a.txt")
    assert tab.locator(".mark.wording").all_text_contents() == ["wings offer"]
    tab.locator(".mark.possible").hover()
    assert "possible 0.90" in tab.get_by_role("tooltip").inner_text()
    tab.get_by_role("button", name="possible swaps 1").click()
    assert tab.locator(".mark").count() == 1


def test_what_is_ignored_is_shown_when_it_is_asked_for(tab: Any, tmp_path: Path) -> None:
    report, record = spun("a.txt")
    first, *others = report.findings
    ignored = Ignored(
        (IgnoredFinding(others[0], IgnoredBy.ALLOW, "wings offer", "a term of ours"),),
        1,
        {IgnoredBy.ALLOW: 1},
        accepted=True,
    )
    tab.goto(
        write_report(tmp_path / "r.html", [(replace(report, findings=(first, others[1]), ignored=ignored), record)])
    )
    assert tab.locator(".findings-cell").all_inner_texts()[1:] == ["2"]
    open_document(tab, "a.txt")
    assert "accepted by the baseline" in tab.locator(".kicker").inner_text()
    assert tab.locator(".mark.ignored").count() == 0
    tab.get_by_role("button", name="ignored 1").click()
    tab.locator(".mark.ignored").first.hover()
    assert "Ignored (allow: a term of ours)" in tab.get_by_role("tooltip").inner_text()
    tab.mouse.move(0, 0)
    assert problems(tab) == []


def test_the_restored_text_is_that_of_restore(tab: Any, url: str) -> None:
    tab.goto(url)
    open_document(tab, "news/a.txt")
    tab.get_by_role("button", name="Put 2 words back").click()
    report, record = spun("news/a.txt")
    assert record.document is not None
    wanted = apply(TEXT, edits(record.document, report.findings)).partition(HOSTILE)
    shown = tab.locator(".text").evaluate("node => node.textContent")
    assert wanted[0].replace("\r\n", " \n") in shown
    assert wanted[2].replace("\r\n", " \n").strip() in shown
    assert tab.locator(".mark.put").all_text_contents() == ["arms deal", "way"]


def test_of_html_the_prose_is_shown(tab: Any, url: str) -> None:
    tab.goto(url)
    open_document(tab, "b.html")
    assert tab.locator(".text").inner_text().startswith("Before.\n\nA wings offer.")
    assert tab.locator(".mark.wording").all_text_contents() == ["wings offer"]


@pytest.mark.parametrize("joint", ["\n", "\n\n", " "])
def test_a_long_text_is_whole(tab: Any, tmp_path: Path, joint: str) -> None:
    text = joint.join(f"Sentence {number} of a 🙂 wings offer, they said." for number in range(400))
    report, _ = spun("a.txt")
    found = tuple(
        replace(finding(text, f"Sentence {number} ", "Verse"), text=f"Sentence {number} ")
        for number in (0, 7, 200, 399)
    )
    document = Document.from_text(text, id="a.txt", format="plain")
    tab.goto(
        write_report(
            tmp_path / "r.html", [(replace(report, findings=found), Record("a.txt", "a.txt", document=document))]
        )
    )
    open_document(tab, "a.txt")
    shown = tab.locator(".text > div").all_text_contents()
    assert len(shown) > 2
    assert ("" if joint == " " else "\n").join(shown) == text
    assert tab.locator(".mark").all_text_contents() == [one.text for one in found]
    tab.get_by_role("button", name="Sentence 399 ←").click()
    tab.get_by_role("tooltip").wait_for()


def test_paper_has_all_rows_and_no_buttons(tab: Any, tmp_path: Path) -> None:
    first, record = spun("a.txt")
    tab.goto(write_report(tmp_path / "r.html", [(replace(first, id=f"d{n}"), record) for n in range(100)]))
    assert tab.locator(".space .row").count() < 60
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    tab.emulate_media(media="print")
    assert tab.locator(".space .row").count() == 100
    assert not tab.get_by_label("Search names and swaps").is_visible()


def test_a_report_of_nothing(tab: Any, tmp_path: Path) -> None:
    tab.goto(write_report(tmp_path / "r.html", []))
    assert tab.get_by_text("No document is like that.").is_visible()
    assert problems(tab) == []


def test_ten_thousand_documents_open_in_three_seconds_and_scroll(tab: Any, tmp_path: Path) -> None:
    first, record = spun("a.txt", TEXT + " word" * 100)
    url = write_report(
        tmp_path / "r.html",
        [
            (replace(first, id=f"document {n}", findings=() if n % 20 else first.findings), record)
            for n in range(10_000)
        ],
    )
    tab.goto(url)
    assert int(tab.locator("body").get_attribute("data-ready")) < 3000  # milliseconds
    worst = tab.evaluate(
        """async () => {
          const scroller = document.querySelector('.scroller'), took = [];
          for (let step = 0; step < 60; step++) {
            scroller.scrollTop += 2000;
            const before = performance.now();
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            took.push(performance.now() - before);
          }
          return took.sort((one, other) => one - other)[30];
        }"""
    )
    assert worst < 100  # the median of two frames, on a machine that has other things to do
    assert tab.locator(".space .row").count() < 60
    tab.locator(".space .row").nth(10).click()
    tab.wait_for_selector("article .text")


# --- audit ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    return caller(capsys)


def draw(run: Run) -> None:
    """Write `sheet.html` of six documents, one of them with an id that a spreadsheet would take for a formula."""
    reports = []
    with Path("c.jsonl").open("w", encoding="utf-8") as corpus:
        for number in range(6):
            id = f"=d{number}" if number == 1 else f"d{number}"
            text = f'"{number}", {TEXT}'
            report, _ = spun(id, text)
            reports.append(replace(report, source=f"c.jsonl:{number + 1}", probability=round(0.2 + number / 10, 6)))
            corpus.write(json.dumps({"id": id, "text": text}) + "\n")
    Path("s.jsonl").write_text("".join(json.dumps(one.to_dict()) + "\n" for one in reports), encoding="utf-8")
    ended = run("audit", "s.jsonl", "-o", "sheet.html", "--corpus", "c.jsonl")
    assert ended.code == 0, ended.err


def test_answers_of_the_page_are_a_sheet(tab: Any, run: Run, tmp_path: Path) -> None:
    draw(run)
    tab.goto((tmp_path / "sheet.html").as_uri())
    assert problems(tab) == []
    tab.locator(".space .row").first.click()
    tab.wait_for_selector("article")
    assert problems(tab) == []
    assert "0.97" not in tab.locator("main#document").inner_text()  # what the program thinks would lead the person
    for key in "shus":
        before = tab.evaluate("location.href")
        tab.keyboard.press(key)
        tab.wait_for_function(
            "before => location.href !== before && location.hash === `#document-${report.row.at + 1}`", arg=before
        )
    tab.wait_for_selector("article")
    tab.get_by_role("button", name="honest").click()
    tab.reload()  # the browser kept them
    tab.get_by_role("button", name="← All documents").click()
    assert tab.locator("#progress").inner_text().startswith("5 of 6 documents judged")
    run("audit", "s.jsonl", "-o", "wanted.csv", "--corpus", "c.jsonl")
    wanted = list(csv.DictReader(io.StringIO(Path("wanted.csv").read_bytes().decode("utf-8"), newline="")))
    for kind in ("CSV", "JSON Lines"):
        with tab.expect_download() as saved:
            tab.get_by_role("button", name=f"Save as {kind}").click()
        path = tmp_path / saved.value.suggested_filename
        saved.value.save_as(path)
        text = path.read_bytes().decode("utf-8")
        rows = (
            list(csv.DictReader(io.StringIO(text, newline="")))
            if kind == "CSV"
            else [{name: str(value) for name, value in json.loads(line).items()} for line in text.splitlines()]
        )
        assert [row["answer"] for row in rows] == ["spun", "honest", "unsure", "spun", "honest", ""]
        if kind == "CSV":
            assert [{**row, "answer": ""} for row in rows] == wanted
        from detector.audit import read_answers

        answers = read_answers(path)
        assert (len(answers.all("spun")), len(answers.all("honest")), answers.unsure) == (2, 2, 2)


def test_a_page_needs_texts(run: Run) -> None:
    draw(run)
    ended = run("audit", "s.jsonl", "-o", "other.html")
    assert ended.code == 2
    assert "add --corpus PATH" in ended.err
    assert not Path("other.html").exists()


# --- the page of a run ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_everybody_can_use_the_page_of_a_profile(tab: Any, run: Run, tmp_path: Path, scheme: str, width: int) -> None:
    reports = [outcome for outcome, _ in every()]
    Path("s.jsonl").write_text("".join(json.dumps(one.to_dict()) + "\n" for one in reports), encoding="utf-8")
    assert run("profile", "s.jsonl", "--group-by", "source", "--html", "p.html").code == 0
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto((tmp_path / "p.html").as_uri())
    assert problems(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
