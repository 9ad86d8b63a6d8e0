"""Which texts are in clipped style, and that a spinner's are not."""

from __future__ import annotations

import pytest

from detector.judge.gates import check
from detector.judge.register import is_clipped, is_verse, share_of_articles_and_auxiliaries
from detector.text.document import Document

HEADLINES = (
    "Mayor raps council over bin row. Fire chief quits in pay storm. Police probe blaze that gutted hall. Bid to save baths gets"
    " boost. Village in uproar as landlord bans dogs. Star weds in secret at castle. Rail bosses axe late trains, vow talks."
)
WARD_NOTE = (
    "72 yo M w/ hx of COPD, afib on warfarin, p/w 3 days of worsening cough. Denies chest pain, fevers. Found by daughter confused"
    " this am, sats 84% on RA. Exam: NAD, diffuse wheeze, 2+ edema to knees. Started on steroids, nebs. Dispo: floor, home soon."
)
FORECAST = (
    "Viking, North Utsire: southwesterly gale 8 to storm 10, veering westerly. Rain, then squally showers. Poor, becoming moderate."
    " Forties, Cromarty: west backing south 5 to 7, occasionally gale 8 at first. Rough or very rough. Rain later. Good."
)
NEWS = (
    "The council met on Tuesday evening to talk about the bridge, which has been closed since the flood. Several people said that"
    " they had to drive an hour longer to work, and that nobody had told them when it would be open again."
)
SPUN = (
    "The committee assembled on Tuesday nighttime to chat about the extension, which has been shut since the surge. A few"
    " individuals said that they needed to drive an hour longer to labor, and that no one had told them."
)
VERSE = (
    "The harbour sleeps beneath the snow\nThe boats are turned upon the sand\nAnd all the men I used to know\nHave gone to look for"
    " other land\nThe gulls go crying down the street\nAs if they had a word to say"
)


@pytest.mark.parametrize("text", [HEADLINES, WARD_NOTE, FORECAST])
def test_headlines_notes_and_forecasts_are_clipped(text: str) -> None:
    assert is_clipped(Document.from_text(text))


@pytest.mark.parametrize("text", [NEWS, SPUN, VERSE])
def test_sentences_are_not(text: str) -> None:
    document = Document.from_text(text)
    assert not is_clipped(document)
    assert not check(document).clipped


def test_the_gate_tells_it() -> None:
    gate = check(Document.from_text(HEADLINES))
    assert (gate.reason, gate.clipped) == (None, True)


def test_no_words() -> None:
    assert share_of_articles_and_auxiliaries([]) == 0


PLAY = "SEXTON\nWho tolled the bell before the break of day\nMILLER\nNot I, good sir, nor any man I know\nSEXTON\nThen was it\nrung by hands that dug the grave."


@pytest.mark.parametrize("text", [VERSE, PLAY])
def test_verse_and_plays_are_told_by_their_lines(text: str) -> None:
    assert is_verse(Document.from_text(text))
    assert not is_verse(Document.from_text(text.replace("\n", " ")))


@pytest.mark.parametrize("text", [NEWS, SPUN, HEADLINES, HEADLINES.replace(". ", ".\n")])
def test_prose_is_no_verse_however_it_is_broken(text: str) -> None:
    assert not is_verse(Document.from_text(text))
    words = text.split(" ")
    for width in (5, 8, 12):
        lines = "\n".join(" ".join(words[at : at + width]) for at in range(0, len(words), width))
        assert not is_verse(Document.from_text(lines))


def test_the_gate_tells_verse() -> None:
    gate = check(Document.from_text(VERSE))
    assert (gate.reason, gate.clipped, gate.verse) == (None, False, True)
