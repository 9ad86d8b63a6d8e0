"""The arguments that all fits take: where the texts, the thesaurus and the models are, and what can't be had here."""

from __future__ import annotations

import argparse
from pathlib import Path

from detector.training.data.lexicon import Resources
from detector.training.data.packages.sources import PACKAGES_HELP
from detector.training.spinners import Spinner
from detector.training.spinners.mixture import load_spinners


def fit_arguments(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the arguments of every fit, to which others can be added."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models"))
    parser.add_argument("--packages", type=Path, help=PACKAGES_HELP)
    parser.add_argument("--without", action="append", default=[], help="a family of spinners that can't run here")
    return parser


def spinners_of(options: argparse.Namespace) -> dict[str, Spinner]:
    """Return the spinners that documents are made with, by family."""
    return load_spinners(Resources(options.data, options.moby), options.work / "tables", without=options.without)
