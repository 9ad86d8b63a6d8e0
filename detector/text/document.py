"""A document: one text to be judged, the prose in it, and its words, sentences and windows."""

from __future__ import annotations

import os
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from typing import Protocol

from detector.errors import ItemError, kind_of
from detector.text.offsets import Prose, Span
from detector.text.segments import (
    STRETCH_MAX_WORDS,
    STRETCH_WORDS,
    WINDOW_MAX_WORDS,
    WINDOW_WORDS,
    WORD,
    runs,
    sentences,
)


class OwnOptions(Protocol):
    """What may hold for one document instead of for the run: a threshold, however it is chosen, and grammar `off`."""

    @property
    def grammar(self) -> str: ...
    @property
    def threshold(self) -> float | None: ...
    @property
    def max_fpr(self) -> float | None: ...
    @property
    def calibration(self) -> str | os.PathLike[str] | None: ...


_SPAN = partial(tuple.__new__, Span)  # of a pair; a third of what calling `Span` takes, for each word of each document


@dataclass(frozen=True)
class Document:
    """One text to be judged. Make it with `from_text`.

    `id` is unique within a run where the input makes it so; `source` names the file (and record) for a person; `format` is
    how the text is read, a name in `detector.text.formats`; `remarks` are what whoever got the text wants said (a guessed
    encoding, replacement characters); `group` is what a calibration by group finds its threshold by; `options` hold for
    this document instead of the detector's. `is_file`: the text is a whole file, whose directives hold. `ignore` is what
    the record itself says is to be ignored: phrases and rules, or True for all of it. `off`: the document is not to be
    judged. The text is read when its prose is first asked for, and once.
    Documents may be shared by threads and pickled; a pickle holds the text and not what was read.
    """

    id: str
    source: str
    text: str
    format: str = "plain"
    remarks: tuple[str, ...] = ()
    group: str | None = None
    options: OwnOptions | None = None
    is_file: bool = False
    ignore: bool | tuple[str, ...] = ()
    off: bool = False

    def __post_init__(self) -> None:
        for name in ("id", "source", "text", "format"):
            if not isinstance(value := getattr(self, name), str):
                raise ItemError(f"the {name} of a document must be a string, not {kind_of(value)}")

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        id: str = "text",
        source: str = "<text>",
        format: str = "auto",
        notes: tuple[str, ...] = (),
        group: str | None = None,
        options: OwnOptions | None = None,
        is_file: bool = False,
        ignore: bool | tuple[str, ...] = (),
        off: bool = False,
    ) -> Document:
        """Return the document of a text. Everything that scores a text reads it in this way.

        `format` names the text format: `plain`, `markdown`, `html`, another name in `detector.text.formats`, or `auto`,
        which reads HTML where the text looks like it and plain text otherwise. All offsets count code points of `text`.
        Lone surrogates are replaced one by one, so that offsets hold. `notes` come before those of the reader.
        Raise ConfigError if the format is unknown, ItemError if a value is no string.
        """
        from detector.text.decoding import without_surrogates
        from detector.text.formats import text_format

        document = cls(id, source, text, format, tuple(notes), group, options, is_file, ignore, off)
        text_format(format)
        clean, replaced = without_surrogates(text)
        return replace(document, text=clean, remarks=(*notes, *replaced)) if replaced else document

    @classmethod
    def from_prose(
        cls,
        text: str,
        prose: Prose,
        *,
        id: str = "text",
        source: str = "<text>",
        options: OwnOptions | None = None,
        ignore: bool | tuple[str, ...] = (),
    ) -> Document:
        """Return the document of a text whose prose is known already, `prose`; a pickle of it is read as plain text."""
        document = cls(id, source, text, options=options, ignore=ignore)
        document.__dict__["_reading"] = (prose, ())
        return document

    @property
    def prose(self) -> Prose:
        """The text that is scored, without markup, code, tables and addresses."""
        return self._reading[0]

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a person should know of how the text was read."""
        return self.remarks + self._reading[1]

    @cached_property
    def _reading(self) -> tuple[Prose, tuple[str, ...]]:
        from detector.text.formats import text_format

        return text_format(self.format).read(self.text)

    def __getstate__(self) -> dict[str, object]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def locate(self, start: int, end: int) -> Span:
        """Return the source span of a prose span."""
        return self.prose.locate(start, end)

    @cached_property
    def words(self) -> tuple[Span, ...]:
        """Word spans, in prose offsets."""
        return tuple(map(_SPAN, map(re.Match.span, WORD.finditer(self.prose.text))))

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """Sentence spans without surrounding white space, in prose offsets."""
        return tuple(sentences(self.prose.text))

    @cached_property
    def windows(self) -> tuple[Span, ...]:
        """Runs of whole sentences of about `WINDOW_WORDS` words, in prose offsets; together they cover every word."""
        return tuple(runs(self.prose.text, self.sentences, WINDOW_WORDS, WINDOW_MAX_WORDS))

    def stretches(self, window: Span) -> Iterator[Span]:
        """Cut a window into runs of about `STRETCH_WORDS` words: whole sentences, unless they are longer."""
        first = bisect_right(self.sentences, window.start, key=lambda sentence: sentence.end)
        last = bisect_left(self.sentences, window.end, key=lambda sentence: sentence.start)
        within = (Span(max(s.start, window.start), min(s.end, window.end)) for s in self.sentences[first:last])
        return runs(self.prose.text, within, STRETCH_WORDS, STRETCH_MAX_WORDS)
