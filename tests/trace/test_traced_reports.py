"""What a trace found, as it is shown: pairs are written as they are read, and the page has a row a sentence."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from detector.reports.traced import write_json_lines
from detector.reports.traced_page import rows_of


def test_pairs_are_written_one_by_one_and_never_held() -> None:
    stream = io.StringIO()

    class Many:
        families = ("f",)

        def pairs(self) -> Iterator[dict[str, int]]:
            for number in range(100):
                assert stream.getvalue().count("\n") == number  # all before it are written
                yield {"pair": number}

        def family(self, family: str) -> dict[str, str]:
            return {"family": family}

    result: Any = Many()
    write_json_lines(result, stream)
    assert json.loads(stream.getvalue().split("\n")[100]) == {"family": "f"}


def texts(rows: Iterator[list[tuple[str, str, int | None]]]) -> list[tuple[str, str]]:
    return [("".join(one[0] for one in row), "".join(one[1] for one in row)) for row in rows]


def test_a_row_is_a_sentence_also_where_the_texts_differ_between_swaps() -> None:
    source = "The boat left . It was old.\n\nNobody saw it, they said."
    copy = "The ship left. It was old .\n\nNobody saw it , they said."
    swap = {"a": {"start": 4, "end": 8, "text": "boat"}, "b": {"start": 4, "end": 8, "text": "ship"}}
    assert texts(rows_of([swap], source, copy)) == [
        ("The boat left . ", "The ship left. "),
        ("It was old.\n\n", "It was old .\n\n"),
        ("Nobody saw it, they said.", "Nobody saw it , they said."),
    ]


def test_where_one_text_has_a_sentence_more_the_row_goes_on() -> None:
    source, copy = "It rained. They left. It was late.", "It rained. It was late."
    assert texts(rows_of([], source, copy)) == [(source, copy)]
