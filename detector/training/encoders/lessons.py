"""Computes the lessons of training windows beforehand, while another process learns.

usage: python -m detector.training.encoders.lessons --data DIR --moby words.txt --work DIR --tokenizer tokenizer.json
           --groups 0-50
"""

from __future__ import annotations

import argparse
from pathlib import Path

from detector.runtime.tokenizer import open_tokenizer
from detector.training.encoders.teacher import Teacher
from detector.training.encoders.train import group_of_batches, recipe_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--bert", type=Path, help="folder with BERT-base, as the learner has it")
    parser.add_argument("--oddest-by", type=Path, help="FOLDER/NAME of an encoder, as the learner has it")
    parser.add_argument("--reordered", type=float, default=0.0, help="share of windows, as the learner has it")
    parser.add_argument("--work", type=Path, required=True, help="the folder the learner works in")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--groups", default="0-25", help="first and last")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=2304)
    options = parser.parse_args()
    recipe = recipe_of(options, open_tokenizer(options.tokenizer))
    teacher = Teacher(options.models, options.work / "lessons")
    first, _, last = options.groups.partition("-")
    for group in range(int(first), int(last) + 1):
        teacher.lessons(group_of_batches(recipe, options.seed, group, options.batch))


if __name__ == "__main__":
    main()
