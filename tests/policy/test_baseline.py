"""The baseline as a user meets it: what stays the same finding, what is new, and what git makes of the file."""

from __future__ import annotations

import csv
import json
import os
import pty
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
import quick_words
from commands import Run

from detector.errors import ConfigError
from detector.policy.baseline import NAME, Baseline, Decision, DocumentEntry, Entry, Place
from detector.policy.identity import Identity
from detector.report import Finding, Verdict

A = "The minister spoke.\nHe denied agreeing to a wings offer with Iran. It was a big day for all."
B = "The noble hops were damp that day, and so was the barley. Nobody went to see them."
C = "Of counterfeit consciousness he knew little. It is a damp science."
CHECK = ("check", "--format", "full", "--baseline", NAME)


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def rows(*texts: str, ids: bool = True) -> str:
    names = ("a", "b", "c")
    made = ({"id": names[n], "text": text} if ids else {"text": text} for n, text in enumerate(texts))
    return "".join(json.dumps(row) + "\n" for row in made)


def entries() -> dict[str, Entry]:
    """Return the entries of the baseline by their words."""
    return {entry.identity.words: entry for entry in Baseline.read(Path(NAME)).entries.values()}


def new(run: Run, *paths: str) -> list[str]:
    """Return the words of the findings that no baseline has, and ask for the gate's exit code on the way."""
    ended = run("score", "--format", "jsonl", "--baseline", NAME, *paths)
    found = [finding["text"] for record in ended.records for finding in record["findings"]]
    assert run(*CHECK, *paths).code == (1 if any(one["verdict"] == "spun" for one in ended.records) else 0)
    return found


# --- the same finding ---------------------------------------------------------------------------------------------------


def test_what_was_there_is_not_new(run: Run) -> None:
    write("docs/a.txt", A)
    write("docs/b.md", B)
    assert run("check", "docs").code == 1
    made = run("baseline", "create", "docs")
    assert made.code == 0, made.err
    assert "4 entries of 2 documents. Nobody has decided about 4 entries" in made.err
    assert new(run, "docs") == []
    report = run("score", "--format", "jsonl", "--baseline", NAME, "docs/a.txt").records[0]
    assert (report["verdict"], report["ignored"]["verdict"], report["ignored"]["by"]) == (
        "clean",
        "spun",
        {"baseline": 2},
    )


def test_lines_that_move_and_files_that_are_renamed_make_nothing_new(run: Run) -> None:
    write("docs/a.txt", A)
    write("docs/b.md", B)
    run("baseline", "create", "docs")
    write("docs/a.txt", f"A line before.\n\nAnother one.\n\n{A}\n\nAnd more.")
    assert new(run, "docs") == []
    os.rename("docs/a.txt", "docs/renamed.md")
    os.renames("docs/b.md", "elsewhere/b.txt")
    assert new(run, "docs", "elsewhere") == []
    assert new(run, ".") == []  # the baseline itself is no document


def test_a_copy_is_new_as_long_as_the_first_is_there(run: Run) -> None:
    write("a.txt", A)
    run("baseline", "create", "a.txt")
    write("copy.txt", A)
    assert new(run, "a.txt", "copy.txt") == ["wings offer", "big"]


@pytest.mark.parametrize("ids", [True, False])
def test_records_may_be_shuffled_and_sharded_anew(run: Run, ids: bool) -> None:
    write("all.jsonl", rows(A, B, C, ids=ids))
    run("baseline", "create", "all.jsonl")
    lines = Path("all.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    write("x/1.jsonl", lines[2] + lines[0])
    write("x/2.jsonl", lines[1])
    assert new(run, "x") == []
    write("all.jsonl", "".join(reversed(lines)))
    assert new(run, "all.jsonl") == []


def test_standard_input_is_known_by_its_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    write("a.txt", A)
    run("baseline", "create", "a.txt")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(A.encode())))
    assert run(*CHECK, "-").code == 0


def test_new_words_are_new_and_so_are_old_ones_elsewhere(run: Run) -> None:
    write("a.txt", A)
    run("baseline", "create", "a.txt")
    write("a.txt", A + "\n\nA wings offer came from France, and a big one. Damp!")
    assert new(run, "a.txt") == ["wings offer", "big", "Damp"]
    ended = run(*CHECK, "a.txt")
    assert "2 findings ignored (2 by the baseline)" in ended.out
    assert "denied" not in ended.out.split("ignored", 1)[1]


def test_a_finding_may_grow_by_a_neighbour() -> None:
    entry = Entry(Place("a.txt"), Identity("wording", "wings offer", "agreeing to a", "with Iran"))
    baseline = Baseline(Path(NAME), [entry])
    from detector.policy.identity import in_sentence, rule_of
    from detector.report import Finding
    from detector.text.document import Document

    document = Document.from_text(A)
    for words, known in (
        ("wings", True),
        ("a wings offer with", True),
        ("offer with Iran", True),
        ("Iran", False),
        ("to", False),
    ):
        at = document.text.index(words, document.text.index("agreeing"))
        found = Finding(at, at + len(words), words, "wording", "SWAPPED_WORD", "", 0.5)
        assert (baseline.find(Place("a.txt"), rule_of(found), in_sentence(document, found)) is not None) == known, words


# --- the verdict ---------------------------------------------------------------------------------------------------------


def test_a_verdict_that_stays_is_accepted_until_something_new_comes(run: Run) -> None:
    write("a.txt", f"{A} All was thoroughly odd.")
    run("baseline", "create", "a.txt")
    passed = run("check", "--format", "jsonl", "--baseline", NAME, "a.txt")
    assert (passed.code, passed.records) == (0, [])
    report = run("score", "--format", "jsonl", "--baseline", NAME, "a.txt").records[0]
    assert (report["verdict"], report["ignored"]["accepted"]) == ("spun", True)  # it is not called clean
    assert "1 spun document accepted by the baseline" in passed.err
    write("a.txt", f"{A} All was thoroughly odd. Damp it was.")
    assert run(*CHECK, "a.txt").code == 1


def test_another_text_under_the_old_name_is_not_accepted(run: Run) -> None:
    write("a.txt", f"{A} All was thoroughly odd.")
    run("baseline", "create", "a.txt")
    write("a.txt", "Nothing of this was there before. It is thoroughly spun. Its words are others.")
    assert run(*CHECK, "a.txt").code == 1


# --- create, update, prune ---------------------------------------------------------------------------------------------------


def test_the_file_has_no_dates_and_no_lines_and_is_the_same_again(run: Run) -> None:
    write("b.txt", B)
    write("a.txt", A)
    run("baseline", "create", "a.txt", "b.txt")
    first = Path(NAME).read_bytes()
    os.remove(NAME)
    write("a.txt", f"\n\n\n{A}")
    run("baseline", "create", "b.txt", "a.txt")
    assert Path(NAME).read_bytes() == first
    lines = first.decode().splitlines()
    assert lines[0] == '{"unspun-baseline":1}'
    assert json.loads(lines[2]) == {
        "file": "a.txt", "rule": "wording", "words": "big", "before": "was a", "after": "day for all",
    } | ({"before": "It was a"})  # fmt: skip
    assert [json.loads(line).get("file") for line in lines[1:]] == ["a.txt"] * 3 + ["b.txt"] * 3


def test_an_existing_baseline_is_not_replaced(run: Run) -> None:
    write("a.txt", A)
    write(NAME, "mine")
    ended = run("baseline", "create", "a.txt")
    assert ended.code == 2
    assert "is there already; `detector baseline update` adds" in ended.err
    assert Path(NAME).read_text(encoding="utf-8") == "mine"


def test_a_run_that_could_not_read_everything_writes_nothing(run: Run) -> None:
    write("a.txt", A)
    ended = run("baseline", "create", "a.txt", "none.txt")
    assert ended.code == 2
    assert not Path(NAME).exists()


def test_update_adds_and_follows_and_keeps_decisions(run: Run) -> None:
    write("a.txt", A)
    run("baseline", "create", "a.txt")
    write("sheet.csv", "decision,reason,entry\nreject,to be repaired,a.txt: wording: It was a [big] day for all\n")
    assert run("baseline", "audit", "--answers", "sheet.csv").code == 0
    os.rename("a.txt", "z.txt")
    write("b.txt", B)
    ended = run("baseline", "update", "z.txt", "b.txt")
    assert "2 entries added" in ended.err
    found = entries()
    assert {words: str(entry.place) for words, entry in found.items()} == {
        "wings offer": "z.txt", "big": "z.txt", "noble hops": "b.txt", "damp": "b.txt",
    }  # fmt: skip
    assert (found["big"].decision, found["big"].reason) == (Decision.REJECTED, "to be repaired")
    assert new(run, "z.txt", "b.txt") == ["big"]  # what was rejected counts
    before = Path(NAME).read_bytes()
    assert "0 entries added" in run("baseline", "update", "z.txt", "b.txt").err
    assert Path(NAME).read_bytes() == before


def test_prune_takes_out_what_is_gone(run: Run) -> None:
    write("a.txt", A)
    write("b.txt", B)
    write("c.jsonl", rows(C))
    run("baseline", "create", ".")
    assert len(Baseline.read(Path(NAME)).entries) == 6
    write("a.txt", A.replace("wings offer", "arms deal"))
    os.remove("b.txt")
    told = run("score", "--baseline", NAME, "a.txt")
    assert "3 entries of the baseline apply no more" in told.err
    assert told.code == 0
    assert run("score", "--strict", "--baseline", NAME, "a.txt").code == 2
    ended = run("baseline", "prune", "a.txt")
    assert "3 entries taken out" in ended.err
    assert "2 entries left that are about what was not read" in ended.err
    assert set(entries()) == {"big", "counterfeit consciousness", "damp"}
    assert run("score", "--strict", "--baseline", NAME, "a.txt", "c.jsonl").code == 0
    run("baseline", "prune", "--missing", "a.txt")
    assert set(entries()) == {"big"}
    assert len(Path(NAME).read_text(encoding="utf-8").splitlines()) == 3


def test_what_is_there_twice_is_used_twice(run: Run) -> None:
    """A text that is a file, a record with an id, and one without: what is known of one of them is known of all."""
    write("a.txt", A)
    write("c.jsonl", rows(A, B))
    write("d.jsonl", rows(A, ids=False))
    run("baseline", "create", ".")
    before = Path(NAME).read_bytes()
    ended = run("check", "--strict", "--baseline", NAME, "a.txt", "c.jsonl", "d.jsonl")
    assert (ended.code, "apply no more" in ended.err) == (0, False)
    assert "0 entries taken out" in run("baseline", "prune", "--missing", "a.txt", "c.jsonl", "d.jsonl").err
    assert Path(NAME).read_bytes() == before


def test_prune_keeps_entries_about_findings_that_a_clean_document_does_not_list(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.txt", A.replace("wings offer", "Wings  Offer"))
    of_names = partial(Finding.at, signal="names", rule="BROKEN_NAME", message="Odd.", score=0.3, suggestions=())
    monkeypatch.setattr(quick_words, "MORE", (("Iran", of_names),))
    run("baseline", "create", "a.txt")
    assert "Iran" in entries()
    assert run("check", "--baseline", NAME, "a.txt").code == 0
    assert "0 entries taken out" in run("baseline", "prune", "a.txt").err


# --- the file -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"unspun-baseline":1}\n<<<<<<< HEAD\n', "line 2: is a mark of a conflict in git"),
        ('{"unspun-baseline":1}\n{"file":"a.txt"}\n', "line 2: is no entry of a baseline"),
        ('{"unspun-baseline":1}\n{"rule":"wording","words":"x","decision":"maybe"}\n', "line 2: is no entry"),
        ('{"unspun-baseline":1}\n{"rule":"document","verdict":"spun","sentences":"AAA"}\n', "line 2: is no entry"),
        ('{"unspun-baseline":1}\n[]\n', "line 2: is no entry"),
        ('{"unspun-baseline":2}\n', "line 1: was written by another version"),
        ("", "is no baseline"),
        ("not a baseline\n", "line 1: is no entry"),
    ],
)
def test_a_file_that_is_no_baseline(run: Run, content: str, problem: str) -> None:
    write("a.txt", A)
    write(NAME, content)
    ended = run(*CHECK, "a.txt")
    assert ended.code == 2
    assert f"{NAME}, {problem}" in ended.err or problem in ended.err


def test_a_missing_one_names_the_command(run: Run) -> None:
    write("a.txt", A)
    assert "`detector baseline create` makes one" in run(*CHECK, "a.txt").err
    Path(NAME).write_bytes(b"\xff\xfe")
    assert "is no baseline (it is not UTF-8)" in run(*CHECK, "a.txt").err


def test_odd_names_and_words_come_back_as_they_were(tmp_path: Path) -> None:
    odd = [
        Entry(Place("a\u2028b\n.txt"), Identity("wording", "naïve", "“x", "")),
        Entry(Place("caf\udce9.txt"), Identity("names/BROKEN_NAME", "", "x", "y"), Decision.ACCEPTED, "said # so\n"),
        Entry(Place(record="https://x/1"), Identity("wording", "a", "", "")),
        Entry(Place(), Identity("wording", "a", "", "")),
    ]
    path = tmp_path / NAME
    path.write_text("".join(f"{line}\n" for line in Baseline(path, odd).lines()), encoding="utf-8")
    again = Baseline.read(path)
    assert set(again.entries.values()) == set(odd)
    assert list(again.lines()) == path.read_text(encoding="utf-8").split("\n")[:-1]


def test_lines_may_stand_twice_and_the_stricter_decision_holds(tmp_path: Path) -> None:
    entry = Entry(Place("a.txt"), Identity("wording", "big", "It was a", "day"))
    accepted = Entry(*entry.key, Decision.ACCEPTED, "fine")
    rejected = Entry(*entry.key, Decision.REJECTED, "no")
    document = [
        DocumentEntry(Place("a.txt"), verdict, frozenset([b"12345"])) for verdict in (Verdict.CLEAN, Verdict.SPUN)
    ]
    document.append(DocumentEntry(Place("a.txt"), Verdict.CLEAN, frozenset([b"54321"])))
    for order in ([entry, accepted], [accepted, entry]):
        (found,) = Baseline(tmp_path / NAME, order).entries.values()
        assert found == accepted
    for order in ([rejected, accepted, entry], [entry, accepted, rejected]):
        (found,) = Baseline(tmp_path / NAME, order, document).entries.values()
        assert found == rejected
    (both,) = Baseline(tmp_path / NAME, [], document).documents.values()
    assert (both.verdict, both.sentences) == (Verdict.SPUN, {b"12345", b"54321"})


# --- git -------------------------------------------------------------------------------------------------------------------


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    names = (
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.org",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "core.autocrlf=false",
    )
    return subprocess.run(["git", *names, *arguments], capture_output=True, text=True, check=False)


def commit(entries: Sequence[Entry], message: str) -> None:
    places = {entry.place for entry in entries}
    hashes = {
        place: [
            f"{len(str(entry))}{entry.identity.words}".encode()[:5].ljust(5)
            for entry in entries
            if entry.place == place
        ]
        for place in places
    }
    documents = (DocumentEntry(place, Verdict.SPUN, frozenset(hashes[place])) for place in places)
    write(NAME, "".join(f"{line}\n" for line in Baseline(Path(NAME), entries, documents).lines()))
    git("add", "--all")
    assert git("commit", "--quiet", "--message", message).returncode == 0


def merged(tmp_path: Path, files: Sequence[Sequence[str]], attributes: str, seed: int) -> bool:
    """Make a baseline, let two branches add entries about their files, and merge them; tell whether there is no conflict."""
    folder = tmp_path / f"{seed}{len(attributes)}"
    folder.mkdir()
    os.chdir(folder)
    rng = random.Random(seed)
    words = [f"w{n}" for n in range(500)]

    def some(count: int, names: Sequence[str]) -> list[Entry]:
        return [
            Entry(
                Place(rng.choice(names)), Identity("wording", rng.choice(words), rng.choice(words), rng.choice(words))
            )
            for _ in range(count)
        ]

    before = some(200, [f"docs/{n:03}.md" for n in range(100)])
    git("init", "--quiet", "--initial-branch", "main")
    write(".gitattributes", attributes)
    commit(before, "before")
    added = []
    for branch, names in zip(("one", "two"), files, strict=True):
        git("checkout", "--quiet", "-b", branch, "main")
        added.append(some(8, names))
        commit([*before, *added[-1]], branch)
    if git("merge", "--quiet", "--no-edit", "one").returncode:
        return False
    assert set(Baseline.read(Path(NAME)).entries) == {entry.key for entry in (*before, *added[0], *added[1])}
    return True


UNION = f"{NAME} merge=union\n"


@pytest.mark.parametrize(
    ("files", "attributes"),
    [
        ((("docs/010.md", "docs/031.md"), ("docs/055.md", "docs/072.md")), ""),  # each in files of its own
        ((("docs/010.md",), ("docs/010.md",)), UNION),
        ((("new/a.md",), ("new/b.md",)), UNION),
    ],
)
def test_two_branches_that_add_entries_merge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Sequence[Sequence[str]], attributes: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert all(merged(tmp_path, files, attributes, seed) for seed in range(3))


def test_the_hint_is_given_where_git_does_not_know(run: Run) -> None:
    write("a.txt", A)
    git("init", "--quiet")
    assert f"put “{NAME} merge=union” into .gitattributes" in run("baseline", "create", "a.txt").err
    write(".gitattributes", UNION)
    assert "gitattributes" not in run("baseline", "update", "a.txt").err


# --- audit ------------------------------------------------------------------------------------------------------------------


def test_audit_shows_each_entry_in_its_sentence(run: Run) -> None:
    write("a.txt", A)
    write("c.jsonl", rows(C))
    run("baseline", "create", "a.txt", "c.jsonl")
    shown = run("baseline", "audit", "c.jsonl")
    assert shown.out.splitlines() == [
        "a  wording  Of [counterfeit consciousness] he knew little.",
        "a  wording  It is a [damp] science.",
        "a.txt  wording  It was a [big] day for all.",
        "a.txt  wording  He denied agreeing to a [wings offer] with Iran.",
    ]
    assert "Nobody has decided about 4 entries" in shown.err
    os.remove("a.txt")
    assert "a.txt  wording  … agreeing to a [wings offer] with Iran …" in run("baseline", "audit").out


@pytest.mark.parametrize("name", ["sheet.csv", "sheet.jsonl"])
def test_a_sheet_takes_decisions(run: Run, name: str) -> None:
    write("a.txt", A)
    run("baseline", "create", "a.txt")
    assert "2 entries in" in run("baseline", "audit", "--sheet", name).err
    text = Path(name).read_text(encoding="utf-8")
    sheet = (
        list(csv.DictReader(text.splitlines()))
        if name.endswith("csv")
        else [json.loads(one) for one in text.splitlines()]
    )
    assert sheet[1]["sentence"] == "He denied agreeing to a [wings offer] with Iran."
    sheet[0] |= {"decision": "accepted", "reason": "so it was"}
    sheet[1] |= {"decision": "Reject"}
    with open(f"filled-{name}", "w", encoding="utf-8", newline="") as stream:
        if name.endswith("csv"):
            writer = csv.DictWriter(stream, list(sheet[0]))
            writer.writeheader()
            writer.writerows(sheet)
        else:
            stream.writelines(json.dumps(row) + "\n" for row in sheet)
    ended = run("baseline", "audit", "--answers", f"filled-{name}")
    assert "2 decisions taken, 1 of them rejected. Somebody has decided about all of them." in ended.err
    assert {words: (entry.decision, entry.reason) for words, entry in entries().items()} == {
        "big": ("accepted", "so it was"), "wings offer": ("rejected", ""),
    }  # fmt: skip
    assert run("baseline", "audit").out == ""
    assert len(run("baseline", "audit", "--again").out.splitlines()) == 2
    report = run("score", "--format", "jsonl", "--baseline", NAME, "a.txt").records[0]
    assert [(one["finding"]["text"], one["audited"], one["reason"]) for one in report["ignored"]["findings"]] == [
        ("big", True, "so it was")
    ]
    assert run("baseline", "audit", "--sheet", name).code == 2  # decisions are never written over


@pytest.mark.parametrize(
    ("sheet", "problem"),
    [
        ("decision,entry\nmaybe,x\n", "row 1: the decision must be accepted, rejected or empty, not 'maybe'"),
        ("a,b\n1,2\n", "has no columns decision and entry"),
        ('{"decision": "x"\n', "is neither CSV nor JSON Lines"),
    ],
)
def test_a_sheet_that_is_none(run: Run, sheet: str, problem: str) -> None:
    write("a.txt", A)
    run("baseline", "create", "a.txt")
    write("sheet", sheet)
    ended = run("baseline", "audit", "--answers", "sheet")
    assert ended.code == 2
    assert problem in ended.err


def test_a_terminal_is_asked(run: Run, tmp_path: Path) -> None:
    write("a.txt", f"{A} Damp it was.")
    run("baseline", "create", "a.txt")
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "detector", "baseline", "audit"]
    with subprocess.Popen(command, stdin=child, stdout=child, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        os.close(child)
        os.write(parent, b"x\nr\nto be repaired\ns\nq\n")
        _, told = process.communicate(timeout=60)
        shown = b""
        while chunk := _read(parent):
            shown += chunk
    os.close(parent)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode())
    assert "1 of 3" in plain
    assert "[Damp] it was." in plain
    assert b"1 decision taken, 1 of them rejected" in told
    assert [(entry.identity.words, entry.reason) for entry in entries().values() if entry.decision] == [
        ("Damp", "to be repaired")
    ]


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the terminal is gone
        return b""


def test_no_error_is_hidden() -> None:
    with pytest.raises(ConfigError):
        Baseline.read(Path("/nowhere/at/all"))
