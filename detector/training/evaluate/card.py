"""Write the numbers of the model card: its one table, from the printed tables beside it, and the table of features.

usage: python -m detector.training.evaluate.card [--models models]

The card's table stands between `<!-- numbers -->` and `<!-- end -->`; the rest of the card is written by people and names no
number of the models. Features are described as the signals define them, in `tables/features.md`.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from detector.training.evaluate.tables import read_table
from detector.training.fit.judged_features import MEASURED

CARD, FEATURES = "README.md", "tables/features.md"
_HEADER = ("| | documents | called spun | suspect |", "|---|--:|--:|--:|")
#: Rows of honest text: the label in the printed table, and what the card calls it.
_HONEST = {
    "all": "honest, all registers",
    "originals of the swaps": "honest, originals of the word swaps",
    "learner": "honest, by learners of English",
    "non-native web": "honest, non-native web pages",
    "OCR": "honest, scans",
}
_SPUN = {
    "wild spun": "spun, found in the wild",
    "spun WMT references": "spun, among WMT references",
    "TextAttack swaps": "spun, word swaps of TextAttack",
}
_RATES = ("3% of words", "6% of words", "12% of words", "25% of words")
_BY_HAND = ("", ", every second swap", ", every fourth swap")


def features_table(judged: Collection[str]) -> str:
    """Return one row a feature: its name, its unit, whether the verdict uses it, and why it is there."""
    lines = ["| feature | unit | judged by | why |", "|---|---|---|---|"]
    for feature in MEASURED:
        used = "yes" if feature.name in judged else "no"
        lines.append(f"| `{feature.name}` | {feature.unit} | {used} | {feature.why} |")
    return "\n".join(lines)


def numbers_table(folder: Path) -> str:
    """Return the card's table, made of the printed tables in `folder`."""
    verdict = read_table(folder, "verdict")
    return "\n".join([*_HEADER, *_verdicts(verdict), "", *_findings(verdict), *_speeds(folder)])


def section(printed: str, title: str) -> str:
    """Return the lines below the line that begins with `title`, up to the next empty line."""
    found = re.search(rf"^{re.escape(title)}[^\n]*\n(.*?)(?:\n\n|\Z)", printed, re.DOTALL | re.MULTILINE)
    if not found:
        raise ValueError(f"no table {title!r} was printed")
    return found[1]


def cells(lines: str, label: str) -> list[str]:
    """Return the columns of the row with this label, without it."""
    found = re.search(rf"^ *{re.escape(label)} {{2,}}(.+)$", lines, re.MULTILINE)
    if not found:
        raise ValueError(f"no row {label!r} was printed")
    return found[1].split()


def _verdicts(printed: str) -> Iterator[str]:
    honest = section(printed, "honest text by register")
    rows = [(name, cells(honest, label)) for label, name in _HONEST.items()]
    translated = cells(section(printed, "honest text translated by hand"), "all")
    rows.append(("honest, literal translations by hand", translated))
    spun = section(printed, "spun text:")
    rows += [(name, cells(spun, label)) for label, name in _SPUN.items()]
    for name, (documents, called, suspect, *_) in rows:
        yield f"| {name} | {documents} | {called} | {suspect} |"
    simulated = section(printed, "simulated:")
    for rate in _RATES:
        yield _from_shares(f"spun by simulated spinners, {rate}", cells(simulated, rate))
    by_hand = section(printed, "spun by hand:")
    for part in _BY_HAND:
        yield _from_shares(
            f"spun by hand{part}", *(cells(by_hand, f"by hand, {which}{part}") for which in ("first", "second"))
        )


def _from_shares(name: str, *rows: list[str]) -> str:
    """Return a row of counts from printed rows of documents, share called spun, share called spun or suspect."""
    documents = [int(row[0]) for row in rows]
    spun, at_least_suspect = (
        sum(round(float(row[column]) * count) for row, count in zip(rows, documents, strict=True)) for column in (1, 2)
    )
    return f"| {name} | {sum(documents)} | {spun} | {at_least_suspect - spun} |"


def _findings(printed: str) -> Iterator[str]:
    *_, per_thousand, _ = cells(section(printed, "honest text by register"), "all")
    yield f"- Findings of swapped words in honest text: {per_thousand} per 1,000 words."
    marked = dict(
        re.findall(r"'(\w+)': ([\d.]+)", next(re.finditer(r"^marked phrases: .*$", printed, re.MULTILINE))[0])
    )
    yield (
        f"- Of {marked['swaps']} phrases that people marked in wild documents, a finding touches {marked['touched']}; "
        f"the original comes first for {marked['original_top_1']}, among five for {marked['original_top_5']}."
    )


def _speeds(folder: Path) -> Iterator[str]:
    news, mixed = (read_table(folder, name) for name in ("speed-news", "speed"))
    for depth in ("light", "auto", "deep"):
        speeds = [cells(printed, f"wording, {depth}")[0] for printed in (news, mixed)]
        yield f"- `--wording {depth}`, one thread: {speeds[0]} words per second on news, {speeds[1]} on all registers alike."


def replaced(card: str, name: str, content: str) -> str:
    """Return the card with this content in the block `name`. Raise KeyError if it has no such block."""
    pattern = re.compile(rf"(<!-- {name} -->\n)(?:.*?\n)??(<!-- end -->)", re.DOTALL)
    if not pattern.search(card):
        raise KeyError(name)
    return pattern.sub(lambda match: f"{match[1]}{content}\n{match[2]}", card)


def features_page(models: Path) -> str:
    """Return the page of features, with those that the verdict in `models` is judged by."""
    manifest = json.loads((models / "manifest.json").read_text("utf-8"))
    table = features_table([feature["name"] for feature in manifest["verdict"]["features"]])
    return f"# Features\n\nWritten by `python -m detector.training.evaluate.card`.\n\n{table}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    models = parser.parse_args().models
    card = models / CARD
    card.write_text(replaced(card.read_text("utf-8"), "numbers", numbers_table(models / "tables")), encoding="utf-8")
    (models / FEATURES).write_text(features_page(models), encoding="utf-8")


if __name__ == "__main__":
    main()
