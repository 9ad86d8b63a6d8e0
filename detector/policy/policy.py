"""Puts together what a user ignores, and applies it to the measurements of one document at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from detector.errors import ConfigError
from detector.options import InlineIgnores, Options
from detector.policy.allow import AllowEntry, AllowList, Match, normal, read_allow_file
from detector.policy.baseline import Baseline, Decision, DocumentEntry, Place
from detector.policy.identity import in_sentence, rule_of, sentence_hash, sentence_hashes, sentence_of
from detector.policy.inline import Inline, Region, is_of, of_field, read_inline
from detector.report import Finding, Ignored, IgnoredBy, IgnoredFinding, Status, Verdict
from detector.signals import Ignoring, Measurement
from detector.text.document import Document
from detector.text.offsets import Span
from detector.text.small_words import SMALL

IN_KNOWN_SENTENCE = "in a sentence that was there"
_OWN = (IgnoredBy.INLINE, IgnoredBy.FIELD)  # of the document; the allow-list is for many
_SAME_DOCUMENT = 0.5  # of its sentences were in a document of the baseline


@dataclass(frozen=True)
class Policy:
    """What is ignored in a run. Immutable; pickles."""

    allow: AllowList
    baseline: Baseline | None
    inline: InlineIgnores

    @classmethod
    def of_options(cls, options: Options) -> Policy:
        """Read the files that the options name. Raises ConfigError, naming the file and the line."""
        entries = list(map(_parse_phrase, options.allow_phrases))
        if options.allow is not None:
            entries += read_allow_file(Path(options.allow))
        baseline = None if options.baseline is None else Baseline.read(Path(options.baseline))
        return cls(AllowList(entries), baseline, options.inline_ignores)

    def of(self, document: Document) -> Ignores | None:
        """Return what is ignored in a document; None where that can be nothing."""
        inline = Inline()
        if self.inline == "always" or (self.inline == "files" and document.is_file):
            inline = read_inline(document)
        field = of_field(document.ignore, document)
        if not (self.allow or self.baseline or inline != Inline() or field != Inline()):
            return None
        return Ignores(document, self, inline, field)


NOTHING_IGNORED = Policy(AllowList(()), None, "never")


class Ignores:
    """What is ignored in one document. `apply` takes the findings of each signal out, and remembers them."""

    def __init__(self, document: Document, policy: Policy, inline: Inline, field: Inline) -> None:
        self._document, self._baseline = document, policy.baseline
        self._inline, self._field, self._of_originals = inline, field, policy.allow.of_originals
        by_phrase = [(inline.phrases, IgnoredBy.INLINE), (field.phrases, IgnoredBy.FIELD)]
        self._lists = [(AllowList(some), by) for some, by in by_phrase if some]
        if policy.allow:
            self._lists.append((policy.allow, IgnoredBy.ALLOW))
        self._regions = [(one, IgnoredBy.INLINE) for one in inline.regions]
        self._regions += [(one, IgnoredBy.FIELD) for one in field.regions]
        self._ignored: list[IgnoredFinding] = []
        self._measured: set[str] = set()
        self._new_wording = 0  # findings of the wording signal that nothing ignores

    # --- before anything is measured ---------------------------------------------------------------------------------

    @property
    def unread(self) -> list[Span]:
        """The parts of the prose of which the wording is ignored whole, in order."""
        return self._prose_of(region for region, _ in self._regions if not region.rules or "wording" in region.rules)

    @cached_property
    def words_unread(self) -> int:
        """How many of the document's words stand there."""
        return _count_inside(self._document.words, self.unread)

    # --- while it is measured ----------------------------------------------------------------------------------------

    def apply(self, measurement: Measurement, name: str) -> Measurement:
        """Return what the signal `name` measured, without what is ignored."""
        ignored = [one for finding in measurement.findings if (one := self._why(finding)) is not None]
        # A signal may measure more than once, first a part of the document.
        self._ignored = [one for one in self._ignored if one.finding.signal != name] + ignored
        if measurement.status is Status.OK:
            self._measured.add(name)
        if name == "wording":
            self._new_wording = len(measurement.findings) - len(ignored)
        of_signal = [region for region, _ in self._regions if not region.rules or name in _signals(region)]
        unread = self._prose_of(region for region in of_signal if not region.rules or name in region.rules)
        unremarkable: list[Span] = []
        if name == "wording":
            unremarkable = [match.span for match, _ in self._matches if not match.entry.original]
            unremarkable += [
                span for one in ignored if (span := self._document.prose.find(one.finding.start, one.finding.end))
            ]
        share = _count_inside(self._document.words, unread) / max(1, len(self._document.words))
        if not ignored and not unread and not unremarkable:
            return measurement
        spans = [region.span for region in of_signal if not region.rules or name in region.rules]
        findings = frozenset(one.finding for one in ignored)
        return measurement.without(Ignoring(findings, unremarkable, unread, spans, min(share, 0.999)))

    def _why(self, finding: Finding) -> IgnoredFinding | None:
        """Return what ignores a finding: the baseline only what nothing else does."""
        rule = f"{finding.signal}/{finding.rule}"
        for region, by in self._regions:
            start, end = region.span
            if start <= finding.start and finding.end <= end and (not region.rules or is_of(rule, region.rules)):
                return IgnoredFinding(finding, by, region.entry, region.reason)
        if (allowed := self._allowing(finding)) is not None:
            return allowed
        for entry in self._of_originals:
            if _suggests(finding, entry):
                return IgnoredFinding(finding, IgnoredBy.ALLOW, entry.text, entry.reason)
        return self._in_baseline(finding)

    def _allowing(self, finding: Finding) -> IgnoredFinding | None:
        """Return the entry that allows a finding: all its words are allowed, but for small ones such as `the`."""
        span = self._document.prose.find(finding.start, finding.end)
        if span is None or not self._matches:
            return None
        fitting = [
            (match, by)
            for match, by in self._matches
            if match.span.start < span.end
            and span.start < match.span.end
            and (not match.entry.original or _suggests(finding, match.entry))
        ]
        text = self._document.prose.text
        words = [word for word in self._document.words if word.start < span.end and span.start < word.end]
        outside = [word for word in words if not any(_covers(match.span, word, span) for match, _ in fitting)]
        if not fitting or any(normal(text[start:end]) not in SMALL for start, end in outside):
            return None
        match, by = fitting[0]
        return IgnoredFinding(finding, by, match.entry.text, match.entry.reason)

    def _in_baseline(self, finding: Finding) -> IgnoredFinding | None:
        if self._baseline is None:
            return None
        entry = self._baseline.find(self._place, rule_of(finding), in_sentence(self._document, finding))
        if entry is not None:
            if entry.decision is Decision.REJECTED:
                return None
            audited = entry.decision is not Decision.NONE
            return IgnoredFinding(finding, IgnoredBy.BASELINE, entry.shown, entry.reason, audited)
        known, _ = self._known
        span = self._document.prose.find(finding.start, finding.end)
        if known and span is not None:
            first = sentence_hash(self._document, sentence_of(self._document, span))
            if first in known:
                return IgnoredFinding(finding, IgnoredBy.BASELINE, IN_KNOWN_SENTENCE)
        return None

    # --- after the verdict -------------------------------------------------------------------------------------------

    def accepts(self, verdict: Verdict) -> bool:
        """Tell whether the baseline accepts a document that is spun even without what is ignored.

        It was spun then, most of its sentences were there, and no finding of the wording signal is new.
        """
        if self._baseline is None or verdict is not Verdict.SPUN or self._new_wording:
            return False
        known, document = self._known
        sentences = set(sentence_hashes(self._document))
        return (
            document is not None and document.verdict is Verdict.SPUN and len(known) >= _SAME_DOCUMENT * len(sentences)
        )

    def result(self, verdict: Verdict | None, probability: float | None, *, accepted: bool) -> Ignored | None:
        """Return what the report says; `verdict` and `probability` are those without ignores.

        None where nothing was ignored, and nothing was to be.
        """
        unused = tuple(self._unused())
        spans = self.unread + [match.span for match, _ in self._matches if not match.entry.original]
        spans += [
            span for one in self._ignored if (span := self._document.prose.find(one.finding.start, one.finding.end))
        ]
        words = _count_inside(self._document.words, spans)
        if not (self._ignored or unused or words or accepted):
            return None
        findings = tuple(sorted(self._ignored, key=lambda one: (one.finding.start, one.finding.end)))
        by = dict(sorted(Counter(one.by for one in findings).items()))
        return Ignored(findings, len(findings), by, words, verdict, probability, accepted, unused)

    def _unused(self) -> Iterator[str]:
        """Yield sentences on what has no finding to ignore. Nothing is known of it where the signal did not run."""
        yield from self._inline.problems
        used = {(one.by, one.entry) for one in self._ignored}
        own = {(by, region.entry): _signals(region) or {"wording"} for region, by in self._regions}
        own |= {(by, entry.text): {"wording"} for some, by in self._lists for entry in some.entries if by in _OWN}
        for (by, entry), signals in own.items():
            if (by, entry) not in used and signals <= self._measured:
                whose = "" if by is IgnoredBy.INLINE else "the record's field: "
                yield f"{whose}{entry}: there is no finding to ignore"

    # --- looked up once ----------------------------------------------------------------------------------------------

    @cached_property
    def _matches(self) -> list[tuple[Match, IgnoredBy]]:
        text, words = self._document.prose.text, self._document.words
        return [(match, by) for some, by in self._lists for match in some.matches(text, words)]

    @cached_property
    def _place(self) -> Place:
        assert self._baseline is not None
        return place_of(self._document, self._baseline)

    @cached_property
    def _known(self) -> tuple[set[bytes], DocumentEntry | None]:
        assert self._baseline is not None
        return self._baseline.known_sentences(self._place, list(sentence_hashes(self._document)))

    def _prose_of(self, regions: Iterable[Region]) -> list[Span]:
        """Return the spans of prose that were taken from regions of the text, merged and in order."""
        spans: list[Span] = []
        for region in regions:
            for piece in self._document.prose.pieces:
                start, end = max(piece.source_start, region.span.start), min(piece.source_end, region.span.end)
                if start >= end:
                    continue
                shift = piece.prose_start - piece.source_start
                whole = Span(piece.prose_start, piece.prose_end)
                spans.append(Span(start + shift, end + shift) if piece.verbatim else whole)
        return _merged(sorted(spans))


def place_of(document: Document, baseline: Baseline) -> Place:
    """Return where a document is, for a baseline: a file, or a record with an id of its own."""
    if document.is_file:
        return Place() if document.id == "-" else baseline.place_of_file(document.source)
    return Place(record=document.id) if document.id != document.source else Place()


def _parse_phrase(phrase: str) -> AllowEntry:
    try:
        return AllowEntry.parse(phrase)
    except ConfigError as error:
        raise ConfigError(f"--allow-phrases {error}") from error


def _signals(region: Region) -> set[str]:
    return {rule.partition("/")[0] for rule in region.rules}


def _suggests(finding: Finding, entry: AllowEntry) -> bool:
    """Tell whether the best suggestion of a finding is the original that an entry names."""
    best = finding.suggestions[0].text if finding.suggestions else ""
    return normal(" ".join(best.split())) == normal(" ".join(entry.original.split()))


def _covers(allowed: Span, word: Span, finding: Span) -> bool:
    """Tell whether what of a word lies in a finding is allowed."""
    return allowed.start <= max(word.start, finding.start) and min(word.end, finding.end) <= allowed.end


def _count_inside(words: Sequence[Span], spans: Iterable[Span]) -> int:
    merged = _merged(sorted(spans))
    number = at = 0
    for start, end in words:
        while at < len(merged) and merged[at].end <= start:
            at += 1
        number += at < len(merged) and merged[at].start < end
    return number


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, end))
        else:
            merged.append(Span(start, end))
    return merged
