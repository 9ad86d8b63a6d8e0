"""The page of `detector serve` in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytest.importorskip("uvicorn")
from served import Client, Quick, served

from detector.serve.app import Limits

SPUN = "He denied agreeing to an wings offer, they said. <script>window.acted = 1</script>"


@pytest.fixture
def client() -> Iterator[Client]:
    with served(Quick(), Limits(body=5000)) as client:
        yield client


def problems(tab: Any) -> list[str]:
    return [f"{one['id']}: {one['help']}" for one in Axe().run(tab).response["violations"]]


def state(tab: Any, wanted: str) -> None:
    tab.wait_for_function("wanted => document.getElementById('state').textContent.startsWith(wanted)", arg=wanted)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_a_text_is_read_while_it_is_written(tab: Any, client: Client, scheme: str, width: int) -> None:
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(client.url)
    assert problems(tab) == []
    tab.get_by_label("Text", exact=True).fill(SPUN)
    state(tab, "spun, probability 0.950")
    assert tab.locator(".mark").all_text_contents() == ["wings offer"]
    assert problems(tab) == []
    tab.get_by_role("button", name="Put 1 word back").click()
    assert tab.locator(".mark.put").text_content() == "arms deal"
    tab.get_by_label("Text", exact=True).fill("Nothing here.")
    state(tab, "clean")
    tab.get_by_role("button", name="Clear").click()
    assert tab.locator("article").count() == 0
    assert tab.evaluate("window.acted") is None
    assert all(request.startswith(client.url) for request in tab.requested)


def test_the_slider_moves_the_verdict(tab: Any, client: Client) -> None:
    tab.goto(client.url)
    tab.get_by_label("Text", exact=True).fill(SPUN)
    tab.get_by_role("button", name="Read it").click()
    state(tab, "spun")
    slider = tab.get_by_label("Called spun from a probability of")
    slider.fill("0.96")
    state(tab, "suspect")
    assert tab.locator(".kicker .verdict").inner_text() == "suspect"
    slider.focus()
    for _ in range(3):
        tab.keyboard.press("ArrowLeft")
    state(tab, "spun")
    slider.fill("1")
    tab.get_by_role("button", name="As the program has it").click()
    state(tab, "spun")


def test_files_are_opened_and_dropped(tab: Any, client: Client, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(f"<p>{SPUN.partition(' <')[0]}</p>")
    (tmp_path / "long.txt").write_text("word " * 2000)
    tab.goto(client.url)
    tab.set_input_files("#file", tmp_path / "a.html")
    state(tab, "spun")
    assert (
        tab.locator(".text").inner_text() == "He denied agreeing to an wings offer, they said."
    )  # the prose of the page
    assert tab.get_by_role("heading", name="a.html").is_visible()
    tab.set_input_files("#file", tmp_path / "long.txt")
    state(tab, "long.txt is larger than 5,000 bytes")
    tab.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(['The wings offer, dropped.'], 'b.txt', { type: 'text/plain' }));
          dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    tab.get_by_role("heading", name="b.txt").wait_for()


def test_a_file_that_is_no_text_is_refused_in_words_and_leaves_nothing(
    tab: Any, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "a.docx").write_bytes(b"PK\x03\x04" + bytes(200))
    tab.goto(client.url)
    tab.set_input_files("#file", tmp_path / "a.docx")
    state(tab, "a.docx is no text; `detector score` reads it")
    assert "415" in tab.troubles.pop()
    text = tab.get_by_label("Text", exact=True)
    assert text.input_value() == ""
    text.fill(SPUN)
    state(tab, "spun")  # as a text of its own, and not as that file


def test_it_can_be_used_with_the_keyboard_alone(tab: Any, client: Client) -> None:
    def tab_to(selector: str) -> None:
        for _ in range(30):
            tab.keyboard.press("Tab")
            if tab.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} is not reached")

    tab.goto(client.url)
    tab_to("textarea")
    tab.keyboard.type(SPUN)
    state(tab, "spun")
    tab_to("input[type=range]")
    tab.keyboard.press("End")
    state(tab, "suspect")
    tab_to(".mark")
    assert tab.get_by_role("tooltip").is_visible()
    assert "arms deal" in tab.get_by_role("tooltip").inner_text()
    tab.keyboard.press("Escape")
    assert not tab.get_by_role("tooltip").is_visible()


def test_a_server_that_is_gone_is_said(tab: Any) -> None:
    with served(Quick()) as client:
        tab.goto(client.url)
    tab.get_by_label("Text", exact=True).fill(SPUN)
    state(tab, "The server does not answer")
    assert "ERR_CONNECTION_REFUSED" in tab.troubles.pop()


def test_the_page_about_the_api(tab: Any, client: Client) -> None:
    tab.goto(client.url + "api")
    assert problems(tab) == []
    tab.get_by_role("link", name="Back to the page").click()
    assert tab.get_by_role("heading", name="Is this text spun?").is_visible()
