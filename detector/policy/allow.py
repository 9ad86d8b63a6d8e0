"""The allow-list: phrases that a field of work uses, which are no findings wherever they stand.

An entry is a line:

    noble hops                 these words, whatever their case and the white space between them
    forms:damp                 the word and its forms: damps, damper, dampest; all words of a phrase may take any form
    forms:mouse|mice trap      with forms written out
    pattern:\\bT[- ]?cells?\\b   a regular expression; case makes no difference
    damp <- wet                the phrase, where it is said to stand for this original
    <- moist                   any phrase that is said to stand for this original

What follows ` # ` is the reason, which reports show. In a file, blank lines and lines that begin with `#` are left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from detector.errors import ConfigError
from detector.policy.forms import forms_of
from detector.text.offsets import Span
from detector.text.segments import WORD

_REASON = re.compile(r"\s+#\s+")
_ORIGINAL = re.compile(r"\s*(?:<-|←)\s*")
_BETWEEN = re.compile(r"\s+|\s?[-‐‑]\s?")  # words of one phrase
_PART = re.compile(r"[^-‐‑]+")  # of a word with hyphens


class Kind(StrEnum):
    LITERAL = "literal"
    FORMS = "forms"
    PATTERN = "pattern"


@dataclass(frozen=True, slots=True)
class AllowEntry:
    """One entry. `text` is the entry as it was written, without its reason; `phrase` or `original` may be empty."""

    text: str
    kind: Kind
    phrase: str
    original: str
    reason: str

    @classmethod
    def parse(cls, line: str) -> AllowEntry:
        """Read an entry. Raises ConfigError, which says what is wrong with it."""
        text, *reason = _REASON.split(line.strip(), maxsplit=1)
        kind, rest = Kind.LITERAL, text
        for known in (Kind.FORMS, Kind.PATTERN):
            if text.startswith(f"{known}:"):
                kind, rest = known, text.removeprefix(f"{known}:").strip()
        phrase, *original = _ORIGINAL.split(rest, maxsplit=1)
        entry = cls(text, kind, phrase.strip(), original[0].strip() if original else "", reason[0] if reason else "")
        if problem := entry._problem(bool(original)):
            raise ConfigError(f"{text!r}: {problem}")
        return entry

    def _problem(self, has_arrow: bool) -> str | None:
        if has_arrow and not self.original:
            return "no original stands after the arrow"
        if not self.phrase and not self.original:
            return "names no phrase"
        if self.kind is Kind.PATTERN:
            try:
                pattern = re.compile(self.phrase, re.IGNORECASE)
            except re.error as error:
                return f"is no regular expression ({error})"
            if pattern.search(""):
                return "the pattern matches nothing at all, and so it would match everywhere"
        elif self.phrase and not WORD.search(self.phrase):
            return "has no word in it"
        return None


class Match(NamedTuple):
    """A phrase of the prose that an entry allows."""

    span: Span
    entry: AllowEntry


class AllowList:
    """Entries, compiled once. Immutable, so thread- and fork-safe; pickles.

    Words are looked up by the first one of each phrase, so that a long list is no slower than a short one.
    """

    def __init__(self, entries: Iterable[AllowEntry]) -> None:
        self.entries = tuple(dict.fromkeys(entries))
        self._by_first: dict[str, list[tuple[tuple[frozenset[str], ...], AllowEntry]]] = defaultdict(list)
        self._patterns: list[tuple[re.Pattern[str], AllowEntry]] = []
        self.of_originals = tuple(entry for entry in self.entries if not entry.phrase)
        for entry in self.entries:
            if entry.phrase:
                self._compile(entry)
        for known in self._by_first.values():  # the longest first
            known.sort(key=lambda pair: -len(pair[0]))
        self._by_first = dict(self._by_first)

    def __bool__(self) -> bool:
        return bool(self.entries)

    def matches(self, text: str, words: Sequence[Span]) -> Iterator[Match]:
        """Yield what is allowed in a text, whose words are these; what overlaps is yielded twice."""
        if self._by_first:
            if "-" in text or "‐" in text:
                words = [part for word in words for part in _parts(text, word)]
            spelt = [normal(text[start:end]) for start, end in words]
            for number, word in enumerate(spelt):
                for sequence, entry in self._by_first.get(word, ()):
                    if self._stands_at(sequence, spelt, words, number, text):
                        yield Match(Span(words[number].start, words[number + len(sequence) - 1].end), entry)
                        break
        for pattern, entry in self._patterns:
            yield from (Match(Span(*found.span()), entry) for found in pattern.finditer(text) if found.group())

    def _compile(self, entry: AllowEntry) -> None:
        if entry.kind is Kind.PATTERN:
            self._patterns.append((re.compile(entry.phrase, re.IGNORECASE), entry))
            return
        sequence = tuple(choices for part in entry.phrase.split() for choices in _choices(part, entry.kind))
        if entry.kind is Kind.LITERAL and not _is_words(entry.phrase):
            spelt = r"\s+".join(map(re.escape, entry.phrase.split()))
            self._patterns.append((re.compile(rf"(?<!\w){spelt}(?!\w)", re.IGNORECASE), entry))
            return
        for word in sequence[0]:
            self._by_first[word].append((sequence, entry))

    @staticmethod
    def _stands_at(
        sequence: Sequence[frozenset[str]], spelt: Sequence[str], words: Sequence[Span], at: int, text: str
    ) -> bool:
        if at + len(sequence) > len(spelt):
            return False
        return all(
            spelt[at + n] in sequence[n] and _BETWEEN.fullmatch(text[words[at + n - 1].end : words[at + n].start])
            for n in range(1, len(sequence))
        )


def read_allow_file(path: Path) -> list[AllowEntry]:
    """Read a file of entries. Raises ConfigError, naming the file and the line."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "is not UTF-8"
        raise ConfigError(f"--allow {path}: can't be read ({problem})") from error
    entries = []
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                entries.append(AllowEntry.parse(line))
            except ConfigError as error:
                raise ConfigError(f"--allow {path}, line {number}: {error}") from error
    return entries


def normal(word: str) -> str:
    """Return a word as it is looked up."""
    return word.casefold().replace("’", "'")


def _parts(text: str, word: Span) -> Iterator[Span]:
    """Yield the parts of a word that hyphens join."""
    return (Span(*part.span()) for part in _PART.finditer(text, *word))


def _choices(part: str, kind: Kind) -> Iterator[frozenset[str]]:
    """Yield, for each word of a part without white space, the spellings that fit."""
    if kind is Kind.FORMS and "|" in part:
        yield frozenset(form for word in part.split("|") if word for form in forms_of(normal(word)))
        return
    for word in (piece for found in WORD.findall(part) for piece in _PART.findall(found)):
        yield forms_of(normal(word)) if kind is Kind.FORMS else frozenset({normal(word)})


def _is_words(phrase: str) -> bool:
    """Tell whether a phrase consists of words with white space between them, and of nothing else."""
    return all(WORD.fullmatch(part) for part in phrase.split())
