"""What the elements of HTML are to a reader of prose: blocks, parts of a line, or nothing that is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto

from detector.text.plain import plain_prose
from detector.text.small_words import share, words_of

SENTENCE_WORDS = 10  # a cell of a table with as many, small words among them, holds a sentence and no datum
PASSAGE_WORDS = 40  # an element with as many is used for more than what it is for
_PROSE_SHARE = 0.14  # of small words, in a cell or a passage
_LISTING_SHARE = 0.25  # in preformatted text, where comments of code have some, too
_SIGNS_OF_CODE = re.compile(r"[{}<>=\\|#$@/_]|(?<!\w)--?\w|\w\*|\(\)")
_MOST_SIGNS = 1 / 15  # for each word
_LISTING_KEPT = 0.9  # of its words in lines that are no code


class Treatment(Enum):
    """How an element is read."""

    BLOCK = auto()  # its text is a paragraph
    INLINE = auto()  # its text is a part of the line
    CODE = auto()  # a part of the line that is masked
    FORMULA = auto()  # also masked, and left out where it stands alone
    OBJECT = auto()  # masked in the middle of a sentence, elsewhere an end of the paragraph
    IMAGE = auto()  # masked in the middle of a sentence, elsewhere nothing
    QUOTE = auto()  # shown between quotation marks
    CELL = auto()  # of a table
    PREFORMATTED = auto()
    REFERENCE = auto()  # left out if it is a note mark
    DELETED = auto()
    FRAME = auto()  # of the page around the text: a menu, a footer
    HIDDEN = auto()
    UNSEEN = auto()  # never shown as text


_ELEMENTS: dict[Treatment, str] = {
    Treatment.BLOCK: (
        "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure form"
        " frameset h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu ol p search section summary table tbody tfoot"
        " thead tr ul"
    ),
    Treatment.CELL: "td th caption",
    Treatment.CODE: "code kbd samp tt var",
    Treatment.OBJECT: (
        "applet audio button canvas datalist embed input label meter object optgroup option progress select textarea video"
    ),
    Treatment.IMAGE: "img image",
    Treatment.QUOTE: "q",
    Treatment.PREFORMATTED: "listing plaintext pre xmp",
    Treatment.REFERENCE: "a sup",
    Treatment.DELETED: "del s strike",
    Treatment.FRAME: "footer legend nav",
    # rt and rp say how the text is pronounced; the rest are for programs.
    Treatment.UNSEEN: (
        "area base basefont bgsound col colgroup frame iframe link meta noembed noframes noscript param rp rt rtc script"
        " source style template title track"
    ),
}
_TREATMENTS = {name: kind for kind, names in _ELEMENTS.items() for name in names.split()}
_LEFT_OUT = {
    "nav": "menu",
    "footer": "footer",
    "legend": "form control",
    **dict.fromkeys(("applet", "audio", "canvas", "embed", "object", "video"), "embedded part"),
}
#: Hold what browsers show that have no scripts or no frames.
FOR_OTHER_BROWSERS = frozenset(("iframe", "noembed", "noframes", "noscript"))
# Pages are hidden while they load; their text is shown in the end.
_NEVER_HIDDEN = frozenset({"html", "body"})
_NOT_SHOWN = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b", re.IGNORECASE)
_SHOWN_AS_BLOCK = re.compile(r"(?:^|[;\s])display\s*:\s*(?:block|flex|grid|table|list-item|flow-root)\b", re.IGNORECASE)
_MATH_SCRIPT = re.compile(r"\s*math/", re.IGNORECASE)
_NOTE_MARK = re.compile(
    r"\s*(?:[\[(]?\s*(?:(?:note|nb|n|fn|ref)\.?\s*)?(?:\d{1,3}|[a-z]|[ivx]{1,5})(?:\s*[,–-]\s*\d{1,3})*\s*[\])]?"
    r"|[*†‡§¶#↩↑⁎^]+\ufe0e?)\s*",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\s*\[[^\[\]]{1,40}\]\s*")  # [citation needed], set high
# An exponent stands on a number, a variable or a short unit; a letter of an ordinal or an abbreviation is no note mark.
_TAKES_EXPONENT = re.compile(r"(?:^|[\s(/·×*=+−-])(?:\d[\d.,]*|[^\W\d_]|[a-z]{2})\Z|\d\Z|[)\]]\Z|^\Z", re.IGNORECASE)


def treatment(name: str, attributes: Mapping[str, str]) -> Treatment:
    """Return how an HTML element of this name (lower case) with these attributes is read; unknown ones are inline."""
    kind = _TREATMENTS.get(name, Treatment.INLINE)
    if name == "dialog" and "open" not in attributes:
        return Treatment.HIDDEN
    if not attributes or name in _NEVER_HIDDEN:
        return kind
    if kind is Treatment.UNSEEN:
        is_formula = name == "script" and _MATH_SCRIPT.match(attributes.get("type", ""))
        return Treatment.FORMULA if is_formula else kind
    style = attributes.get("style", "")
    if "hidden" in attributes or _NOT_SHOWN.search(style):
        kind = Treatment.HIDDEN
    elif _is_without_text(name, kind, attributes):
        kind = Treatment.UNSEEN
    elif kind in (Treatment.INLINE, Treatment.REFERENCE) and _SHOWN_AS_BLOCK.search(style):
        kind = Treatment.BLOCK
    return kind


def _is_without_text(name: str, kind: Treatment, attributes: Mapping[str, str]) -> bool:
    """Tell whether attributes make an element one that is there for decoration or for programs."""
    if name == "input":
        return attributes.get("type", "").lower() == "hidden"
    if name == "img":
        return not attributes.get("alt", "").strip()
    return kind in (Treatment.INLINE, Treatment.REFERENCE) and attributes.get("aria-hidden", "").lower() == "true"


def is_inline(name: str) -> bool:
    """Tell whether an element stands within a line."""
    return _TREATMENTS.get(name, Treatment.INLINE) not in (
        Treatment.BLOCK,
        Treatment.CELL,
        Treatment.PREFORMATTED,
        Treatment.FRAME,
    )


def what_is_left_out(name: str) -> str:
    """Return what a person calls an element that is left out."""
    return _LEFT_OUT.get(name, "form control")


def is_note_mark(name: str, attributes: Mapping[str, str], text: str | None, before: str) -> bool:
    """Tell whether a `sup` or a link with this text is the mark of a note, after the text `before` it.

    `text` is None where it is too long to be one. A link is one only if it leads to a place on its page and its text is
    a symbol or stands in brackets.
    """
    if text is None:
        return False
    mark = text.strip()
    if name == "a":
        in_page = attributes.get("href", "").startswith("#")
        if "noteref" in attributes.get("epub:type", "") or attributes.get("role") == "doc-noteref":
            return bool(_NOTE_MARK.fullmatch(text))  # of an e-book
        return in_page and bool(_NOTE_MARK.fullmatch(text)) and not mark.isalnum() and not mark.startswith("(")
    if _REMARK.fullmatch(text):
        return True
    if not _NOTE_MARK.fullmatch(text) or mark.isalpha():
        return False
    return not mark.isdigit() or not _TAKES_EXPONENT.search(before)


def reads_as_prose(text: str, least: int) -> bool:
    """Tell whether a text has at least `least` words and as many small words among them as running text has."""
    words = words_of(text)
    return len(words) >= least and share(words) >= _PROSE_SHARE


def is_preformatted_prose(text: str, *, of_prose: bool = False) -> bool:
    """Tell whether preformatted text is prose: verse, a mail, a book; and no code, table or picture of characters.

    With `of_prose`, where others beside it are prose, a few words without small ones among them are enough.
    """
    words = words_of(text)
    if not words or (not of_prose and (len(words) < SENTENCE_WORDS or share(words) < _LISTING_SHARE)):
        return False
    if len(_SIGNS_OF_CODE.findall(text)) > _MOST_SIGNS * len(words):
        return False
    kept = words_of(plain_prose(text)[0].text)
    return len(kept) >= _LISTING_KEPT * len(words)
