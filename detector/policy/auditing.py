"""Auditing a baseline: each entry in its sentence, and what somebody decides about it."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from detector.corpus.record import Record
from detector.errors import ConfigError
from detector.policy.baseline import Baseline, Decision, Entry, Place
from detector.policy.policy import place_of
from detector.text.document import Document

COLUMNS = ("decision", "reason", "words", "sentence", "rule", "place", "entry")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so
_WORD = re.compile(r"\w+(?:['’]\w+)*")


@dataclass(frozen=True, slots=True)
class Question:
    """An entry in its sentence: what stands before its words, the words, what stands after them."""

    entry: Entry
    before: str
    words: str
    after: str

    @property
    def sentence(self) -> str:
        return f"{self.before}[{self.words}]{self.after}"


def questions(baseline: Baseline, records: Iterable[Record], *, decided: bool = False) -> Iterator[Question]:
    """Yield the entries that nobody has decided about, in the order of the file; with `decided` all of them.

    The sentence is taken from the record that the entry is about; where there is none, it is the words that the entry has.
    """
    wanted = [entry for entry in baseline.entries.values() if decided or entry.decision is Decision.NONE]
    by_place: dict[Place, list[Entry]] = defaultdict(list)
    for entry in wanted:
        by_place[entry.place].append(entry)
    found: dict[Entry, Question] = {}
    for record in records if wanted else ():
        if record.document is None:
            continue
        for entry in (*by_place.get(place_of(record.document, baseline), ()), *by_place.get(Place(), ())):
            if entry not in found and (question := _in_document(entry, record.document)) is not None:
                found[entry] = question
    for entry in sorted(wanted, key=lambda one: (str(one.place), one.identity)):
        words = entry.identity
        yield found.get(entry, Question(entry, _spaced(words.before, after=True), words.words, _spaced(words.after)))


def _spaced(words: str, *, after: bool = False) -> str:
    if not words:
        return ""
    return f"… {words} " if after else f" {words} …"


def _in_document(entry: Entry, document: Document) -> Question | None:
    """Return the entry in its sentence of a document, None where it is not there."""
    said = entry.identity
    before, words, after = (one.casefold().split() for one in (said.before, said.words, said.after))
    wanted = [*before, *words, *after]
    text = document.prose.text
    for start, end in document.sentences:
        tokens = list(_WORD.finditer(text, start, end))
        there = [token.group().casefold() for token in tokens]
        for at in range(len(there) - len(wanted) + 1):
            if there[at : at + len(wanted)] == wanted:
                first = at + len(before)
                begin = tokens[first].start() if words else tokens[first - 1].end()
                stop = tokens[first + len(words) - 1].end() if words else begin
                return Question(entry, _line(text[start:begin]), _line(text[begin:stop]), _line(text[stop:end]))
    return None


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def decide(baseline: Baseline, decisions: Mapping[Entry, tuple[Decision, str]]) -> Baseline:
    """Return the baseline with decisions and their reasons; what is not in `decisions` stays as it is."""
    entries = [
        replace(entry, decision=decisions[entry][0], reason=decisions[entry][1]) if entry in decisions else entry
        for entry in baseline.entries.values()
    ]
    return Baseline(baseline.path, entries, baseline.documents.values())


def write_sheet(asked: Iterable[Question], stream: TextIO, *, as_csv: bool) -> int:
    """Write a sheet with the columns decision and reason to be filled in; return the number of its rows."""
    rows = [
        {
            "decision": one.entry.decision.value,
            "reason": one.entry.reason,
            "words": one.words,
            "sentence": one.sentence,
            "rule": one.entry.identity.rule,
            "place": str(one.entry.place),
            "entry": one.entry.shown,
        }
        for one in asked
    ]
    if not as_csv:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return len(rows)
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: f"'{cell}" if cell.startswith(_FORMULA) else cell for name, cell in row.items()})
    return len(rows)


def read_sheet(path: Path, baseline: Baseline) -> tuple[dict[Entry, tuple[Decision, str]], int]:
    """Return the decisions of a sheet, and how many of its rows are about entries that the baseline has no more.

    Raises ConfigError, naming the file and the row.
    """
    shown = {entry.shown: entry for entry in baseline.entries.values()}
    decisions: dict[Entry, tuple[Decision, str]] = {}
    gone = 0
    for number, row in enumerate(_rows(path), 1):
        where = f"--answers {path}, row {number}"
        said = str(row.get("decision") or "").strip().lower()
        known = {"": Decision.NONE, "accept": Decision.ACCEPTED, "reject": Decision.REJECTED} | {
            one.value: one for one in Decision
        }
        if said not in known:
            raise ConfigError(f"{where}: the decision must be accepted, rejected or empty, not {said!r}")
        name = str(row.get("entry") or "")
        entry = shown.get(name) or shown.get(name.removeprefix("'"))
        if entry is None:
            gone += 1
        elif known[said] is not Decision.NONE:
            decisions[entry] = known[said], str(row.get("reason") or "").strip().removeprefix("'")
    return decisions, gone


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "is not UTF-8"
        raise ConfigError(f"--answers {path}: can't be read ({problem})") from error
    if not text.lstrip().startswith("{"):
        rows = list(csv.DictReader(text.splitlines()))
    else:
        try:
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise ConfigError(f"--answers {path}: is neither CSV nor JSON Lines") from error
    if rows and not {"decision", "entry"} <= set(rows[0]):
        raise ConfigError(
            f"--answers {path}: has no columns decision and entry, and so is no sheet of `baseline audit`"
        )
    return rows
