"""From the fields of a row to its record: which field is the text, which the id, and what a value there means.

**Fields.** `a.b` names the field `b` of the object `a`; a field whose own name is `a.b` comes first.

**Text.** A string is the text. Null (and NaN, which pandas writes for it) is a document without words, with a note.
A record without the field, or with anything else in it, is an error: the wrong field was chosen.

**Ids.** A string is the id, a number is the id as JSON spells it (`7`, `1.5`). A record whose id is missing, null or
empty is called `file:row`; so is one whose id is a truth value, a list or an object, and that is counted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from detector.corpus.groups import group_in
from detector.corpus.look_up import MISSING, look_up
from detector.corpus.options import ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.errors import SourceError
from detector.text.decoding import without_surrogates
from detector.text.document import Document
from detector.text.segments import WORD

_NAMED_FIELDS = 12  # in the message to somebody who chose a field that does not exist
_NAME = 40  # characters of a name that are shown there
_KINDS = {
    "NoneType": "null",
    "str": "a string",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "Decimal": "a number",
    "list": "a list",
    "dict": "an object",
    "bytes": "bytes",
    "datetime": "a date",
    "date": "a date",
}


def make_record(
    fields: Mapping[str, Any],
    file: str,
    row: int,
    options: ReadOptions,
    log: ReadLog,
    *,
    unit: str = "line",
    notes: tuple[str, ...] = (),
    raw: bytes | None = None,
) -> Record:
    """Return the record that a row's fields make. `unit` is what a row is called in messages."""
    id = _id(fields, file, row, options, log)
    place = f"{file}:{row}"
    kept: dict[str, Any] = {"fields": fields, "raw": raw} if options.all_fields or options.more_fields else {}
    text = look_up(fields, options.text_field)
    if options.off and not isinstance(text, str):
        text = ""
    elif text is None or (isinstance(text, float) and math.isnan(text)):
        notes, text = (*notes, f"field {options.text_field!r} is null"), ""
    try:
        unasked = options.off or options.ignore_field is None
        ignore = () if unasked else ignored_in(look_up(fields, options.ignore_field or ""))
    except ValueError as error:
        problem = f"field {options.ignore_field!r} {error}"
        return Record(id, file, row, error=SourceError(file, problem, row, kind=problem, unit=unit), **kept)
    if isinstance(text, str):
        made = document_or_error(
            text,
            id,
            place,
            file=file,
            row=row,
            format=options.text_format,
            options=options,
            notes=notes,
            unit=unit,
            group=group_in(fields, id, options.group_by),
            ignore=ignore,
        )
        if isinstance(made, Document):
            return Record(id, file, row, document=made, **kept)
        return Record(id, file, row, error=made, **kept)
    kind, problem = _why_no_text(fields, text, options.text_field)
    return Record(id, file, row, error=SourceError(file, problem, row, kind=kind, repeated=True, unit=unit), **kept)


def document_or_error(
    text: str,
    id: str,
    source: str,
    *,
    file: str,
    row: int | None = None,
    format: str,
    options: ReadOptions,
    notes: tuple[str, ...],
    unit: str = "line",
    group: str | None = None,
    ignore: bool | tuple[str, ...] = (),
) -> Document | SourceError:
    """Return the document of a text in its format; an error where it is too long to be judged."""
    if len(text) > options.max_document_size and not options.off:
        problem = f"the text is longer than {options.max_document_size:,} characters (--max-document-size)"
        return SourceError(file, problem, row, unit=unit)
    return Document.from_text(
        text,
        id=id,
        source=source,
        format=format,
        notes=notes,
        group=group,
        options=options.judged_by,
        is_file=row is None,
        ignore=ignore,
        off=options.off,
    )


def ignored_in(value: object) -> bool | tuple[str, ...]:
    """Return what a field says is to be ignored: True for the whole record, or phrases and rules.

    A cell of a table is a string: `true` and `false`, a list as JSON spells it, or one phrase. Raises ValueError for anything
    else; its text completes "field …".

    >>> ignored_in("true"), ignored_in('["noble hops", "grammar"]'), ignored_in("noble hops"), ignored_in(None)
    (True, ('noble hops', 'grammar'), ('noble hops',), ())
    """
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        if text.startswith("["):
            try:
                value = json.loads(text)
            except ValueError:
                raise ValueError("is no list as JSON spells it") from None
        else:
            return (text,) if text else ()
    if value is MISSING or value is None or (isinstance(value, float) and math.isnan(value)):
        return ()
    if isinstance(value, bool):
        return value
    if not isinstance(value, Sequence) or isinstance(value, bytes):
        raise ValueError(f"must be true, false or a list of phrases and rules, it is {kind_of(value)}")
    for one in value:
        if not isinstance(one, str) or not WORD.search(one):
            raise ValueError(f"must be a list of phrases and rules; {json.dumps(one, default=str)[:_NAME]} is none")
    return tuple(" ".join(one.split()) for one in value)


def kind_of(value: object) -> str:
    """Return what a value is in the words of JSON."""
    return _KINDS.get(type(value).__name__, f"a value of type {type(value).__name__}")


def named(names: Sequence[str]) -> str:
    """Return the first names of fields for a message; where a separator is wrong, one of them can be a whole text.

    >>> named(["id", "x" * 99]), named([])
    ('id, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…', 'none')
    """
    shown = [_printable(name[:_NAME] + "…" * (len(name) > _NAME)) for name in names[:_NAMED_FIELDS]]
    return ", ".join(shown + ["…"] * (len(names) > _NAMED_FIELDS)) or "none"


def _why_no_text(fields: Mapping[str, Any], value: object, field: str) -> tuple[str, str]:
    """Return the kind of the problem, and the whole of it."""
    if value is MISSING:
        known = named(_name_fields(fields))
        kind = f"no field {field!r}"
        return kind, f"{kind} (fields: {known}); choose one with --text-field"
    kind = f"field {field!r} must be a string, it is {kind_of(value)}"
    return kind, f"{kind}; choose another with --text-field"


def _name_fields(fields: Mapping[str, Any]) -> list[str]:
    """Name the fields, those of an object by their path; texts come first."""
    names: list[tuple[bool, str]] = []
    for name, value in fields.items():
        names.append((not isinstance(value, str), name))
        if isinstance(value, Mapping):
            names += [(not isinstance(inner, str), f"{name}.{key}") for key, inner in value.items()]
    return [name for _, name in sorted(names, key=lambda pair: pair[0])]


def _id(fields: Mapping[str, Any], file: str, row: int, options: ReadOptions, log: ReadLog) -> str:
    place = f"{file}:{row}"
    value = look_up(fields, options.id_field)
    if value is MISSING and options.id_field != ReadOptions.id_field:
        log.replaced_ids["missing"] += 1
    if value is MISSING or value is None or value == "":
        return place
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        log.replaced_ids[kind_of(value)] += 1
        return place
    id = json.dumps(value) if isinstance(value, float) else _printable(str(value))
    log.add_id(id, place)
    return id


def _printable(text: str) -> str:
    return without_surrogates(text).text
