"""What could not be read of stored scores, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from detector.corpus.stored_scores import StoredScores
from detector.errors import EXIT_ERROR, EXIT_OK, SourceError
from detector.reports.console import count, open_console
from detector.reports.messages import print_error
from detector.reports.printable import printable_line


def tell_problems(scores: Iterable[StoredScores]) -> int:
    """Print what could not be read and what is not finished. Return the exit code."""
    code = EXIT_OK
    for one in scores:
        for problem in one.problems:
            print_error(problem)
        if (more := one.unread - len(one.problems)) > 0:
            print_error(SourceError(one.name, f"{count(more, 'other line')} can't be read"))
        if one.problems:
            code = EXIT_ERROR
        if one.unfinished:
            shards = count(one.unfinished, "shard")
            line = f"{printable_line(one.name)}: {shards} not finished; the counts are as far as it came"
            open_console(sys.stderr).print(line, soft_wrap=True)
    return code
