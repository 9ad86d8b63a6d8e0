"""From the probability to the verdict, for any threshold: no text, no model, nothing but what a report holds.

The judge decides with it when a document is scored; stored scores get their verdict under another threshold with it.
"""

from __future__ import annotations

from detector.report import Grounds, Thresholds, Verdict

# A document of clipped style, or in verse, is called spun from here on. Honest headlines were seen up to .980; of 262 short
# news items spun by a dictionary, 10 are of clipped style and 2 of these lie between the threshold and this.
OVERWHELMING = 0.99
_CLIPPED = (
    "written in clipped style, as headlines, notes and advertisements are, which exchange words of their own accord:"
    f" called spun only from a probability of {OVERWHELMING} on"
)
_VERSE = (
    "written in lines, as poems and plays are, which choose rare words for sound and metre:"
    f" called spun only from a probability of {OVERWHELMING} on"
)
_GARBLED = (
    "garbled: words all over the text look a little odd, as after a translation that lost the meaning;"
    " a spinner leaves most sentences as they were"
)
_NO_SWAPS = "no swapped words found: what else is odd is not enough to call a document spun"
_QUOTED = "the odd words stand in quotations: what is written around them does not look spun"
_CHOICES = "choices of a spinner were left in the text, so its verdict does not depend on the probability"


def decide(probability: float, grounds: Grounds, thresholds: Thresholds) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict, and why it differs from what the probability alone says."""
    verdict, remarks = _by_probability(probability, grounds, thresholds)
    if grounds.proven is Verdict.SPUN or (grounds.proven and verdict is Verdict.CLEAN):
        return grounds.proven, ()  # the note says of what
    if grounds.choices is Verdict.SPUN or (grounds.choices and verdict is Verdict.CLEAN):
        return grounds.choices, (_CHOICES,)
    if grounds.garbled and verdict is not Verdict.SPUN:
        return Verdict.SUSPECT, (*remarks, _GARBLED)
    section = grounds.section
    if verdict is Verdict.CLEAN and section is not None and (section.probability or 0.0) >= thresholds.spun:
        where = f"from character {section.start} to {section.end}"
        return Verdict.SUSPECT, (f"the section {where} reads as spun, the document as a whole does not",)
    return verdict, remarks


def _by_probability(probability: float, grounds: Grounds, thresholds: Thresholds) -> tuple[Verdict, tuple[str, ...]]:
    if probability < thresholds.spun:
        return (Verdict.SUSPECT if probability >= thresholds.suspect else Verdict.CLEAN), ()
    if grounds.wording < thresholds.suspect:
        return Verdict.SUSPECT, (_NO_SWAPS,)
    if grounds.unquoted is not None and grounds.unquoted < thresholds.suspect:
        return Verdict.SUSPECT, (_QUOTED,)
    if grounds.clipped and probability < OVERWHELMING:
        return Verdict.SUSPECT, (_CLIPPED,)
    if grounds.verse and probability < OVERWHELMING:
        return Verdict.SUSPECT, (_VERSE,)
    return Verdict.SPUN, ()
