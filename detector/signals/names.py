"""Names: one name written in ways that editing would not leave.

Writers introduce a name once and then stay with it; programs that replace words do not know what a name is. So every
reading here needs the same document as its witness: `Kim Jong- us` counts only beside `Kim Jong Un`, `Ahmadinezad` only
beside `Ahmadinejad`, `South Asian` only where everything else is about South Korea. Two people who share a surname,
plurals, possessives, initials, accents and transliterations are not variants.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from detector.report import Finding, Status, Suggestion
from detector.rules import RULES
from detector.signals import Feature, Hit, Measurement, rate
from detector.text.document import Document

MIN_MISSPELT = 7  # letters; shorter names one letter apart are mostly two names (Hansen, Jansen)
MIN_MISSPELT_ALONE = 9  # letters, where no shared first name says that it is the same person
MAX_NAMES = 20_000  # different long names compared with each other; a bigger document is an index
MAX_FINDINGS = 20  # a rule and document; the features count all

_TITLES = re.compile(
    r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Lord|Lady|President|Premier|Chancellor|Minister|Senator|Sen|Congressman"
    r"|Governor|Gov|Mayor|Judge|Justice|General|Gen|Colonel|Captain|King|Queen|Prince|Princess|Pope|Bishop)"
)
_SPEECH = re.compile(r"said|says|told|added|wrote|asked|replied|claimed|announced|insisted|argued|tweeted|joked|warned")
# Lower-case words that follow a hyphen after any name: Paris-based, Trump-era.
_AFTER_NAME = re.compile(r"\w+(?:ed|ing)|born|led|run|era|style|like|wide|area|free|only|made|and|or|to")
_SMALL_WORD = re.compile(r"an?|as|at|in|is|it|on|or|so|us|no|to|go|he|me|my|by|be|do|if|of|up|we|i|am|all|and|son|man")
_DIRECTIONS = ("North", "South")


# The countries whose adjective is exchanged for "Asian", and what makes a writer mean the region itself.
_ASIAN_COUNTRIES = {"Korean": "Korea", "Vietnamese": "Vietnam"}
_REGION_MEANT = re.compile(
    r"India|Pakistan|Bangladesh|Sri Lanka|Nepal|Bhutan|Maldives|Afghan|Siberia|Mongolia"
    r"|(?:North|South) Asia(?!n)|(?:North|South) Asians|(?:East|West|Central|South-?[Ee]ast) Asia"
)

_PART, _GENITIVE = re.compile(r"[^\-‐]+"), re.compile(r"['’]s?$")


class Token(NamedTuple):
    """A word, or a part of a hyphenated one, at prose offsets; `gap` is what stands between it and the one before."""

    text: str
    start: int
    end: int
    gap: str
    is_name: bool  # two characters or more, the first one a capital letter


class Variant(NamedTuple):
    """A place where a name is written differently from `regular`, the usual way of the document."""

    rule: str
    start: int
    end: int
    regular: str


class Names:
    """Counts the words and names of one document, once for all rules."""

    def __init__(self, document: Document) -> None:
        self.text = document.prose.text
        self.tokens = list(_split_into_tokens(document))
        self.names = Counter(token.text for token in self.tokens if token.is_name)
        self.lower = Counter(token.text for token in self.tokens if not token.is_name)

    @cached_property
    def pairs(self) -> Counter[tuple[str, str]]:
        """Two capitalised words in one name, counted."""
        return Counter(
            (first.text, second.text)
            for first, second in pairwise(self.tokens)
            if first.is_name and second.is_name and second.gap in (" ", "-")
        )

    @cached_property
    def third_parts(self) -> dict[tuple[str, str], Counter[str]]:
        """What follows the first two parts of a name of three: {("Kim", "Jong"): {" Un": 4}}."""
        thirds: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for first, second, third in zip(self.tokens, self.tokens[1:], self.tokens[2:], strict=False):
            joined = second.gap == " " and third.gap in (" ", "-")
            if first.is_name and second.is_name and joined and (third.is_name or third.gap == "-"):
                thirds[first.text, second.text][third.gap + third.text] += 1
        return thirds

    @cached_property
    def people(self) -> frozenset[str]:
        """Names that carry a title or are said to speak."""
        surnames = set()
        for first, second in pairwise(self.tokens):
            if second.is_name and _TITLES.fullmatch(first.text) and second.gap in (" ", ". "):
                surnames.add(second.text)
            if first.is_name and second.gap == " " and _SPEECH.fullmatch(second.text):
                surnames.add(first.text)
        return frozenset(surnames)


def _split_into_tokens(document: Document) -> Iterator[Token]:
    text = document.prose.text
    end = 0
    for word in document.words:
        whole = text[word.start : word.end]
        # Nearly all words are one part, and no genitive.
        parts = ((0, whole),) if whole.isalnum() else ((p.start(), p.group()) for p in _PART.finditer(whole))
        for at, part in parts:
            start = word.start + at
            name = part if part.isalnum() else _GENITIVE.sub("", part)
            if name:
                gap = text[end : min(start, end + 3)] if end else "\n"
                yield Token(name, start, start + len(name), gap, len(name) > 1 and name[0].isupper())
                end = start + len(part)


def _find_broken(names: Names) -> Iterator[Variant]:
    """Yield names with a part replaced by a word: `Kim Jong- us` in a text about `Kim Jong Un`."""
    for first, second, third in zip(names.tokens, names.tokens[1:], names.tokens[2:], strict=False):
        if third.gap not in ("- ", " -") or third.is_name or not (first.is_name and second.is_name):
            continue
        regular = names.third_parts.get((first.text, second.text))
        if second.gap == " " and regular and not _AFTER_NAME.fullmatch(third.text):
            last = regular.most_common(1)[0][0]
            if last[1:].lower() != third.text:
                yield Variant("BROKEN_NAME", first.start, third.end, f"{first.text} {second.text}{last}")


def _find_split(names: Names) -> Iterator[Variant]:
    """Yield names with a space in them: `Barack Obam a` in a text about `Barack Obama`."""
    for before, head, rest in zip(names.tokens, names.tokens[1:], names.tokens[2:], strict=False):
        if not (
            head.is_name and len(head.text) > 3 and rest.gap == " " and len(rest.text) <= 4 and rest.text.islower()
        ):
            continue
        whole = head.text + rest.text
        if names.names[whole] < 2 or names.names[head.text] > 1:
            continue
        if names.pairs[before.text, whole] or not _SMALL_WORD.fullmatch(rest.text):
            yield Variant("SPLIT_NAME", head.start, rest.end, whole)


def _find_lower_case(names: Names) -> Iterator[Variant]:
    """Yield surnames in lower case: `Donald trump card` in a text about `Donald Trump`."""
    for first, second in pairwise(names.tokens):
        surname = second.text.capitalize()
        if not (first.is_name and second.text.islower() and second.gap == " " and surname in names.people):
            continue
        is_first_name = names.pairs[first.text, surname] > 0 and first.text.lower() not in names.lower
        if is_first_name and names.names[surname] >= 3 * names.lower[second.text]:
            yield Variant("LOWER_CASE_NAME", first.start, second.end, f"{first.text} {surname}")


def _find_misspelt(names: Names) -> Iterator[Variant]:
    """Yield names that differ by one letter from a more frequent one: `Ahmadinezad` beside `Ahmadinejad`."""
    regular = dict(_pair_one_letter_apart(names))
    if not regular:
        return
    firsts: dict[str, set[str]] = defaultdict(set)
    for first, second in names.pairs:
        if not _TITLES.fullmatch(first):
            firsts[second].add(first)
    for token in names.tokens:
        for common in regular.get(token.text, ()):
            if firsts[token.text] & firsts[common] or _is_same_without_first_name(names, firsts, token.text, common):
                yield Variant("MISSPELT_NAME", token.start, token.end, common)
                break


def _is_same_without_first_name(names: Names, firsts: dict[str, set[str]], rare: str, common: str) -> bool:
    is_known = names.names[common] >= 3 and common in names.people
    return len(rare) >= MIN_MISSPELT_ALONE and is_known and not firsts[rare]


def _pair_one_letter_apart(names: Names) -> Iterator[tuple[str, list[str]]]:
    """Yield each rare name with the more frequent ones that are one edit away, found by deleting a letter of both."""
    candidates = [name for name in names.names if len(name) >= MIN_MISSPELT - 1 and not _is_ordinary(names, name)]
    if len(candidates) > MAX_NAMES:
        return
    shortened: dict[str, list[str]] = defaultdict(list)
    for name in candidates:
        for form in _delete_each_letter(name):
            shortened[form].append(name)
    for rare in candidates:
        if len(rare) < MIN_MISSPELT or names.names[rare] > 1:
            continue
        near = {name for form in _delete_each_letter(rare) for name in shortened[form]}
        common = sorted(name for name in near if names.names[name] >= 2 and _is_misspelling(rare, name))
        if common:
            yield rare, common


def _is_ordinary(names: Names, name: str) -> bool:
    """Tell whether a name is also an ordinary word, or no plain name at all (acronyms, versions)."""
    return name.lower() in names.lower or not name.isalpha() or not name[1:].islower()


def _delete_each_letter(name: str) -> set[str]:
    return {name, *(name[:i] + name[i + 1 :] for i in range(1, len(name)))}


def _is_misspelling(rare: str, common: str) -> bool:
    """Tell whether two names are one edit apart inside the word. Suffixes (Ukraine, Ukraina) and accents do not count."""
    if _strip_accents(rare) == _strip_accents(common) or rare[-2:] != common[-2:]:
        return False
    start = 0
    while start < min(len(rare), len(common)) and rare[start] == common[start]:
        start += 1
    left, right = rare[start:], common[start:]
    is_exchange = left[:2] == right[1::-1] and left[2:] == right[2:]
    return is_exchange or left[1:] == right[1:] or left[1:] == right or left == right[1:]


def _strip_accents(name: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark)).casefold()


def _find_region_for_country(names: Names) -> Iterator[Variant]:
    """Yield regions in place of a country: `its South Asian allies` in a text about South Korea, not about South Asia."""
    regular = {direction: _find_country(names, direction) for direction in _DIRECTIONS}
    if _REGION_MEANT.search(names.text):
        return
    for first, second in pairwise(names.tokens):
        adjective = regular.get(first.text)
        if adjective and second.gap == " " and second.text == "Asian":
            yield Variant("REGION_FOR_COUNTRY", first.start, second.end, f"{first.text} {adjective}")


def _find_country(names: Names, direction: str) -> str | None:
    """Return the adjective of the only country that the document names after this direction, three times at least."""
    counts = {
        adjective: names.pairs[direction, adjective] + names.pairs[direction, country]
        for adjective, country in _ASIAN_COUNTRIES.items()
    }
    named = [adjective for adjective, count in counts.items() if count]
    return named[0] if len(named) == 1 and counts[named[0]] >= 3 else None


_RULES = (
    (_find_broken, "names.broken", 0.8),
    (_find_split, "names.broken", 0.6),
    (_find_lower_case, "names.lower_case", 0.5),
    (_find_misspelt, "names.misspelt", 0.4),
    (_find_region_for_country, "names.region_for_country", 0.7),
)


class NamesSignal:
    """Variants of a name that editing would not leave."""

    name = "names"
    features: tuple[Feature, ...] = (
        rate("names.broken", "a part of a name replaced, or torn off, like any other word"),
        rate("names.lower_case", "a surname taken for the ordinary word it is spelt like"),
        rate("names.misspelt", "the same name with another letter; typists do it too"),
        rate("names.region_for_country", "a country's adjective exchanged for its region's"),
    )

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        return [_measure(document) for document in documents]

    def close(self) -> None:
        pass


def _measure(document: Document) -> Measurement:
    if not document.words:
        return Measurement.skipped("no words")
    counts = dict.fromkeys((feature.name for feature in NamesSignal.features), 0)
    findings: list[Finding] = []
    hits: list[Hit] = []
    try:
        names = Names(document)
        for rule, feature, score in _RULES:
            variants = list(rule(names))
            counts[feature] += len(variants)
            hits += [Hit(*document.locate(one.start, one.end), one.rule, feature) for one in variants]
            findings += _findings(document, variants[:MAX_FINDINGS], score)
    except Exception as problem:  # one odd document must not end the run
        return Measurement.failed(repr(problem))
    rates = {name: 1000 * count / len(document.words) for name, count in counts.items()}
    return Measurement(
        Status.OK, "", rates, tuple(sorted(findings, key=lambda finding: finding.start)), hits=tuple(hits)
    )


def _findings(document: Document, variants: Iterable[Variant], score: float) -> Iterator[Finding]:
    for variant in variants:
        yield Finding.at(
            document,
            variant.start,
            variant.end,
            signal=NamesSignal.name,
            rule=variant.rule,
            message=RULES[f"{NamesSignal.name}/{variant.rule}"].message.format(regular=variant.regular),
            score=score,
            suggestions=(Suggestion(variant.regular, score),),
        )
