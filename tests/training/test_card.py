from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.training.card import CARD, features_table, replaced, write

ROOT = Path(__file__).parents[2]


def test_the_card_describes_every_feature_as_the_program_does() -> None:
    manifest = json.loads((ROOT / "models/manifest.json").read_text("utf-8"))
    table = features_table({feature["name"] for feature in manifest["verdict"]["features"]})
    assert table in (ROOT / CARD).read_text("utf-8")


def test_a_block_is_replaced_and_nothing_else() -> None:
    card = "a\n<!-- one -->\nold\n<!-- end -->\nb\n<!-- two -->\nkept\n<!-- end -->\n"
    assert replaced(card, "one", r"new \1") == card.replace("old", r"new \1")
    with pytest.raises(KeyError):
        replaced(card, "three", "new")


def test_an_empty_block_is_filled_and_the_next_one_kept() -> None:
    card = "<!-- one -->\n<!-- end -->\n<!-- two -->\nkept\n<!-- end -->\n"
    assert replaced(card, "one", "new") == card.replace("<!-- one -->\n", "<!-- one -->\nnew\n")


def test_a_block_goes_into_the_file_that_has_it(tmp_path: Path) -> None:
    card, log = tmp_path / "card.md", tmp_path / "log.md"
    card.write_text("<!-- one -->\n<!-- end -->\n")
    log.write_text("<!-- two -->\nold\n<!-- end -->\n")
    write([card, log], {"one": "1", "two": "2"})
    assert (card.read_text(), log.read_text()) == ("<!-- one -->\n1\n<!-- end -->\n", "<!-- two -->\n2\n<!-- end -->\n")
    with pytest.raises(KeyError):
        write([card, log], {"one": "new", "three": "3"})
    assert "new" not in card.read_text()
