"""Pages without their frame: what is left out, and that prose is not, whatever it is called."""

from __future__ import annotations

import time

import pytest

from detector.text.document import Document
from detector.text.html import html_prose

MENU = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in ("Home", "News", "Archive", "About"))
PROSE = (
    "The mill by the river was closed for a year, and when it opened again there was nobody who knew how to run it. "
)
TITLES = [f'<a href="/{n}">What the council said of the old harbour in part {n}</a>' for n in range(4)]


def page(text: str) -> str:
    return html_prose(f"<body><p>Before.</p>{text}<p>After.</p></body>", is_page=True)[0].text


FRAMES = [
    f"<ul>{MENU}</ul>",
    f"<div><div>{MENU}</div><span>|</span></div>",
    f"<table><tr><td>{MENU}</td></tr></table>",
    f"<section><h3>Read more</h3>{'<br>'.join(TITLES)}</section>",
    "<div class='cookie-banner'>We use cookies. You can say that you do not want them, and then we will not.</div>",
    "<div id=pageFooter>Written by us, for you, and paid for by nobody.</div>",
    "<div class='x sidebar-left'><p>About the one who wrote this.</p></div>",
    "<div role=navigation>Go on to the next</div>",
    "<aside>Also of interest to those who read this</aside>",
]


@pytest.mark.parametrize("frame", FRAMES)
def test_the_frame_of_a_page_is_left_out_and_counted(frame: str) -> None:
    prose, notes = html_prose(f"<body><p>Before.</p>{frame}<p>After.</p></body>", is_page=True)
    assert prose.text == "Before.\n\nAfter."
    assert any("not read" in note for note in notes)


TEXTS = [
    f"<div class=sidebar><p>{PROSE * 3}</p></div>",
    f"<div class='main-content has-sidebar'><p>{PROSE * 3}</p></div>",
    f"<aside><p>{PROSE * 3}</p></aside>",
    f"<div id=footer><p>{PROSE * 7}</p></div>",
    f"<ul><li>{PROSE}</li><li>{PROSE}</li></ul>",
    f"<p>{PROSE}<a href=x>and then</a>, <a href=y>some said</a>, <a href=z>it burnt down</a>.</p>",
    "<p><a href=x>One link</a> and <a href=y>another</a></p>",
    f"<div class='menuless advertent'>{PROSE}</div>",
    f"<article class=widget><p>{PROSE}</p></article>",
]


@pytest.mark.parametrize("text", TEXTS)
def test_prose_is_read_whatever_it_is_called(text: str) -> None:
    assert len(page(text).split()) >= len(["Before.", "After."]) + 4


def test_only_what_is_asked_for_as_a_page_is_read_so() -> None:
    source = f"<ul>{MENU}</ul><p>{PROSE}</p>"
    assert Document.from_text(source, format="page").prose.text.strip() == PROSE.strip()
    assert Document.from_text(source, format="html").prose.text.startswith("Home")


def test_offsets_lead_to_the_page() -> None:
    source = f"<ul>{MENU}</ul>\n<p>A caf&eacute; by the <b>river</b>.</p>"
    prose = Document.from_text(source, format="page").prose
    start = prose.text.index("river")
    assert source[slice(*prose.locate(start, start + 5))] == "river"
    found = prose.find(*prose.locate(2, 6))
    assert found is not None
    assert prose.text[slice(*found)] == "café"
    assert prose.find(0, 3) is None  # in the menu


def test_a_page_nested_deeply_takes_no_longer() -> None:
    source = "<div class=menu>" * 20_000 + f"<p>{PROSE}</p>"
    began = time.perf_counter()
    page(source)
    assert time.perf_counter() - began < 20
