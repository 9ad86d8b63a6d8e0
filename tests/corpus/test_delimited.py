"""CSV and TSV."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
from corpus_files import only, outcomes, problem, write

from detector.corpus.options import ReadOptions
from detector.corpus.reading import read
from detector.errors import SourceError


def table(*rows: list[object], **format: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, **format).writerows(rows)  # type: ignore[arg-type]
    return stream.getvalue()


HARD = 'One “two”, "three";\r\n\n four\tfive | six \u2028 😀'


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_cells_with_anything_in_them_come_back(separator: str, encoding: str) -> None:
    content = table(["n, or so; id|", "id", "text"], [1, "x", HARD], [2, "", "b"], delimiter=separator)
    write("a.csv", content.encode(encoding))
    first, last = read(["a.csv"], ReadOptions(all_fields=True))
    assert first.document is not None
    assert (first.id, first.document.text) == ("x", HARD)
    assert (last.id, last.row) == ("a.csv:2", 2)
    assert first.fields == {"n, or so; id|": "1", "id": "x", "text": HARD}


def test_tsv_and_compressed() -> None:
    write("a.tsv.gz", gzip.compress(table(["id", "text"], ["x", HARD], delimiter="\t").encode()))
    assert only("a.tsv.gz").text == HARD


def test_a_text_longer_than_the_limit_of_the_csv_module() -> None:
    text = "The man who came to the door said that it was late. " * 10_000
    assert only(write("a.csv", table(["text"], [text]))).text == text


@pytest.mark.parametrize("content", ["", "\n", "id,text\n", "\ufeffid,text\n\n\n"])
def test_an_empty_table_is_nothing(content: str) -> None:
    assert outcomes(write("a.csv", content)) == []


def test_columns_that_are_not_there_or_twice() -> None:
    write("a.csv", "id,body\nx,y\n")
    assert problem("a.csv") == "no column 'text' (columns: id, body); choose one with --text-field"
    assert outcomes("a.csv", options=ReadOptions(text_field="body")) == ["x"]
    write("b.csv", "text,text\nx,y\n")
    assert problem("b.csv") == "2 columns are called 'text'; rename all but one"


def test_rows_of_another_width() -> None:
    write("a.csv", "id,text,n\nx,a,1\ny,b, and more,2\nz,c\nw\n")
    first, wide, short, lost = outcomes("a.csv")
    assert (first, short, lost) == ("x", "z", "w")
    assert wide == "a.csv, row 2: 4 cells where the first row names 3 columns"


def test_bytes_of_old_windows_in_one_cell() -> None:
    document = only(write("a.csv", "id,text\ncafé,He said “no” – at the café.\n".encode("cp1252")))
    assert (document.id, document.text) == ("café", "He said “no” – at the café.")
    assert document.notes == ("decoded as cp1252, a guess: the text is not UTF-8",)


def test_a_quote_that_is_not_closed_loses_what_follows_and_says_so() -> None:
    write("a.csv", 'id,text\nx,a\ny,"b\nz,c\n')
    assert outcomes("a.csv", options=ReadOptions(max_document_size=10))[0] == "x"
    write("b.csv", 'id,text\nx,a\ny,"b\n' + f"z,{'c' * 99}\n" * 200_000)
    ids = outcomes("b.csv", options=ReadOptions(max_document_size=10))
    assert ids[0] == "x"
    assert "longer" in ids[1] or "a quote is not closed" in ids[1] or "a quote is opened" in ids[1]


@pytest.mark.parametrize("end", ["", "\n", "\n3,z\n4,zz\n"])
def test_a_file_that_ends_within_quotes_is_cut_off(end: str) -> None:
    """What follows a quote that nobody closes is no text of one record."""
    write("a.csv", f'id,text\n1,x\n2,"y{end}')
    records = list(read(["a.csv"]))
    assert [record.id for record in records] == ["1", "a.csv:2"]
    assert str(records[1].error) == (
        "a.csv, row 2: a quote is opened and never closed; the file is cut off there, or the quote is wrong"
    )
    assert records[1].raw == f'2,"y{end}'.rstrip("\n").encode() + b"\n"


def test_a_stream_that_breaks_off() -> None:
    write("a.csv.gz", gzip.compress(table(["id", "text"], *([n, "x" * n] for n in range(900))).encode())[:-20])
    *ids, said = outcomes("a.csv.gz")
    assert len(ids) > 800
    assert said.endswith("the gzip data breaks off")


def test_names_of_columns_with_line_breaks() -> None:
    assert only(write("a.csv", table(["a\nb", "text"], ["1", "x"]))).text == "x"


def test_carriage_returns_outside_quotes() -> None:
    write("a.csv", "id,text\nx,a\ny,b\rc\nz,d\n")
    assert outcomes("a.csv") == ["x", "a.csv, row 2: not a row: a carriage return stands outside quotes", "z"]
    assert problem(write("b.csv", "id,text\rx,a\r")) == "no names of columns: a carriage return stands outside quotes"


def test_what_is_no_table() -> None:
    assert "binary content" in problem(write("a.csv", b"PK\x03\x04" + bytes(99)))


@pytest.mark.parametrize("rest", ["", "\nid,text\n1,Some text.\n"])
def test_a_first_row_without_end_is_an_error_and_not_an_empty_file(rest: str) -> None:
    options = ReadOptions(max_document_size=10)
    write("a.csv.gz", gzip.compress(b"a" * (options.max_record_bytes + 1) + rest.encode()))
    assert outcomes("a.csv.gz", options=options) == [
        "a.csv.gz: no names of columns: the first row is longer than 16 MB"
    ]


def test_a_wrong_separator_does_not_print_the_text() -> None:
    write("a.csv", "x" * 1_000 + "\n")
    (message,) = outcomes("a.csv")
    assert message == f"a.csv: no column 'text' (columns: {'x' * 40}…); choose one with --text-field"


def test_a_quote_that_a_backslash_escapes_is_an_error_of_its_row() -> None:
    """As Spark writes it. What is valid with quotes doubled is read so."""
    rows = [
        '1,"C:\\dir\\"',
        '2,"He said ""no\\"", then"',
        '3,"He said \\"no\\", then"',
        '4,plain \\" text',
        '5,"ends \\"so\\""',
    ]
    write("a.csv", "id,text\n" + "\n".join(rows) + "\n")
    first, second, third, fourth, fifth = read(["a.csv"])
    assert [record.document and record.document.text for record in (first, second, fourth)] == [
        "C:\\dir\\",
        'He said "no\\", then',
        'plain \\" text',
    ]
    for record in (third, fifth):
        assert "a quote within quotes has a backslash before it" in str(record.error)


def test_after_a_cell_with_such_a_quote_that_goes_on_nothing_is_read() -> None:
    write("a.csv", 'id,text\n1,A\n2,"He said \\"no\\",\nand left"\n3,B\n')
    one, error = read(["a.csv"])
    assert one.document is not None
    assert isinstance(error.error, SourceError)
    assert error.error.rest_unread
