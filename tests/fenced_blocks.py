"""Read the fenced blocks of a Markdown page, and what the comment before each says is to be done with it.

The comments stand in a line of their own right before the block:

    <!-- run -->            run it: `sh` by bash, `python` by Python; `<!-- run: exits with 1 -->` where it should fail
    <!-- output -->         what the last block that was run prints on standard output, but for the numbers after the point
    <!-- output: verdicts -->     of each line the verdict, the probability and the document alone
    <!-- output: most lines -->   as `output`, but one line in five may differ: near a threshold processors differ
    <!-- file: NAME -->     write it to this file, for the blocks that follow
    <!-- engine: NAME -->   run it where this engine is installed; an `output` after it is what it prints there
    <!-- not run: WHY -->   leave it
    <!-- ci: NAME -->       `.ci/run` runs it as it stands in a fresh environment; what it prints is checked here
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

_BLOCK = re.compile(
    r"^(?:<!-- (?P<action>[a-z ]+?)(?:: (?P<argument>[^\n]+?))? -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
ACTIONS = {"run", "output", "file", "engine", "not run", "ci"}
DECIMAL = re.compile(r"\d+\.\d+")
TOLERANCE = 0.08  # of a probability; processors round eight-bit arithmetic differently
MOST = 0.8  # of the lines of page and output together, where most have to be the same


@dataclass(frozen=True)
class Block:
    """One fenced block. `line` is that of its opening fence, counted from 1."""

    line: int
    action: str  # one of ACTIONS, or "" where no comment stands before the block
    argument: str
    language: str
    text: str


def blocks(path: Path) -> list[Block]:
    """Return the blocks of a page in order."""
    page = path.read_text(encoding="utf-8")
    return [
        Block(
            page.count("\n", 0, found.start("language")) + 1,
            found["action"] or "",
            found["argument"] or "",
            found["language"],
            found["text"],
        )
        for found in _BLOCK.finditer(page)
    ]


def differences(promised: str, printed: str, how: str) -> list[str]:
    """Return a line for each difference that matters in the way named by `how`; none where the page tells the truth."""
    left, right = promised.rstrip().splitlines(), printed.rstrip().splitlines()
    if how == "most lines":
        pair = SequenceMatcher(
            None, *([DECIMAL.sub("0", line) for line in lines] for lines in (left, right)), autojunk=False
        )
        return [] if pair.ratio() >= MOST else ["too few lines are those of the page; printed:", *right]
    if len(left) != len(right):
        return [f"{len(left)} lines on the page, {len(right)} printed:", *right]
    same = _same_verdict if how == "verdicts" else _same_line
    return [f"page:    {one}\nprinted: {other}" for one, other in zip(left, right, strict=True) if not same(one, other)]


def _same_line(one: str, other: str) -> bool:
    if DECIMAL.sub("0", one) != DECIMAL.sub("0", other):
        return False
    numbers = zip(DECIMAL.findall(one), DECIMAL.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= TOLERANCE for a, b in numbers)


def _same_verdict(one: str, other: str) -> bool:
    """`VERDICT PROBABILITY N words DOCUMENT …`: all but what follows the document."""
    return _same_line(*("  ".join(line.split(maxsplit=5)[:5]) for line in (one, other)))
