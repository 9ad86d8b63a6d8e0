"""The baseline: findings that were there when it was made, so that only new ones count.

It is a file with one JSON object a line, in a fixed order, without dates and line numbers:

    {"unspun-baseline":1}
    {"file":"docs/a.md","rule":"document","verdict":"spun","sentences":"…"}
    {"file":"docs/a.md","rule":"wording","words":"wings offer","before":"denied an","after":"today"}
    {"record":"r17","rule":"grammar/EN_A_VS_AN","words":"an","before":"he denied","after":"wings offer","decision":"rejected"}

`file` is relative to the folder of the baseline; records have their id, and those without one neither: their words decide. A
line about a document holds hashes of its sentences: a finding in a sentence that was there is no new one, whatever the model
makes of it today. Lines may stand in any order and more than once, as they do after git has put the lines of two branches
together (`merge=union` in .gitattributes): where decisions differ, `rejected` holds.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from detector.errors import ConfigError
from detector.policy.identity import HASH_BYTES, Identity, InSentence
from detector.report import Verdict

NAME = ".unspun-baseline"
_HEADER = {"unspun-baseline": 1}
_DOCUMENT = "document"
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>")


class Decision(StrEnum):
    """What somebody decided about an entry."""

    NONE = ""  # nobody has looked at it
    ACCEPTED = "accepted"  # it may stay
    REJECTED = "rejected"  # it is to be repaired, and counts


class Place(NamedTuple):
    """Where a document is: a file relative to the folder of the baseline, or a record by its id; neither is anywhere."""

    file: str | None = None
    record: str | None = None

    def __str__(self) -> str:
        return self.file or self.record or "(any)"


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding of the baseline."""

    place: Place
    identity: Identity
    decision: Decision = Decision.NONE
    reason: str = ""

    @property
    def key(self) -> tuple[Place, Identity]:
        return self.place, self.identity

    @property
    def shown(self) -> str:
        """The entry in a line, for a person; no two entries have the same."""
        rule, words, before, after = self.identity
        return f"{self.place}: {rule}: {before} [{words}] {after}".strip()


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """One document of the baseline: its verdict at that time, and the hashes of its sentences."""

    place: Place
    verdict: Verdict
    sentences: frozenset[bytes]


class Baseline:
    """The entries of a baseline. Not changed after it is made; pickles."""

    def __init__(self, path: Path, entries: Iterable[Entry] = (), documents: Iterable[DocumentEntry] = ()) -> None:
        self.path = path
        self.root = Path(os.path.abspath(path)).parent
        self.entries: dict[tuple[Place, Identity], Entry] = {}
        self.documents: dict[Place, DocumentEntry] = {}
        for entry in entries:
            known = self.entries.get(entry.key)
            self.entries[entry.key] = entry if known is None else _stronger(known, entry)
        for document in documents:
            before = self.documents.get(document.place)
            self.documents[document.place] = document if before is None else _both(before, document)
        self._by_words: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
        for entry in self.entries.values():
            tokens, first, last = _in_sentence(entry.identity)
            for anchor in _anchors(tokens, first, last):
                self._by_words[(entry.identity.rule, *anchor)].append(entry)
        self._by_words = dict(self._by_words)
        self._by_sentence: dict[bytes, list[DocumentEntry]] = defaultdict(list)
        for document in self.documents.values():
            for sentence in document.sentences:
                self._by_sentence[sentence].append(document)
        self._by_sentence = dict(self._by_sentence)
        self._gone: dict[str, bool] = {}

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Read a baseline. Raises ConfigError, naming the file and the line."""
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: is no baseline (it is not UTF-8)") from error
        except OSError as error:
            problem = (error.strerror or str(error)).lower()
            hint = "; `detector baseline create` makes one" if isinstance(error, FileNotFoundError) else ""
            raise ConfigError(f"--baseline {path}: can't be read ({problem}){hint}") from error
        found = [_parse(line.rstrip("\r"), f"{path}, line {number}") for number, line in enumerate(lines, 1)]
        entries = [one for one in found if isinstance(one, Entry)]
        if "header" not in found:
            raise ConfigError(f"{path}: is no baseline (a line with {json.dumps(_HEADER)} is missing)")
        return cls(path, entries, (one for one in found if isinstance(one, DocumentEntry)))

    def lines(self) -> Iterator[str]:
        """Yield the lines of the file, in its order."""
        yield _encode(_HEADER)
        places = {entry.place for entry in self.entries.values()} | set(self.documents)
        of_place: dict[Place, list[Entry]] = {place: [] for place in places}
        for entry in self.entries.values():
            of_place[entry.place].append(entry)
        for place in sorted(places, key=lambda one: (str(one), one.file or "")):
            if place in self.documents:
                yield _encode(_of_document(self.documents[place]))
            yield from (_encode(_of_entry(entry)) for entry in sorted(of_place[place], key=lambda one: one.identity))

    def find(self, place: Place, rule: str, where: InSentence) -> Entry | None:
        """Return the entry of a finding, or None for a new one. A rejected entry goes before others."""
        entries = self.find_all(place, rule, where)
        return next((one for one in entries if one.decision is Decision.REJECTED), entries[0] if entries else None)

    def find_all(self, place: Place, rule: str, where: InSentence) -> list[Entry]:
        """Return all entries that a finding may be: a text can be there twice, as a file and as a record without an id."""
        anchors = ((rule, *anchor) for anchor in _anchors(*where))
        entries = dict.fromkeys(entry for anchor in anchors for entry in self._by_words.get(anchor, ()))
        return [entry for entry in entries if self._may_be_at(entry.place, place) and _fits(entry.identity, where)]

    def known_sentences(self, place: Place, sentences: Sequence[bytes]) -> tuple[set[bytes], DocumentEntry | None]:
        """Return which of a document's sentences were there, and the document that most of them were in."""
        shares: dict[Place, int] = defaultdict(int)
        known: set[bytes] = set()
        for sentence in dict.fromkeys(sentences):
            for document in self._by_sentence.get(sentence, ()):
                if self._may_be_at(document.place, place):
                    known.add(sentence)
                    shares[document.place] += 1
        best = max(shares, key=lambda one: (shares[one], one == place, str(one)), default=None)
        return known, None if best is None else self.documents[best]

    def _may_be_at(self, entry: Place, place: Place) -> bool:
        """Tell whether what an entry is about can be in a document. A file that is gone may have another name now."""
        if entry == place or place == Place() or entry == Place():
            return True
        return entry.file is not None and self.is_gone(entry.file)

    def is_gone(self, file: str) -> bool:
        """Tell whether a file of the baseline is not there any more. Looked up once."""
        if file not in self._gone:
            self._gone[file] = "://" not in file and not os.path.lexists(self.root / file)
        return self._gone[file]

    def place_of_file(self, path: str) -> Place:
        """Return the place of a file, as it is spelt here."""
        if "://" in path:
            return Place(path)
        absolute = Path(os.path.abspath(path))
        inside = absolute.is_relative_to(self.root)
        return Place(
            absolute.relative_to(self.root).as_posix() if inside else Path(os.path.relpath(path, self.root)).as_posix()
        )


def _stronger(one: Entry, other: Entry) -> Entry:
    """Return the entry that holds where a file has both."""
    for decision in (Decision.REJECTED, Decision.ACCEPTED):
        reasons = sorted(entry.reason for entry in (one, other) if entry.decision is decision)
        if reasons:
            return replace(one, decision=decision, reason=next(filter(None, reasons), ""))
    return replace(one, reason=one.reason or other.reason)


def _both(one: DocumentEntry, other: DocumentEntry) -> DocumentEntry:
    severity = (Verdict.UNSCORED, Verdict.CLEAN, Verdict.SUSPECT, Verdict.SPUN)
    return DocumentEntry(
        one.place, max(one.verdict, other.verdict, key=severity.index), one.sentences | other.sentences
    )


# --- lines ------------------------------------------------------------------------------------------------------------


def _of_place(place: Place) -> dict[str, str]:
    return {name: value for name, value in place._asdict().items() if value is not None}


def _of_entry(entry: Entry) -> dict[str, Any]:
    more = {"decision": entry.decision.value, "reason": entry.reason}
    shown = {name: value for name, value in more.items() if value}
    return {**_of_place(entry.place), **entry.identity._asdict(), **shown}


def _of_document(document: DocumentEntry) -> dict[str, Any]:
    sentences = b64encode(b"".join(sorted(document.sentences))).decode()
    return {**_of_place(document.place), "rule": _DOCUMENT, "verdict": document.verdict.value, "sentences": sentences}


def _encode(content: Any) -> str:
    line = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    try:
        line.encode()
    except UnicodeEncodeError:  # a lone surrogate: a file name that is not UTF-8
        return json.dumps(content, separators=(",", ":"))
    return line


def _parse(line: str, where: str) -> Entry | DocumentEntry | str | None:
    if not line.strip():
        return None
    if line.startswith(_CONFLICT):
        raise ConfigError(
            f"{where}: is a mark of a conflict in git; keep the lines of both sides, and take the marks out"
        )
    try:
        found = json.loads(line)
        if found == _HEADER:
            return "header"
        texts = {name: _text(found, name) for name in ("file", "record", "rule", "words", "before", "after", "reason")}
        place = Place(texts["file"] or None, texts["record"] or None)
        if texts["rule"] == _DOCUMENT:
            return DocumentEntry(place, Verdict(found["verdict"]), frozenset(_hashes(found["sentences"])))
        if not texts["rule"] or not (texts["words"] or texts["before"] or texts["after"]):
            raise ValueError
        identity = Identity(*(texts[name] for name in Identity._fields))
        return Entry(place, identity, Decision(found.get("decision", "")), texts["reason"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        newer = line.startswith('{"unspun-baseline"')
        problem = "was written by another version of the program" if newer else "is no entry of a baseline"
        raise ConfigError(f"{where}: {problem}") from error


def _text(found: Any, name: str) -> str:
    value = found.get(name, "")
    if not isinstance(value, str):
        raise ValueError(name)
    return value


def _hashes(encoded: str) -> Iterator[bytes]:
    data = b64decode(encoded, validate=True)
    if len(data) % HASH_BYTES:
        raise ValueError(encoded)
    return (data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))


# --- matching ---------------------------------------------------------------------------------------------------------


def _in_sentence(identity: Identity) -> InSentence:
    before, words, after = identity.before.split(), identity.words.split(), identity.after.split()
    return InSentence((*before, *words, *after), len(before), len(before) + len(words))


def _anchors(tokens: Sequence[str], first: int, last: int) -> Iterator[tuple[str, str, str]]:
    """Yield each of a finding's words with the word before it, and with the one after it; of a finding without words, its
    neighbours."""
    folded = ["", *(token.casefold() for token in tokens), ""]
    for at in range(first + 1, last + 1):
        yield "<", folded[at - 1], folded[at]
        yield ">", folded[at], folded[at + 1]
    if first == last:
        yield "-", folded[first], folded[first + 1]


def _fits(identity: Identity, where: InSentence) -> bool:
    """Tell whether the words of an entry, with those around them, stand where a finding is, and share a word with it."""
    tokens, first, last = _in_sentence(identity)
    wanted = [token.casefold() for token in tokens]
    there = [token.casefold() for token in where.tokens]
    for at in range(len(there) - len(wanted) + 1):
        if there[at : at + len(wanted)] == wanted:
            overlap = max(at + first, where.first) < min(at + last, where.last)
            if overlap or (first == last and at + first == where.first):
                return True
    return False
