"""Office documents: the text of `.docx`, `.odt`, `.epub` and `.pdf` files, through the libraries of the extra `office`.

The text of such a file is made here: paragraphs with a blank line between two, in reading order. Offsets count that text;
notes say where pages and chapters begin in it.
"""

from __future__ import annotations

import logging
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from types import ModuleType
from typing import Any
from urllib.parse import unquote
from zipfile import BadZipFile, ZipFile

from detector.text.decoding import BinaryContentError, Decoded, decode
from detector.text.left_out import Tally, notes
from detector.text.segments import WORD

INSTALL = "pip install 'unspun[office]' (in a checkout: pip install '.[office]')"
_LARGEST = 500_000_000  # bytes, of all that a file unpacks to
_MOST_PLACES = 50  # pages or chapters whose beginnings are named
_WORD_MARKUP = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OPEN_DOCUMENT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OPEN_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}table"
_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}rootfile"
_PACKAGE = "{http://www.idpf.org/2007/opf}"
_ENDS_SENTENCE = re.compile(r"[.!?:;…][\"'”’»)\]]*\s*\Z")


def text_of_docx(data: bytes) -> Decoded:
    """Return the paragraphs of a Word document; tables are left out. Insertions are read, deletions are not."""
    docx = _library("docx", "python-docx", ".docx")
    _refuse_bomb(data)
    tally, paragraphs = Tally(), []
    try:
        for block in docx.Document(BytesIO(data)).element.body.iter(f"{_WORD_MARKUP}p", f"{_WORD_MARKUP}tbl"):
            if block.tag == f"{_WORD_MARKUP}tbl":
                tally.add("table", len(WORD.findall(" ".join(t.text or "" for t in block.iter(f"{_WORD_MARKUP}t")))))
            elif not any(parent.tag == f"{_WORD_MARKUP}tbl" for parent in block.iterancestors()):
                paragraphs.append("".join(_word_text(block)))
    except Exception as error:
        raise _unreadable(".docx", error) from error
    return _joined(paragraphs, tally)


def _word_text(paragraph: Any) -> Iterator[str]:
    skipped = {f"{_WORD_MARKUP}{name}" for name in ("del", "moveFrom", "txbxContent", "pPr", "rPr")}
    signs = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
    nodes = [paragraph]
    while nodes:
        node = nodes.pop()
        if node is not paragraph and (node.tag in skipped or not isinstance(node.tag, str)):
            continue
        name = node.tag.removeprefix(_WORD_MARKUP)
        if name == "t":
            yield node.text or ""
        elif name in signs:
            yield signs[name]
        else:
            nodes += reversed(node)


def text_of_odt(data: bytes) -> Decoded:
    """Return the paragraphs and headings of an OpenDocument text; tables, notes and deletions are left out."""
    _library("lxml.etree", "lxml", ".odt")
    tally, paragraphs = Tally(), []
    root = _parsed(_unpacked(data, "content.xml", ".odt"), ".odt")
    skipped = {_OPEN_TABLE, f"{_OPEN_DOCUMENT}tracked-changes", f"{_OPEN_DOCUMENT}note"}
    for block in root.iter(f"{_OPEN_DOCUMENT}p", f"{_OPEN_DOCUMENT}h", _OPEN_TABLE):
        inside = any(parent.tag in skipped for parent in block.iterancestors())
        if block.tag == _OPEN_TABLE and not inside:
            tally.add("table", len(WORD.findall(" ".join(block.itertext()))))
        elif block.tag != _OPEN_TABLE and not inside:
            paragraphs.append("".join(_open_text(block, skipped)))
    return _joined(paragraphs, tally)


def _open_text(node: Any, skipped: set[str]) -> Iterator[str]:
    signs = {f"{_OPEN_DOCUMENT}s": " ", f"{_OPEN_DOCUMENT}tab": " ", f"{_OPEN_DOCUMENT}line-break": "\n"}
    yield node.text or ""
    for child in node:
        if child.tag in signs:
            yield signs[child.tag]
        elif isinstance(child.tag, str) and child.tag not in skipped:
            yield from _open_text(child, skipped)
        yield child.tail or ""


def text_of_epub(data: bytes) -> Decoded:
    """Return the running text of the chapters of a book, in the order of its spine."""
    from detector.text.formats import FORMATS

    _library("lxml.etree", "lxml", ".epub")
    container = _parsed(_unpacked(data, "META-INF/container.xml", ".epub"), ".epub")
    package = next((str(node.get("full-path")) for node in container.iter(_CONTAINER)), "")
    root = _parsed(_unpacked(data, package, ".epub"), ".epub")
    items = {node.get("id"): node for node in root.iter(f"{_PACKAGE}item")}
    chapters: list[str] = []
    names: list[str] = []
    remarks: list[str] = []
    for reference in root.iter(f"{_PACKAGE}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or "html" not in str(item.get("media-type")):
            continue
        name = posixpath.normpath(posixpath.join(posixpath.dirname(package), unquote(str(item.get("href")))))
        page = decode(_unpacked(data, name, ".epub"), None)
        prose, of_chapter = FORMATS["html"].read(page.text)
        if prose.text.strip():
            chapters.append(prose.text.strip())
            names.append(posixpath.basename(name))
            remarks += of_chapter
    return Decoded("\n\n".join(chapters), (*_places(names, chapters, "\n\n"), *dict.fromkeys(remarks)))


def text_of_pdf(data: bytes) -> Decoded:
    """Return the text of the pages of a PDF file, without running heads and page numbers.

    A sentence that goes on over the page is one. Pages that are pictures have no text: a note says how many there are.
    """
    pypdf = _library("pypdf", "pypdf", ".pdf")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of each flaw; what can't be read is our error
    try:
        reader = pypdf.PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise BinaryContentError("the PDF file is locked with a password; save it without one")
        pages = [page.extract_text() for page in reader.pages]
    except BinaryContentError:
        raise
    except Exception as error:
        raise _unreadable(".pdf", error) from error
    texts = list(_without_running_heads(pages))
    empty = sum(not text for text in texts)
    remarks = (f"{empty} of {len(pages)} pages have no text in them (scanned?)",) if empty else ()
    shown = [(f"page {number}", text) for number, text in enumerate(texts, 1) if text]
    joined = ""
    places = []
    for name, text in shown:
        if joined:
            joined += "\n\n" if _ENDS_SENTENCE.search(joined) else "\n"
        places.append((name, len(joined)))
        joined += text
    return Decoded(joined, (*_named(places), *remarks))


def _without_running_heads(pages: Sequence[str]) -> Iterator[str]:
    """Leave out first and last lines that most pages have alike but for their figures."""
    lines = [[line.rstrip() for line in page.splitlines() if line.strip()] for page in pages]
    alike = Counter(_shape(of_page[at]) for of_page in lines if len(of_page) > 2 for at in (0, -1))
    running = {shape for shape, count in alike.items() if count >= 3 and count >= len(pages) / 2}
    for of_page in lines:
        for at in (0, -1):
            if len(of_page) > 2 and _shape(of_page[at]) in running:
                del of_page[at]
        yield "\n".join(of_page)


def _shape(line: str) -> str:
    return re.sub(r"\d+", "0", line.strip())


def _joined(paragraphs: Sequence[str], tally: Tally) -> Decoded:
    text = "\n\n".join(paragraph.strip() for paragraph in paragraphs if paragraph.strip())
    return Decoded(text, notes(tally.result(), len(WORD.findall(text))))


def _places(names: Sequence[str], texts: Sequence[str], joint: str) -> tuple[str, ...]:
    places, at = [], 0
    for name, text in zip(names, texts, strict=True):
        places.append((name, at))
        at += len(text) + len(joint)
    return _named(places)


def _named(places: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """Return a note that says at which characters of the text the parts of a file begin."""
    if len(places) < 2:
        return ()
    more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    return ("begins at character: " + ", ".join(f"{name} {at}" for name, at in places[:_MOST_PLACES]) + more,)


def _library(module: str, package: str, suffix: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise BinaryContentError(f"{suffix} files need the package {package}: {INSTALL}") from error


def _parsed(data: bytes, suffix: str) -> Any:
    from lxml import etree

    try:
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise _unreadable(suffix, error) from error


def _unpacked(data: bytes, name: str, suffix: str) -> bytes:
    _refuse_bomb(data)
    try:
        with ZipFile(BytesIO(data)) as archive:
            return archive.read(name)
    except (BadZipFile, KeyError, RuntimeError, OSError, NotImplementedError) as error:
        raise _unreadable(suffix, error) from error


def _refuse_bomb(data: bytes) -> None:
    try:
        with ZipFile(BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except BadZipFile:
        return  # whoever reads it says so
    if size > _LARGEST:
        raise BinaryContentError(f"unpacks to {size:,} bytes, more than {_LARGEST:,}")


def _unreadable(suffix: str, error: Exception) -> BinaryContentError:
    return BinaryContentError(f"is no {suffix} file that can be read ({type(error).__name__}); is it damaged?")


TEXT_OF: dict[str, Callable[[bytes], Decoded]] = {
    "docx": text_of_docx,
    "odt": text_of_odt,
    "epub": text_of_epub,
    "pdf": text_of_pdf,
}
