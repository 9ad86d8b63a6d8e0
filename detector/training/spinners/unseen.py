"""Spinners that nothing is trained on, fitted on or chosen by: they tell how spinners are met that nobody has met.

`online` writes in the dialect of the free paraphrasers of the web: phrase by phrase from a dictionary of its own
(`online.txt`, without what `article.txt` has), words by `thesaurus`, with hyphens and capitals kept. `thesaurus` takes
MyThes' later meanings and its more general terms, inflected to fit, where `mythes` takes all synonyms and ignores grammar.
`sisters` takes WordNet's coordinate terms, where `wordnet` takes synonyms and hypernyms. The round trips go through two
languages.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache, partial
from pathlib import Path

from detector.text.segments import WORD
from detector.training.code_version import file_version
from detector.training.data.dictionaries import load_table
from detector.training.data.lexicon import PLAIN, Resources, Table, article_entries, in_every_form, inflected
from detector.training.spinners import SourceWord, Spinner
from detector.training.spinners.apertium import translate
from detector.training.spinners.dictionary import PhraseSpinner
from detector.training.spinners.families import known_word
from detector.training.spinners.roundtrip import Journey, RoundTripSpinner

ONLINE = Path(__file__).with_name("online.txt")
#: Through two languages, which no spinner does that anything learns from. They need apertium-spa-cat and apertium-es-gl.
JOURNEYS: tuple[Journey, ...] = (("eng-spa", "spa-cat", "cat-eng"), ("en-gl", "gl-es", "spa-eng"))
FIRST_SISTERS = 12  # coordinate terms of a word, in WordNet's order
Translate = Callable[[str, str], str]
_PARTS = {"N": "NOUN", "V": "VERB", "A": "ADJ", "R": "ADV"}
_MYTHES_PARTS = {"noun": "NOUN", "verb": "VERB", "adj": "ADJ", "adv": "ADV"}
_SENTENCE = re.compile(r"[.!?][\"”’')\]]*\s")


@lru_cache(maxsize=4096)
def translated(text: str, mode: str) -> str:
    """Translate by Apertium, each text once: the same documents are spun at several rates."""
    return translate(text, mode)


def online(_: Resources) -> Table:
    """Return the phrases and words of `online.txt` in each of their forms, without pairs that `article.txt` has."""
    known = {(head, synonym) for head, _, pairs in article_entries() for synonym, _ in pairs}
    entries = []
    for line in ONLINE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            head, part, rest = line.split("|")
            pairs = [(synonym, 1.0) for synonym in rest.split(";") if (head, synonym) not in known]
            entries.append((head, _PARTS[part], pairs))
    return in_every_form(entries, common=0.0)


def thesaurus(resources: Resources) -> Table:
    """Return MyThes' synonyms of all meanings but the first, or the more general terms of a word with one meaning."""
    lexicon: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    lines = iter(resources.mythes.read_text(encoding="utf-8", errors="replace").splitlines()[1:])
    for line in lines:
        word, _, count = line.partition("|")
        meanings = [next(lines).split("|") for _ in range(int(count))]
        for number, (part, *synonyms) in enumerate(meanings):
            pos = _MYTHES_PARTS.get(part.strip("()"))
            for synonym in synonyms if pos else ():
                plain, _, kind = synonym.lower().partition(" (")
                if PLAIN.fullmatch(plain) and plain != word and "antonym" not in kind and (number or "generic" in kind):
                    lexicon[word, pos or ""].append((plain, 1.0))
    return inflected(lambda lemma, pos: lexicon.get((lemma, pos), ()))


def sisters(resources: Resources) -> Table:
    """Return the coordinate terms of a word's first meaning: what has the same hypernym."""
    lexicon: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for name, letter, pos in (("noun", "n", "NOUN"), ("verb", "v", "VERB")):
        members: dict[str, str] = {}
        above: dict[str, str] = {}
        below: dict[str, list[str]] = {}
        for line in (resources.wordnet / f"data.{name}").read_text("utf-8").splitlines():
            if line.startswith("  "):
                continue
            fields = line.split(" ")
            words = int(fields[3], 16)
            pointers = fields[5 + 2 * words :]
            related = [pointers[at : at + 3] for at in range(0, 4 * int(fields[4 + 2 * words]), 4)]
            members[fields[0]] = fields[4].replace("_", " ").lower()
            for symbol, target, part in related:
                if symbol == "@" and part == letter:
                    above[fields[0]] = target
            below[fields[0]] = [target for symbol, target, part in related if symbol == "~" and part == letter]
        for line in (resources.wordnet / f"index.{name}").read_text("utf-8").splitlines():
            if line.startswith("  "):
                continue
            fields = line.rstrip().split(" ")
            first = fields[-int(fields[2])]
            near = [members[other] for other in below.get(above.get(first, ""), ()) if other != first]
            chosen = [word for word in near if PLAIN.fullmatch(word) and word != fields[0]][:FIRST_SISTERS]
            lexicon[fields[0].replace("_", " "), pos] = [(word, 1.0) for word in chosen]
    return inflected(lambda lemma, pos: lexicon.get((lemma, pos), ()))


class OnlineSpinner:
    """Puts in phrases first, then words; the halves of `machine-learning` one by one; `Machine Learning` in capitals."""

    def __init__(self, phrases: Table, words: Table) -> None:
        self.phrases = PhraseSpinner({**words, **phrases})

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        capitals = {id(piece): piece.text for piece in pieces}
        titles = [piece.text[:1].isupper() for piece in pieces]
        self.phrases.apply(pieces, rate, rng)
        for at, piece in enumerate(pieces):
            swallowed = 1
            while at + swallowed < len(pieces) and not pieces[at + swallowed].text and pieces[at + swallowed].gap == "":
                swallowed += 1
            if piece.replaced and swallowed > 1 and all(titles[at : at + swallowed]):
                piece.text = " ".join(word[:1].upper() + word[1:] for word in piece.text.split(" "))
            elif "-" in piece.text and not piece.replaced and rng.random() < min(1.0, 3 * rate):
                self._compound(piece, capitals[id(piece)], rng)

    def _compound(self, piece: SourceWord, text: str, rng: random.Random) -> None:
        halves = text.split("-")
        spun = [self._half(half, rng) for half in halves]
        if spun != halves:
            piece.text = "-".join(spun)
            piece.replaced = True

    def _half(self, half: str, rng: random.Random) -> str:
        choices = self.phrases.table.get(half.lower())
        if not choices:
            return half
        word = rng.choices([form for form, _ in choices], [weight for _, weight in choices])[0].replace(" ", "-")
        return word.capitalize() if half[:1].isupper() else word


class SentenceTrip:
    """Sends the text on a journey and puts back whole sentences, until they hold `rate` of the words.

    What comes back is no longer the text with other words: it has another order, other articles, other tenses.
    """

    def __init__(self, journeys: Sequence[Journey] = JOURNEYS, translate: Translate = translated) -> None:
        self.journeys = journeys
        self.translate = translate

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        journey = rng.choice(self.journeys)
        wanted = round(rate * len(pieces))
        sentences = list(_sentences(pieces))
        sent = "\n\n".join(_text(pieces[first:last]) + "." for first, last in sentences)
        for mode in journey:
            sent = self.translate(sent, mode)
        came_back = sent.strip("\n").split("\n\n")
        pairs = list(zip(sentences, came_back, strict=True)) if len(came_back) == len(sentences) else []
        rng.shuffle(pairs)
        for (first, last), text in pairs:
            if wanted <= 0:
                break
            wanted -= _put_back(pieces[first:last], " ".join(text.strip().rstrip(".").split()))


def _text(pieces: Sequence[SourceWord]) -> str:
    return " ".join("".join((piece.gap if at else "") + piece.text for at, piece in enumerate(pieces)).split())


def _sentences(pieces: Sequence[SourceWord]) -> Iterator[tuple[int, int]]:
    first = 0
    for at in range(1, len(pieces) + 1):
        if at == len(pieces) or _SENTENCE.search(pieces[at].gap) or "\n\n" in pieces[at].gap:
            yield first, at
            first = at


def _put_back(pieces: list[SourceWord], came_back: str) -> int:
    """Put a sentence that came back in the place of the one that was sent; return how many words were replaced."""
    before = [piece.form for piece in pieces]
    after = [match.group().lower() for match in WORD.finditer(came_back)]
    if not after or before == after:
        return 0
    same = sum(block.size for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks())
    pieces[0].text, pieces[0].replaced, pieces[0].source_end = came_back, True, pieces[-1].source_end
    for piece in pieces[1:]:
        piece.gap = piece.text = ""
    return len(pieces) if same < len(before) else 0


def unseen_spinners(resources: Resources, cache: Path) -> dict[str, Spinner]:
    """Return the spinners by name; tables are made on first use and kept in `cache`."""
    version = file_version([ONLINE, Path(__file__)])[:6]
    makers = {"online": online, "thesaurus": thesaurus, "sisters": sisters}
    tables = {
        name: load_table(cache, f"unseen-{name}-{version}", partial(make, resources)) for name, make in makers.items()
    }
    return {
        "online": OnlineSpinner(tables["online"], tables["thesaurus"]),
        "thesaurus": PhraseSpinner(tables["thesaurus"]),
        "sisters": PhraseSpinner(tables["sisters"]),
        "two languages": RoundTripSpinner(JOURNEYS, known_word, translated),
        "two languages, sentences": SentenceTrip(),
    }
