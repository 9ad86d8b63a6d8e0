"""Every error a user can meet, in one tree, and the exit code each command ends with.

DetectorError
├── SourceError      one file or record could not be read; the rest is still processed
├── ItemError        one item of a batch is no text; the rest is still processed
├── DocumentError    one document could not be scored (it took too long, the program broke on it); the rest is processed
├── ModelError       a model file is missing, altered or of another version
├── SignalError      a signal that was asked for by name cannot run here
├── SpinnerError     a simulated spinner that was asked for by name cannot run here
├── ConfigError      an option or setting makes no sense
└── SetupError       something `detector setup` was asked to install is not usable
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_SPUN = 1  # `detector check` found a spun document
EXIT_ERROR = 2  # something could not be read, or the command could not run


class DetectorError(Exception):
    """Base of all errors raised on purpose; the message is written for the person who must act."""


class SourceError(DetectorError):
    """One file, or one record of a file, could not be read.

    `record` is the 1-based line of a JSON Lines file (counting every line, blank ones too), or None
    when the file as a whole is the problem.
    """

    def __init__(self, source: str, problem: str, record: int | None = None) -> None:
        self.source = source
        self.record = record
        self.problem = problem
        where = source if record is None else f"{source}, line {record}"
        super().__init__(f"{where}: {problem}")

    def __reduce__(self) -> tuple[type[SourceError], tuple[str, str, int | None]]:
        return type(self), (self.source, self.problem, self.record)


class ItemError(DetectorError, TypeError):
    """One item given to `score_batch` or `score_documents` is neither a string nor a Document; the message names it."""


class DocumentError(DetectorError):
    """One document could not be scored: it took longer than the time limit, or a worker broke on it."""


class ModelError(DetectorError):
    """A model file is missing, altered, or does not fit this version; the message names the file."""


class SignalError(DetectorError):
    """A signal the user asked for by name cannot run on this machine."""


class SpinnerError(DetectorError):
    """A simulated spinner the user asked for by name cannot run on this machine."""


class ConfigError(DetectorError):
    """An option or a setting is unknown or has a value that makes no sense."""


class SetupError(DetectorError):
    """An installation step failed or produced something that does not work."""


def error_type(error: DetectorError) -> str:
    """The name of an error's kind in machine output: `source`, `item`, `document`, `model`, `signal`, …

    >>> error_type(SourceError("a.txt", "no such file or directory"))
    'source'
    """
    return type(error).__name__.removesuffix("Error").lower()
