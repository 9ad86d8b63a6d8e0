"""Putting together what the commands of `detector baseline` do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import typer

from detector.cli.options import read_options
from detector.cli.scoring import run_over, without_baseline
from detector.corpus.reading import read
from detector.corpus.record import Record
from detector.errors import EXIT_OK, ConfigError, OutputError
from detector.options import Settings
from detector.policy.auditing import Question, decide, questions, read_sheet, write_sheet
from detector.policy.baseline import NAME, Baseline, Decision, Entry
from detector.policy.usage import BaselineUse, count_undecided
from detector.reports.baseline import ask, show_questions
from detector.reports.console import count
from detector.reports.destination import open_destination
from detector.reports.messages import RunMessages, print_step
from detector.reports.printable import printable_line
from detector.reports.progress import ScoringProgress
from detector.reports.selection import shorten
from detector.settings import RunSettings
from detector.summary import Summary


def create(paths: Sequence[str], settings: Settings, chosen: RunSettings) -> int:
    path = _path(settings)
    if path.exists():
        raise OutputError(f"{path}: is there already; `detector baseline update` adds what is new")
    use, summary = _score(paths, replace(settings, baseline=None), chosen, Baseline(path))
    return _write(use.updated(), summary, settings, "made")


def update(paths: Sequence[str], settings: Settings, chosen: RunSettings) -> int:
    baseline = Baseline.read(_path(settings))
    use, summary = _score(paths, replace(settings, baseline=baseline.path), chosen, baseline)
    made = use.updated()
    added = len(made.entries) - len(baseline.entries)
    return _write(made, summary, settings, f"{_entries(added)} added")


def prune(paths: Sequence[str], settings: Settings, chosen: RunSettings, *, missing: bool) -> int:
    baseline = Baseline.read(_path(settings))
    use, summary = _score(paths, replace(settings, baseline=baseline.path), chosen, baseline)
    made = use.pruned(missing=missing)
    gone = len(baseline.entries) - len(made.entries)
    unread = sum(1 for entry in made.entries.values() if entry not in use.used and entry.place not in use.read)
    summary.unused_entries = 0
    code = _write(made, summary, settings, f"{_entries(gone)} taken out")
    if unread:
        print_step(f"{_entries(unread)} left that are about what was not read; --missing takes them out, too")
    return code


def audit(paths: Sequence[str], settings: Settings, *, sheet: Path | None, answers: Path | None, again: bool) -> int:
    baseline = Baseline.read(_path(settings))
    if sheet is not None and answers is not None:
        raise ConfigError("--sheet writes what --answers reads: give one of them")
    if answers is not None:
        decisions, gone = read_sheet(answers, baseline)
        if gone:
            print_step(f"{count(gone, 'row')} of {answers} about entries that the baseline has no more")
        return _decided(baseline, decisions)
    if sheet is not None and sheet.exists():
        raise OutputError(f"--sheet {sheet}: is there already, and may hold decisions; choose another file")
    asked = questions(baseline, _records(baseline, paths, settings), decided=again)
    if sheet is not None:
        with open_destination(sheet, for_machines=True, option="--sheet ") as stream:
            rows = write_sheet(asked, stream, as_csv=sheet.suffix.lower() not in (".jsonl", ".ndjson"))
        print_step(f"{_entries(rows)} in {sheet}; fill in the column decision: accepted or rejected")
        return EXIT_OK
    if sys.stdin.isatty() and sys.stdout.isatty():
        return _decided(baseline, dict(_ask_all(list(asked))))
    with open_destination(None, for_machines=False) as stream:
        show_questions(asked, stream)
    print_step(_undecided(baseline))
    return EXIT_OK


def _path(settings: Settings) -> Path:
    return Path(NAME if settings.baseline is None else settings.baseline)


def _score(
    paths: Sequence[str], settings: Settings, chosen: RunSettings, baseline: Baseline
) -> tuple[BaselineUse, Summary]:
    """Score what the paths lead to, and return what it says about the baseline."""
    progress = ScoringProgress(settings.progress)
    use = BaselineUse(baseline, partial(shorten, findings=settings.findings))
    reading = without_baseline(read_options(settings, chosen), baseline)
    summary = run_over(paths, reading, settings, [RunMessages(progress), use], progress)
    return use, summary


def _write(baseline: Baseline, summary: Summary, settings: Settings, what: str) -> int:
    """Write the file and tell about it; return the exit code. Nothing is written where not all could be read."""
    if code := summary.exit_code(strict=settings.strict):
        print_step(
            f"{printable_line(str(baseline.path))} stays as it is, since not everything could be read and scored"
        )
        return code
    _save(baseline)
    size = f"{_entries(len(baseline.entries))} of {count(len(baseline.documents), 'document')}"
    print_step(f"{printable_line(str(baseline.path))}: {what}; {size}. {_undecided(baseline)}")
    _hint_at_union(baseline.path)
    return EXIT_OK


def _save(baseline: Baseline) -> None:
    with open_destination(baseline.path, for_machines=True, option="--baseline ") as stream:
        stream.writelines(f"{line}\n" for line in baseline.lines())


def _decided(baseline: Baseline, decisions: dict[Entry, tuple[Decision, str]]) -> int:
    made = decide(baseline, decisions)
    if decisions:
        _save(made)
    rejected = sum(decision is Decision.REJECTED for decision, _ in decisions.values())
    print_step(f"{count(len(decisions), 'decision')} taken, {rejected:,} of them rejected. {_undecided(made)}")
    return EXIT_OK


def _ask_all(asked: Sequence[Question]) -> Iterator[tuple[Entry, tuple[Decision, str]]]:
    """Ask about one entry after the other until the user has enough."""
    for number, question in enumerate(asked, 1):
        try:
            said = ask(question, number, len(asked))
        except (typer.Abort, KeyboardInterrupt, EOFError):
            return  # what was decided so far is kept
        if said is None:
            return
        if said[0] is not Decision.NONE:
            yield question.entry, said


def _records(baseline: Baseline, paths: Sequence[str], settings: Settings) -> Iterator[Record]:
    """Yield the records that entries are about: the files they name, and what the paths lead to."""
    files = {entry.place.file for entry in baseline.entries.values()} - {None}
    there = sorted(
        str(baseline.root / file) for file in files if file and not baseline.is_gone(file) and "://" not in file
    )
    everything = [*there, *paths]
    return read(everything, without_baseline(read_options(settings), baseline)) if everything else iter(())


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number:,} entries"


def _undecided(baseline: Baseline) -> str:
    number = count_undecided(baseline)
    if not number:
        return "Somebody has decided about all of them." if baseline.entries else "It is empty."
    return f"Nobody has decided about {_entries(number)}: `detector baseline audit` asks."


def _hint_at_union(path: Path) -> None:
    """Tell how git puts the entries of two branches together, where it does not do so already."""
    command = ["git", "-C", str(path.resolve().parent), "check-attr", "merge", "--", path.name]
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
        if done.stdout.strip().endswith(": merge: unspecified"):
            print_step(
                f"put “{path.name} merge=union” into .gitattributes, so that branches that both add entries merge"
            )
