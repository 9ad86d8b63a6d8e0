"""How much an encoder knows, on windows of sources and of a spinner that no encoder learned from.

usage: python -m detector.training.encoders.validation CHECKPOINT... --data DIR --moby words.txt --tables DIR
           --tokenizer tokenizer.json

Checkpoints are chosen by the windows of the default seed and count; others tell what the choice is worth.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from tokenizers import Tokenizer
from torch import Tensor

from detector.runtime.tokenizer import open_tokenizer
from detector.signals.wording.swap_table import SwapTable
from detector.training.data import splits as data
from detector.training.data.lexicon import Resources
from detector.training.encoders.export import load_checkpoint
from detector.training.encoders.labels import IGNORED, Example, Labeller
from detector.training.encoders.model import SpunEncoder
from detector.training.encoders.teacher import oddness_by
from detector.training.encoders.windows import Recipe, load_texts
from detector.training.spinners import spin
from detector.training.spinners.mixture import HELD_OUT_FAMILY, load_spinners

COUNT, SEED = 240, 20
UNSEEN = ("wikinews_2019_2020", "gum", "ud_ewt", "okfn_site", "standard_ebooks", "outfox_human_essays")
EVERYWHERE = tuple(source.name for source in data.SOURCES)


def prepare(
    folder: Path,
    moby: Path,
    tables: Path,
    tokenizer: Tokenizer,
    bert: Path | None = None,
    *,
    oddest_by: Path | None = None,
    reordered: float = 0.0,
) -> Recipe:
    """Return what training windows are drawn from.

    `oddest_by` is an encoder: of some honest windows, those that look oddest to it are learned from. `reordered` is the
    share of windows in another language's order of words.
    """
    spinners = load_spinners(Resources(folder, moby), tables, bert)
    weights = {s.name: s.weight for s in data.SOURCES if s.encoder}
    return Recipe(
        load_texts(folder, "encoder"),
        weights,
        spinners,
        Labeller(tokenizer),
        oddness=oddness_by(oddest_by) if oddest_by else None,
        reordered_share=reordered,
    )


def validation_set(
    folder: Path,
    recipe: Recipe,
    count: int = COUNT,
    seed: int = SEED,
    family: str = HELD_OUT_FAMILY,
    *,
    names: Sequence[str] = UNSEEN,
    reordered: bool = False,
) -> list[Example]:
    """Return windows of texts no encoder learns from: a third clean, the rest spun by one family.

    By default it is the held-out family. With `reordered` the windows are put into another language's order of words
    before anything is swapped.
    """
    rng = random.Random(seed)
    texts = {s.name: [t.text for t in data.read(folder, s, "verdict")] for s in data.SOURCES if s.name in names}
    drawn = Recipe(texts, dict.fromkeys(names, 1.0), recipe.spinners, recipe.labeller)
    examples = []
    for number in range(count):
        text = drawn.window(rng)
        if reordered:
            text = drawn.reordered(text, random.Random(f"{seed}-{number}"))
        rate = (0.0, 0.05, 0.15)[number % 3]
        spun = spin(text, [recipe.spinners[family]] if rate else [], rate, rng)
        examples.append(recipe.labeller.label(text, spun, rng, recipe.max_tokens))
    return examples


@torch.no_grad()
def validate(
    model: SpunEncoder, examples: list[Example], swaps: SwapTable | None, pieces: Sequence[str]
) -> dict[str, float]:
    """Return average precision over words, window AUROC, and how often the original is among the first five.

    Average precision is given for the first head and for the channel's gains (by what fits, by what is expected).
    Windows are told apart by the sum of their five strongest words.
    """
    model.eval()
    scores: list[float] = []
    truth: list[int] = []
    gained: dict[str, list[float]] = {}
    swapped: list[int] = []
    strongest: list[float] = []
    right = asked = 0
    for start in range(0, len(examples), 16):
        part = examples[start : start + 16]
        ids, mask, labels, originals = collate(part)
        hidden = model.hidden(ids, mask)
        logits, fits = (values.float() for values in model.heads(hidden, model.words[ids]))
        opinions = {"channel_ap": fits}
        if model.expect is not None:
            opinions["expected_ap"] = model.expect(hidden).float()
        for row in range(len(part)):
            known = labels[row] != IGNORED
            values = logits[row][known]
            scores += values.tolist()
            truth += labels[row][known].tolist()
            strongest.append(float(values.topk(min(5, len(values))).values.sum()))
            for at in known.nonzero()[:, 0].tolist() if swaps else ():
                assert swaps is not None
                candidates, _ = swaps.get(pieces[ids[row, at]])
                if len(candidates):
                    rivals = torch.from_numpy(candidates.astype(np.int64))
                    for name, opinion in opinions.items():
                        best = (model.words[rivals] @ opinion[row, at] + model.bias[rivals]).max()
                        own = model.words[ids[row, at]] @ opinion[row, at] + model.bias[ids[row, at]]
                        gained.setdefault(name, []).append(float(best - own))
                    swapped.append(int(labels[row, at]))
        replaced = (labels == 1) & (originals != IGNORED)
        if replaced.any():
            guess = model.restore(fits[replaced])
            guess[torch.arange(len(guess)), ids[replaced]] = -1e9
            right += int((guess.topk(5).indices == originals[replaced][:, None]).any(1).sum())
            asked += int(replaced.sum())
    model.train()
    light = [i for i in range(len(examples)) if i % 3 != 2]
    return {
        "word_ap": float(average_precision_score(truth, scores)),
        **{name: float(average_precision_score(swapped, values)) for name, values in gained.items()},
        "window_auroc_light": float(roc_auc_score([i % 3 for i in light], [strongest[i] for i in light])),
        "original_top5": right / max(1, asked),
    }


def collate(examples: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    length = -(-max(len(e.ids) for e in examples) // 16) * 16  # few shapes: kernels are compiled for each
    ids = torch.zeros(len(examples), length, dtype=torch.long)
    mask = torch.zeros(len(examples), length, dtype=torch.long)
    labels = torch.full((len(examples), length), IGNORED)
    originals = torch.full((len(examples), length), IGNORED)
    for row, e in enumerate(examples):
        ids[row, : len(e.ids)] = torch.tensor(e.ids)
        mask[row, : len(e.ids)] = 1
        labels[row, : len(e.ids)] = torch.tensor(e.labels)
        originals[row, : len(e.ids)] = torch.tensor(e.originals)
    return ids, mask, labels, originals


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--start", default="minilm", help="what the training started from: minilm, or a folder")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--swaps", type=Path, default=Path("models/swaps.npz"))
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--family", default=HELD_OUT_FAMILY, help="the spinner of the windows")
    parser.add_argument("--bert", type=Path, help="folder with BERT-base, for the family `masked`")
    parser.add_argument(
        "--everywhere", action="store_true", help="windows of all sources alike, learners and scans among them"
    )
    parser.add_argument("--reordered", action="store_true", help="windows in another language's order of words")
    options = parser.parse_args()
    tokenizer = open_tokenizer(options.tokenizer)
    recipe = prepare(options.data, options.moby, options.tables, tokenizer, options.bert)
    names = EVERYWHERE if options.everywhere else UNSEEN
    windows = validation_set(
        options.data, recipe, options.count, options.seed, options.family, names=names, reordered=options.reordered
    )
    swaps = SwapTable.load(options.swaps)
    pieces = [str(tokenizer.id_to_token(i)) for i in range(tokenizer.get_vocab_size())]
    for path in options.checkpoints:
        found = validate(load_checkpoint(path, options.start), windows, swaps, pieces)
        print(path, {name: round(value, 4) for name, value in found.items()}, flush=True)


if __name__ == "__main__":
    main()
