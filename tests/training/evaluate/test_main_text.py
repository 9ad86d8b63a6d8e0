"""The measurement of main text: made-up pages whose text is known, and what is counted of a reader's answer."""

from __future__ import annotations

import pytest

from detector.text.html import html_prose
from detector.training.evaluate.main_text import Score
from detector.training.evaluate.pages import LAYOUTS, MAIN, make_page

PROSE = (
    "The mill by the river was closed for a year, and when it opened again there was nobody who knew how to run it. "
)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_made_up_page_gives_its_text_back(layout: str) -> None:
    made = make_page(layout, "The mill", [PROSE * 4, PROSE * 3, PROSE * 5, PROSE * 2], 7)
    score = Score()
    score.add(made, html_prose(made.html, is_page=True)[0].text)
    assert (
        score.kept
        == score.words
        == sum(len(text.split()) for kind, text in made.parts if kind == MAIN and text not in "“”")
    )
    assert score.strange == 0
    assert score.frame < 0.15 * score.words


def test_what_is_wrong_with_an_answer_is_counted() -> None:
    made = make_page("HTML5 elements", "The mill", [PROSE * 2] * 4, 7)
    text = html_prose(made.html, is_page=True)[0].text
    score = Score()
    score.add(made, text.replace("closed for", "closedfor").replace("The mill by", "The by", 1) + " Home News Archive")
    assert score.strange > 0
    assert score.frame > 0
    assert score.kept < score.words
    assert score.sentences["cut"] > 0
