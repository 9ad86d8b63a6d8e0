"""What each family of spins brings to an encoder: the same training with and without it.

usage: python -m detector.training.encoders.ablation --data DIR --moby words.txt --tables DIR --tokenizer tokenizer.json
           --work DIR [--tokens N] [--families NAME...] [--bert BERT]

Every training starts from the same pretrained encoder and draws its windows with the same seed, one of them with all
families, each of the others with one left out; one more has all families and another seed, to see what chance does. Each is
asked about windows of sources and of a family (MyThes) that none of them learned from, and about windows spun by the family it
lacks. A training that was interrupted goes on from its checkpoint, and one that is finished is not made again; what was
measured is kept in `WORK/NAME/measured.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch

from detector.runtime.tokenizer import open_tokenizer
from detector.training.encoders.model import SpunEncoder, pretrained
from detector.training.encoders.train import Training, train
from detector.training.encoders.validation import prepare, validate, validation_set
from detector.training.encoders.windows import Recipe
from detector.training.spinners.mixture import FAMILY_WEIGHTS, HELD_OUT_FAMILY

ALL = "all"  # the training that leaves out nothing
AGAIN = "again"  # the same with another seed
COLUMNS = ("word_ap", "window_auroc_light", "original_top5")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="checkpoints, logs and what was measured go here")
    parser.add_argument("--start", default="minilm", help="minilm, or a folder with BERT-base")
    parser.add_argument("--families", nargs="+", help="those left out, one at a time; by default each that can run")
    parser.add_argument("--bert", type=Path, help="folder with BERT-base, for masked swaps; without it there are none")
    parser.add_argument("--tokens", type=float, default=250e3, help="of each training")
    parser.add_argument("--count", type=int, default=240, help="windows of each family that are asked about")
    parser.add_argument("--batch", type=int, default=2304, help="tokens, padding counted")
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bf16", action="store_true", help="only where the processor has it; emulated it hangs")
    return parser.parse_args()


def trained(recipe: Recipe, encoder: Callable[[], SpunEncoder], options: argparse.Namespace) -> SpunEncoder:
    """Return an encoder after all its training in `options.work`. Go on from a checkpoint that is there."""
    torch.manual_seed(options.seed)
    training = Training(encoder(), options)
    training.resume("last")
    train(training, recipe)
    return training.model


def same_settings(options: argparse.Namespace) -> None:
    """Exit if the folder's results were made with other settings, which the table would mix."""
    settings = {name: getattr(options, name) for name in ("start", "tokens", "count", "batch", "lr", "seed")}
    settings["masked"] = options.bert is not None
    kept = options.work / "settings.json"
    options.work.mkdir(parents=True, exist_ok=True)
    if not kept.exists():
        kept.write_text(json.dumps(settings, indent=1) + "\n")
    elif (before := json.loads(kept.read_text())) != settings:
        raise SystemExit(f"{options.work}: was made with {before}, not {settings}; give another --work")


def table(measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return a row for each family: with all families → without it, on its own windows and on those of the held-out family."""
    names = ("word AP", "window AUROC", "original in top 5")
    head = [f"{name}, {whose}" for whose in ("its own windows", HELD_OUT_FAMILY) for name in names]
    lines = ["| left out | " + " | ".join(head) + " |", "|---" * (len(head) + 1) + "|"]
    full = measured[ALL]
    for family, found in measured.items():
        if family not in (ALL, AGAIN):
            cells = [
                f"{full[asked][column]:.3f} → {found[asked][column]:.3f}"
                for asked in (family, HELD_OUT_FAMILY)
                for column in COLUMNS
            ]
            lines.append(f"| {family} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def chance(measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return how far two trainings that differ only by seed lie apart, at most over the families and on the held-out one."""
    one, other = measured[ALL], measured[AGAIN]
    apart = {asked: {c: abs(one[asked][c] - other[asked][c]) for c in COLUMNS} for asked in one}
    held = ", ".join(f"{apart[HELD_OUT_FAMILY][c]:.3f}" for c in COLUMNS)
    most = ", ".join(
        f"{max(found[c] for asked, found in apart.items() if asked != HELD_OUT_FAMILY):.3f}" for c in COLUMNS
    )
    return f"Another seed, nothing left out: up to {most} apart on windows of one family, {held} on {HELD_OUT_FAMILY}."


def ablate(
    recipe: Recipe,
    left_out: Sequence[str],
    encoder: Callable[[], SpunEncoder],
    measure: Callable[[SpunEncoder, str], Mapping[str, float]],
    options: argparse.Namespace,
) -> dict[str, dict[str, Mapping[str, float]]]:
    """Return, for each training by the family it lacked, the numbers of `measure` by the family of the windows."""
    found = {}
    for name in (ALL, *left_out, AGAIN):
        folder = options.work / name
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / "measured.json"
        asked = (name,) if name in left_out else left_out
        stored = json.loads(kept.read_text()) if kept.exists() else {}
        wanted = (HELD_OUT_FAMILY, *asked)
        missing = [family for family in wanted if family not in stored]
        if missing:
            part = recipe.without(name) if name in left_out else recipe
            own = {"work": folder, "seed": options.seed + (name == AGAIN)}
            model = trained(part, encoder, argparse.Namespace(**{**vars(options), **own}))
            stored |= {family: dict(measure(model, family)) for family in missing}
            kept.write_text(json.dumps(stored, indent=1) + "\n")
        found[name] = {family: stored[family] for family in wanted}
    return found


def main() -> None:
    options = arguments()
    same_settings(options)
    torch.set_num_threads(options.threads)
    tokenizer = open_tokenizer(options.tokenizer)
    recipe = prepare(options.data, options.moby, options.tables, tokenizer, options.bert)
    families = options.families or [name for name in FAMILY_WEIGHTS if name in recipe.spinners]
    unknown = sorted(set(families) - recipe.families.keys())
    if unknown:
        raise SystemExit(f"not a family that trains here: {', '.join(unknown)}")
    windows = {
        family: validation_set(options.data, recipe, options.count, family=family)
        for family in (HELD_OUT_FAMILY, *families)
    }

    def measure(model: SpunEncoder, family: str) -> Mapping[str, float]:
        return validate(model, windows[family], None, ())

    found = ablate(recipe, families, partial(pretrained, options.start), measure, options)
    print(f"{options.tokens:,.0f} tokens each, from {options.start}; {options.count} windows of each family.\n")
    print(table(found))
    print(f"\n{chance(found)}")


if __name__ == "__main__":
    main()
