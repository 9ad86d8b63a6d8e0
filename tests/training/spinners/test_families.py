"""What holds for every simulated spinner, over small tables and with stand-ins for a translator and a language model."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Sequence
from itertools import chain, pairwise, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from detector.text.document import Document
from detector.text.segments import WORD
from detector.training.data.phrase_table import only_phrases
from detector.training.spinners import apertium as roundtrip
from detector.training.spinners.corruption import Debris, EntitySpinner
from detector.training.spinners.dictionary import DictionarySpinner, PhraseSpinner, merged
from detector.training.spinners.documents import Chain, Kind, SpunDocument, spin_document, unspun
from detector.training.spinners.masked import MaskedSpinner, Window
from detector.training.spinners.roundtrip import RoundTripSpinner

PARAGRAPHS = (
    "The army said on Monday that an arms deal had been reached. “We need the arms deal,” a major told Korean "
    "reporters after two decades of well-known sanctions, and Kim Jong-un’s allies agreed: the army was ready.",
    "An old bridge stood by the river, and the mayor of the town wanted a NEW one. Three engineers came in May; they "
    "measured the old bridge for ten days and wrote a report that few people in the town have read.",
    "Der Bürgermeister’s café — “naïve” prices, 😀 and all — opened its doors to the people on Friday. A guest said "
    "that the soup was cold, the bread was old and the bill was an insult to the whole town.",
)
TEXT = "\n\n".join(PARAGRAPHS)
TABLE = {
    "arms": [("wings", 1.0)],
    "arms deal": [("wings offer", 1.0)],
    "old bridge": [("antique span", 0.5), ("overpass", 0.5)],
    "few people": [("not many souls", 1.0)],
    "deal": [("cope", 0.5), ("offer", 0.5)],
    "army": [("regular army", 0.5), ("host", 0.5)],
    "major": [("big", 0.6), ("prime", 0.4)],
    "town": [("urban area", 0.5), ("borough", 0.5)],
    "old": [("ancient", 1.0)],
    "new": [("fresh", 1.0)],
    "report": [("account", 1.0)],
    "people": [("folks", 1.0)],
    "said": [("uttered", 1.0)],
    "soup": [("broth", 1.0)],
    "bread": [("money", 1.0)],
    "bill": [("invoice", 1.0)],
    "insult": [("affront", 0.5), ("slur", 0.5)],
    "three": [("troika", 1.0)],
    "an": [("one", 1.0)],
    "café": [("bistro", 1.0)],
}
_THERE = {"said": "told", "old": "elderly", "town": "city", "wanted": "he loved", "few": "scarce", "café": "coffee shop",
          "three": "tres", "new": "again", "army": "the navy", "deal": "treat", "soup": "consommé"}  # fmt: skip
_GUESSES = ("the", "old", "olds", "house", "London", "kettle", "wall", "storm", "up")


def translate(text: str, mode: str) -> str:
    """A translator that changes words on the way there and leaves them as they are on the way back."""
    if mode == "back":
        return text
    return WORD.sub(lambda match: _THERE.get(match.group().lower(), match.group()), text)


def fill(windows: Sequence[Window]) -> list[list[list[tuple[str, float]]]]:
    guesses = [(word, 0.1 / (rank + 1)) for rank, word in enumerate(_GUESSES)]
    return [[guesses for _ in window.parts[1:]] for window in windows]


def forms(word: str) -> tuple[str, ...]:
    return (word, f"{word}s", word.removesuffix("s")) if word.islower() else ()


DICTIONARY = Chain([DictionarySpinner(TABLE)])
FAMILIES = {
    "dictionary": DICTIONARY,
    "phrase": Chain([PhraseSpinner(only_phrases(TABLE))]),
    "mixed": Chain([DictionarySpinner(merged([TABLE, {"deal": [("bargain", 1.0)]}]))], [Debris(0.9)]),
    "several": Chain([DictionarySpinner(TABLE), EntitySpinner(["him", "kin", "lay", "jing"])]),
    "entity": Chain([EntitySpinner(["him", "kin", "lay", "jing"])]),
    "roundtrip": Chain([RoundTripSpinner([("there", "back")], lambda word: word != "tres", translate)]),
    "masked": Chain([MaskedSpinner(fill, forms)]),
    "debris": Chain([], [Debris(0.9)]),
}
SWAPPING = [name for name in FAMILIES if name != "debris"]
MUCH = "\n\n".join([TEXT] * 6)


def spun(name: str, text: str = TEXT, rate: float = 0.2, seed: int = 1, section: float | None = None) -> SpunDocument:
    return spin_document(Document.from_text(text), name, FAMILIES[name], rate=rate, seed=seed, section=section)


def swaps(result: SpunDocument) -> list[tuple[str, str]]:
    return [(change.original, change.replacement) for change in result.changes if change.kind is Kind.SWAP]


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("seed", range(6))
def test_every_change_is_told_with_its_place_on_both_sides(name: str, seed: int) -> None:
    result = spun(name, seed=seed)
    assert result.changes
    for change in result.changes:
        assert result.text[change.start : change.end] == change.replacement
        assert TEXT[change.source_start : change.source_end] == change.original
        assert change.original != change.replacement
    assert unspun(result.text, result.changes) == TEXT


@pytest.mark.parametrize("name", FAMILIES)
def test_changes_are_in_order_and_apart(name: str) -> None:
    changes = spun(name, rate=0.5).changes
    for one, other in pairwise(changes):
        assert one.end <= other.start
        assert one.source_end <= other.source_start


@pytest.mark.parametrize("name", FAMILIES)
def test_only_debris_touches_what_stands_between_words(name: str) -> None:
    kinds = {change.kind for change in spun(name, MUCH).changes}
    assert (Kind.DEBRIS in kinds) == (name in ("debris", "mixed"))
    assert (Kind.SWAP in kinds) == (name != "debris")


@pytest.mark.parametrize("name", FAMILIES)
def test_the_seed_decides(name: str) -> None:
    assert spun(name, MUCH, 0.1) == spun(name, MUCH, 0.1)
    assert spun(name, MUCH, 0.1, seed=2).text != spun(name, MUCH, 0.1).text


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.1, 0.15])
@pytest.mark.parametrize(
    "name", [name for name in SWAPPING if name not in ("entity", "several", "phrase", "roundtrip")]
)
def test_the_rate_is_reached(name: str, rate: float) -> None:
    result = spun(name, MUCH, rate)
    assert result.words == len(WORD.findall(MUCH))
    assert result.swapped / result.words == pytest.approx(rate, abs=0.012)


@pytest.mark.parametrize("name", SWAPPING)
def test_the_rate_is_never_exceeded(name: str) -> None:
    for rate in (0.02, 0.05, 0.5):
        result = spun(name, MUCH, rate)
        assert 0 < result.swapped / result.words < rate + 0.012


@pytest.mark.parametrize("name", ["dictionary", "phrase", "roundtrip"])
def test_a_low_rate_makes_some_of_the_swaps_of_a_high_one(name: str) -> None:
    few, many = (
        {c.source_start for c in spun(name, MUCH, rate).changes if c.kind is Kind.SWAP} for rate in (0.03, 0.06)
    )
    assert len(few & many) > 0.9 * len(few) > 0
    assert len(many) > len(few)


@pytest.mark.parametrize("name", SWAPPING)
def test_capitals_are_kept(name: str) -> None:
    shouted = "".join(c.upper() if c != "ü" else c for c in TEXT)
    for text in (TEXT.title(), shouted):
        for seed in range(3):
            for before, after in swaps(spun(name, text, 0.3, seed)):
                assert not before[0].isupper() or after[0].isupper() or name in ("entity", "several"), (before, after)
                if text is shouted and len(before.split()[0]) > 1 and name not in ("entity", "several"):
                    assert after.isupper() or before == "AN", (
                        before,
                        after,
                    )  # an `AN` mended to `A` is a capital, no word in capitals
    for before, after in swaps(spun(name, TEXT.lower(), 0.5)):
        assert after.islower(), (before, after)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize(
    "text", ["", " ", "\n", "a", "An", "…", "😀", "old", "Old bridge", "an\u00a0old", "\r\n\r\nthe army\r\n"]
)
def test_tiny_texts(name: str, text: str) -> None:
    for seed in range(3):
        result = spun(name, text, 0.5, seed)
        assert unspun(result.text, result.changes) == text
        assert result.swapped <= result.words


@pytest.mark.parametrize("name", FAMILIES)
def test_line_ends_and_odd_letters_stay(name: str) -> None:
    text = TEXT.replace("\n", "\r\n") + " İstanbul ẞ e\u0301 \U0001d51e [MASK] \x0b old"
    result = spun(name, text, 0.3)
    assert unspun(result.text, result.changes) == text
    assert result.text.count("\r\n") == text.count("\r\n")


@pytest.mark.parametrize("name", FAMILIES)
def test_markup_and_code_are_not_spun(name: str) -> None:
    html = f'<p class="old army">{PARAGRAPHS[0]}</p><script>old(army)</script><p>The <b>old</b> caf&eacute;, {PARAGRAPHS[1]}</p>'
    markdown = (
        f"# An old town\n\n{PARAGRAPHS[1]} `old army` [the army](https://old.example/army)\n\n```\nold army\n```\n"
    )
    for document, kept in (
        (Document.from_text(html, format="html"), ('class="old army"', "<script>old(army)</script>", "caf&eacute;")),
        (
            Document.from_text(markdown, format="markdown"),
            ("`old army`", "(https://old.example/army)", "```\nold army\n```"),
        ),
    ):
        result = spin_document(document, name, FAMILIES[name], rate=0.5, seed=3)
        assert unspun(result.text, result.changes) == document.text
        assert result.changes
        for part in kept:
            assert part in result.text


# Sections


def test_a_section_is_some_paragraphs_in_a_row() -> None:
    sections = set()
    for seed in range(20):
        result = spun("dictionary", TEXT, 0.3, seed, section=0.34)
        sections.add(result.section)
        assert 0.2 < result.words / len(WORD.findall(TEXT)) < 0.5
        for change in result.changes:
            assert result.section.start <= change.source_start
            assert change.source_end <= result.section.end
        assert sum(paragraph in result.text for paragraph in PARAGRAPHS) >= 2
    assert len(sections) == 3


@pytest.mark.parametrize("text", [TEXT.replace("\n\n", "\n"), TEXT.replace("\n\n", " "), "army", "", "old town"])
def test_a_section_of_a_text_without_paragraphs(text: str) -> None:
    result = spun("dictionary", text, 0.3, section=0.3)
    assert unspun(result.text, result.changes) == text
    if len(text) > 100:
        assert 0.15 < result.words / len(WORD.findall(text)) < 0.5


# What single families do


def test_one_swap_is_repeated_through_a_document() -> None:
    table = {"word": [(f"choice{i}", 0.1) for i in range(10)]}
    text = " ".join(["the word here"] * 60)
    shares = []
    for seed in range(20):
        result = spin_document(Document.from_text(text), "t", Chain([DictionarySpinner(table)]), rate=0.2, seed=seed)
        counts = Counter(after for _, after in swaps(result))
        shares.append(counts.most_common(1)[0][1] / counts.total())
    assert sum(shares) / len(shares) > 0.3  # drawn each time anew it would be a fifth at most


def test_phrases_come_first_and_single_words_become_phrases() -> None:
    result = swaps(spun("phrase", TEXT, 0.5))
    assert all(" " in before or " " in after for before, after in result)
    assert {"arms deal", "old bridge", "few people"} <= {before.lower() for before, _ in result}
    assert any(" " not in before for before, _ in result)


def test_a_merged_dictionary_lets_each_have_its_say() -> None:
    both = merged([{"a": [("b", 1.0)]}, {"a": [("c", 0.5), ("b", 0.5)], "d": [("e", 1.0)]}])
    assert both == {"a": [("b", 0.75), ("c", 0.25)], "d": [("e", 1.0)]}


def test_what_came_back_stands_where_it_came_from() -> None:
    made = {(before.lower(), after.lower()) for before, after in swaps(spun("roundtrip", MUCH, 0.5))}
    assert ("town wanted", "city he loved") in made
    assert ("army", "the navy") in made
    assert ("few", "scarce") in made
    assert all(" ".join(_THERE.get(word, word) for word in before.split()) == after for before, after in made)
    assert not any("three" in before for before, _ in made)  # came back as no word of English


def test_a_translator_that_loses_paragraphs_is_asked_for_each() -> None:
    def losing(text: str, mode: str) -> str:
        return translate(text.replace("\n\n", " "), mode)

    spinner = RoundTripSpinner([("there", "back")], lambda word: True, losing)
    result = spin_document(Document.from_text(TEXT), "t", Chain([spinner]), rate=0.3, seed=1)
    assert len({change.source_start // 200 for change in result.changes}) > 1
    assert unspun(result.text, result.changes) == TEXT


def test_masked_words_become_other_words() -> None:
    made = swaps(spun("masked", MUCH, 0.3))
    assert {after.lower() for _, after in made} <= {"house", "kettle", "wall", "storm", "old", "olds"}
    assert not [pair for pair in made if pair[0].lower() == "old" and pair[1].startswith("old")]
    assert len({after.lower() for _, after in made}) > 2


def test_few_words_of_a_window_are_masked_at_once() -> None:
    seen: list[Window] = []

    def watching(windows: Sequence[Window]) -> list[list[list[tuple[str, float]]]]:
        seen.extend(windows)
        return fill(windows)

    spin_document(Document.from_text(MUCH), "t", Chain([MaskedSpinner(watching, forms)]), rate=0.4, seed=1)
    assert max(len(window.parts) - 1 for window in seen) <= 15
    assert all(len(WORD.findall(" ".join(window.parts))) <= 130 for window in seen)


def test_words_that_are_shown_are_read_as_they_stand() -> None:
    seen: list[Window] = []

    def watching(windows: Sequence[Window]) -> list[list[list[tuple[str, float]]]]:
        seen.extend(windows)
        return fill(windows)

    spinner = MaskedSpinner(watching, forms, showing=1)
    result = spin_document(Document.from_text(MUCH), "t", Chain([spinner]), rate=0.4, seed=1)
    assert result.swapped
    whole = ["".join(chain.from_iterable(zip_longest(w.parts, w.shown, fillvalue=""))) for w in seen]
    assert all(len(w.shown) == len(w.parts) - 1 for w in seen)
    assert len(seen) == len(set(whole))  # nothing is hidden, so no window is read twice
    assert all(window.removesuffix(".") in MUCH for window in whole)


def test_spinners_share_the_rate() -> None:
    alone, together = spun("dictionary", MUCH, 0.1), spun("several", MUCH, 0.1)
    assert together.swapped == pytest.approx(alone.swapped, rel=0.3)


@pytest.mark.skipif(shutil.which("apertium") is None, reason="needs Apertium")
def test_a_real_round_trip() -> None:
    journey = roundtrip.JOURNEYS[0]
    if not set(journey) <= roundtrip.installed_modes():
        pytest.skip(f"Apertium has no {', '.join(journey)}")
    spinner = RoundTripSpinner([journey], lambda word: True)
    result = spin_document(Document.from_text(TEXT), "t", Chain([spinner]), rate=0.2, seed=1)
    assert unspun(result.text, result.changes) == TEXT
    assert result.swapped > 5


def test_a_real_language_model() -> None:
    """A tiny one, made here: what it guesses is nonsense, but it guesses for every mask, and always the same."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    from detector.training.spinners.masked import Bert

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "##s", ".", "army", "kettle", "storm", "house", "river"]
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(vocabulary[:5])
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    with TemporaryDirectory() as folder:
        transformers.BertForMaskedLM(config).save_pretrained(folder)
        tokenizer.save(f"{folder}/tokenizer.json")
        bert = Bert(Path(folder))
    windows = [Window(("the army [MASK] ", " and ", ".")), Window(("no mask.",)), Window(("word " * 80, "."))]
    guesses = bert(windows)
    assert [len(some) for some in guesses] == [2, 0, 1]
    assert {word for word, _ in guesses[0][0]} == {"army", "kettle", "storm", "house", "river"}
    assert guesses[2] == [[]]  # the mask lies beyond what the model reads
    assert bert(windows) == guesses
    shown = bert([Window(("the ", " and ", "."), ("army", "unheard"))])
    assert [len(some) for some in shown] == [2]
    assert shown[0] != guesses[0]
    result = spin_document(Document.from_text(TEXT), "t", Chain([MaskedSpinner(bert, forms)]), rate=0.1, seed=1)
    assert unspun(result.text, result.changes) == TEXT
    assert result.swapped


def test_pieces_are_drawn_from_one_source_of_chance() -> None:
    """Whatever stands in the process's own generator makes no difference."""
    random.seed(1)
    one = spun("mixed", MUCH)
    random.seed(2)
    assert spun("mixed", MUCH) == one
