"""Putting an audit together: a sheet to fill in, and the calibration that the answers give."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from detector.audit import Plan, add_texts, draw, read_answers, write_sheet
from detector.calibrate import write_audited
from detector.corpus.outputs import protect_inputs
from detector.corpus.reading import ReadOptions, read
from detector.corpus.stored_scores import StoredScores
from detector.errors import ConfigError, OutputError
from detector.options import Options
from detector.reports.audit_page import write_audit_page
from detector.reports.calibrated import show_calibrated
from detector.reports.console import count, open_console
from detector.reports.destination import open_destination
from detector.reports.messages import print_step
from detector.reports.page import percent
from detector.reports.stored import tell_problems


def make_sheet(scores: Sequence[str], plan: Plan, output: Path, corpus: Sequence[str], reading: ReadOptions) -> int:
    """Draw documents and write the sheet; return the exit code. Answers that somebody gave are never written over."""
    if output.exists():
        raise OutputError(f"--output {output}: is there already, and may hold answers; choose another file")
    is_page = output.suffix.lower() in (".html", ".htm")
    if is_page and not corpus:
        raise ConfigError(f"--output {output}: a page to judge documents on needs their texts; add --corpus PATH")
    opened = [StoredScores(path) for path in scores]
    rows = draw(opened, plan)
    if corpus:
        missing = add_texts(rows, read(corpus, reading))
        if missing:
            print_step(f"{count(missing, 'document')} not found in the corpus; their texts are left out")
    with open_destination(output, for_machines=True) as stream:
        if is_page:
            write_audit_page(rows, stream, output.stem)
        else:
            write_sheet(rows, stream, as_csv=output.suffix.lower() not in (".jsonl", ".ndjson"))
    sources = len({row["source"] for row in rows})
    drawn = f"{count(len(rows), 'document')} of {count(sources, 'source')} drawn"
    if is_page:
        print_step(f"{drawn}; open {output} in a browser, judge them, and save the sheet")
    else:
        print_step(f"{drawn}; fill in the column answer of {output}: spun, honest or unsure")
    return tell_problems(opened)


def calibrate_audited(answers: Path, options: Options, max_fpr: float, output: Path, group_by: str | None) -> None:
    """Write the calibration that an audit gives, and tell what it means."""
    given = read_answers(answers)
    protect_inputs(output, [str(answers)], ReadOptions())
    with open_destination(output, for_machines=True) as stream:
        calibrated, found = write_audited(given, options, max_fpr, stream, group_by=group_by)
    with open_destination(None, for_machines=False) as stream:
        show_calibrated(calibrated, output, stream)
        if found is not None:
            spun = len(given.all("spun"))
            line = f"  of the spun documents, about {percent(found)} reach the threshold, by {spun:,} that people called so"
            open_console(stream).print(line, soft_wrap=True)
    if given.unheard:
        console = open_console(sys.stderr)
        console.print(f"nothing is known of {given.unheard:,} documents, in whose bands nobody gave an answer")
