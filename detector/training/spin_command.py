"""`detector spin`: documents in, the same documents spun out, with what was put where."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from detector.cli.options import PATHS, option_like
from detector.errors import EXIT_ERROR, EXIT_OK, ConfigError, SourceError

if TYPE_CHECKING:
    from detector.corpus.reading import ReadOptions
    from detector.text.document import Document
    from detector.training.spinners.documents import Chain, SpunDocument
    from detector.training.spinners.families import Places

RATES = (0.02, 0.5)  # fewer swaps say nothing of a document; more leave nothing of it
NEARLY = 0.8  # of the rate: less is worth telling


class SpunFormat(StrEnum):
    TEXT = "text"
    JSONL = "jsonl"


def _in_rates(value: float) -> float:
    if not RATES[0] <= value <= RATES[1]:  # NaN, too
        raise typer.BadParameter(f"{value} is not from {RATES[0]} to {RATES[1]}")
    return value


def spin(
    paths: Annotated[list[str] | None, PATHS] = None,
    *,
    spinner: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A simulated spinner; several share the rate. `list` shows what there is."),
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="Show the spinners, and what is missing to run them.")] = False,
    rate: Annotated[
        float, typer.Option(metavar="R", callback=_in_rates, help="Share of the words to replace, 0.02 to 0.5.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(metavar="S", help="Another seed makes other swaps.")] = 0,
    section: Annotated[
        float | None,
        option_like(
            "max_fpr",
            metavar="SHARE",
            help="Spin only some paragraphs in a row that hold about this share of the words; the rate counts in them.",
        ),
    ] = None,
    format: Annotated[
        SpunFormat, typer.Option(help="The spun texts alone, or one object a line that tells every edit.")
    ] = SpunFormat.TEXT,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to this file, whole or not at all."),
    ] = None,
    text_field: Annotated[
        str, typer.Option(metavar="NAME", help="Field of a JSONL record that holds its text.")
    ] = "text",
    id_field: Annotated[str, typer.Option(metavar="NAME", help="Field of a JSONL record that holds its id.")] = "id",
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The training data, which some dictionaries are made from.")
    ] = None,
    moby: Annotated[
        Path | None,
        typer.Option(metavar="PATH", show_default="where npm puts it", help="Moby's words.txt, or the npm package."),
    ] = None,
    tables: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", show_default="the user's cache", help="Where the dictionaries' tables are kept once made."
        ),
    ] = None,
    bert: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A BERT with its masked-LM head, for the spinner `masked`.")
    ] = None,
) -> None:
    """Spin documents with a simulated article spinner, to make test data. Needs the extra `train`."""
    from detector.corpus.outputs import protect_inputs
    from detector.corpus.reading import ReadOptions
    from detector.reports.destination import open_destination
    from detector.training.spinners.families import Places

    places = Places(data, moby, tables, bert)
    names = list(dict.fromkeys(spinner or []))
    if show or names == ["list"]:
        with open_destination(output, for_machines=False) as stream:
            stream.writelines(_listed(places))
        return
    if not names:
        raise ConfigError("which spinner? Give --spinner NAME; --list shows what there is")
    if not paths:
        raise ConfigError("nothing to spin: give a PATH, or - for standard input")
    chain = _chain(names, places)
    job = _Job("+".join(names), chain, rate, seed, section)
    options = protect_inputs(output, paths, ReadOptions(text_field=text_field, id_field=id_field))
    with open_destination(output, for_machines=True) as stream:
        errors = job.run(paths, options, format, stream)
    job.tell()
    raise typer.Exit(EXIT_ERROR if errors else EXIT_OK)


def _listed(places: Places) -> Iterator[str]:
    from detector.training.spinners.families import SPINNERS

    width = max(map(len, SPINNERS))
    for name, family in SPINNERS.items():
        missing = family.missing(places)
        yield f"{name:{width}}  {family.about}  [{'missing: ' + '; '.join(missing) if missing else 'ready'}]\n"


def _chain(names: Sequence[str], places: Places) -> Chain:
    from detector.reports.messages import print_step
    from detector.training.spinners.families import make_chain

    return make_chain(names, places, print_step)


class _Job:
    """One run over documents, and what it came to."""

    def __init__(self, name: str, chain: Chain, rate: float, seed: int, section: float | None) -> None:
        self.name, self.chain, self.rate, self.seed, self.section = name, chain, rate, seed, section
        self.documents = self.words = self.swapped = 0
        self._ended = True

    def run(self, paths: Sequence[str], options: ReadOptions, format: SpunFormat, stream: TextIO) -> int:
        """Writes every document as soon as it is spun, and returns the number of errors."""
        from detector.corpus.reading import read
        from detector.reports.messages import print_error

        errors = 0
        write = self._write_json if format is SpunFormat.JSONL else self._write_text
        for record in read(paths, options):
            result = self._spun(record.document) if record.document is not None else record.error
            if isinstance(result, SourceError):
                errors += 1
                print_error(result)
            elif record.document is not None and result is not None:
                write(record.document, result, stream)
                stream.flush()
                self.documents += 1
                self.words += result.words
                self.swapped += result.swapped
        return errors

    def _spun(self, document: Document) -> SpunDocument | SourceError:
        from detector.training.spinners.documents import spin_document

        try:
            return spin_document(document, self.name, self.chain, rate=self.rate, seed=self.seed, section=self.section)
        except subprocess.CalledProcessError as error:
            what = (error.stderr or str(error)).strip()
            return SourceError(document.source, f"{' '.join(map(str, error.cmd))} failed: {what}")

    def _write_text(self, document: Document, spun: SpunDocument, stream: TextIO) -> None:
        """Write one text exactly as spun, and an empty line between two."""
        if self.documents:
            stream.write("\n" if self._ended else "\n\n")
        stream.write(spun.text)
        self._ended = spun.text.endswith("\n")

    def _write_json(self, document: Document, spun: SpunDocument, stream: TextIO) -> None:
        record = {
            "id": document.id,
            "source": document.source,
            "spinner": self.name,
            "rate": self.rate,
            "seed": self.seed,
            "text": spun.text,
            "edits": [change._asdict() for change in spun.changes],
            "words": spun.words,
            "swapped": spun.swapped,
            "section": None if self.section is None else spun.section._asdict(),
        }
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")

    def tell(self) -> None:
        """Print on standard error what the run came to."""
        from detector.reports.console import count
        from detector.reports.messages import print_step

        reached = self.swapped / self.words if self.words else 0.0
        print_step(
            f"{count(self.documents, 'document')}, {count(self.words, 'word')}, {self.swapped:,} swapped ({reached:.3f})"
        )
        if self.chain.swapping and self.words and reached < self.rate * NEARLY:
            print_step(f"the rate of {self.rate:g} was not reached: {self.name} knows too few of these words")
