"""What is ignored in a document, and what becomes of the evidence: signals are stand-ins, the model is asked in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector import Detector
from detector.options import Options
from detector.policy.policy import Ignores, Policy
from detector.report import Finding, IgnoredBy, Report, Status, Suggestion, Verdict
from detector.signals import Hit, Ignoring, Measurement
from detector.signals.wording.evidence import ALL_INPUTS, Evidence
from detector.signals.wording.neutral import neutralise
from detector.text.document import Document
from detector.text.offsets import Span

SAMPLES = Path(__file__).parents[2] / "samples"
TEXT = "The noble hops were damp. He refused an wings offer.\n\nThe wings offer came again, and an apple."


def finding(
    document: Document, words: str, *, nth: int = 1, original: str = "", rule: str = "wording/SWAPPED_WORD"
) -> Finding:
    start = -1
    for _ in range(nth):
        start = document.text.index(words, start + 1)
    signal, _, name = rule.partition("/")
    suggestions = (Suggestion(original, 0.9),) if original else ()
    return Finding(start, start + len(words), words, signal, name, "Odd.", 0.9, suggestions)


def ignores(document: Document, **options: Any) -> Ignores:
    made = Policy.of_options(Options(**options)).of(document)
    assert made is not None
    return made


def kept(document: Document, findings: list[Finding], signal: str = "wording", **options: Any) -> list[str]:
    """Return the words of the findings that count."""
    measured = ignores(document, **options).apply(Measurement(Status.OK, findings=tuple(findings)), signal)
    return [one.text for one in measured.findings]


def markdown(text: str) -> Document:
    return Document.from_text(text, format="markdown", is_file=True)


def test_nothing_to_ignore_costs_nothing() -> None:
    assert Policy.of_options(Options()).of(Document.from_text(TEXT)) is None


@pytest.mark.parametrize(
    ("phrases", "left"),
    [
        (("noble hops",), ["wings offer", "damp"]),
        (("wings",), ["noble hops", "damp", "wings offer"]),  # it covers the words matched, and no others
        (("wings offer",), ["noble hops", "damp"]),
        (("forms:damp <- wet",), ["noble hops", "wings offer"]),
        (("damp <- moist",), ["noble hops", "damp", "wings offer"]),
        (("<- fine hops",), ["damp", "wings offer"]),
    ],
)
def test_an_allow_list_covers_the_words_matched(phrases: tuple[str, ...], left: list[str]) -> None:
    document = Document.from_text(TEXT)
    findings = [
        finding(document, "noble hops", original="fine hops"),
        finding(document, "damp", original="wet"),
        finding(document, "wings offer", original="arms deal"),
    ]
    assert sorted(kept(document, findings, allow_phrases=phrases)) == sorted(left)


def test_small_words_around_a_phrase_need_no_entry() -> None:
    document = Document.from_text(TEXT)
    assert kept(document, [finding(document, "The noble hops were")], allow_phrases=("noble hops",)) == []


def test_where_directives_hold() -> None:
    text = f"<!-- detector: ignore-file -->\n\n{TEXT}"
    in_file = markdown(text)
    in_record = replace(in_file, is_file=False)
    found = [finding(in_file, "damp")]
    assert kept(in_file, found) == []
    assert Policy.of_options(Options()).of(in_record) is None  # its author is not the one who checks it
    assert kept(in_record, found, inline_ignores="always") == []
    assert Policy.of_options(Options(inline_ignores="never")).of(in_file) is None


def test_a_region_may_be_about_one_rule() -> None:
    document = markdown(f"<!-- detector: ignore-file names/BROKEN_NAME grammar -->\n\n{TEXT}")
    names = [finding(document, "damp", rule=f"names/{rule}") for rule in ("BROKEN_NAME", "SPLIT_NAME")]
    made = ignores(document)
    assert [one.rule for one in made.apply(Measurement(Status.OK, findings=tuple(names)), "names").findings] == [
        "SPLIT_NAME"
    ]
    grammar = Measurement(Status.OK, findings=(finding(document, "an", rule="grammar/EN_A_VS_AN"),))
    assert made.apply(grammar, "grammar").findings == ()
    assert len(made.apply(Measurement(Status.OK, findings=(finding(document, "damp"),)), "wording").findings) == 1


def test_a_finding_that_reaches_out_of_a_region_counts() -> None:
    document = markdown("One.\n\n<!-- detector: ignore-next -->\n\nA damp day.\n\nA damp night.")
    inside, across = finding(document, "damp"), finding(document, "day.\n\nA damp night")
    assert kept(document, [inside, across]) == ["day.\n\nA damp night"]


def test_what_ignores_nothing_is_told() -> None:
    document = markdown(
        '<!-- detector: ignore "damp" "dry" -->\n<!-- detector: ignore-begin grammar -->\n\nA damp day.\n\n'
        "<!-- detector: ignore-end -->\n\n<!-- detector: ignore-next -- why -->\n\nA night."
    )
    made = ignores(document)
    made.apply(Measurement(Status.OK, findings=(finding(document, "damp", nth=2),)), "wording")
    ignored = made.result(Verdict.CLEAN, 0.1, accepted=False)
    assert ignored is not None
    assert ignored.unused == (  # nothing is known of grammar, which did not run
        "line 8: ignore-next: there is no finding to ignore",
        "line 1: ignore “dry”: there is no finding to ignore",
    )
    assert (ignored.count, ignored.by, ignored.findings[0].entry) == (1, {IgnoredBy.INLINE: 1}, "line 1: ignore “damp”")


def test_rates_are_those_without_what_is_ignored() -> None:
    document = Document.from_text(TEXT)
    found = [finding(document, "an", nth=nth, rule="grammar/EN_A_VS_AN") for nth in (1, 2)]
    hits = tuple(Hit(one.start, one.end, one.rule, "grammar.article") for one in found)
    hits += (Hit(0, 3, "OTHER", "grammar.phrase"),)
    rates = {"grammar.article": 100.0, "grammar.phrase": 50.0, "grammar.style": 0.0}
    measured = Measurement(Status.OK, features=rates, findings=tuple(found), hits=hits)
    less = measured.without(Ignoring(frozenset(found[:1])))
    assert less.features == {"grammar.article": 50.0, "grammar.phrase": 50.0, "grammar.style": 0.0}
    assert less.findings == tuple(found[1:])
    half = measured.without(Ignoring(frozenset(found), regions=[Span(0, len(TEXT) // 2)], unread_share=0.5))
    assert half.features == {"grammar.article": 0.0, "grammar.phrase": 0.0, "grammar.style": 0.0}


def evidence(*log_odds: float) -> Evidence:
    count = len(log_odds)
    inputs = np.zeros((count, len(ALL_INPUTS)), dtype=np.float32)
    inputs[:, ALL_INPUTS.index("logit")] = log_odds
    starts = np.arange(count) * 2
    return Evidence(starts, starts + 1, inputs, np.array(log_odds, dtype=np.float32))


def test_an_ignored_word_counts_as_an_ordinary_one() -> None:
    before = evidence(-5, -4, -6, 3, -5, -7, -4)
    after = neutralise(before, [Span(6, 7)], neighbour_weight=0.0)
    assert after.log_odds.tolist() == [-5, -4, -6, -5, -5, -7, -4]
    assert before.log_odds[3] == 3  # what was measured stays as it was
    assert after.logits[3] == -5


def test_its_neighbours_lose_what_it_added_to_theirs() -> None:
    after = neutralise(evidence(-5, -5, -5, -5, 3, -5, -5, -5, -5), [Span(8, 9)], neighbour_weight=0.5)
    assert after.log_odds.tolist() == [-5, -5, -6, -6, -5, -6, -6, -5, -5]  # of four neighbours one is 8 lower


def test_to_ignore_a_word_never_adds_evidence() -> None:
    before = evidence(-5, -5, -9, -5, -5)
    assert neutralise(before, [Span(4, 5)], neighbour_weight=0.5).log_odds.tolist() == before.log_odds.tolist()


# The model itself


@pytest.fixture(scope="module")
def light() -> Iterator[Detector]:
    """A detector with the light encoder only, which is read quickly."""
    with Detector(Options(wording="light", grammar="off"), threads=1) as detector:
        yield detector


def spun(before: str = "", **more: Any) -> Document:
    """Return a spun document with something before it."""
    text = (SAMPLES / "news-spun-heavy.txt").read_text(encoding="utf-8")
    return Document.from_text(before + text, format="plain", is_file=True, **more)


def test_the_verdict_is_made_without_what_is_ignored(light: Detector) -> None:
    plain = light.score(spun())
    words = [one.text for one in plain.findings if one.signal == "wording"]
    assert plain.verdict is Verdict.SPUN
    assert plain.ignored is None

    few = light.score(spun(f'# detector: ignore "{words[0]}" -- a term of ours\n\n'))
    assert few.ignored is not None
    assert few.verdict is Verdict.SPUN  # one phrase does not launder a document
    assert few.ignored.count == 1
    assert (few.ignored.findings[0].reason, few.ignored.words) == ("a term of ours", len(words[0].split()))
    assert few.probability is not None
    assert few.probability <= few.ignored.probability == plain.probability  # type: ignore[operator]

    everything = " ".join(f'"{word}"' for word in words)
    all_of_them = light.score(spun(f"# detector: ignore {everything}\n\n"))
    assert all_of_them.verdict is Verdict.CLEAN
    assert all_of_them.ignored is not None
    assert all_of_them.ignored.verdict is Verdict.SPUN  # and what it would be is told
    assert any("without that it would be spun" in note for note in all_of_them.notes)


def test_what_is_ignored_whole_is_no_clean_document(light: Detector) -> None:
    outcomes = light.score_batch(
        [spun("# detector: ignore-file -- old\n\n"), spun(ignore=True),
         spun(ignore=("wording",))]
    )  # fmt: skip
    for report in outcomes:
        assert isinstance(report, Report)
        assert (report.verdict, report.reason) == (Verdict.UNSCORED, "all of it is ignored")


def test_lists_reach_the_workers(tmp_path: Path) -> None:
    terms = tmp_path / "terms.txt"
    terms.write_text("pattern:\\w+ # all of it\n", encoding="utf-8")
    with Detector(Options(grammar="off", allow=terms, wording="light"), isolated=True) as workers:
        report = workers.score(spun())
    assert (report.verdict, report.findings) == (Verdict.UNSCORED, ())
    assert report.reason == "the wording signal could not run: all its words are ignored"
    assert report.ignored is not None
    assert report.ignored.words == report.words  # nothing is hidden
