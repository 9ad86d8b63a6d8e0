"""Web pages around known prose: layouts as sites have them, so that it is known which words are the text of a page.

Menus, teasers, banners and footers are of our own words; a page is made of a document's title and paragraphs. Some of its
clauses get markup that readers stumble on: quotations in `q`, corrections in `del` and `ins`, note marks, lists that begin
with another number than one, breaks in the middle of a line.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

from detector.text.segments import sentences

MAIN, FRAME, OTHER = "main", "frame", "other"  # OTHER: comments, captions, code, tables: neither right nor wrong

_MENU = [
    *("Home", "News", "Opinion", "Sport", "Culture", "Travel", "Weather"),
    *("Jobs", "About us", "Contact", "Sign in", "Subscribe", "Archive", "Shop"),
]
_FRAMES = [
    "We use cookies to make this site work and to see how it is used. You can accept all of them or choose which you allow.",
    "Sign up for our weekly letter. Every Friday you get the best stories of the week by mail, and you can leave at any time.",
    "All rights reserved. No part of this site may be copied without the written permission of its owner.",
    "Follow us on the usual networks and tell your friends about us.",
    "You have read two of your five free articles this month. Become a member to read as many as you like.",
    "Share this page. Print. Send by mail. Save for later.",
    "This site is best seen with a browser of the last five years. Scripts have to be switched on for the map.",
]
_TEASERS = [
    "Council puts off its decision on the old harbour once more",
    "Ten walks along the river that take less than an hour",
    "What the new timetable means for people who work at night",
    "Our readers' best recipes for a rainy Sunday",
    "The library that lends out garden tools and sewing machines",
    "Why the swifts came late this year, and where they went",
    "A school choir, a broken organ and a village that paid for it",
    "Third win in a row for the women of the rowing club",
]
_COMMENTS = [
    "Thank you for this, I had been looking for it for weeks.",
    "I do not agree with the second part, but it made me think.",
    "Could somebody explain the numbers to me?",
]


@dataclass
class Page:
    """`parts` are all texts of the page in the order of its source, each with what it is: MAIN, FRAME or OTHER."""

    layout: str
    html: str = ""
    parts: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Builder:
    page: Page
    random: random.Random

    def __call__(self, html: str, text: str = "", kind: str = FRAME) -> None:
        self.page.html += html
        if text:
            self.page.parts.append((kind, text))

    def words(self, text: str, kind: str = FRAME) -> None:
        self(escape(text, quote=False), text, kind)

    def element(self, tag: str, text: str, kind: str = FRAME, attributes: str = "") -> None:
        self(f"<{tag}{attributes}>")
        self.words(text, kind)
        self(f"</{tag}>\n")

    def links(self, texts: Sequence[str], attributes: str = "") -> None:
        self(f"<ul{attributes}>")
        for at, text in enumerate(texts):
            self("<li>")
            self.element("a", text, attributes=f' href="/{at}"')
            self("</li>")
        self("</ul>\n")

    def menu(self, tag: str = "nav", attributes: str = "") -> None:
        self(f"<{tag}{attributes}>")
        self.links(self.random.sample(_MENU, 9))
        self(f"</{tag}>\n")

    def teasers(self, tag: str = "aside", attributes: str = "") -> None:
        self(f"<{tag}{attributes}>")
        self.element("h3", "Read more")
        self.links(self.random.sample(_TEASERS, 5))
        self(f"</{tag}>\n")

    def frame(self, tag: str = "div", attributes: str = "") -> None:
        self.element(tag, self.random.choice(_FRAMES), attributes=attributes)

    def footer(self, tag: str = "footer", attributes: str = "") -> None:
        self(f"<{tag}{attributes}>")
        self.links(self.random.sample(_MENU, 5))
        self.element("p", "© 2026 The Example. " + _FRAMES[2])
        self(f"</{tag}>\n")

    def paragraph(self, text: str, tag: str = "p", attributes: str = "") -> None:
        """Write a paragraph of the main text, with markup in it."""
        self(f"<{tag}{attributes}>")
        for at, span in enumerate(sentences(text)):
            self(" " if at else "")
            self._sentence(text[span.start : span.end])
        self(f"</{tag}>\n")

    def _sentence(self, sentence: str) -> None:
        words = sentence.split(" ")
        kind = self.random.random()
        if len(words) < 9 or kind > 0.3:
            self.words(sentence, MAIN)
            return
        first, middle, last = " ".join(words[:3]), " ".join(words[3:6]), " ".join(words[6:])
        self.words(first + " ", MAIN)
        if kind < 0.06 and not re.search(r"[\"“”]", sentence):
            self("<q>", "“", MAIN)
            self.words(middle, MAIN)
            self("</q> ", "”", MAIN)
        elif kind < 0.1:
            self.page.html += f"<del>nothing like</del><ins>{escape(middle, quote=False)}</ins> "
            self.page.parts.append((MAIN, middle))
        elif kind < 0.15:
            self.words(middle, MAIN)
            self('<sup><a href="#note1">[1]</a></sup> ')
        elif kind < 0.24:
            self.element(self.random.choice(["em", "b", "span"]), middle, MAIN)
        else:
            self.element("a", middle, MAIN, ' href="/x"')
        self.words(last, MAIN)

    def text(self, title: str, paragraphs: Sequence[str], between: Callable[[], None] | None = None) -> None:
        self.element("h1", title, MAIN)
        for at, paragraph in enumerate(paragraphs):
            self.paragraph(paragraph)
            if between and at and at % 2 == 0:
                between()

    def comments(self) -> None:
        self('<section class="comments" id="comments">')
        self.element("h2", "Comments", OTHER)
        for text in _COMMENTS:
            self('<div class="comment">')
            self.element("p", text, OTHER)
            self("</div>")
        self("</section>\n")


def _semantic(page: _Builder, title: str, paragraphs: Sequence[str]) -> None:
    page("<header>")
    page.menu()
    page("</header><main><article>")
    page.text(title, paragraphs)
    page("</article></main>")
    page.teasers()
    page.footer()


def _named_divs(page: _Builder, title: str, paragraphs: Sequence[str]) -> None:
    page.menu("div", ' class="header menu"')
    page('<div id="content" class="content"><div class="post">')
    page.text(title, paragraphs)
    page("</div></div>")
    page.teasers("div", ' class="sidebar"')
    page.footer("div", ' class="footer"')


def _unnamed_divs(page: _Builder, title: str, paragraphs: Sequence[str]) -> None:
    page.menu("div", ' class="x1a"')
    page('<div class="x7"><div class="x9">')
    page.teasers("div", ' class="k2"')
    page('</div><div class="x10">')
    page.text(title, paragraphs)
    page("</div></div>")
    page.footer("div", ' class="z3"')


def _tables(page: _Builder, title: str, paragraphs: Sequence[str]) -> None:
    page("<table width=100%><tr><td colspan=2>")
    page.words("The Example, on the web since 1997")
    page("</td></tr><tr><td width=150 valign=top>")
    page.links(_MENU[:8])
    page("</td><td valign=top>")
    page.text(title, paragraphs)
    page("</td></tr><tr><td colspan=2>")
    page.words(_FRAMES[2])
    page("</td></tr></table>")


def _blog(page: _Builder, title: str, paragraphs: Sequence[str]) -> None:
    page.menu()
    page('<div class="entry">')
    page.text(title, paragraphs)
    page.element("div", "Posted on 3 March 2026 in Letters", attributes=' class="meta"')
    page("</div>")
    page.comments()
    page.teasers("div", ' class="widget"')
    page.footer()


def _encyclopedia(page: _Builder, title: str, paragraphs: Sequence[str]) -> None:
    page.menu("div", ' id="navigation"')
    page('<div id="bodyContent"><table class="infobox"><tr><th>')
    page.words("Founded", OTHER)
    page("</th><td>")
    page.words("1871", OTHER)
    page('</td></tr></table><div id="toc" class="toc">')
    page.links(["1 History", "2 Today", "3 Notes"])
    page("</div>")
    page.text(title, paragraphs)
    page('<ol class="references"><li id="note1">')
    page.words("A. Writer, A Book about It, 1998, p. 14.", OTHER)
    page("</li></ol></div>")
    page.footer("div", ' id="footer"')


def _manual(page: _Builder, title: str, paragraphs: Sequence[str]) -> None:
    page.menu("div", ' class="sphinxsidebar"')
    page('<div class="body" role="main">')
    page.text(title, paragraphs, lambda: page.element("pre", "make install PREFIX=/opt", OTHER))
    page("</div>")
    page.footer("div", ' class="footer"')


def _news(page: _Builder, title: str, paragraphs: Sequence[str]) -> None:
    page.frame("div", ' class="cookie-banner" role="dialog"')
    page.menu()
    page('<article class="story"><p class="byline">')
    page.words("By A. Writer, 12:40")
    page("</p>")

    def between() -> None:
        page('<div class="promo"><a href="/y">')
        page.words("Read also: " + page.random.choice(_TEASERS))
        page("</a></div>")

    page.text(title, paragraphs, between)
    page.frame("div", ' class="newsletter"')
    page("</article>")
    page.teasers("section", ' class="related"')
    page.footer()


def _bare(page: _Builder, title: str, paragraphs: Sequence[str]) -> None:
    page.element("h1", title, MAIN)
    for paragraph in paragraphs:
        page.words(paragraph, MAIN)
        page("<br><br>\n")
    page.element("a", "Back to the list", attributes=' href="/"')


def _questions(page: _Builder, title: str, paragraphs: Sequence[str]) -> None:
    page.menu()
    page.element("h1", title, MAIN)
    for at, paragraph in enumerate(paragraphs):
        page(f'<div class="answer" id="a{at}"><div class="post-text">')
        page.paragraph(paragraph)
        page('</div><div class="user">')
        page.words("member since 2019, 214 points, reply, report")
        page("</div></div>")
    page.footer()


def _list(page: _Builder, title: str, paragraphs: Sequence[str]) -> None:
    page.menu()
    page("<main>")
    page.element("h1", title, MAIN)
    page.paragraph(paragraphs[0])
    page("<ol start=3>")
    for paragraph in paragraphs[1:]:
        page.paragraph(paragraph, "li")
    page("</ol></main>")
    page.teasers("div", ' class="more"')
    page.footer()


LAYOUTS = {
    "HTML5 elements": _semantic,
    "divs with names": _named_divs,
    "divs without": _unnamed_divs,
    "tables": _tables,
    "blog, comments": _blog,
    "encyclopedia": _encyclopedia,
    "manual": _manual,
    "news, boxes": _news,
    "bare": _bare,
    "answers": _questions,
    "ordered list": _list,
}


def make_page(layout: str, title: str, paragraphs: Sequence[str], seed: int) -> Page:
    """Return a page with this text in a layout of `LAYOUTS`; the same seed gives the same page."""
    page = Page(layout)
    builder = _Builder(page, random.Random(seed))
    builder(f"<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><title>{escape(title)}</title></head><body>\n")
    LAYOUTS[layout](builder, title, paragraphs)
    builder("</body></html>\n")
    return page
