"""The allow-list: which phrases of a text an entry is about."""

from __future__ import annotations

import pickle
import random
import time
from pathlib import Path

import pytest

from detector.errors import ConfigError
from detector.policy.allow import AllowEntry, AllowList, read_allow_file
from detector.policy.forms import forms_of
from detector.text.document import Document


def allowed(text: str, *entries: str) -> list[str]:
    """Return what of a text the entries allow."""
    document = Document.from_text(text)
    matches = AllowList(map(AllowEntry.parse, entries)).matches(document.prose.text, document.words)
    return [document.prose.text[slice(*match.span)] for match in matches]


@pytest.mark.parametrize(
    ("entry", "text", "wanted"),
    [
        ("noble hops", "Noble hops, noble\n  hops and noble-hops; ignoble hops, noble shops.", 3),
        ("noble hops", "Noble. Hops noble, hops (noble) hops.", 0),
        ("damp", "Damp heat, dampness and damp-proof; it was DAMP.", 3),
        ("forms:damp", "Damps, damped, damping and the damp’s: no dampness.", 4),
        ("forms:noble hop", "The noblest hops, noble hop, nobles hopped.", 3),
        ("forms:mouse|mice trap", "A mouse trap, mice traps, mouses trapped.", 3),
        ("forms:carry", "Carries, carried, carrying, carrier.", 4),
        ("pattern:\\bT[- ]?cells?\\b", "T cells, a T-cell, Tcell; t cellar.", 3),
        ("C++", "C++ and C+; xC++ is none.", 1),
        ("don't care", "They don’t care, don't care.", 2),
        ("well-known man", "A well known man and a well-known man.", 2),
        ("straße", "Die STRASSE.", 1),
    ],
)
def test_what_an_entry_allows(entry: str, text: str, wanted: int) -> None:
    assert len(allowed(text, entry)) == wanted


def test_the_longest_entry_counts() -> None:
    assert allowed("The noble hops grow.", "noble", "noble hops") == ["noble hops"]


@pytest.mark.parametrize(
    ("line", "kind", "phrase", "original", "reason"),
    [
        ("noble hops  # a term of brewing", "literal", "noble hops", "", "a term of brewing"),
        ("C# code", "literal", "C# code", "", ""),
        ("forms:damp <- wet", "forms", "damp", "wet", ""),
        ("<- moist", "literal", "", "moist", ""),
        ("damp ← wet # said", "literal", "damp", "wet", "said"),
    ],
)
def test_how_an_entry_is_written(line: str, kind: str, phrase: str, original: str, reason: str) -> None:
    entry = AllowEntry.parse(line)
    assert (entry.kind, entry.phrase, entry.original, entry.reason) == (kind, phrase, original, reason)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("pattern:(", "is no regular expression"),
        ("pattern:x*", "matches nothing at all"),
        ("pattern:", "names no phrase"),
        ("forms:", "names no phrase"),
        ("damp <-", "no original stands after the arrow"),
        ("--", "has no word in it"),
    ],
)
def test_an_entry_that_makes_no_sense(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "terms.txt"
    path.write_text(f"# terms\n\nnoble hops\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=problem) as raised:
        read_allow_file(path)
    assert f"{path}, line 4" in str(raised.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_allow_file(tmp_path / "none.txt")
    (tmp_path / "utf16.txt").write_bytes("damp".encode("utf-16"))
    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_allow_file(tmp_path / "utf16.txt")


def test_regular_forms() -> None:
    assert {"hops", "hopped", "hopping"} <= forms_of("hop")
    assert {"visits", "visited", "visiting"} <= forms_of("visit")
    assert {"admits", "admitted"} <= forms_of("admit")
    assert {"boxes", "boxed"} <= forms_of("box")
    assert {"nobler", "noblest"} <= forms_of("noble")
    assert {"drier", "driest", "dries", "dried"} <= forms_of("dry")
    assert "hoping" not in forms_of("hop")


def test_a_long_list_is_no_slower_than_a_short_one() -> None:
    words = random.Random(1).sample([f"{a}{b}{c}" for a in "bdfglm" for b in "aeiou" for c in "nrst"], 60)
    text = " ".join(random.Random(2).choices(words, k=40_000))
    document = Document.from_text(text)
    times = []
    for count in (1, 5_000):
        entries = AllowList(AllowEntry.parse(f"forms:zq{number} {words[number % 60]}") for number in range(count))
        list(entries.matches(text, document.words[:10]))
        start = time.process_time()
        assert not list(entries.matches(text, document.words))
        times.append(time.process_time() - start)
    assert times[1] < 5 * times[0] + 0.05


def test_a_list_can_be_sent_to_a_worker() -> None:
    made = AllowList([AllowEntry.parse("forms:damp"), AllowEntry.parse("pattern:hops?")])
    document = Document.from_text("Damped hops.")
    again = pickle.loads(pickle.dumps(made))
    assert len(list(again.matches(document.prose.text, document.words))) == 2
