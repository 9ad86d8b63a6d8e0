"""What was ignored, in sentences for a person."""

from __future__ import annotations

from collections.abc import Mapping

from detector.report import Ignored, IgnoredBy

_IN_WORDS = {
    IgnoredBy.INLINE: "by the text itself",
    IgnoredBy.FIELD: "by the record's field",
    IgnoredBy.ALLOW: "by the allow-list",
    IgnoredBy.BASELINE: "by the baseline",
}


def note_on(ignored: Ignored | None) -> tuple[str, ...]:
    """Return what a report says of a document in which something was ignored."""
    if ignored is None or not (ignored.count or ignored.words or ignored.accepted):
        return ()
    by = counts_in_words(ignored.by)
    parts = [f"{ignored.count:,} {'finding' if ignored.count == 1 else 'findings'} ignored{f' ({by})' if by else ''}"]
    if ignored.probability is not None:
        parts.append(f"without that it would be {ignored.verdict}, {ignored.probability:.3f}")
    notes = ["; ".join(parts)]
    if ignored.accepted:
        notes.append("the baseline accepts the verdict: nothing new was found")
    return tuple(notes)


def counts_in_words(by: Mapping[IgnoredBy, int]) -> str:
    """Return how many findings each kind of ignore took out.

    >>> counts_in_words({IgnoredBy.BASELINE: 1, IgnoredBy.INLINE: 2})
    '2 by the text itself, 1 by the baseline'
    """
    return ", ".join(f"{by[kind]:,} {words}" for kind, words in _IN_WORDS.items() if by.get(kind))


def in_words(by: IgnoredBy) -> str:
    """Return what a finding is ignored by."""
    return _IN_WORDS[by]
