"""Errors of one kind are told once, with their number."""

from __future__ import annotations

import pytest
from corpus_files import line, write

from detector.cli.app import app
from detector.corpus.options import ReadOptions
from detector.corpus.problems import Problems
from detector.corpus.reading import read


def shown(problems: Problems, *paths: str, options: ReadOptions | None = None) -> list[str]:
    """Return the messages that a person sees."""
    errors = [record.error for record in read(paths, options or ReadOptions()) if record.error]
    return [*(str(error) for error in errors if problems.add(error, error.source)), *problems.remarks()]


def test_a_wrong_text_field_is_told_once_over_all_files() -> None:
    for name in ("a.jsonl", "b.jsonl"):
        write(name, "".join(line(body="x", n=n) for n in range(1_000)))
    problems = Problems()
    assert shown(problems, "a.jsonl", "b.jsonl") == [
        "a.jsonl, line 1: no field 'text' (fields: body, n); choose one with --text-field",
        "no field 'text': 1,999 more errors like this, the last at b.jsonl, line 1000",
    ]


def test_a_wrong_text_field_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.jsonl", "".join(line(messages=[{"role": "user", "content": "x"}]) for _ in range(20_000)))
    with pytest.raises(SystemExit) as ended:
        app(["score", "a.jsonl"], prog_name="detector")
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert "(fields: messages)" in error
    assert "19,999 more" in error
    assert len(error) < 1_000


def test_of_other_errors_the_first_five_of_a_kind_are_shown() -> None:
    write("a.jsonl", "{\n" * 7 + "[]\n" * 2)
    messages = shown(Problems(), "a.jsonl")
    assert [message.split(":")[0] for message in messages] == [
        *(f"a.jsonl, line {n}" for n in (1, 2, 3, 4, 5, 8)),
        "not JSON",
        "a record must be an object, this is a list",
    ]
    assert messages[-2].endswith(": 2 more errors like this, the last at a.jsonl, line 7")
