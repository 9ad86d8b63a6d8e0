"""The documents the verdict is fitted and tried on: honest ones of every source, and the same ones spun.

Fitting takes the first groups of a source in the order of their hashes, two thirds of them at most; evaluation those after.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, groupby
from pathlib import Path

from detector.text.segments import WORD
from detector.training.data import splits as data
from detector.training.data.lexicon import common_words
from detector.training.data.packages.sources import fitted
from detector.training.data.tortured import held_out_phrases
from detector.training.spinners import Spinner, Spun, assemble, spin, split
from detector.training.spinners.corruption import Debris
from detector.training.spinners.dictionary import PhraseSpinner
from detector.training.spinners.mistakes import Learner, Scan
from detector.training.spinners.mixture import log_uniform

FIT_DOCUMENTS = 100  # a source, if two thirds of it are that many
SPUN_DOCUMENTS = 44  # of them, those that are spun, too; thresholds need honest ones above all
WORDS = (45, 600)  # shorter ones are not scored, longer ones cut at a paragraph or sentence
RATES = (0.02, 0.4)
DEBRIS_SHARE = 0.15
PACKAGE_WORDS = 230  # of a text from a package, which are cut shorter than others
PACKAGE_SHARE = 0.45  # of those numbers; of a package source there are `DOCUMENTS`
NOISY_DOCUMENTS = 14  # a source, not spun: those of them drawn for a scanner's mistakes are given with these, too
LEARNERS_MISTAKES = (0.04, 0.2)  # share of the words
NOISY_SHARE = 0.2  # of the spun documents, those spun after such mistakes were made
SECTION_SHARE = 0.15  # of the spun documents, those spun in one stretch only
SIMULATED_RATES = (0.03, 0.06, 0.12, 0.25)  # at which evaluation documents are spun
RELATIVES = ("originals of the swaps", "LLM polish", "back-translation")  # honest, and of the same texts as the swaps
SCAN = "scan"
HELD_OUT = "tortured, held out"
FEWEST_PHRASES = 2  # kept for evaluation, that a document must hold to be evaluated on
AROUND_PHRASES = 0.08  # share of its other words that are replaced
LIGHTEST_TELLING = 3  # replaced words; a version with fewer says nothing and is left out


@dataclass(frozen=True)
class Record:
    """One document as the detector will get it. `edits` are the spans of replaced words, by code point; `family` names what
    was simulated."""

    id: str
    source: str
    register: str
    group: str
    text: str
    spun: bool
    family: str = ""
    rate: float = 0.0
    edits: tuple[tuple[int, int], ...] = ()

    @property
    def genuine(self) -> bool:
        """Return whether the text is honest, and as somebody wrote it."""
        return not self.spun and not self.family


def fingerprint(records: Sequence[Record]) -> str:
    digest = hashlib.sha256()
    for record in records:
        digest.update(f"{record.source}\0{record.id}\0{record.text}\0".encode())
    return digest.hexdigest()


def split_documents(folder: Path, source: data.Source) -> tuple[list[data.Text], list[data.Text]]:
    """Return the documents that are fitted on and those that are evaluated on.

    Groups are taken in the order of their hashes, two documents of a group at most.
    """
    texts = [text for text in data.read(folder, source, "verdict") if len(WORD.findall(text.text)) >= WORDS[0]]
    texts.sort(key=lambda text: (data.share(f"verdict-{text.group}"), text.id))
    groups = [list(group)[:2] for _, group in groupby(texts, key=lambda text: text.group)]
    last = next((n for n in range(len(groups)) if sum(map(len, groups[:n])) >= FIT_DOCUMENTS), -(-2 * len(groups) // 3))
    last = min(last, -(-2 * len(groups) // 3))
    fit, rest = ([text for group in part for text in group] for part in (groups[:last], groups[last:]))
    return fit, rest


def shorten(text: str, most: int = WORDS[1]) -> str:
    """Return the beginning of a long text, up to the end of a sentence."""
    words = [match.end() for match in WORD.finditer(text)]
    if len(words) <= most:
        return text
    end = words[most - 1]
    stops = [match.end() for match in re.finditer(r"[.!?][\"”’]?(?=\s)", text[:end])]
    return text[: stops[-1]] if stops and stops[-1] > end // 2 else text[:end]


def honest_record(text: data.Text, most: int = WORDS[1]) -> Record:
    return Record(text.id, text.source, text.register, text.group, shorten(text.text, most), spun=False)


def mistakes(record: Record) -> tuple[str, Spinner, random.Random]:
    """Return the kind of mistakes this record gets, of a learner or a scanner, what makes them, and their randomness."""
    rng = random.Random(f"mistakes-{record.source}-{record.id}")
    learner = rng.random() < 0.5
    return ("learner", _learner(), rng) if learner else (SCAN, Scan(), rng)


@cache
def _learner() -> Learner:
    return Learner(LEARNERS_MISTAKES, common_words())


def with_mistakes(record: Record) -> Record:
    family, maker, rng = mistakes(record)
    return replace(record, id=f"{record.id}~{family}", text=spin(record.text, [maker], 0.0, rng).text, family=family)


def spin_record(record: Record, spinners: dict[str, Spinner], families: Sequence[str]) -> Record | None:
    """Return the record put through a random spinner, or None if too little was replaced.

    The same record gets the same spinner, whatever else is drawn.
    """
    rng = random.Random(f"verdict-{record.source}-{record.id}")
    family = rng.choice(families)
    rate = log_uniform(rng, *RATES)
    chain: list[Spinner] = [spinners[family]]
    if rng.random() < 0.3:  # several dictionaries at once, as commercial spinners have
        family, other = f"{family}+", rng.choice(families)
        chain.append(spinners[other])
    if rng.random() < DEBRIS_SHARE:
        chain.append(Debris())
        rate *= len(chain) / (len(chain) - 1)  # the rate is shared, and debris replaces nothing
    text, before = record.text, ""
    odd, maker, of_mistakes = mistakes(record)
    if of_mistakes.random() < NOISY_SHARE:
        text, family = spin(text, [maker], 0.0, of_mistakes).text, f"{family}/{odd}"
    if rng.random() < SECTION_SHARE:
        paragraphs = [match.end() for match in re.finditer(r"\n\s*\n|(?<=[.!?])\s", text)]
        middle = paragraphs[len(paragraphs) // 2] if paragraphs else 0
        before, text = text[:middle], text[middle:]
        family += "/section"
    result = spin(text, chain, rate, rng)
    if len(result.edits) < LIGHTEST_TELLING:
        return None
    edits = tuple((edit.start + len(before), edit.end + len(before)) for edit in result.edits)
    return Record(
        f"{record.id}~spun",
        record.source,
        record.register,
        record.group,
        before + result.text,
        True,
        family,
        rate,
        edits,
    )


def fit_records(folder: Path, spinners: dict[str, Spinner], packages: Path | None = None) -> Iterator[Record]:
    """Yield what the verdict is fitted on: documents of the data folder, and of packages if their folder is given."""
    of_folder = (split_documents(folder, source)[0] for source in data.SOURCES)
    yield from _fit_records(of_folder, spinners, SPUN_DOCUMENTS, NOISY_DOCUMENTS, WORDS[1])
    yield from package_records(packages, spinners)


def package_records(packages: Path | None, spinners: dict[str, Spinner]) -> Iterator[Record]:
    """Yield those documents to fit the verdict on that come in packages, and spun versions of as large a share of them."""
    spun, noisy = (round(PACKAGE_SHARE * number) for number in (SPUN_DOCUMENTS, NOISY_DOCUMENTS))
    yield from _fit_records(fitted(packages), spinners, spun, noisy, PACKAGE_WORDS)


def _fit_records(
    sources: Iterable[list[data.Text]], spinners: dict[str, Spinner], spun: int, noisy: int, words: int
) -> Iterator[Record]:
    families = sorted(spinners)
    for number, text in chain.from_iterable(map(enumerate, sources)):
        record = honest_record(text, words)
        yield record
        version = spin_record(record, spinners, families) if number < spun else None
        if version:
            yield version
        if spun <= number < spun + noisy and mistakes(record)[0] == SCAN:
            yield with_mistakes(record)


def evaluation_records(folder: Path, count: int) -> Iterator[Record]:
    """Yield honest documents that no part of the detector has learned from, all real spun ones and their honest relatives."""
    for source in data.SOURCES:
        yield from (honest_record(text) for text in split_documents(folder, source)[1][:count])
    for text, was_spun in data.read_evaluation(folder):
        yield Record(text.id, text.source, text.register, text.group, shorten(text.text), was_spun)


def simulated_records(
    folder: Path, spinners: Mapping[str, Spinner], count: int, *, fitted: bool = False
) -> Iterator[tuple[Record, tuple[str, ...]]]:
    """Yield spun documents of sources no encoder saw, one family each, with the original of each replaced span.

    They are those for evaluation, or those that the verdict was fitted on (`fitted`).
    """
    families = sorted(spinners)
    for source in data.SOURCES:
        for text in (
            split_documents(folder, source)[0 if fitted else 1][:count] if families and not source.encoder else ()
        ):
            rng = random.Random(f"simulated-{source.name}-{text.id}")
            family, rate = rng.choice(families), rng.choice(SIMULATED_RATES)
            before = honest_record(text)
            result = spin(before.text, [spinners[family]], rate, rng)
            if len(result.edits) >= LIGHTEST_TELLING:
                yield _simulated(before, result, family, rate)


def held_out_records(folder: Path, others: Spinner | None, count: int) -> Iterator[tuple[Record, tuple[str, ...]]]:
    """Yield documents of sources no encoder saw in which phrases kept for evaluation are replaced, with the originals.

    Each phrase becomes what published papers have in its place; some other words are replaced by `others`. The edits
    are those of the phrases alone.
    """
    phrases = held_out_phrases(folder)
    for source in data.SOURCES:
        found = 0
        for text in split_documents(folder, source)[1] if not source.encoder else ():
            before = honest_record(text)
            rng = random.Random(f"held-out-{source.name}-{text.id}")
            pieces, tail = split(before.text)
            PhraseSpinner(phrases).apply(pieces, 1.0, rng)
            if others:
                others.apply(pieces, AROUND_PHRASES, rng)
            result = assemble(pieces, tail)
            of_phrases = [e for e in result.edits if before.text[e.source_start : e.source_end].lower() in phrases]
            if len(of_phrases) >= FEWEST_PHRASES:
                found += 1
                yield _simulated(before, replace(result, edits=tuple(of_phrases)), HELD_OUT, AROUND_PHRASES)
            if found == count:
                break


def _simulated(before: Record, result: Spun, family: str, rate: float) -> tuple[Record, tuple[str, ...]]:
    """Return the spun version of a record, and the original of each replaced span."""
    spans = tuple((edit.start, edit.end) for edit in result.edits)
    name = f"{before.id}~{family}"
    version = replace(before, id=name, text=result.text, spun=True, family=family, rate=rate, edits=spans)
    return version, tuple(before.text[edit.source_start : edit.source_end] for edit in result.edits)
