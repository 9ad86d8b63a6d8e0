"""Signals measure; they never decide.

A signal reads the prose of documents and returns numbers (`features`) and places (`findings`). It knows no threshold of
the verdict. A signal that could not run says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable

from detector.report import Finding, Status
from detector.text.document import Document
from detector.text.offsets import Span


class Scale(StrEnum):
    """How the classifier reads a feature."""

    LINEAR = "linear"  # as measured
    LOG1P = "log1p"  # ln(1 + value): a rate, of which the step from 0 to 5 says more than that from 50 to 55


class Feature(NamedTuple):
    """One number that a signal measures: its name (`signal.what`), its unit, why it is there, and its scale."""

    name: str
    unit: str
    why: str
    scale: Scale = Scale.LINEAR


def rate(name: str, why: str) -> Feature:
    """Return a feature that counts something per 1,000 words of prose."""
    return Feature(name, "per 1,000 words", why, Scale.LOG1P)


class Hit(NamedTuple):
    """A place of the text (code points of the document's text) that a feature counts."""

    start: int
    end: int
    rule: str
    feature: str


class Ignoring(NamedTuple):
    """What is to be left out of a measurement.

    `findings` are ignored. `unremarkable`: the words there (prose offsets) count as if they were ordinary ones. `unread`: the
    words there (prose offsets) do not count at all; `regions` are the same in offsets of the text, and `unread_share` is the
    share of the document's words that stand there.
    """

    findings: Collection[Finding]
    unremarkable: Sequence[Span] = ()
    unread: Sequence[Span] = ()
    regions: Sequence[Span] = ()
    unread_share: float = 0.0


@dataclass(frozen=True)
class Measurement:
    """What one signal measured in one document. `features` is empty unless `status` is ok.

    `notes` are sentences for the report's reader. `engine` names what measured, with versions, where a signal has several
    engines to choose from; where it was not needed, what would have measured. `hits` are the places that the features
    count, where they count places. `unread` are the windows of the document (prose offsets, in order) that were left out
    though they can be measured, too (`LongSignal`).
    """

    status: Status
    detail: str = ""
    features: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    engine: str | None = None
    hits: tuple[Hit, ...] = ()
    unread: tuple[Span, ...] = ()

    def without(self, ignoring: Ignoring) -> Measurement:
        """Return the measurement of the document without what is ignored: its findings, and what they add to features."""
        kept = tuple(finding for finding in self.findings if finding not in ignoring.findings)

        def counts(hit: Hit) -> bool:
            return not any(
                one.rule == hit.rule and hit.start < one.end and one.start < hit.end for one in ignoring.findings
            ) and not any(start <= hit.start < end for start, end in ignoring.regions)

        hits = tuple(filter(counts, self.hits))
        before, after = (Counter(hit.feature for hit in some) for some in (self.hits, hits))
        of_rest = 1 / (1 - ignoring.unread_share)  # the rates are per words that were read
        counted = {name: self.features[name] * after[name] / number * of_rest for name, number in before.items()}
        return replace(self, features={**self.features, **counted}, findings=kept, hits=hits)

    def find(self, document: Document, log_odds: float) -> tuple[Finding, ...]:
        """Return the findings in the document, given the natural log-odds that it was spun by its wording."""
        return self.findings

    def of_window(self, window: Span) -> Mapping[str, float] | None:
        """Return the features of one window of the document (prose offsets); None if the signal can't measure a window."""
        return None

    def has_read(self, window: Span) -> bool:
        """Tell whether the signal has read one window of the document (prose offsets), if it reads by windows."""
        return False

    def outside_quotations(self) -> Mapping[str, float] | None:
        """Return the features of the text outside quotations; None if the signal can't measure them."""
        return None

    @classmethod
    def skipped(cls, detail: str) -> Measurement:
        return cls(Status.SKIPPED, detail)

    @classmethod
    def not_needed(cls, detail: str, engine: str | None = None) -> Measurement:
        return cls(Status.NOT_NEEDED, detail, engine=engine)

    @classmethod
    def failed(cls, detail: str) -> Measurement:
        return cls(Status.FAILED, detail)


@runtime_checkable
class LateSignal(Protocol):
    """A signal that loads a part of what it needs when a document first needs it."""

    def preload(self) -> None:
        """Load it now. Starts no thread."""
        ...


class Signal(Protocol):
    """One kind of evidence."""

    @property
    def name(self) -> str: ...

    @property
    def features(self) -> tuple[Feature, ...]: ...

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        """Return one measurement for each document, in order. Never raises for a document: it reports `failed`."""
        ...

    def close(self) -> None:
        """End processes and servers, close files. May be called twice."""
        ...


@runtime_checkable
class LongSignal(Signal, Protocol):
    """A signal that `measure`s long documents in part where that tells enough: its measurements have `unread` windows."""

    def measure_closer(
        self, documents: Sequence[Document], measured: Sequence[Measurement], windows: Sequence[Sequence[Span]]
    ) -> list[Measurement]:
        """Return the measurements of documents in part, some windows of each (prose offsets) read with more effort; as they
        are where the signal has no more effort to make."""
        ...

    def measure_whole(self, documents: Sequence[Document]) -> list[Measurement]:
        """Return a measurement of all of each document, in order."""
        ...
