"""Batches that take about as long, and the order in which workers get them."""

from __future__ import annotations

from detector.engine.batches import Batch, BatchQueue, in_batches
from detector.text.document import Document


def of_lengths(*lengths: int) -> list[Document]:
    return [Document.from_text("x" * length, id=str(number), format="plain") for number, length in enumerate(lengths)]


def test_a_long_document_is_a_batch_by_itself_and_order_is_kept() -> None:
    documents = of_lengths(10, 20_000, 20_000, 20_000, 300_000, 10, *[100] * 20)
    batches = [[document.id for document in batch] for batch in in_batches(documents)]
    assert batches[:3] == [["0", "1", "2"], ["3"], ["4"]]
    assert [len(batch) for batch in batches[3:]] == [16, 5]
    assert [id for batch in batches for id in batch] == [str(number) for number in range(26)]


def test_of_no_documents_there_are_no_batches() -> None:
    assert not list(in_batches([]))


def test_a_long_batch_is_taken_before_those_that_came_earlier() -> None:
    waiting = BatchQueue()
    short, long, later, longer = (Batch([one]) for one in of_lengths(10, 60_000, 20, 900_000))
    for batch in (short, long, later, longer):
        waiting.put(batch)
    waiting.end()
    assert [waiting.get() for _ in range(5)] == [long, longer, short, later, None]
