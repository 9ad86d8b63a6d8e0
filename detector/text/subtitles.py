"""Subtitles: what is spoken, without counters, time stamps and styles, in SubRip, WebVTT, SubStation,
SBV, MicroDVD and LRC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape

from detector.text.masking import Edit, changes, edit
from detector.text.offsets import Prose

_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[,.]\d{1,3})?"
_STAMP = re.compile(rf"[ \t\ufeff]*{_TIME}[ \t]*(?:-->|,)[ \t]*{_TIME}(?:[ \t][^\n]*)?\r?$")
_LONE_TIME = re.compile(rf"[ \t]*[\[(]?{_TIME}[\])]?[ \t]*\r?$")
_COUNTER = re.compile(r"[ \t\ufeff]*\d{1,6}[ \t]*\r?$")
_LINE_STAMPS = re.compile(r"[ \t]*(?:\[\d{1,3}:\d{2}(?:[.:]\d{1,3})?\][ \t]*)+|\{\d{1,7}\}\{\d{0,7}\}")
_IN_LINE = re.compile(
    r"(?P<style></?(?:[biu]|c|v|lang|ruby|rt|font)(?:[ .][^<>\n]{0,200})?>|<\d{1,3}:[\d:.]{1,20}>|\{\\[^{}\n]{1,200}\})"
    r"|(?P<cut> ?\\[Nnh] ?)|(?P<entity>&(?:amp|lt|gt|quot|nbsp|lrm|rlm|#39|#x27);)"
)
_NO_SPEECH = re.compile(r"[ \t]*(?:[\[(][^\[\]()\n]*[\])]|[♪♫#♬ \t]+)[ \t]*\r?$")
_HEADER = re.compile(r"\ufeff?WEBVTT\b[^\n]*")
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t][^\n]*)?\r?$")
_LINE = re.compile(r"[^\n]*")
# SubStation Alpha: sections of settings, and events whose tenth field is spoken.
_SECTION = re.compile(r"\ufeff?\[Script Info\][ \t]*\r?$", re.IGNORECASE)
_EVENT = re.compile(r"Dialogue:(?:[^,\n]*,){9}")
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
    if lines and _SECTION.match(lines[0][2]) and any(_EVENT.match(line) for _, _, line in lines):
        return True
    stamps = sum(bool(_STAMP.match(line)) or bool(_LINE_STAMPS.match(line)) for _, _, line in lines)
    if stamps >= _FEWEST_STAMPS and stamps >= _SHARE_OF_LINES * len(lines):
        return True
    times = sum(":" in line and bool(_LONE_TIME.match(line)) for _, _, line in lines)
    return times >= _FEWEST_TIMES and times >= _SHARE_OF_LINES * len(lines)


def speech_edits(text: str, lines: Sequence[Line]) -> Iterator[Edit]:
    """Yield, in order, the edits that leave out all but speech; the lines of two cues follow one another."""
    is_substation = bool(lines and _SECTION.match(lines[0][2]))
    gone = _no_events(lines) if is_substation else _lines_without_speech(text, lines)
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
        stamps = (_EVENT if is_substation else _LINE_STAMPS).match(line)
        shift = stamps.end() if stamps else 0
        if shift:
            yield Edit(start, start + shift, text="")
        for match in _IN_LINE.finditer(line, shift):
            if match.lastgroup != "cut" or is_substation:
                yield Edit(start + match.start(), start + match.end(), text=_shown(match))
        number += 1


def _shown(match: re.Match[str]) -> str:
    """Return what a person sees in place of a style, the end of a line within an event, or a reference."""
    if match.lastgroup == "style":
        return ""
    return " " if match.lastgroup == "cut" else unescape(match.group())


def _no_events(lines: Sequence[Line]) -> set[int]:
    return {number for number, (_, _, line) in enumerate(lines) if not _EVENT.match(line)}


def _lines_without_speech(text: str, lines: Sequence[Line]) -> set[int]:
    gone: set[int] = set()
    in_block = False
    has_names = bool(lines and _HEADER.match(lines[0][2]))
    for number, (start, _, line) in enumerate(lines):
        after_gap = number == 0 or start - lines[number - 1][1] > 1
        opens = (number == 0 and _HEADER.match(line)) or (after_gap and _BLOCK.match(line))
        in_block = bool(opens) or (in_block and not after_gap)
        if in_block or _NO_SPEECH.match(line) or _LONE_TIME.match(line):
            gone.add(number)
        elif _STAMP.match(line):
            gone.add(number)
            # The line before it is the cue's number, or, in WebVTT, its name where a gap is before that.
            if number and number - 1 not in gone and _is_name(lines, number - 1, has_names):
                gone.add(number - 1)
    return gone


def _is_name(lines: Sequence[Line], number: int, has_names: bool) -> bool:
    """Tell whether a line before a time stamp is the number of the cue, or, in WebVTT, a name it has."""
    if _COUNTER.match(lines[number][2]):
        return True
    return has_names and lines[number + 1][0] - lines[number][1] <= 2 and lines[number][0] - lines[number - 1][1] > 1
