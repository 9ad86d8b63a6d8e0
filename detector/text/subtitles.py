"""Subtitles: what is spoken, without counters, time stamps and styles, in SubRip, WebVTT, SBV, MicroDVD and LRC."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from detector.text.masking import Edit, changes, edit
from detector.text.offsets import Prose

_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[,.]\d{1,3})?"
_STAMP = re.compile(rf"[ \t\ufeff]*{_TIME}[ \t]*(?:-->|,)[ \t]*{_TIME}(?:[ \t][^\n]*)?\r?$")
_LONE_TIME = re.compile(rf"[ \t]*[\[(]?{_TIME}[\])]?[ \t]*\r?$")
_COUNTER = re.compile(r"[ \t\ufeff]*\d{1,6}[ \t]*\r?$")
_LINE_STAMPS = re.compile(r"[ \t]*(?:\[\d{1,3}:\d{2}(?:[.:]\d{1,3})?\][ \t]*)+|\{\d{1,7}\}\{\d{0,7}\}")
_STYLE = re.compile(
    r"</?(?:[biu]|c|v|lang|ruby|rt|font)(?:[ .][^<>\n]{0,200})?>|<\d{1,3}:[\d:.]{1,20}>|\{\\[^{}\n]{1,200}\}"
)
_NO_SPEECH = re.compile(r"[ \t]*(?:[\[(][^\[\]()\n]*[\])]|[♪♫#♬ \t]+)[ \t]*\r?$")
_HEADER = re.compile(r"\ufeff?WEBVTT\b[^\n]*")
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t][^\n]*)?\r?$")
_LINE = re.compile(r"[^\n]*")
_FEWEST_STAMPS, _FEWEST_TIMES = 2, 3  # lines of plain text that make subtitles, or a transcript, of it
_SHARE_OF_LINES = 0.15

Line = tuple[int, int, str]  # start, end without the line feed, text


def subtitle_prose(text: str) -> Prose:
    """Return what is spoken as running text: a cue is followed by the next one, and sentences run on over both."""
    if not text:
        return Prose("", ())
    return edit(text, Prose.verbatim(text), changes(text, speech_edits(text, lines_of(text))))


def lines_of(text: str) -> list[Line]:
    return [(*match.span(), match.group()) for match in _LINE.finditer(text) if match.group().strip()]


def looks_like_subtitles(lines: Sequence[Line]) -> bool:
    """Tell whether a plain text has as many time stamps, in lines of their own or at their beginnings, as subtitles have."""
    stamps = sum(bool(_STAMP.match(line)) or bool(_LINE_STAMPS.match(line)) for _, _, line in lines)
    if stamps >= _FEWEST_STAMPS and stamps >= _SHARE_OF_LINES * len(lines):
        return True
    times = sum(":" in line and bool(_LONE_TIME.match(line)) for _, _, line in lines)
    return times >= _FEWEST_TIMES and times >= _SHARE_OF_LINES * len(lines)


def speech_edits(text: str, lines: Sequence[Line]) -> Iterator[Edit]:
    """Yield, in order, what is to be left out of subtitles; where cues meet, one line follows the other."""
    gone = _lines_without_speech(text, lines)
    number = 0
    while number < len(lines):
        start, _, line = lines[number]
        if number in gone:
            first = start
            while number in gone:
                number += 1
            following = lines[number][0] if number < len(lines) else len(text)
            before = first
            while before and text[before - 1] in "\r\n \t":
                before -= 1
            joint = "\n" if before and following < len(text) and number < len(lines) else ""
            if following - before > len(joint):
                yield Edit(before, following, text=joint)
            continue
        stamps = _LINE_STAMPS.match(line)
        shift = stamps.end() if stamps else 0
        if shift:
            yield Edit(start, start + shift, text="")
        for style in _STYLE.finditer(line, shift):
            yield Edit(start + style.start(), start + style.end(), text="")
        number += 1


def _lines_without_speech(text: str, lines: Sequence[Line]) -> set[int]:
    gone: set[int] = set()
    in_block = False
    for number, (start, _, line) in enumerate(lines):
        after_gap = number == 0 or start - lines[number - 1][1] > 1
        opens = (number == 0 and _HEADER.match(line)) or (after_gap and _BLOCK.match(line))
        in_block = bool(opens) or (in_block and not after_gap)
        if in_block or _NO_SPEECH.match(line) or _LONE_TIME.match(line):
            gone.add(number)
        elif _STAMP.match(line):
            gone.add(number)
            # The line before it is the cue's number, or, in WebVTT, its name where a gap is before that.
            if number and number - 1 not in gone and _COUNTER.match(lines[number - 1][2]):
                gone.add(number - 1)
    return gone
