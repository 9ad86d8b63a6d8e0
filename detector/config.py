"""What a user can choose for a run, as one typed object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from detector.errors import ConfigError

GrammarEngine = Literal["auto", "languagetool", "embedded", "off"]
WordingDepth = Literal["light", "auto", "deep"]


@dataclass(frozen=True, slots=True)
class Options:
    """`threshold`: probability from which a document is called spun; None takes the model's own. `jobs`: worker processes.

    `wording`: which encoder reads: the light one, the deep one, or (auto) the deep one where the light one is in doubt.
    """

    grammar: GrammarEngine = "auto"
    languagetool_url: str | None = None
    wording: WordingDepth = "deep"
    threshold: float | None = None
    jobs: int = 1

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ConfigError(f"the threshold must be from 0 to 1, not {self.threshold}")
        if self.jobs < 1:
            raise ConfigError(f"there must be at least one worker, not {self.jobs}")
