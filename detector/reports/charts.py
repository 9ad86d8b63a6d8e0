"""Pictures of a profile as SVG, drawn with the page's own colours. Each has a title that a screen reader reads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT, _LEFT, _BELOW = 720, 220, 60, 36  # of the histogram, in pixels where the page has room
# The colours of a light page, for what knows SVG and not the page's style.
_FILLS = {"spun": "#b42318", "suspect": "#9a6700", "clean": "#1a7f37", "unscored": "#6e7781", "errors": "#5b2a86"}
_INK, _LINE = "#0a58ca", "#d0d7de"
_SPAN = 160  # of a picture in a table


def share_bar(parts: Mapping[str, int], title: str) -> str:
    """Return one bar, divided like the parts; each part has its name as class."""
    total = sum(parts.values()) or 1
    drawn, at = [], 0.0
    for name, number in parts.items():
        width = 100 * number / total
        fill = _FILLS.get(name, _INK)
        drawn.append(f'<rect class="{escape(name)}" fill="{fill}" x="{at:.3f}%" width="{width:.3f}%" height="100%"/>')
        at += width
    return f'<svg class="bar" role="img" height="24">{_title(title)}{"".join(drawn)}</svg>'


def histogram(counts: Sequence[int], thresholds: Mapping[str, float], title: str) -> str:
    """Return the histogram of probabilities from 0 to 1; heights grow with the logarithm of the counts.

    `thresholds` are marked, by what they are called.
    """
    highest = max(max(counts, default=0), 1)
    room, floor = _WIDTH - _LEFT, _HEIGHT - _BELOW
    scale = (floor - 20) / math.log10(1 + highest)
    drawn = []
    for power in range(math.floor(math.log10(highest)) + 1):
        y = floor - scale * math.log10(1 + 10**power)
        drawn.append(f'<line class="grid-line" stroke="{_LINE}" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10**power:,}</text>')
    width = room / max(len(counts), 1)
    for number, count in enumerate(counts):
        height = scale * math.log10(1 + count)
        low, high = number / len(counts), (number + 1) / len(counts)
        drawn.append(
            f'<rect class="column" fill="{_INK}" x="{_LEFT + number * width + 1:.1f}" y="{floor - height:.1f}"'
            f' width="{width - 2:.1f}" height="{height:.1f}"><title>{low:.2f} to {high:.2f}: {count:,}</title></rect>'
        )
    for tenth in range(0, 11, 2):
        x = _LEFT + room * tenth / 10
        drawn.append(f'<text x="{x:.1f}" y="{floor + 16}" text-anchor="middle">{tenth / 10:.1f}</text>')
    for number, (name, value) in enumerate(thresholds.items()):
        x = _LEFT + room * value
        drawn.append(
            f'<line class="mark-line" stroke="{_FILLS["spun"]}" x1="{x:.1f}" x2="{x:.1f}" y1="6" y2="{floor}"/>'
        )
        place = f'x="{x - 4:.1f}" y="14" dy="{1.2 * number:.1f}em" text-anchor="end"'
        drawn.append(f"<text {place}>{escape(name)} {value:.3g}</text>")
    drawn.append(f'<text x="{_LEFT + room / 2:.0f}" y="{_HEIGHT - 4}" text-anchor="middle">probability</text>')
    box = f"-12 0 {_WIDTH + 24} {_HEIGHT}"
    return f'<svg class="chart" role="img" viewBox="{box}">{_title(title)}{"".join(drawn)}</svg>'


def interval_bar(share: float | None, low: float, high: float, top: float) -> str:
    """Return a share with its interval on a line from 0 to `top`.

    The numbers stand beside it, so it is hidden from screen readers.
    """
    scale = _SPAN / top
    left, right = min(low * scale, _SPAN), min(high * scale, _SPAN)
    width = max(right - left, 1)
    point = "" if share is None else f'<circle class="point" fill="{_INK}" cx="{share * scale:.1f}" cy="8" r="3"/>'
    return (
        f'<svg class="interval" aria-hidden="true" width="{_SPAN + 8}" height="16" viewBox="-4 0 {_SPAN + 8} 16">'
        f'<line class="grid-line" stroke="{_LINE}" x1="0" x2="{_SPAN}" y1="8" y2="8"/>'
        f'<rect class="reach" fill="{_INK}" opacity="0.45" x="{left:.1f}" y="5" width="{width:.1f}" height="6"/>{point}</svg>'
    )


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>"
