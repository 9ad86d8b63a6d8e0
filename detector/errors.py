"""Every error a user can meet, in one tree, and the exit code each command ends with.

DetectorError
├── SourceError      one file or record could not be read; the rest is still processed
├── OutputError      a result could not be written: a full disk, no permission, a file that is read meanwhile
├── ErrorLimitError  more errors than --max-errors allows
├── ItemError        one item of a batch is no text; the rest is still processed
├── DocumentError    one document could not be scored (it took too long, the program broke on it); the rest is processed
├── ModelError       a model file is missing, altered or of another version
├── SignalError      a signal that was asked for by name cannot run here
├── SpinnerError     a simulated spinner that was asked for by name cannot run here
├── ExtraError       a package that an adapter or a command needs is not installed
├── ConfigError      an option or setting makes no sense
└── SetupError       something `detector setup` was asked to install is not usable
"""

from __future__ import annotations

from typing import Any

EXIT_OK = 0
EXIT_SPUN = 1  # `detector check` found a spun document
EXIT_ERROR = 2  # something could not be read, or the command could not run


class DetectorError(Exception):
    """Base of all errors raised on purpose; the message is written for the person who must act. All of them pickle."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[DetectorError], args: tuple[Any, ...], state: dict[str, Any]) -> DetectorError:
    """Make an error again without its constructor, whose arguments differ from kind to kind."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class SourceError(DetectorError):
    """One file, or one record of a file, could not be read.

    `record` is the 1-based line of a JSON Lines file (counting every line, blank ones too), or None
    when the file as a whole is the problem. `kind` is the problem without what differs from record to record: errors of
    one kind are counted together. `repeated`: every record is likely to have it (a field that does not exist).
    `rest_unread`: nothing of the file is read after this place.
    """

    def __init__(
        self,
        source: str,
        problem: str,
        record: int | None = None,
        *,
        kind: str | None = None,
        repeated: bool = False,
        unit: str = "line",
        rest_unread: bool = False,
    ) -> None:
        self.source = source
        self.record = record
        self.problem = problem
        self.kind = kind or problem
        self.repeated = repeated
        self.rest_unread = rest_unread
        self.where = source if record is None else f"{source}, {unit} {record}"
        super().__init__(f"{self.where}: {problem}")


class OutputError(DetectorError):
    """A result could not be written; the message names the file as the user did. Nothing half-written is left there."""


class ErrorLimitError(DetectorError):
    """More errors than the user allows: the run ends early."""

    def __init__(self, max_errors: int) -> None:
        self.max_errors = max_errors
        allowed = "the first error" if max_errors == 0 else f"more than {max_errors:,} error{'s' * (max_errors > 1)}"
        super().__init__(f"stopped after {allowed} (--max-errors {max_errors})")


class ItemError(DetectorError, TypeError):
    """What was given to be scored is neither a string nor a Document, or a part of a Document is no string."""


class DocumentError(DetectorError):
    """One document could not be scored: it took longer than the time limit, or a worker broke on it."""


class ModelError(DetectorError):
    """A model file is missing, altered, or does not fit this version; the message names the file."""


class SignalError(DetectorError):
    """A signal the user asked for by name cannot run on this machine."""


class SpinnerError(DetectorError):
    """A simulated spinner the user asked for by name cannot run on this machine."""


class ExtraError(DetectorError, ImportError):
    """A package of an extra is not installed; the message has the pip command."""


class ConfigError(DetectorError):
    """An option or a setting is unknown or has a value that makes no sense."""


class SetupError(DetectorError):
    """An installation step failed or produced something that does not work."""


def error_type(error: DetectorError) -> str:
    """Return the name of an error's kind in machine output: `source`, `item`, `document`, `model`, `signal`, …

    >>> error_type(SourceError("a.txt", "no such file or directory"))
    'source'
    """
    return type(error).__name__.removesuffix("Error").lower()


def kind_of(value: object) -> str:
    """Return what a value is, to complete "must be a string, not …".

    >>> kind_of(None), kind_of(1.5)
    ('None', 'float')
    """
    return "None" if value is None else type(value).__name__


def too_slow(limit: float) -> DocumentError:
    """Return the error of a document that took longer than `limit` seconds."""
    return DocumentError(f"it took longer than the time limit of {limit:g} s; --document-timeout sets another")


def in_one_line(error: BaseException) -> str:
    """An error that is not ours, for a message of ours: its kind and the first line of what it says.

    >>> in_one_line(ValueError("no number\\nin two lines")), in_one_line(RecursionError())
    ('ValueError: no number', 'RecursionError')
    """
    said = str(error).strip().partition("\n")[0].strip()
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
