"""Office documents: what text is made of them, and what is said where that fails."""

from __future__ import annotations

import sys
import zipfile
from io import BytesIO

import pytest

from detector.text.decoding import BinaryContentError
from detector.text.formats import FORMATS
from detector.text.office import TEXT_OF

FIRST, SECOND = "The ferry company said that it would stop.", "The islanders were told in a letter."


def zipped(**files: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return buffer.getvalue()


def docx_file() -> bytes:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_heading("A title", 1)
    paragraph = document.add_paragraph("The ferry company ")
    paragraph.add_run("said").bold = True
    paragraph.add_run(" that it would stop.")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "a cell", "of a table"
    document.add_paragraph(SECOND)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def odt_file() -> bytes:
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    return zipped(
        content_xml=f'<office xmlns:text="{text}" xmlns:table="{table}"><text:h>A title</text:h><text:p>The ferry'
        "<text:s/>company <text:span>said</text:span> that it<text:note><text:p>a note</text:p></text:note> would stop.</text:p>"
        "<table:table><table:cell><text:p>a cell of a table</text:p></table:cell></table:table>"
        f"<text:p>{SECOND}</text:p></office>"
    )


def epub_file() -> bytes:
    return zipped(
        META_INF__container_xml='<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="text/book.opf"/></rootfiles></container>',
        text__book_opf='<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
        '<item id="b" href="two.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="a" href="one.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
        text__one_xhtml=f"<html><body><h1>A title</h1><p>{FIRST}</p></body></html>",
        text__two_xhtml=f"<html><body><p>{SECOND}</p></body></html>",
    ).replace(b"META.INF", b"META-INF")


def pdf_file(*pages: list[str]) -> bytes:
    """A PDF made by hand: one font, a line of text below the other."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = " T* ".join(f"({line}) Tj" for line in lines)
        stream = f"BT /F1 12 Tf 14 TL 72 700 Td {shown} ET"
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
            f" /Contents {len(objects) + 2} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\n"
    )
    return body + f"{end}startxref\n{len(body)}\n%%EOF".encode()


def test_word_documents() -> None:
    text, notes = TEXT_OF["docx"](docx_file())
    assert text == f"A title\n\n{FIRST}\n\n{SECOND}"
    assert notes == ("1 table was not read (5 words)",)


def test_insertions_are_read_and_deletions_are_not() -> None:
    docx = pytest.importorskip("docx")
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = docx.Document()
    paragraph = document.add_paragraph("The ferry ")
    for name, text in (("ins", "<w:t>stopped.</w:t>"), ("del", "<w:delText>sank.</w:delText>")):
        paragraph._p.append(parse_xml(f'<w:{name} {nsdecls("w")} w:id="1"><w:r>{text}</w:r></w:{name}>'))
    buffer = BytesIO()
    document.save(buffer)
    assert TEXT_OF["docx"](buffer.getvalue()).text == "The ferry stopped."


def test_open_document_texts() -> None:
    pytest.importorskip("lxml")
    text, notes = TEXT_OF["odt"](odt_file())
    assert text == f"A title\n\n{FIRST}\n\n{SECOND}"
    assert notes == ("1 table was not read (5 words)",)


def test_books_are_read_in_the_order_of_their_spine() -> None:
    pytest.importorskip("lxml")
    text, notes = TEXT_OF["epub"](epub_file())
    assert text == f"A title\n\n{FIRST}\n\n{SECOND}"
    assert notes == (f"begins at character: one.xhtml 0, two.xhtml {text.index(SECOND)}",)


def test_pdf_files_tell_where_their_pages_begin() -> None:
    pytest.importorskip("pypdf")
    text, notes = TEXT_OF["pdf"](
        pdf_file(
            ["The Isles, page 1", "The ferry company said", "that it"],
            ["The Isles, page 2", "would stop.", "It is late."],
            ["The Isles, page 3", SECOND, "They left."],
            [],
        )
    )
    assert text == f"The ferry company said\nthat it\nwould stop.\nIt is late.\n\n{SECOND}\nThey left."
    assert notes == (
        f"begins at character: page 1 0, page 2 {text.index('would')}, page 3 {text.index(SECOND)}",
        "1 of 4 pages have no text in them (scanned?)",
    )


@pytest.mark.parametrize("name", list(TEXT_OF))
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", b"%PDF-1.4 broken", zipped(a_txt="no document")])
def test_what_is_no_such_file_is_an_error_of_ours(name: str, data: bytes) -> None:
    pytest.importorskip("docx")
    pytest.importorskip("pypdf")
    with pytest.raises(BinaryContentError, match=rf"no \.{name} file that can be read"):
        TEXT_OF[name](data)


@pytest.mark.parametrize("name", list(TEXT_OF))
def test_a_missing_library_names_the_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("docx", "lxml", "lxml.etree", "pypdf"):
        monkeypatch.setitem(sys.modules, module, None)
    text_of = FORMATS[name].text_of
    assert text_of is not None
    with pytest.raises(BinaryContentError, match=r"pip install 'unspun\[office\]'"):
        text_of(b"")
