"""Writes what was measured into the model card, between the markers it has for it.

usage: python -m detector.training.card [--verdict FILE.json] [--wording FILE.json] [--fit FILE.txt] [--compare FILE.txt]
           [--parity FILE.txt] [--parity-light FILE.txt] [--throughput FILE.txt] [--validation FILE.txt]
           [--phrases FILE.txt] [--ablation FILE.txt]

The blocks are what `detector evaluate` and those modules print, word for word (`--ablation`: `ablate_families`), and the table
of features as the signals define them. A block without a new file stays as it is.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from detector.training.features import MEASURED

CARD = Path("models/README.md")
PRINTED = ("fit", "compare", "parity", "parity-light", "throughput", "validation", "phrases", "ablation")
TABLES = {"ablation"}  # printed as Markdown already


def features_table(judged: set[str]) -> str:
    """One row a feature: name, unit, whether the verdict uses it, why it is there."""
    lines = ["| feature | unit | judged by | why |", "|---|---|---|---|"]
    for feature in MEASURED:
        used = "yes" if feature.name in judged else "no"
        lines.append(f"| `{feature.name}` | {feature.unit} | {used} | {feature.why} |")
    return "\n".join(lines)


def replaced(card: str, name: str, content: str) -> str:
    """The card with the block `name` holding this content; KeyError where it has no such block."""
    pattern = re.compile(rf"(<!-- {name} -->\n)(?:.*?\n)??(<!-- end -->)", re.DOTALL)
    if not pattern.search(card):
        raise KeyError(name)
    return pattern.sub(lambda match: f"{match[1]}{content}\n{match[2]}", card)


def fenced(text: str) -> str:
    return f"```\n{text.strip()}\n```"


def printed(show: Callable[[Any], None], result: Any) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        show(result)
    return out.getvalue()


def main() -> None:
    from detector.training import evaluate, evaluate_wording

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verdict", type=Path)
    parser.add_argument("--wording", type=Path)
    for name in PRINTED:
        parser.add_argument(f"--{name}", type=Path, help="what the module of this name printed on standard output")
    parser.add_argument("--card", type=Path, default=CARD)
    options = parser.parse_args()
    card = options.card.read_text("utf-8")
    manifest = json.loads((options.card.parent / "manifest.json").read_text("utf-8"))
    card = replaced(card, "features", features_table(set(manifest["verdict"]["features"])))
    if options.verdict:
        result = json.loads(options.verdict.read_text("utf-8"))
        card = replaced(card, "verdict", fenced(printed(evaluate.print_result, result)))
    if options.wording:
        results = json.loads(options.wording.read_text("utf-8"))
        card = replaced(card, "wording", fenced("\n".join(printed(evaluate_wording.print_result, r) for r in results)))
    for name in PRINTED:
        if path := getattr(options, name.replace("-", "_")):
            text = path.read_text("utf-8")
            card = replaced(card, name, text.strip() if name in TABLES else fenced(text))
    options.card.write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
