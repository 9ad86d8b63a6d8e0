"""Trains an encoder on simulated spins. Resumable, seeded, logged as JSON lines.

usage: python -m detector.training.encoders.train --data DIR --moby words.txt --work DIR --start minilm|BERT_DIR --tokens N

Windows are drawn by the group and sorted by length before they are batched, so that little of a batch is padding. A group is
a function of (seed, group number): training goes on from a checkpoint as if it had never stopped.

The learning rate warms up, stays, and falls to nothing over the last two fifths of `--tokens`; `stable.pt` is kept from before
the fall, so that a later run with more tokens goes on from there (`--resume stable`), not from a cooled model.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from detector.runtime.tokenizer import open_tokenizer
from detector.signals.wording.swap_table import SwapTable
from detector.training.encoders.expectation import Expectation, Expected
from detector.training.encoders.labels import IGNORED, Example
from detector.training.encoders.model import SpunEncoder, pretrained
from detector.training.encoders.shipped_weights import load_shipped
from detector.training.encoders.teacher import Lesson, Teacher
from detector.training.encoders.validation import collate, prepare, validate, validation_set
from detector.training.encoders.windows import Recipe

WARM_UP = 60  # steps
COOL_DOWN = 0.4  # share of the tokens over which the learning rate falls
TEACHER_SHARE = 0.6  # of what is wanted, where there is a teacher; the rest are the spinners' labels
LOSSES = ("detect", "restore", "expect")  # of the heads there are
GROUP = 384  # windows drawn at once: of so many, batches of like length waste few places
LOGGED, VALIDATED = 1, 4  # groups between lines of the log, and between validations, each of which leaves a checkpoint
RESTORE_WEIGHT = 0.15  # of the second head's loss; both heads' losses then move the body about equally
EXPECT_WEIGHT = 0.1  # of the third's

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h


def group_of_batches(recipe: Recipe, seed: int, number: int, budget: int) -> list[list[Example]]:
    """Return batches of at most `budget` tokens, padding counted, of windows of like length, in random order."""
    rng = random.Random(f"{seed}-{number}")
    batches: list[list[Example]] = [[]]
    for example in sorted((recipe.example(rng) for _ in range(GROUP)), key=lambda e: -len(e.ids)):
        if batches[-1] and (len(batches[-1]) + 1) * len(batches[-1][0].ids) > budget:
            batches.append([])
        batches[-1].append(example)
    rng.shuffle(batches)
    return batches


def recipe_of(options: argparse.Namespace, tokenizer: Tokenizer) -> Recipe:
    """Return the recipe of the windows that the arguments of a run ask for."""
    tables = options.work.parent / "tables"
    return prepare(
        options.data,
        options.moby,
        tables,
        tokenizer,
        options.bert,
        oddest_by=options.oddest_by,
        reordered=options.reordered,
    )


def losses(
    model: SpunEncoder,
    batch: tuple[Tensor, Tensor, Tensor, Tensor],
    lessons: Sequence[Lesson] = (),
    expected: Expected | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the losses of the three heads.

    The first two are compared with the spinners' labels and, where there are lessons, the teacher's probabilities; the
    third with what is known to be expected, 0 where nothing is.
    """
    ids, mask, labels, originals = batch
    hidden = model.hidden(ids, mask)
    logits, fits = model.heads(hidden, model.words[ids])
    known = labels != IGNORED
    wanted = labels.float()
    for row, lesson in enumerate(lessons):
        said = torch.from_numpy(lesson.probability.astype(np.float32))
        wanted[row, : len(said)] += TEACHER_SHARE * (said - wanted[row, : len(said)])
    detect = functional.binary_cross_entropy_with_logits(logits[known], wanted[known])
    restore = restore_loss(model, fits, originals, lessons)
    if expected is None or model.expect is None or not len(expected.rows):
        return detect, restore, detect * 0
    told = functional.log_softmax(model.restore(model.expect(hidden[expected.rows, expected.places])).float(), dim=-1)
    wanted = functional.log_softmax(expected.logits.float(), dim=-1)
    return detect, restore, functional.kl_div(told, wanted, reduction="batchmean", log_target=True)


def restore_loss(model: SpunEncoder, fits: Tensor, originals: Tensor, lessons: Sequence[Lesson]) -> Tensor:
    """Return the loss of the second head, against the originals and, where there are lessons, the teacher's candidates."""
    asked, told = originals != IGNORED, torch.zeros_like(originals, dtype=torch.bool)
    for row, lesson in enumerate(lessons):
        told[row, torch.from_numpy(lesson.places).long()] = True
    needed = asked | told
    if not needed.any():
        return fits.sum() * 0
    opinion = functional.log_softmax(model.restore(fits[needed]).float(), dim=-1)  # once for both: it is large
    labels, teacher = opinion[asked[needed]], opinion[told[needed]]
    loss = functional.nll_loss(labels, originals[asked]) if len(labels) else opinion.sum() * 0
    if len(teacher):
        candidates = torch.from_numpy(np.concatenate([lesson.candidates for lesson in lessons])).long()
        shares = torch.from_numpy(np.concatenate([lesson.shares for lesson in lessons]).astype(np.float32))
        taught = -(shares * teacher.gather(1, candidates)).sum(1).mean()
        loss = loss + TEACHER_SHARE * (taught - loss)
    return loss


def learning_rate(progress: float, step: int, peak: float) -> float:
    warm = min(1.0, (step + 1) / WARM_UP)
    return peak * warm * min(1.0, max(0.0, 1 - progress) / COOL_DOWN)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--bert", type=Path, help="folder with BERT-base, for masked swaps; without it there are none")
    parser.add_argument("--work", type=Path, required=True, help="checkpoints, tables and the log go here")
    parser.add_argument("--start", default="minilm", help="minilm, or a folder with BERT-base")
    parser.add_argument(
        "--weights", type=Path, help="FOLDER/NAME of an encoder in models/, or a checkpoint (.pt), to start with"
    )
    parser.add_argument("--layers", type=int, default=12, help="of BERT-base that are kept")
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json of BERT uncased")
    parser.add_argument("--tokens", type=float, default=4e6)
    parser.add_argument("--teacher", type=Path, help="folder of models with a deep encoder to learn from")
    parser.add_argument("--groups", type=int, help="of windows that are drawn; after so many the first ones come again")
    parser.add_argument(
        "--oddest-by",
        type=Path,
        help="FOLDER/NAME of an encoder: honest windows that look oddest to it are learned from",
    )
    parser.add_argument(
        "--reordered",
        type=float,
        default=0.0,
        help="share of windows in another language's order of words, spun or not",
    )
    parser.add_argument(
        "--expect", action="store_true", help="also learn what BERT-base (--bert) expects in a place that it cannot see"
    )
    parser.add_argument("--freeze", type=int, default=0, help="lowest layers that stay as pretrained")
    parser.add_argument("--swaps", type=Path, help="swaps.npz, to validate the channel with")
    parser.add_argument("--batch", type=int, default=2304, help="tokens, padding counted")
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bf16", action="store_true", help="only where the processor has it; emulated it hangs")
    parser.add_argument("--resume", choices=("last", "stable", "no"), default="last")
    return parser.parse_args()


class Training:
    """A model on its way: what a checkpoint holds, and how it goes on."""

    def __init__(self, model: SpunEncoder, options: argparse.Namespace, expectation: Expectation | None = None) -> None:
        self.model = model
        self.expectation = expectation
        self.options = options
        self.trained = [p for p in model.parameters() if p.requires_grad]
        model.body.set_attn_implementation("eager")  # a third faster on a processor
        self.optimizer = torch.optim.AdamW(
            self.trained, lr=options.lr, weight_decay=0.01, betas=(0.9, 0.98), fused=True
        )
        self.state = {"group": 0, "step": 0, "tokens": 0}

    @property
    def progress(self) -> float:
        return float(self.state["tokens"] / self.options.tokens)

    def load(self, path: Path) -> None:
        saved = torch.load(path, weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.state = saved["state"]

    def resume(self, name: str) -> None:
        """Continue from a checkpoint, if there is one."""
        path = self.options.work / f"{name}.pt"
        if path.exists():
            self.load(path)

    def save(self, name: str) -> None:
        path = Path(self.options.work / f"{name}.tmp")
        saved = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "state": self.state}
        torch.save(saved, path)
        path.rename(path.with_suffix(".pt"))

    def step(self, examples: Sequence[Example], lessons: Sequence[Lesson] = ()) -> tuple[float, ...]:
        """Learn from one batch; the heads' losses."""
        batch = collate(examples)
        rate = learning_rate(self.progress, self.state["step"], self.options.lr)
        self.optimizer.param_groups[0]["lr"] = rate
        with self.precision():
            expected = self.expectation.of(batch, self.state["step"]) if self.expectation else None
            detect, restore, expect = losses(self.model, batch, lessons, expected)
        self.optimizer.zero_grad(set_to_none=True)
        (detect + RESTORE_WEIGHT * restore + EXPECT_WEIGHT * expect).backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.state["step"] += 1
        self.state["tokens"] += int(batch[1].sum())
        return detect.item(), restore.item(), *([expect.item()] if self.expectation else [])

    def precision(self) -> torch.autocast:
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.options.bf16)


def train(
    training: Training,
    recipe: Recipe,
    teacher: Teacher | None = None,
    check: Callable[[], Mapping[str, float]] | None = None,
    groups: int | None = None,
) -> None:
    """Train to the last token, with checkpoints and a log in the training's folder.

    After so many `groups` of windows the first ones come again.
    """
    options, state = training.options, training.state
    training.model.train()
    began, since, cooled = time.time(), state["tokens"], False
    running: list[tuple[float, ...]] = []
    while training.progress < 1:
        if training.progress > 1 - COOL_DOWN and not cooled:
            cooled = True
            training.save("stable")
        group = state["group"] % groups if groups else state["group"]
        batches = group_of_batches(recipe, options.seed, group, options.batch)
        lessons = teacher.lessons(batches) if teacher else [[]] * len(batches)
        running += [training.step(*part) for part in zip(batches, lessons, strict=True)]
        state["group"] += 1
        done = training.progress >= 1
        if state["group"] % LOGGED and not done:
            continue
        row: dict[str, float] = {**state, "tokens_per_s": round((state["tokens"] - since) / (time.time() - began))}
        row |= dict(zip(LOSSES[: len(running[0])], np.mean(running, axis=0).round(4).tolist(), strict=True))
        running.clear()
        if state["group"] % VALIDATED == 0 or done:
            if check:
                with training.precision():
                    row |= {k: round(v, 4) for k, v in check().items()}
            training.save("last")
        with (options.work / "log.jsonl").open("a") as log:
            log.write(json.dumps(row) + "\n")


def keep_memory() -> None:
    """Let glibc keep what is freed: to ask the system for each large tensor anew takes a fifth of the time."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def main() -> None:
    options = arguments()
    keep_memory()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.work.mkdir(parents=True, exist_ok=True)
    tokenizer = open_tokenizer(options.tokenizer)
    recipe = recipe_of(options, tokenizer)
    held = validation_set(options.data, recipe)
    swaps = SwapTable.load(options.swaps) if options.swaps else None
    pieces = [str(tokenizer.id_to_token(i)) for i in range(tokenizer.get_vocab_size())]

    model = pretrained(options.start, options.layers, expects=options.expect)
    model.freeze(options.freeze)
    if options.weights:
        load_shipped(model, options.weights)
    training = Training(model, options, Expectation.of_bert(options.bert, pieces) if options.expect else None)
    if options.resume != "no":
        training.resume(options.resume)
    teacher = Teacher(options.teacher, options.work / "lessons", threads=options.threads) if options.teacher else None
    train(training, recipe, teacher, lambda: validate(model, held, swaps, pieces), options.groups)


if __name__ == "__main__":
    main()
