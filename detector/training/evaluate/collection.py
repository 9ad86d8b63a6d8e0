"""Collections like those that are filtered, of which is measured what scoring costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, zip_longest
from pathlib import Path

from detector.judge import gates
from detector.text.document import Document
from detector.training.data import splits as data
from detector.training.data.records import Record, split_documents
from detector.training.fit.measure import document_of

DOCUMENTS = 60  # honest ones that are read of each source


def mix(records: Sequence[Record], register: str | None, spun_share: float) -> Iterator[Document]:
    """Yield honest documents of a register, or of all, one of each source in turn, and among them a share of real spun
    ones."""
    registers = sorted({r.register for r in records if not r.spun})
    if register and register not in registers:
        raise SystemExit(f"no honest documents of register {register!r}; there are {str(registers)[1:-1]}")
    chosen = [r for r in records if register in (None, r.register)]
    honest = [[r for r in chosen if r.source == source.name] for source in data.SOURCES]
    spun = cycle(record for record in records if record.source == "wild")
    in_turn = (record for row in zip_longest(*honest) for record in row if record)
    for number, record in enumerate(in_turn, start=1):
        yield document_of(record)
        if spun_share and number % round(1 / spun_share - 1) == 0:
            yield document_of(next(spun))


def collect(items: Iterable[object], words: int) -> list[Document]:
    """Return documents in turn that pass the gates, until there are words enough."""
    documents: list[Document] = []
    count = 0
    for item in items:
        if count >= words:
            break
        if isinstance(item, Document) and gates.check(item).reason is None and len(item.words) < 5000:
            documents.append(
                Document.from_prose(item.text, item.prose, id=item.id, source=item.source)
            )  # nothing cached
            count += len(item.words)
    return documents


def written_long(folder: Path, length: int) -> Iterator[Document]:
    """Yield honest documents that somebody wrote as long as that, in words at least, and that pass the gates, one of each
    source in turn; none is of a group that the verdict was fitted on."""
    of_sources = []
    for source in data.SOURCES:
        fitted = {text.group for text in split_documents(folder, source)[0]}
        texts = (text for text in data.read(folder, source, "verdict") if text.group not in fitted)
        of_sources.append([text for text in texts if len(text.text.split()) >= length])
    for row in zip_longest(*of_sources):
        for text in filter(None, row):
            document = Document.from_text(text.text, id=text.id, source=text.source, format="plain")
            if len(document.words) >= length and gates.check(document).reason is None:
                yield document
