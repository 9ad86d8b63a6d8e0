"""Reports show; they never compute.

A writer turns the events of a run into one output format: `begin`, an `outcome` for each record in input order, `end`
with the counts. It never sees what made them. `FORMATS` lists the formats; each has a module of its own, which is
loaded when it is asked for. `explain` is not a format: it needs the document's text too, and has a command of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, TextIO

from detector.corpus.record import Record
from detector.report import Outcome
from detector.summary import Summary


class Writer(Protocol):
    """What takes the events of a run. `end` is called once after `begin`, whatever happened between them."""

    def begin(self) -> None: ...

    def outcome(self, outcome: Outcome, record: Record | None = None) -> None:
        """Take an outcome, and the record it is about where there is one: its file, its row, its document."""
        ...

    def end(self, summary: Summary) -> None:
        """Complete the output. `summary.complete` tells whether the run came to its end; the stream stays open."""
        ...


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A format of reports. `for_machines`: UTF-8 whatever the terminal speaks. `writer` is `module:class`.

    `chooses`: the format has a rule of its own about which outcomes it shows, so it is given all, by `check`, too.
    """

    for_machines: bool
    writer: str
    chooses: bool = False

    def open(self, stream: TextIO) -> Writer:
        module, name = self.writer.split(":")
        writer: Writer = getattr(import_module(f"detector.reports.{module}"), name)(stream)
        return writer


FORMATS = {
    "short": ReportFormat(False, "short:ShortWriter"),
    "text": ReportFormat(False, "text:TextWriter"),
    "full": ReportFormat(False, "text:FullWriter", chooses=True),
    "json": ReportFormat(True, "json_array:JsonArrayWriter"),
    "jsonl": ReportFormat(True, "json_lines:JsonLinesWriter"),
    "csv": ReportFormat(True, "table:CsvWriter"),
    "html": ReportFormat(True, "html:HtmlWriter"),
    "sarif": ReportFormat(True, "sarif:SarifWriter", chooses=True),
    "github": ReportFormat(True, "github:GithubWriter", chooses=True),
    "gitlab": ReportFormat(True, "gitlab:GitlabWriter", chooses=True),
    "junit": ReportFormat(True, "junit:JunitWriter", chooses=True),
}
