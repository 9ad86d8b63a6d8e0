"""Averages two checkpoints of one encoder whose training parted late: it often knows more than either.

usage: python -m detector.training.encoders.average ONE.pt OTHER.pt --share 0.65 --out BOTH.pt
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor


def average(one: dict[str, Tensor], other: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return the weighted mean of two encoders' parameters; `share` is the weight of the other.

    What is no floating-point number stays as it is in the first. A third head that only one of them has is taken from
    there.
    """
    different = {name for name in one.keys() ^ other.keys() if not name.startswith("expect.")}
    if different:
        raise ValueError(f"of different encoders: {sorted(different)}")
    return {
        name: torch.lerp(was, other[name], share) if was.is_floating_point() and name in other else was
        for name, was in (other | one).items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="what the other counts")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    one, other = (torch.load(path, weights_only=True)["model"] for path in (options.one, options.other))
    torch.save({"model": average(one, other, options.share)}, options.out)


if __name__ == "__main__":
    main()
