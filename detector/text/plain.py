"""Plain text: everything is prose but addresses, and lines that are code or rows of a table. Subtitles are read as such.

Words divided at the end of a line, as in print, are read whole: their halves would look like words put in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import merge

from detector.text.directives import LINE as DIRECTIVE
from detector.text.left_out import Tally, notes
from detector.text.lines import Kind, Line, kinds
from detector.text.masking import Edit, changes, edit
from detector.text.offsets import Prose, Span
from detector.text.segments import WORD
from detector.text.shortcodes import shortcode_edits
from detector.text.spintax import groups
from detector.text.subtitles import looks_like_subtitles, subtitle_prose

# Elements that stand within a sentence; in plain text only pairs of them, within a line, are taken for tags.
_INLINE_TAG = re.compile(
    r"<(/?)(a|abbr|b|bdi|bdo|big|cite|del|dfn|em|font|i|ins|mark|q|s|small|span|strike|strong|sub|sup|u)(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
# A hyphen at the end of a line, between letters of one word: soft, or typed.
_DIVIDED = re.compile(r"(?<=[^\W\d_]{2})(?:(?P<soft>\u00ad|¬)|[-‐])[ \t]*\r?\n[ \t]*(?=[^\W\d_]{2})")
_WORD_BEFORE, _WORD_AFTER = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*$"), re.compile(r"[^\W\d_]+")
_LONGEST_WORD = 40  # characters looked at on either side
#: Parts of compounds that are seldom the beginning of a word that has no hyphen.
_COMPOUNDS = re.compile(
    r"(?:.+-)?(?:well|self|half|high|low|long|short|full|part|old|new|two|three|four|five|six|seven|eight|nine|ten|twenty"
    r"|thirty|forty|fifty|sixty|seventy|eighty|ninety|so|all|ex|non|vice|first|second|third|small|large|hard|free|anti)",
    re.IGNORECASE,
)


def plain_prose(text: str) -> tuple[Prose, tuple[str, ...]]:
    """Return the prose of a text that has no markup, and notes on what was left out of it."""
    if not text:
        return Prose("", ()), ()
    lines = [Line(*match.span(), match.group()) for match in re.finditer(r"[^\n]+", text)]
    if looks_like_subtitles(lines):
        return subtitle_prose(text), ("read as subtitles: time stamps and counters are left out",)
    tally = Tally()
    prose = edit(text, Prose.verbatim(text), _edits(text, lines, tally))
    prose = replace(prose, left_out=tally.result())
    return prose, notes(prose.left_out, len(WORD.findall(prose.text)))


def _edits(text: str, lines: Sequence[Line], tally: Tally) -> Iterator[Edit]:
    following = iter(_dropped(text, lines, tally))
    gap = next(following, None)
    for change in changes(text, merge(_divisions(text), _inline_tags(lines), shortcode_edits(text))):
        while gap and gap.end <= change.start:
            yield Edit(*gap, drop=True)
            gap = next(following, None)
        if gap is None or change.end <= gap.start:
            yield change
    while gap:
        yield Edit(*gap, drop=True)
        gap = next(following, None)


def _inline_tags(lines: Sequence[Line]) -> Iterator[Edit]:
    """Leave out tags that come in pairs within a line."""
    for line in lines:
        if "</" not in line.text:
            continue
        opened: list[tuple[str, Edit]] = []
        tags: list[Edit] = []
        for match in _INLINE_TAG.finditer(line.text):
            tag = Edit(line.start + match.start(), line.start + match.end(), text="")
            if not match[1]:
                opened.append((match[2].lower(), tag))
            elif opened and opened[-1][0] == match[2].lower():
                tags += [opened.pop()[1], tag]
        yield from sorted(tags)


def _divisions(text: str) -> Iterator[Edit]:
    """Yield edits that join words divided at the end of a line. A hyphen of the word itself stays: the same word elsewhere in
    the text decides, then what stands before it."""
    elsewhere: set[str] = set()
    for match in _DIVIDED.finditer(text):
        before = _WORD_BEFORE.search(text, max(0, match.start() - _LONGEST_WORD), match.start())
        after = _WORD_AFTER.match(text, match.end(), match.end() + _LONGEST_WORD)
        if before is None or after is None or not after.group().islower():
            continue
        elsewhere = elsewhere or {word.group().lower() for word in WORD.finditer(text)}
        whole, compound = (f"{before.group()}{joint}{after.group()}".lower() in elsewhere for joint in ("", "-"))
        hyphen = not match["soft"] and not whole and (compound or bool(_COMPOUNDS.fullmatch(before.group())))
        yield Edit(match.start() + hyphen, match.end(), text="")


def _dropped(text: str, lines: Sequence[Line], tally: Tally) -> Iterator[Span]:
    """Yield runs of lines that are no prose, each with its last line feed, and count them; directives are not counted."""
    run: Span | None = None
    has_directives = "detector:" in text
    for line, kind in zip(lines, kinds(_without_choices(text, lines)), strict=True):
        is_directive = has_directives and DIRECTIVE.fullmatch(line.text) is not None
        if kind is not None or is_directive:
            if kind is not None and kind is not Kind.RULE and not is_directive:
                tally.add(kind.value, len(WORD.findall(line.text)))
            run = Span(run.start if run else line.start, min(line.end + 1, len(text)))
        elif run:
            yield run
            run = None
    if run:
        yield run


def _without_choices(text: str, lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines without the braces and bars of spintax, which are no table cells."""
    spintax_groups = groups(text)
    if not spintax_groups:
        return lines
    characters = list(text)
    end = 0
    for group in spintax_groups:  # with the groups in choices that are not taken
        for at in range(max(group.start, end), group.end):
            if characters[at] in "{|}":
                characters[at] = "-"
        end = max(end, group.end)
    shown = "".join(characters)
    return [line._replace(text=shown[line.start : line.end]) for line in lines]
