"""Write the numbers of the model card and of README.md, from the printed tables, and the table of features.

usage: python -m detector.training.evaluate.card [--models models] [--readme README.md]

They stand between `<!-- numbers -->` and `<!-- end -->`; the rest of both pages is written by people, and the card names no
number of the models there. Features are described as the signals define them, in `tables/features.md`.
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
#: Rows of the tables of kinds of writing from packages, and of spinners that nothing learned from.
_PACKAGES = {
    "external-honest": "which nothing was fitted on",
    "fit-packages": "which a verdict may be fitted on, and this one was not",
}
_UNSEEN = {
    "online": "as free paraphrasers spin",
    "thesaurus": "by a thesaurus read otherwise",
    "sisters": "by coordinate terms of WordNet",
    "two languages": "by words that came back from two languages",
}
_SPEEDS = ("full", "fast", "scan")
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
    lists = [*_findings(verdict), *_speeds(read_table(folder, "benchmark"))]
    return "\n".join([*_HEADER, *_verdicts(verdict), *_packages(folder), *_unseen(folder), "", *lists])


def readme_table(folder: Path) -> str:
    """Return the table of README.md, made of the printed tables in `folder`."""
    verdict, benchmark = read_table(folder, "verdict"), read_table(folder, "benchmark")
    honest = section(verdict, "honest text by register")
    documents, called, _, rate, low, high, *_ = cells(honest, "all")
    wild, found, *_ = cells(section(verdict, "spun text:"), "wild spun")
    simulated = section(verdict, "simulated:")
    shares = ", ".join(cells(simulated, rate)[1].lstrip("0") for rate in _RATES)
    speed, ratio, *_ = cells(section(benchmark, "news: words per CPU second"), "full")
    *_, memory = cells(section(benchmark, "starting:"), "full")
    by_verdict, by_benchmark = "`detector evaluate verdict`", "`python -m detector.training.evaluate.benchmark`"
    rows = (
        (f"Spun documents found, of {wild} real ones that nothing was trained on", found, by_verdict),
        ("Share found of simulated spins, with 3, 6, 12 and 25 % of the words replaced", shares, by_verdict),
        (
            f"Honest documents called spun, of {int(documents):,} of {len(honest.splitlines()) - 1} kinds",
            f"{called} ({rate}; 95 % interval {low} {high})",
            by_verdict,
        ),
        ("Words per processor second; news, nothing spun", f"{speed}, {ratio[:-1]} times those of 0.1.0", by_benchmark),
        ("Memory at the peak", f"{memory} MB", by_benchmark),
    )
    return "\n".join(["| | | printed by |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])


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


def _packages(folder: Path) -> Iterator[str]:
    for name, of_what in _PACKAGES.items():
        printed = read_table(folder, name)
        kinds = len(re.findall(r"%]", printed)) - 1
        documents, called, suspect, *_ = cells(printed, "all")
        yield f"| honest, {kinds} kinds of writing from packages, {of_what} | {documents} | {called} | {suspect} |"


def _unseen(folder: Path) -> Iterator[str]:
    printed = read_table(folder, "unseen")
    for family, how in _UNSEEN.items():
        for rate in ("5%", "10%"):
            yield _from_shares(f"spun {how}, {rate} of words", cells(printed, f"{family}, {rate}"))


def _speeds(printed: str) -> Iterator[str]:
    news, mixed = (section(printed, f"{name}: words per CPU second") for name in ("news", "mix"))
    for speed in _SPEEDS:
        words = [cells(lines, speed)[0] for lines in (news, mixed)]
        yield (
            f"- `--speed {speed}`, nothing spun: {words[0]} words per processor second on news, {words[1]} on all registers"
            " alike."
        )


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
    parser.add_argument("--readme", type=Path, default=Path("README.md"))
    options = parser.parse_args()
    models, tables = options.models, options.models / "tables"
    for page, numbers in ((models / CARD, numbers_table(tables)), (options.readme, readme_table(tables))):
        page.write_text(replaced(page.read_text("utf-8"), "numbers", numbers), encoding="utf-8")
    (models / FEATURES).write_text(features_page(models), encoding="utf-8")


if __name__ == "__main__":
    main()
