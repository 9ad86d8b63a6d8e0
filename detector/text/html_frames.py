"""The frame of a web page: menus, lists of links, banners and boxes that stand around its text or in the middle of it.

Two signs tell them: most of their words are links, or their class, id or role says what they are. Neither counts against
prose: an element in which much running text stands outside of links is read, whatever it is called. On the pages of
`detector.training.evaluate.main_text` 13.4 words of frames are read for 100 of the text without this, 2.2 with it; recall
of the text is 1.000 with and without.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import turbohtml
from turbohtml import Element, Node, Text

from detector.text.html_elements import SENTENCE_WORDS, Treatment, treatment
from detector.text.small_words import SMALL, words_of

_CONTAINERS = frozenset(
    (
        "aside",
        "center",
        "div",
        "dl",
        "fieldset",
        "footer",
        "form",
        "header",
        "menu",
        "nav",
        "ol",
        "p",
        "section",
        "table",
    )
) | {"td", "ul"}
_FEWEST_LINKS = 3
_LINK_SHARE = 0.6  # of the words
_LINK_WORDS = 20  # of each link, on average: with more it is text that happens to be a link
_PROSE_SHARE = 0.14  # of small words
#: Running words outside of links from which an element is read although its name says what it is.
_BOX_WORDS, _BANNER_WORDS = 40, 120

_BOXES = re.compile(
    r"(?:^|[\s_-])(?:menu|nav|navbar|navigation|breadcrumbs?|sidebar|related|recommended|promo|promotion|teasers?|adverts?"
    r"|advertisement|ads?|share|sharing|social|pagination|pager|toolbar|topbar|masthead|widget|tags|toc|skip|login)"
    r"(?=$|[\s_-])"
)
_BANNERS = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|newsletter|subscribe|subscription|signup|paywall|footer|copyright|modal|popup)"
    r"(?=$|[\s_-])"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ROLES = {"navigation": _BOX_WORDS, "complementary": _BOX_WORDS, "search": _BOX_WORDS, "menu": _BOX_WORDS,
    "contentinfo": _BANNER_WORDS, "dialog": _BANNER_WORDS, "alertdialog": _BANNER_WORDS}  # fmt: skip


@dataclass(slots=True)
class _Counts:
    """Of one element: links, words in them, other words, and how many of these are small."""

    links: int = 0
    linked: int = 0
    free: int = 0
    small: int = 0

    def add(self, other: _Counts) -> None:
        self.links += other.links
        self.linked += other.linked
        self.free += other.free
        self.small += other.small

    def holds_prose(self, least: int) -> bool:
        return self.free >= least and self.small >= _PROSE_SHARE * self.free


def find_frames(source: str) -> dict[int, str]:
    """Return the elements that belong to the frame: the offset of their start tag, and what they are."""
    frames: dict[int, str] = {}
    root = turbohtml.parse(source, source_locations=True, scripting=True)
    stack: list[tuple[Node, _Counts, bool]] = [(root, _Counts(), False)]
    todo: list[Node | None] = list(reversed(root.children))  # None ends an element
    while todo:
        node = todo.pop()
        counts, in_link = stack[-1][1:]
        if node is None:
            ended, counts, _ = stack.pop()
            stack[-1][1].add(counts)
            assert isinstance(ended, Element)
            if (what := _what(ended, counts)) and ended.source_location:
                frames[ended.source_location.start_tag.start_offset] = what
        elif isinstance(node, Text):
            words = words_of(node.data)
            if in_link:
                counts.linked += len(words)
            else:
                counts.free += len(words)
                counts.small += sum(word in SMALL for word in words)
        elif isinstance(node, Element) and not _is_unseen(node):
            is_link = node.tag == "a"
            stack.append((node, _Counts(links=int(is_link)), in_link or is_link))
            todo.append(None)
            todo += reversed(node.children)
    return frames


def _is_unseen(element: Element) -> bool:
    return treatment(element.tag, {}) is Treatment.UNSEEN


def _what(element: Element, counts: _Counts) -> str | None:
    if element.tag not in _CONTAINERS:
        return None
    if (limit := _named(element)) and not counts.holds_prose(limit):
        return "menu" if limit == _BOX_WORDS else "banner"
    words = counts.linked + counts.free
    is_menu = counts.links >= _FEWEST_LINKS and counts.linked >= _LINK_SHARE * words
    if is_menu and counts.linked <= _LINK_WORDS * counts.links and not counts.holds_prose(SENTENCE_WORDS):
        return "menu"
    return None


def _named(element: Element) -> int | None:
    """Return how much prose an element may hold that is called like a part of the frame; None for one that is not."""
    attributes = _attributes(element)
    if limit := _ROLES.get(attributes.get("role", "").lower()):
        return limit
    if element.tag == "aside":
        return _BOX_WORDS
    names = _CAMEL.sub("-", f"{attributes.get('class', '')} {attributes.get('id', '')}").lower()
    if _BANNERS.search(names):
        return _BANNER_WORDS
    return _BOX_WORDS if _BOXES.search(names) else None


def _attributes(element: Element) -> Mapping[str, str]:
    return {name: value if isinstance(value, str) else " ".join(value or ()) for name, value in element.attrs.items()}
