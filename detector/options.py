"""The table of options: what a user can choose for a run, each option in one row.

The fields of `Options` and `Settings` are the rows. The command line with its help, the keys of `[tool.detector]`, the
checks and their messages, and what `detector doctor` shows are made from them. A new option is a new field here, and
its use.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import Literal, get_args

from detector.errors import ConfigError
from detector.option_types import (
    FLAG,
    PATH,
    TEXT,
    TEXTS,
    documented,
    number,
    number_or_auto,
    one_of,
    option,
    rows,
    whole_number_from,
)
from detector.text.formats import FORMATS as TEXT_FORMATS

GrammarEngine = Literal["auto", "languagetool", "embedded", "off"]
WordingDepth = Literal["light", "auto", "deep"]
FindingsShown = Literal["auto", "none", "wording", "all"]
ProgressShown = Literal["auto", "bar", "log", "never"]
MeasuresTaken = Literal["needed", "all"]
InlineIgnores = Literal["files", "always", "never"]
LastReaderKind = Literal["none", "lm"]
Speed = Literal["scan", "fast", "full"]
GRAMMAR_ENGINES: tuple[GrammarEngine, ...] = get_args(GrammarEngine)
WORDING_DEPTHS: tuple[WordingDepth, ...] = get_args(WordingDepth)
MEASURES_TAKEN: tuple[MeasuresTaken, ...] = get_args(MeasuresTaken)
INLINE_IGNORES: tuple[InlineIgnores, ...] = get_args(InlineIgnores)
LAST_READERS: tuple[LastReaderKind, ...] = get_args(LastReaderKind)
SPEEDS: tuple[Speed, ...] = get_args(Speed)
FINDINGS_SHOWN: tuple[FindingsShown, ...] = get_args(FindingsShown)
PROGRESS_SHOWN: tuple[ProgressShown, ...] = get_args(ProgressShown)
RECORD_FORMATS = (
    "jsonl",
    "csv",
    "parquet",
    "arrow",
    "warc",
)  # that standard input may have; detector.corpus.containers reads them
# Those of detector.reports.FORMATS, which would be loaded for --help.
REPORT_FORMATS = ("short", "text", "full", "json", "jsonl", "csv", "html", "sarif", "github", "gitlab", "junit")

MAX_DOCUMENT_SIZE = 10_000_000  # code points, some 1.7 million words: a long book has a tenth of that
OPERATING_POINTS = ("threshold", "max_fpr", "calibration")  # ways to choose a threshold: one at most

_SCORE_MANY = ("score", "check")
_SHARDED = ("filter", "annotate", "repair")  # which read files, so that they can go on
_SPLIT = ("filter", "rethreshold")
_WRITE_SHARDS = (*_SHARDED, "rethreshold")
_JUDGE = (*_SCORE_MANY, "explain", "lsp", *_SHARDED)
_BASELINE = "baseline"  # its commands that score: all but audit
_RUN = (*_SCORE_MANY, "calibrate", *_SHARDED, _BASELINE)
_SCORE_ALL = (*_SCORE_MANY, *_SHARDED)
_MEASURE = (*_JUDGE, "calibrate", _BASELINE)
_READ = (*(name for name in _MEASURE if name != "lsp"), "restore")  # records
_CHOOSE = (*_JUDGE, "rethreshold", "serve", _BASELINE)  # a threshold
_JUDGE_OR_RESTORE = (*(name for name in _JUDGE if name != "lsp"), "restore")
_PARSE = (*_READ, "trace")  # texts out of files and records
_WALK = (*_RUN, "trace")  # directories
_READ_STREAM = tuple(name for name in _READ if name not in _SHARDED)

GROUPS = ("Input", "Signals", "Verdict", "Ignores", "Output", "Running")  # headings of the help, in its order
_INPUT, _SIGNALS, _VERDICT, _IGNORES, _OUTPUT, _RUNNING = GROUPS


@documented
@dataclass(frozen=True, slots=True)
class Options:
    """How documents are scored: what `detector.load()` takes.

    Raises ConfigError for a value that makes no sense and for options that contradict each other.
    """

    threshold: float | None = option(
        None,
        number("a number from 0 to 1", lambda value: 0 <= value <= 1),
        "Call a document spun from this probability on.",
        _CHOOSE,
        _VERDICT,
        metavar="P",
        risk="A lower one finds more and accuses more honest text.",
        by_file=True,
        default_in_words="the model's own",
    )
    max_fpr: float | None = option(
        None,
        number("a number above 0 and below 1", lambda value: 0 < value < 1),
        "Instead of --threshold: the share of honest documents that may be called spun, measured on the model's own"
        " honest documents.",
        _CHOOSE,
        _VERDICT,
        metavar="R",
        risk="The rate on your kind of text can be another one.",
        by_file=True,
    )
    calibration: str | os.PathLike[str] | None = option(
        None,
        PATH,
        "Instead of both: the threshold that `detector calibrate` found for your text.",
        _CHOOSE,
        _VERDICT,
        metavar="FILE",
        risk="It holds for text of that kind only.",
        by_file=True,
    )
    wording: WordingDepth = option(
        "auto",
        one_of(*WORDING_DEPTHS),
        "The encoder that reads: light, deep, or auto: the light one, and the deep one where that is in doubt.",
        (*_READ, "lsp", "serve"),
        _SIGNALS,
        metavar="DEPTH",
        risk="light misses most light spinning, deep takes four to seven times as long.",
    )
    grammar: GrammarEngine = option(
        "auto",
        one_of(*GRAMMAR_ENGINES),
        "What checks grammar: languagetool (needs Java), embedded (LanguageTool's rules without it), off, or auto:"
        " the best of them that is here.",
        (*_MEASURE, "serve"),
        _SIGNALS,
        metavar="ENGINE",
        risk="With auto, two machines can give two probabilities.",
        by_file=True,
    )
    last_reader: LastReaderKind = option(
        "none",
        one_of(*LAST_READERS),
        "Who is asked about the most suspicious words where the verdict is in doubt: none, or lm: a small language"
        " model, which `detector setup lm` installs.",
        (*_MEASURE, "serve"),
        _SIGNALS,
        metavar="WHO",
        risk="Each document that it is asked about takes about a second more.",
    )
    languagetool_url: str | None = option(
        None,
        TEXT,
        "A LanguageTool server that is running already.",
        (*_MEASURE, "doctor", "serve"),
        _SIGNALS,
        metavar="URL",
        risk="Documents are sent to it.",
    )
    measures: MeasuresTaken = option(
        "needed",
        one_of(*MEASURES_TAKEN),
        "What is measured: needed leaves out grammar where a document is clean whatever it would find, and much of a long one"
        " that is plainly clean; all measures everything of every document.",
        _SCORE_MANY,
        _SIGNALS,
        metavar="WHICH",
        risk="With all, a clean document takes about twice as long, a long one several times as long. With needed, a short"
        " spun passage of a long one may be overlooked.",
    )
    speed: Speed = option(
        "full",
        one_of(*SPEEDS),
        "What is read of a document: full reads all with the encoders; fast lets a quick first stage call documents"
        " clean, and reads less of the others than full does; scan reads as fast does, and hands on fewer documents.",
        _SCORE_ALL,
        _RUNNING,
        metavar="SPEED",
        risk="The first stage overlooks light spinning. Where all measures or all findings are asked for, full is taken.",
    )
    allow: str | os.PathLike[str] | None = option(
        None,
        PATH,
        "A file of phrases that are no findings wherever they stand, one a line: as written, forms:PHRASE, pattern:REGEX.",
        _MEASURE,
        _IGNORES,
        metavar="FILE",
        risk="A spinner can put them in, too.",
    )
    allow_phrases: tuple[str, ...] = option(
        (),
        TEXTS,
        "Such a phrase by itself; may be repeated.",
        _MEASURE,
        _IGNORES,
        metavar="PHRASE",
    )
    baseline: str | os.PathLike[str] | None = option(
        None,
        PATH,
        "Ignore the findings in this file, which `detector baseline` writes.",
        (*_SCORE_MANY, "explain", _BASELINE, "baseline audit"),
        _IGNORES,
        metavar="FILE",
        risk="What nobody audits there stays for ever.",
        default_in_words="none; of `detector baseline`, .unspun-baseline",
    )
    inline_ignores: InlineIgnores = option(
        "files",
        one_of(*INLINE_IGNORES),
        "Follow directives in the text (<!-- detector: ignore-next -->): in files, always (in records, too), or never.",
        _MEASURE,
        _IGNORES,
        metavar="WHERE",
        risk="Whoever wrote the text can switch findings off.",
    )
    jobs: int | Literal["auto"] = option(
        1,
        number_or_auto(1),
        "Worker processes; auto: as many as cores and free memory allow.",
        _RUN,
        _RUNNING,
        metavar="N",
        risk="Each loads the model, some 700 MB.",
    )
    document_timeout: float = option(
        300.0,  # the longest documents are read in part and take a tenth of it
        number("a number of seconds from 0 to 100,000,000", lambda value: 0 <= value <= 1e8),
        "Give up on a document that takes longer; it is then an error and the rest goes on. 0 sets no limit.",
        (*_READ, "lsp", "serve"),
        _RUNNING,
        metavar="SECONDS",
        risk="A low one loses long documents on a slow machine.",
        default_in_words="300",
    )

    def __post_init__(self) -> None:
        for row in rows(type(self)):
            row.check(getattr(self, row.name))
        given = [name.replace("_", "-") for name in OPERATING_POINTS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ConfigError(f"{' and '.join(given)} exclude each other: each chooses the threshold")
        if self.languagetool_url is not None and self.grammar in ENGINES_WITHOUT_SERVER:
            raise ConfigError(f"languagetool-url and grammar {self.grammar!r} contradict each other")


ENGINES_WITHOUT_SERVER = ("embedded", "off")


@dataclass(frozen=True, slots=True)
class Settings(Options):
    """All options of the commands: how documents are scored, read and reported."""

    trace: tuple[str, ...] = option(
        (),
        TEXTS,
        "Look for the source of each document here: a corpus, or signatures that `detector trace` kept; what was spun from"
        " one is spun, whatever its probability. May be repeated.",
        _JUDGE_OR_RESTORE,
        _VERDICT,
        metavar="PATH",
        risk="Each document is compared with up to eight others.",
    )
    text_field: str = option(
        "text",
        TEXT,
        "Field of a record that holds its text; a.b is field b of field a.",
        (*_PARSE, "rethreshold", "audit", "baseline audit"),
        _INPUT,
        metavar="NAME",
        by_file=True,
    )
    id_field: str = option(
        "id",
        TEXT,
        "Field of a record that holds its id; a.b is field b of field a.",
        (*_PARSE, "rethreshold", "audit", "baseline audit"),
        _INPUT,
        metavar="NAME",
        risk="A record without one is called FILE:LINE.",
        by_file=True,
    )
    ignore_field: str | None = option(
        None,
        TEXT,
        "Field of a record that says what to ignore in it: true for all of it, or phrases and rules.",
        _MEASURE,
        _IGNORES,
        metavar="NAME",
    )
    text_format: str = option(
        "auto",
        one_of(*TEXT_FORMATS),
        f"How the text of records is written: {', '.join(TEXT_FORMATS)}; auto reads HTML where it looks like"
        " HTML, else plain text. The format of a file follows from its suffix.",
        (*_PARSE, "baseline audit"),
        _INPUT,
        metavar="FORMAT",
        risk="Markup read as plain text is scored as if it were prose.",
        by_file=True,
    )
    stdin_format: str = option(
        "auto",
        one_of(*TEXT_FORMATS, *RECORD_FORMATS),
        f"The same for standard input, or {', '.join(RECORD_FORMATS)} where it holds records; auto knows JSON Lines"
        " and WARC, too.",
        _READ_STREAM,
        _INPUT,
        metavar="FORMAT",
    )
    exclude: tuple[str, ...] = option(
        (),
        TEXTS,
        "Leave out files of directories by a pattern as in a .gitignore, such as 'drafts/'; may be repeated.",
        _WALK,
        _INPUT,
        metavar="PATTERN",
    )
    diff_base: str | None = option(
        None,
        TEXT,
        "Score only what git finds changed since this revision: files, and records of data files. auto: the one that a"
        " hook of pre-commit compares with, and of what has not changed, all.",
        _SCORE_MANY,
        _INPUT,
        metavar="REV",
        risk="What is wrong with a record that has not changed stays unseen.",
        default_in_words="all is scored",
        in_file=False,
    )
    hidden: bool = option(
        False,
        FLAG,
        "Read hidden files and folders of a directory, too.",
        _WALK,
        _INPUT,
    )
    gitignored: bool = option(
        False,
        FLAG,
        "Read what git ignores, too.",
        _WALK,
        _INPUT,
    )
    max_document_size: int = option(
        MAX_DOCUMENT_SIZE,
        whole_number_from(1),
        "Code points; a longer text is an error of its record.",
        (*_PARSE, "lsp"),
        _INPUT,
        metavar="N",
        risk="Memory grows with it.",
        by_file=True,
        default_in_words=f"{MAX_DOCUMENT_SIZE:,}",
    )
    strict: bool = option(
        False,
        FLAG,
        "Exit with 2 also when files of a directory were not read for their kind, or a signal did not run.",
        _WALK,
        _RUNNING,
    )
    max_errors: int | None = option(
        None,
        whole_number_from(0),
        "Stop when more records than this could not be read or scored.",
        _RUN,
        _RUNNING,
        metavar="N",
        risk="What comes after them is not looked at, and an --output is not written.",
        default_in_words="any number",
    )
    progress: ProgressShown = option(
        "auto",
        one_of(*PROGRESS_SHOWN),
        "Show how far it has come: bar, log (a line every half minute), never, or auto: a bar on a terminal.",
        _RUN,
        _RUNNING,
        metavar="WHEN",
    )
    format: str = option(
        "auto",
        one_of("auto", *REPORT_FORMATS),
        "short has a line for each document, text each of its swaps in its sentence, full every finding; json for"
        " one array, jsonl for one object a line, csv for one row a record; html for"
        " one page with all documents; sarif, github, gitlab and junit for CI.",
        _SCORE_MANY,
        _OUTPUT,
        metavar="FORMAT",
        default_in_words="text for check, short for score",
        in_file=False,
    )
    output: str | os.PathLike[str] | None = option(
        None,
        PATH,
        "Write the report to this file, whole or not at all. Of what is there already, only a report is replaced.",
        _SCORE_MANY,
        _OUTPUT,
        metavar="FILE",
        short="-o",
        default_in_words="standard output",
        in_file=False,
    )
    report: tuple[str, ...] = option(
        (),
        TEXTS,
        "Write another report in the same run, as FORMAT=FILE, such as sarif=unspun.sarif; may be repeated.",
        _SCORE_MANY,
        _OUTPUT,
        metavar="FORMAT=FILE",
        in_file=False,
    )
    findings: FindingsShown = option(
        "auto",
        one_of(*FINDINGS_SHOWN),
        "Findings in a report: none, wording, all, or auto: those of wording, and all where the document is not clean.",
        (*_SCORE_MANY, _BASELINE),
        _OUTPUT,
        metavar="WHICH",
        risk="What is left out is counted in the report.",
    )

    kept: str | os.PathLike[str] | None = option(
        None,
        PATH,
        "Folder for records to keep. Of filter, each folder may be an address, such as s3://bucket/kept.",
        _SPLIT,
        _OUTPUT,
        metavar="DIR",
        in_file=False,
        required=("filter",),
    )
    rejected: str | os.PathLike[str] | None = option(
        None,
        PATH,
        "Folder for spun ones.",
        _SPLIT,
        _OUTPUT,
        metavar="DIR",
        in_file=False,
        required=("filter",),
    )
    suspect: str | os.PathLike[str] | None = option(
        None,
        PATH,
        "Folder for suspect ones.",
        _SPLIT,
        _OUTPUT,
        metavar="DIR",
        default_in_words="they are kept",
        in_file=False,
    )
    errors: str | os.PathLike[str] | None = option(
        None,
        PATH,
        "Write records that could not be read or scored to this file, one object a line, with their errors. It may be an"
        " address.",
        _WRITE_SHARDS,
        _OUTPUT,
        metavar="FILE",
        default_in_words="a file for each input in .unspun/errors of the output folder",
        in_file=False,
    )
    run_report: str | os.PathLike[str] | None = option(
        None,
        PATH,
        "Write the counts of the run to this file, and a page that shows them beside it. It may be an address.",
        _WRITE_SHARDS,
        _OUTPUT,
        metavar="FILE",
        default_in_words="run.json beside the output folder",
        in_file=False,
    )
    restart: bool = option(
        False,
        FLAG,
        "Throw away what an earlier run wrote, and begin anew.",
        _WRITE_SHARDS,
        _RUNNING,
        in_file=False,
    )

    @property
    def options(self) -> Options:
        """The part that `detector.load()` takes. All findings are asked for: all is measured."""
        values = {field.name: getattr(self, field.name) for field in fields(Options)}
        return Options(**values | ({"measures": "all"} if self.findings == "all" else {}))
