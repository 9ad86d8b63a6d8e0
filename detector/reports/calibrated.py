"""`detector calibrate`: the threshold, what it means, and the documents that a person should check."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from rich.text import Text

from detector.judge.calibration import CONFIDENCE, Calibrated
from detector.judge.calibration_file import NO_ENGINE, Calibration
from detector.report import Origin, Report
from detector.reports.console import count, open_console, thresholds_in_words
from detector.reports.printable import printable_line
from detector.reports.short import strongest_findings


def show_calibrated(calibrated: Calibrated, path: Path, stream: TextIO) -> None:
    console = open_console(stream)
    headline, *lines = _summary(calibrated, path)
    console.print(Text(headline, "bold"), soft_wrap=True)
    for line in lines:
        console.print(Text(f"  {line}"), soft_wrap=True)
    console.print()
    show_suspicious(calibrated.suspicious, stream, calibrated.calibration.threshold)


def show_suspicious(reports: Sequence[Report], stream: TextIO, threshold: float | None = None) -> None:
    """List the good documents with the highest probabilities; those that reach the threshold are marked."""
    if not reports:
        return
    console = open_console(stream)
    console.print(Text("The most suspicious of these documents; are they really good?", "bold"))
    for report in reports:
        value = report.probability or 0.0
        reached = threshold is not None and value >= threshold
        # As precise as the threshold: a document just below it must not look as if it reached it.
        line = Text(f"  {'*' if reached else ' '} {value:.6f}  ", "yellow" if reached else "")
        line.append(printable_line(report.id))
        if report.source != report.id:
            line.append(f"  {printable_line(report.source)}", "dim")
        line.append("".join(f"  {finding}" for finding in strongest_findings(report.findings)))
        console.print(line, soft_wrap=True)
    if threshold is not None:
        console.print(Text("  * reaches the threshold", "dim"))


def _summary(calibrated: Calibrated, path: Path) -> Iterator[str]:
    made, own = calibrated.calibration, calibrated.own
    yield f"threshold {made.threshold:g}, for at most {_percent(made.max_fpr)} of good documents called spun"
    yield (
        f"{count(made.scored, 'good document')} scored, {made.false_positives:,} at or above it:"
        f" a share of no more than {_percent(made.upper_bound)}, with {_percent(CONFIDENCE)} confidence"
    )
    if made.unscored or made.unread:
        yield f"not counted: {made.unscored:,} unscored, {made.unread:,} that could not be read"
    yield f"{calibrated.spun:,} would be called spun by the model's own threshold, {own.spun:g}"
    yield thresholds_in_words(own.moved(made.threshold, Origin.CALIBRATION))
    yield from _groups(made)
    engines = [f"{name} in {number:,}" if len(made.engines) > 1 else name for name, number in made.engines.items()]
    grammar = ", ".join("no grammar" if name == NO_ENGINE else name for name in engines)
    yield f"holds for model {made.model.version}, wording {made.wording}, {grammar}"
    yield f"written to {printable_line(str(path))}; use it with --calibration"


def _groups(made: Calibration) -> Iterator[str]:
    if (groups := made.groups) is None:
        return
    points = groups.thresholds
    if not points:
        yield f"no {groups.by} has enough good documents for a threshold of its own"
        return
    if math.isinf(groups.alike):
        yield f"by {groups.by}: {count(len(points), 'group')} that do not differ, so all have this threshold"
        return
    lowest, highest = (pick(points, key=lambda name: points[name].threshold) for pick in (min, max))
    yield (
        f"by {groups.by}: {count(len(points), 'group')} with a threshold of their own, from"
        f" {points[lowest].threshold:g} ({printable_line(lowest)}) to {points[highest].threshold:g}"
        f" ({printable_line(highest)}); all documents together count as {groups.alike:,.0f} more of each"
    )


def _percent(share: float) -> str:
    """Return a share as a percentage of three digits.

    >>> _percent(0.001), _percent(0.95), _percent(0.00099912)
    ('0.1 %', '95 %', '0.0999 %')
    """
    return f"{share * 100:.3g} %"
