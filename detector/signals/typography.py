"""Typography: the debris that is left when a text was cut into tokens, changed, and joined.

`Russia- North`, `well -known`, `a” proper relationship”`, `officials ‘ claims`, `the deal ,and`: none of these proves
anything, since some people always write so. So each kind of debris is compared with the regular way of writing in the
same document, and is reported only where it is the exception: a tokenised corpus, French spacing or a scanned
newspaper is consistent, and not debris.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from detector import rules
from detector.report import Finding, Status
from detector.signals import Feature, Hit, Measurement, rate
from detector.text.document import Document
from detector.text.offsets import Span
from detector.text.segments import blocks

# With fewer regular places than this for each irregular one, the irregular form is usual in this text. Hyphens and
# contractions are few in any text; reviewers who write `..` for a dash, and scans, are far below the other numbers.
REGULAR_FEW = 1
REGULAR_MARKS = 3
REGULAR_RUN = 10
MAX_FINDINGS = 20  # a rule and document; the features count all
_CONTEXT = 30  # characters looked at on each side of a finding to show whole words

_LETTER = r"[^\W\d_]"
_GAP = r"[ \t\u00a0]+"

# After a hyphen these continue a suspended compound (two- and three-year, mid- to late) or, with the hyphen typed for
# a dash, a clause. Before it they are cut-off speech (the- there was).
_CLAUSE_WORDS = (
    r"i|he|she|we|they|it|you|the|an?|this|that|these|those|who|which|what|when|where|why|how|because|so|if|and|or|but"
    r"|is|was|are|were|to|of|in|on|at|with|for|from|as|my|his|her|our|their|your|can|could|would|will"
)
_NOT_COMPOUND_LEFT = re.compile(rf"{_CLAUSE_WORDS}|be|been|uh|um|me|him|us|them")
_NOT_COMPOUND_RIGHT = re.compile(
    rf"{_CLAUSE_WORDS}|nor|und|versus|vs|through|though|plus|rather|than|then|there|here|not|no|yes|just|like|well|even|do|did"
    r"|\w+['’](?:s|t|m|re|ve|ll|d)"
)
_CONTRACTION = r"(?:s|t|re|ve|ll|d|m)(?![\w/'’\-])"
_WITH_APOSTROPHE = re.compile(r"s|t|re|ve|ll|d|m|n|em|til|tis|twas|cause|bout|round")
# A mark that follows one of these with a space lost what stood between them: a formula, a link, an address.
_LACKS_OBJECT = re.compile(
    r"an?|the|and|or|of|in|on|at|to|by|for|from|with|as|than|that|is|are|was|were|be|when|where|if|see|via|using|into"
    r"|about|between|under|over|through|like|called|denoted|emailing|following|equals?|its|their|our|your|my|his|her"
)
_OPEN, _CLOSE = "“", "”"
_BETWEEN_SPACES = re.compile(rf"{_LETTER} {_CLOSE} {_LETTER}")
_OPENING_CLOSE_MARK = re.compile(rf"[\s(]{_CLOSE}\w")  # ”so do the Finns”


@dataclass(frozen=True)
class Rule:
    """A kind of debris: where it may be (`places`), and how the same thing looks when it is regular."""

    rule: str  # id in `detector.rules`
    feature: str
    score: float
    places: Callable[[str], Iterator[Span]]
    regular: re.Pattern[str]
    regular_per_place: int = REGULAR_MARKS

    def find_debris(self, text: str) -> tuple[Span, ...]:
        """Return the places, or none where this text writes so throughout."""
        places = tuple(self.places(text))
        enough = self.regular_per_place * len(places)
        regular = sum(1 for _ in islice(self.regular.finditer(text), enough))
        return places if regular >= enough else ()


def _find_matches(pattern: str, keep: Callable[[str, Span], bool] | None = None) -> Callable[[str], Iterator[Span]]:
    compiled = re.compile(pattern)

    def places(text: str) -> Iterator[Span]:
        for match in compiled.finditer(text):
            span = Span(*match.span())
            if keep is None or keep(text, span):
                yield span

    return places


def _word_before(text: str, position: int) -> str:
    match = re.search(r"[\w'’]+$", text[max(0, position - _CONTEXT) : position])
    return match.group().lower() if match else ""


def _word_after(text: str, position: int) -> str:
    match = re.match(r"[\w'’]+", text[position : position + _CONTEXT])
    return match.group().lower() if match else ""


def _is_compound(text: str, span: Span) -> bool:
    left, right = _word_before(text, span.start), _word_after(text, span.end)
    if len(left) < 2 or _NOT_COMPOUND_LEFT.fullmatch(left) or _NOT_COMPOUND_RIGHT.fullmatch(right):
        return False
    following = text[span.end : span.end + _CONTEXT].lower().split()[:2]
    return not any(word.startswith(left) for word in following)  # thr- player three: speech broken off


def _is_detached(text: str, span: Span) -> bool:
    return _is_compound(text, span) and len(_word_after(text, span.end)) > 1 and not _is_paired_dash(text, span)


def _is_paired_dash(text: str, span: Span) -> bool:
    """Tell whether a second loose hyphen is near: then both are dashes or options (`the men -all of them- left`)."""
    nearby = text[max(0, span.start - 80) : span.start] + " # " + text[span.end : span.end + 80]
    return re.search(r"\s-{1,2}\w|\w-\s", nearby) is not None


def _is_floating_apostrophe(text: str, span: Span) -> bool:
    touching = _word_before(text, span.start), _word_after(text, span.end)
    return not any(_WITH_APOSTROPHE.fullmatch(word) for word in touching)


def _is_torn(text: str, span: Span) -> bool:
    left = _word_before(text, span.start)
    if text[span.end] in "tT":
        return left.endswith("n")  # not Shakespeare's `is 't`
    return _LACKS_OBJECT.fullmatch(left) is None


def _is_before_vowel(text: str, span: Span) -> bool:
    if text[span.start : span.end] != "a n":
        return True
    return re.match(r"\s[aeiou]\w", text[span.end : span.end + 3]) is not None


def _is_loose_mark(text: str, span: Span) -> bool:
    """Tell whether a mark is in running text, not in a heading where ` : ` is layout, nor where something was left out."""
    if _LACKS_OBJECT.fullmatch(_word_before(text, span.start)):
        return False
    before, after = text[max(0, span.start - 400) : span.start], text[span.end : span.end + 400]
    return len(before[before.rfind("\n") + 1 :].split()) + len(after.partition("\n")[0].split()) > 12


def _find_inverted_quotes(text: str) -> Iterator[Span]:
    """Yield closing double quotes that touch the word before, close nothing, and are followed by more text."""
    carried = False  # a quotation may run on over paragraphs
    for block in blocks(text):
        yield from _find_inverted_curly(text, block, carried)
        yield from _find_inverted_straight(text, block)
        carried = text.count(_OPEN, *block) > text.count(_CLOSE, *block)


def _find_inverted_curly(text: str, block: Span, carried: bool) -> Iterator[Span]:
    marks = list(re.compile(f"[{_OPEN}{_CLOSE}]").finditer(text, *block))
    is_open = carried
    for mark, following in pairwise(marks):
        if mark.group() == _OPEN or _OPENING_CLOSE_MARK.match(text, max(0, mark.start() - 1)):
            is_open = True
        elif is_open:
            is_open = False
        elif following.group() == _CLOSE and _is_misplaced(text, mark.start()):
            yield Span(*mark.span())
            is_open = True


def _find_inverted_straight(text: str, block: Span) -> Iterator[Span]:
    marks = [match.start() for match in re.compile(f'["{_OPEN}{_CLOSE}]').finditer(text, *block)]
    if len(marks) % 2 or any(text[mark] != '"' or text[mark - 1 : mark].isdigit() for mark in marks):
        return  # inches, mixed marks, or a quotation that runs on: no saying which mark opens
    for opening, closing in zip(marks[::2], marks[1::2], strict=True):
        if _is_glued_left(text, opening) and re.match(r"\S\"(?!\w)", text[closing - 1 : closing + 2]):
            yield Span(opening, opening + 1)


def _is_misplaced(text: str, position: int) -> bool:
    """Tell whether a quote touches the word before (`a” proper`) or none (`a ” proper`)."""
    return _is_glued_left(text, position) or _BETWEEN_SPACES.fullmatch(text, position - 2, position + 3) is not None


def _is_glued_left(text: str, position: int) -> bool:
    return re.fullmatch(rf"{_LETTER}.[ \t]{_LETTER}", text[max(0, position - 1) : position + 3]) is not None


RULES: tuple[Rule, ...] = (
    Rule(
        "SPACE_AFTER_HYPHEN",
        "typography.broken_hyphens",
        0.6,
        _find_matches(rf"(?<={_LETTER})-{_GAP}(?={_LETTER})", _is_compound),
        re.compile(rf"(?<={_LETTER})-(?=\w)"),
        REGULAR_FEW,
    ),
    Rule(
        "SPACE_BEFORE_HYPHEN",
        "typography.broken_hyphens",
        0.6,
        _find_matches(rf"(?<={_LETTER}){_GAP}-(?=[^\W\d_A-Z])", _is_detached),
        re.compile(rf"(?<={_LETTER})-(?=\w)"),
        REGULAR_FEW,
    ),
    Rule(
        "FLOATING_APOSTROPHE",
        "typography.stray_quotes",
        0.6,
        _find_matches(rf"(?<={_LETTER}){_GAP}['‘’]{_GAP}(?={_LETTER})", _is_floating_apostrophe),
        re.compile(rf"(?<={_LETTER})[\"”'’]|(?<=\s)[\"“‘](?={_LETTER})"),
    ),
    Rule(
        "SPLIT_CONTRACTION",
        "typography.stray_quotes",
        0.5,
        _find_matches(rf"(?<={_LETTER})(?: ['’] ?|['’] )(?={_CONTRACTION})", _is_torn),
        re.compile(rf"(?<={_LETTER}{{2}})['’](?={_CONTRACTION})"),
        REGULAR_FEW,
    ),
    Rule(
        "INVERTED_QUOTE",
        "typography.stray_quotes",
        0.7,
        _find_inverted_quotes,
        re.compile(rf"(?<={_LETTER})[\"”'’.,!?](?=\s|$)"),
    ),
    Rule(
        "SPACE_INSIDE_QUOTES",
        "typography.stray_quotes",
        0.4,
        _find_matches(rf"(?<=\s)[“‘]{_GAP}(?={_LETTER})(?!{_CONTRACTION})"),
        re.compile(r"[“‘](?=\w)"),
    ),
    Rule(
        "SPACE_BEFORE_COMMA",
        "typography.space_before_punctuation",
        0.2,
        _find_matches(rf"(?<={_LETTER}){_GAP},(?=\s|{_LETTER})(?![ \t]*,)", _is_loose_mark),
        re.compile(r"(?<=\w),"),
    ),
    Rule(
        "SPACE_BEFORE_FULL_STOP",
        "typography.space_before_punctuation",
        0.2,
        _find_matches(rf"(?<={_LETTER}){_GAP}\.(?=\s|$)(?!\s?\.)", _is_loose_mark),
        re.compile(r"(?<=\w)\.(?=\s|$)"),
    ),
    Rule(
        "SPACE_BEFORE_MARK",
        "typography.space_before_punctuation",
        0.2,
        _find_matches(rf"(?<={_LETTER}){_GAP}[;:!?](?=\s|$)(?!\s?[;:!?])", _is_loose_mark),
        re.compile(r"(?<=\w)[;:!?](?=\s|$)"),
    ),
    Rule(
        "DOUBLED_PUNCTUATION",
        "typography.doubled_punctuation",
        0.4,
        _find_matches(rf"(?<={_LETTER})(?:,[,;]|;[,;]|::|(?<=[a-z]{{4}})\.\.)(?=\s|$)(?!\s?\.)"),
        re.compile(r"(?<=\w)[,.;:](?=\s|$)"),
        REGULAR_RUN,
    ),
    Rule(
        "SPLIT_WORD",
        "typography.split_words",
        0.5,
        _find_matches(
            r"(?<=[^\W\d_] )(?:a n|o f|th e|t he|an d|a nd|wi th|w ith|fo r|fr om)(?= [^\W\d_])", _is_before_vowel
        ),
        re.compile(r"\b(?:an?|of|the|and|with|for|from)\b"),
        REGULAR_RUN,
    ),
)


class TypographySignal:
    """Detokenisation debris, counted against the document's own convention."""

    name = "typography"
    features: tuple[Feature, ...] = (
        rate("typography.broken_hyphens", "compounds put together again with a space"),
        rate("typography.stray_quotes", "quotation marks and apostrophes that lost their word"),
        rate("typography.space_before_punctuation", "tokens joined without regard to the mark"),
        rate("typography.doubled_punctuation", "a phrase replaced together with its comma"),
        rate("typography.split_words", "words cut in the middle; mostly scanning, not spinning"),
    )

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        return [_measure(document) for document in documents]

    def close(self) -> None:
        pass


def _measure(document: Document) -> Measurement:
    if not document.words:
        return Measurement.skipped("no words")
    text = document.prose.text
    counts = dict.fromkeys((feature.name for feature in TypographySignal.features), 0)
    findings: list[Finding] = []
    hits: list[Hit] = []
    try:
        for rule in RULES:
            places = [place for place in rule.find_debris(text) if not _is_joint(document, place)]
            counts[rule.feature] += len(places)
            hits += [Hit(*document.locate(*place), rule.rule, rule.feature) for place in places]
            findings += [_finding(document, rule, place) for place in places[:MAX_FINDINGS]]
    except Exception as problem:  # one odd document must not end the run
        return Measurement.failed(repr(problem))
    rates = {name: 1000 * count / len(document.words) for name, count in counts.items()}
    return Measurement(
        Status.OK, "", rates, tuple(sorted(findings, key=lambda finding: finding.start)), hits=tuple(hits)
    )


def _is_joint(document: Document, place: Span) -> bool:
    """Tell whether something was left out of the source here, so that the spacing comes from our reading."""
    start = max(0, place.start - 1)
    source = document.locate(start, place.end)
    return source.end - source.start != place.end - start


def _finding(document: Document, rule: Rule, place: Span) -> Finding:
    start, end = _widen_to_words(document.prose.text, place)
    message = rules.RULES[f"{TypographySignal.name}/{rule.rule}"].message
    return Finding.at(
        document, start, end, signal=TypographySignal.name, rule=rule.rule, message=message, score=rule.score
    )


def _widen_to_words(text: str, place: Span) -> Span:
    """Return the place with the words that touch it, so that a person sees what is meant."""
    left = re.search(r"[\w'’]*$", text[max(0, place.start - _CONTEXT) : place.start])
    right = re.match(r"[ \t]?[\w'’]*", text[place.end : place.end + _CONTEXT])
    start = place.start - (len(left.group()) if left else 0)
    end = place.end + (len(right.group().rstrip()) if right else 0)
    return Span(start, end)
