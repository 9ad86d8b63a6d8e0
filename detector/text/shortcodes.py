"""Marks in square brackets: BBCode of forums (`[b]so[/b]`) and shortcodes of WordPress (`[gallery ids="1,2"]`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from detector.text.masking import MASK, Edit

_TAG = re.compile(
    r"\[(?P<end>/)?(?P<name>[A-Za-z][\w-]{0,30}|\*)(?P<value>(?:=|[ \t]+[\w-]{1,40}=[\"'“”])[^\[\]\n]{0,400})?[ \t]*/?\]"
)
_BBCODE = frozenset(
    word
    for words in (
        "b i u s sub sup url email img code quote size color font list li ol ul center left right justify indent",
        "spoiler youtube video media table tr td th hr",
    )
    for word in words.split()
)
_NOT_TEXT = {
    "img": "",
    "youtube": "",
    "video": "",
    "media": "",
    "code": MASK,
}  # what stands for such an element in a line


def shortcode_edits(text: str) -> Iterator[Edit]:
    """Yield, in order, what is left out: tags of BBCode that come in pairs, and WordPress's, which have attributes."""
    if "[" not in text:
        return
    tags = list(_TAG.finditer(text))
    closed = {tag["name"].lower() for tag in tags if tag["end"]}
    with_attributes = {tag["name"].lower() for tag in tags if tag["value"] and not tag["value"].startswith("=")}
    known = closed & (_BBCODE | with_attributes) | with_attributes
    if "list" in known:
        known.add("*")
    end = 0
    for number, tag in enumerate(tags):
        name = tag["name"].lower()
        if name not in known or tag.start() < end or (name in with_attributes - closed and not tag["value"]):
            continue
        end, stands_for = tag.end(), ""
        following = tags[number + 1] if number + 1 < len(tags) else None
        if (
            name in _NOT_TEXT
            and not tag["end"]
            and following
            and following["name"].lower() == name
            and following["end"]
        ):
            content = text[tag.end() : following.start()]
            if "\n" not in content.strip("\n"):
                end, stands_for = following.end(), _NOT_TEXT[name]
        yield Edit(tag.start(), end, text=stands_for)
