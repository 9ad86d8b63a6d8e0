"""Texts that are filled into a frame: pairs of one frame say different things, and nobody spun them.

Some frames are fitted on, others evaluated on only; they have no sentence in common. All were written for this, and stand in
`trace_frames.json`, with the words of slots that all of them share.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

_LEFT_OUT = 0.15  # of the sentences
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Frame:
    """Sentences with slots, and what is put into them: `{colour}` is one of the words of `colour`, `{n}` is a number.

    Commas stand between the words of a slot.
    """

    sentences: Sequence[str]
    words: Mapping[str, str]

    def fill(self, rng: random.Random) -> str:
        """Return a text; each slot is filled anew, now and then a sentence is left out."""

        def chosen(slot: re.Match[str]) -> str:
            name = slot[1]
            if name == "n":
                return str(rng.choice((rng.randint(2, 40), rng.randint(41, 990))))
            return rng.choice({**_SHARED, **self.words}[name].split(", "))

        kept = [line for line in self.sentences if rng.random() >= _LEFT_OUT]
        return " ".join(_SLOT.sub(chosen, line) for line in kept)


def template_pairs(frames: Mapping[str, Frame], count: int) -> Iterator[tuple[str, str, str]]:
    """Yield kind and two texts, `count` times for each frame."""
    for name, frame in frames.items():
        for number in range(count):
            rng = random.Random(f"trace-frame-{name}-{number}")
            yield name, frame.fill(rng), frame.fill(rng)


_CONTENT: dict[str, Any] = json.loads(files("detector.training.data").joinpath("trace_frames.json").read_text("utf-8"))
_SHARED: dict[str, str] = _CONTENT["shared"]
FIT_FRAMES, EVALUATION_FRAMES = (
    {name: Frame(**frame) for name, frame in _CONTENT[side].items()} for side in ("fitted on", "evaluated on")
)
