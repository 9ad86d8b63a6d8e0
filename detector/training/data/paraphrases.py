"""Makes `paraphrases.npz`: fingerprints of phrases that spinners put in for a word or phrase, and of what for.

People write such phrases, too. What goes in may all be redistributed: our own dictionary, PPDB (CC BY 3.0) and the words that
published tortured phrases are made of (facts).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from detector.signals.wording.phrases import LONGEST, SHORTEST
from detector.training.data.dictionaries import load_tables
from detector.training.data.known_phrases import Phrase, forms, write
from detector.training.data.lexicon import KEPT, Resources, Table
from detector.training.spinners.mixture import FAMILY_WEIGHTS

SOURCES = ("article", "ppdb", "tortured")


def paraphrases(tables: Mapping[str, Table]) -> dict[Phrase, dict[str, float]]:
    """Return, for each phrase, what it is put in for, with weights."""
    found: dict[Phrase, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for name, table in tables.items():
        for original, replacements in table.items():
            for replacement, weight in replacements:
                phrase = forms(replacement)
                if SHORTEST <= len(phrase) <= LONGEST and not set(forms(original)) <= set(phrase):
                    found[phrase][" ".join(forms(original))] += weight * FAMILY_WEIGHTS[name]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--moby", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True, help="where the dictionaries' tables are kept")
    parser.add_argument("--out", type=Path, default=Path("models/paraphrases.npz"))
    options = parser.parse_args()
    found = paraphrases(load_tables(Resources(options.data, options.moby), options.tables, KEPT, SOURCES))
    write(found, options.out)
    print(f"{len(found):,} phrases")


if __name__ == "__main__":
    main()
