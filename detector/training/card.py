"""Writes what was measured into the model card and the log of how the models were made, between the markers for it.

usage: python -m detector.training.card [--verdict FILE.json] [--wording FILE.json] [--fit FILE.txt] [--compare FILE.txt]
           [--parity FILE.txt] [--parity-light FILE.txt] [--throughput FILE.txt] [--validation FILE.txt]
           [--phrases FILE.txt] [--ablation FILE.txt] [--outside FILE.txt]

The blocks are what `detector evaluate` and those modules print, word for word (`--ablation`: `ablate_families`), and the table
of features as the signals define them. A block without a new file stays as it is.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from detector.training.features import MEASURED

CARD = Path("models/README.md")
LOG = "TRAINING.md"  # beside the card
PRINTED = ("fit", "compare", "parity", "parity-light", "throughput", "validation", "phrases", "ablation", "outside")
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


def write(paths: Sequence[Path], blocks: Mapping[str, str]) -> None:
    """Each block into the file that has it; KeyError, and nothing written, where none has."""
    texts = {path: path.read_text("utf-8") for path in paths}
    for name, content in blocks.items():
        holder = next((path for path, text in texts.items() if f"<!-- {name} -->" in text), paths[0])
        texts[holder] = replaced(texts[holder], name, content)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")


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
    manifest = json.loads((options.card.parent / "manifest.json").read_text("utf-8"))
    blocks = {"features": features_table({feature["name"] for feature in manifest["verdict"]["features"]})}
    if options.verdict:
        result = json.loads(options.verdict.read_text("utf-8"))
        blocks["verdict"] = fenced(printed(evaluate.print_result, result))
    if options.wording:
        results = json.loads(options.wording.read_text("utf-8"))
        blocks["wording"] = fenced("\n".join(printed(evaluate_wording.print_result, r) for r in results))
    for name in PRINTED:
        if path := getattr(options, name.replace("-", "_")):
            text = path.read_text("utf-8")
            blocks[name] = text.strip() if name in TABLES else fenced(text)
    write([options.card, options.card.with_name(LOG)], blocks)


if __name__ == "__main__":
    main()
