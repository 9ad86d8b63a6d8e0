"""The model card: its numbers are those of the printed tables, its features those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from detector.training.evaluate.card import (
    CARD,
    FEATURES,
    cells,
    features_page,
    numbers_table,
    readme_table,
    replaced,
    section,
)
from detector.training.evaluate.tables import COMMANDS, headed, read_table

MODELS = Path(__file__).parents[3] / "models"
PRINTED = (
    "kinds: documents, spun\n  news              3    1\n  all kinds        12    2\n\nmore: words\n  news    40\n"
)


def test_the_numbers_of_the_card_are_those_of_the_printed_tables() -> None:
    card = (MODELS / CARD).read_text("utf-8")
    assert replaced(card, "numbers", numbers_table(MODELS / "tables")) == card


def test_the_numbers_of_the_first_page_are_those_of_the_printed_tables() -> None:
    page = (MODELS.parent / "README.md").read_text("utf-8")
    assert replaced(page, "numbers", readme_table(MODELS / "tables")) == page


def test_every_printed_table_has_the_command_that_prints_it() -> None:
    assert {path.stem for path in (MODELS / "tables").glob("*.txt")} == set(COMMANDS)


def test_features_are_described_as_the_program_does() -> None:
    assert (MODELS / FEATURES).read_text("utf-8") == features_page(MODELS)


def test_the_card_is_short_and_leads_to_every_table_and_experiment() -> None:
    card = (MODELS / CARD).read_text("utf-8")
    assert len(card.splitlines()) < 150
    linked = set(re.findall(r"\]\((?:\.\./)?(\S+?)\)", card))
    assert {f"tables/{path.name}" for path in (MODELS / "tables").iterdir()} <= linked
    index = (MODELS / "experiments/README.md").read_text("utf-8")
    for path in (MODELS / "experiments").glob("*.md"):
        assert path.name == "README.md" or f"({path.name})" in index


def test_every_link_leads_somewhere() -> None:
    for page in (MODELS / CARD, *(MODELS / "experiments").glob("*.md")):
        for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), (page.name, link)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_table_is_headed_by_the_command_that_prints_it(name: str) -> None:
    assert read_table(MODELS / "tables", name)


def test_a_table_of_another_command_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fit.txt").write_text(headed("compare", "1"), encoding="utf-8")
    with pytest.raises(ValueError, match="not with the command"):
        read_table(tmp_path, "fit")


def test_rows_are_found_in_their_section() -> None:
    assert cells(section(PRINTED, "kinds:"), "news") == ["3", "1"]
    assert cells(section(PRINTED, "more:"), "news") == ["40"]
    with pytest.raises(ValueError, match="no row 'all'"):
        cells(section(PRINTED, "kinds:"), "all")
    with pytest.raises(ValueError, match="no table 'fewer'"):
        section(PRINTED, "fewer")


def test_a_block_is_replaced_and_nothing_else() -> None:
    card = "a\n<!-- one -->\nold\n<!-- end -->\nb\n<!-- two -->\nkept\n<!-- end -->\n"
    assert replaced(card, "one", r"new \1") == card.replace("old", r"new \1")
    with pytest.raises(KeyError):
        replaced(card, "three", "new")


def test_an_empty_block_is_filled_and_the_next_one_kept() -> None:
    card = "<!-- one -->\n<!-- end -->\n<!-- two -->\nkept\n<!-- end -->\n"
    assert replaced(card, "one", "new") == card.replace("<!-- one -->\n", "<!-- one -->\nnew\n")
