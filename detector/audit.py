"""Auditing: draw documents for a person to judge, and read the answers.

Documents are drawn by source and by band of probability, as many from each band, so that those near the threshold, of
which there are few, are well represented. Which ones is decided by a hash of the seed and of where they stand: the same
scores and seed draw the same documents, in whatever order they come. Every row says how many documents its band has, so
that each answer can be counted for those it stands for.
"""

from __future__ import annotations

import csv
import json
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from detector.corpus.groups import HOST
from detector.corpus.record import Record
from detector.corpus.stored_scores import Stored, StoredScores
from detector.errors import ConfigError
from detector.judge.by_group import Weighted

BANDS = (0.05, 0.25, 0.5, 0.75, 0.9, 0.97)  # what separates them
SPUN, HONEST, UNSURE = "spun", "honest", "unsure"
COLUMNS = (
    "answer", "swaps", "text", "id", "place", "source", "probability", "band", "band_documents", "group_by", "model",
    "wording", "engine",
)  # fmt: skip
_SHOWN_TEXT = 2000  # characters
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so
_COUNTED = 1_000_000  # sources whose documents are counted, so that memory is bounded
_OTHER = ""  # the name of all sources that are not audited by themselves

Row = dict[str, Any]
Drawn = dict[tuple[str, int], list[tuple[str, Row]]]


@dataclass
class Plan:
    """What is drawn: `each` documents of a source, of the `sources` that have most documents; the others are one source."""

    group_by: str | None = None
    each: int = 40
    sources: int = 20
    seed: int = 0


def draw(scores: Sequence[StoredScores], plan: Plan) -> list[Row]:
    """Return the rows of an audit, by source, and within a source in an order that says nothing of the probability.

    Scores are read twice. Raise ConfigError where no document has a probability, or a source can't be found again by
    who applies a calibration.
    """
    group_by = _grouping(scores, plan.group_by)
    sizes: Counter[str] = Counter()
    bands: Counter[tuple[str, int]] = Counter()
    named = {name for name, _ in _largest(_groups(scores, group_by, sizes), plan.sources)} if group_by else set()
    drawn: Drawn = defaultdict(list)
    for one in scores:
        for stored in one.read(group_by):
            if (probability := stored.entry.probability) is None:
                continue
            source = stored.entry.group if stored.entry.group in named else _OTHER
            stratum = source or _OTHER, sum(probability >= edge for edge in BANDS)
            bands[stratum] += 1
            kept = drawn[stratum]
            key = sha256(f"{plan.seed}\0{stored.place}\0{stored.entry.id}".encode("utf-8", "surrogatepass")).hexdigest()
            if len(kept) < plan.each or key < kept[-1][0]:
                insort(kept, (key, _row(one, stored, group_by, stratum)), key=lambda pair: pair[0])
                del kept[plan.each :]
    if not bands:
        raise ConfigError("no document has a probability; there is nothing to audit")
    chosen = [pair for source in sorted({one for one, _ in bands}) for pair in _chosen(drawn, source, plan.each)]
    return [{**row, "band_documents": bands[row["source"], row["band"]]} for _, row in chosen]


def add_texts(rows: Iterable[Row], records: Iterable[Record]) -> int:
    """Put the texts of records into the rows about them; return how many rows found none."""
    wanted: dict[str, list[Row]] = defaultdict(list)
    missing = 0
    for row in rows:
        wanted[row["id"]].append(row)
        missing += 1
    for record in records:
        for row in wanted.get(record.id, ()):
            if record.document is None or row["text"] or not _is_at(record.source, row["place"]):
                continue
            # A person judges what is read, which is a small part of a web page.
            text = record.document.prose.text if record.document.format == "page" else record.document.text
            row["text"] = text if len(text) <= _SHOWN_TEXT else text[:_SHOWN_TEXT] + "…"
            row["document"] = record.document
            missing -= 1
    return missing


def write_sheet(rows: Iterable[Row], stream: TextIO, *, as_csv: bool) -> None:
    """Write the rows as CSV or JSON Lines, with the column `answer` to be filled in."""
    if not as_csv:
        kept = ({name: row[name] for name in COLUMNS} for row in rows)
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in kept)
        return
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _as_cell(row[name]) for name in COLUMNS} for row in rows)


@dataclass
class Answers:
    """What people said. `honest` and `spun` are probabilities with weights, by source; `unsure` counts rows without an answer.

    `unheard` counts the documents of bands in which nobody gave an answer.
    """

    group_by: str | None
    model: str
    wording: str
    engines: Counter[str] = field(default_factory=Counter)
    honest: dict[str, list[Weighted]] = field(default_factory=lambda: defaultdict(list))
    spun: dict[str, list[Weighted]] = field(default_factory=lambda: defaultdict(list))
    unsure: int = 0
    unheard: int = 0

    def all(self, answer: str) -> list[Weighted]:
        """Return the documents of all sources that were called so."""
        return list(chain.from_iterable((self.honest if answer == HONEST else self.spun).values()))


def read_answers(path: Path) -> Answers:
    """Read a sheet that was filled in. Raise ConfigError, with the line, where it says something that makes no sense."""
    rows = list(_rows(path))
    if not rows:
        raise ConfigError(f"{path}: holds no answers")
    made_with = {(row["group_by"], row["model"], row["wording"]) for _, row in rows}
    if len(made_with) > 1:
        raise ConfigError(f"{path}: holds documents that were scored in several ways; draw them together")
    ((group_by, model, wording),) = made_with
    answers = Answers(group_by or None, model, wording)
    strata: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for _, row in rows:
        strata[row["source"], row["band"]].append(row)
    for (source, _), documents in strata.items():
        answered = [row for row in documents if row["answer"] in (SPUN, HONEST)]
        answers.unsure += len(documents) - len(answered)
        if not answered:
            answers.unheard += documents[0]["band_documents"]
        for row in answered:
            weight = max(row["band_documents"], len(answered)) / len(answered)
            side = answers.honest if row["answer"] == HONEST else answers.spun
            side[source].append((row["probability"], weight))
            answers.engines[row["engine"]] += row["answer"] == HONEST
    return answers


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            if path.suffix.lower() in (".jsonl", ".ndjson"):
                numbered: Iterable[tuple[int, Any]] = (
                    (number, json.loads(line)) for number, line in enumerate(stream, 1) if line.strip()
                )
            else:
                head = stream.readline()
                stream.seek(0)
                separator = max(",;\t", key=head.count)  # spreadsheets write what the country is used to
                reader = csv.DictReader(stream, delimiter=separator)
                numbered = ((reader.line_num, row) for row in reader)
            number = 0
            for number, row in numbered:
                yield number, _checked(path, number, row)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror or error})") from error
    except (csv.Error, ValueError) as error:
        raise ConfigError(f"{path}: is no sheet that detector audit made, filled in and saved as it was") from error


def _checked(path: Path, number: int, row: Any) -> Row:
    try:
        answer = str(row["answer"] or "").strip().lower()
        made: Row = {
            "answer": answer or UNSURE,
            "source": _from_cell(str(row["source"])),
            "probability": float(str(row["probability"]).replace(",", ".")),
            "band": int(row["band"]),
            "band_documents": int(row["band_documents"]),
            "engine": str(row["engine"]),
            **{name: _from_cell(str(row[name] or "")) for name in ("group_by", "model", "wording")},
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        problem = f"has no {error}" if isinstance(error, KeyError) else "was changed in another column than answer"
        raise ConfigError(f"{path}, line {number}: {problem}; fill in the column answer alone") from error
    if made["answer"] not in (SPUN, HONEST, UNSURE):
        raise ConfigError(f"{path}, line {number}: the answer is {SPUN}, {HONEST} or {UNSURE}, not {answer!r}")
    if not 0 <= made["probability"] <= 1 or made["band_documents"] < 1:
        raise ConfigError(f"{path}, line {number}: was changed in another column than answer")
    return made


def _grouping(scores: Sequence[StoredScores], asked: str | None) -> str | None:
    """Return what the sources are. A calibration looks for it in records, so it is a field of theirs or their host."""
    stored = {one.group_by for one in scores}
    group_by = asked or (next(iter(stored)) if len(stored) == 1 else None)
    if group_by not in (None, HOST) and stored != {group_by}:
        raise ConfigError(
            f"--group-by {group_by}: only {HOST}, or what a filter run grouped by, can be found again in records"
        )
    return group_by


def _groups(scores: Sequence[StoredScores], group_by: str | None, sizes: Counter[str]) -> Counter[str]:
    for one in scores:
        for stored in one.read(group_by):
            group = stored.entry.group
            if group and stored.entry.probability is not None and (group in sizes or len(sizes) < _COUNTED):
                sizes[group] += 1
    return sizes


def _largest(sizes: Mapping[str, int], number: int) -> list[tuple[str, int]]:
    return sorted(sizes.items(), key=lambda one: (-one[1], one[0]))[:number]


def _chosen(drawn: Drawn, source: str, each: int) -> list[tuple[str, Row]]:
    """Return `each` documents of a source: the same number of every band, and more where another has fewer."""
    waiting = {band: drawn[source, band] for band in range(len(BANDS) + 1) if drawn.get((source, band))}
    taken = dict.fromkeys(waiting, 0)
    left = min(each, sum(map(len, waiting.values())))
    while left:
        for band in reversed(waiting):  # the highest first
            if left and taken[band] < len(waiting[band]):
                taken[band] += 1
                left -= 1
    return sorted((pair for band, number in taken.items() for pair in waiting[band][:number]), key=lambda pair: pair[0])


def _row(scores: StoredScores, stored: Stored, group_by: str | None, stratum: tuple[str, int]) -> Row:
    command = scores.command or {}
    engine = command.get("grammar engine") if stored.line is None else stored.line["signals"]["grammar"]["engine"]
    swaps = [f"{one['text']} → {one['suggestions'][0]}" for one in stored.entry.findings if one["suggestions"]]
    return {
        "answer": "",
        "swaps": "; ".join(" ".join(swap.split()) for swap in swaps),
        "text": "",
        "id": stored.entry.id,
        "place": stored.place,
        "source": stratum[0],
        "probability": stored.entry.probability,
        "band": stratum[1],
        "band_documents": 0,
        "group_by": group_by or "",
        "model": scores.model or "",
        "wording": command.get("--wording", ""),
        "engine": engine or "none",
        # What a page shows, and a sheet does not have:
        "findings": stored.entry.findings if stored.line is None else stored.line["findings"],
        "document": None,
    }


def _is_at(source: str, place: str) -> bool:
    return source == place or source.endswith(f"/{place}")


def _as_cell(value: object) -> object:
    r"""Return a value for a spreadsheet, which is not to take text for a formula.

    >>> _as_cell("=1+1"), _as_cell("fine"), _as_cell(0.5)
    ("'=1+1", 'fine', 0.5)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _from_cell(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
