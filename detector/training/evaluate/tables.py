"""Keep what the evaluations print beside the model card, in `models/tables`, each table headed by the command that prints it.

usage: python -m detector.training.evaluate.tables NAME FILE [--tables models/tables]

FILE holds what the command of that NAME printed on standard output.
"""

from __future__ import annotations

import argparse
from pathlib import Path

TABLES = Path("models/tables")
_EVALUATE = "detector evaluate"
_MODULE = "python -m detector.training"
_EXTERNAL = f"{_MODULE}.evaluate.external PACKAGES"
_TRACE = f"{_MODULE}.evaluate.trace --data DATA --tables TABLES"
#: The tables there are, and the command that prints each. Capital letters stand for places on the reader's machine.
COMMANDS = {
    "verdict": f"{_EVALUATE} verdict --data DATA --moby words.txt --tables TABLES --without pivot --jobs 2",
    "wording": f"{_EVALUATE} wording --data DATA --moby words.txt --bert BERT"
    " --wording light --wording auto --wording deep --count 2",
    "fit": f"{_MODULE}.fit.verdict --data DATA --moby words.txt --work WORK",
    "findings-fit": f"{_MODULE}.fit.findings --data DATA --moby words.txt --work WORK --without pivot",
    "last-reader": f"{_MODULE}.fit.last_reader --data DATA --moby words.txt --work WORK --without pivot --count 30"
    " --only-report",
    "findings": f"{_MODULE}.evaluate.findings --data DATA --moby words.txt --tables TABLES --without pivot",
    "peers": f"{_MODULE}.evaluate.peers --data DATA",
    "compare": f"{_MODULE}.fit.compare --data DATA --moby words.txt --work WORK",
    "parity-deep": f"{_MODULE}.encoders.parity CHECKPOINT --data DATA --start BERT --name deep --count 2",
    "parity-light": f"{_MODULE}.encoders.parity CHECKPOINT --data DATA --name light --count 2",
    "benchmark": f"{_MODULE}.evaluate.benchmark --data DATA --words 4000 --spun 0 20 --lengths 300 10000 --old bb5c2be",
    "scan": f"{_MODULE}.evaluate.scan --data DATA --moby words.txt --tables TABLES",
    "phrases": f"{_MODULE}.data.known_phrases --data DATA",
    "ablation": f"{_MODULE}.encoders.ablation --data DATA --moby words.txt --tables TABLES"
    " --tokenizer models/tokenizer.json --work WORK",
    "external": f"{_EXTERNAL} --data DATA --tables TABLES",
    "external-honest": f"{_EXTERNAL} --honest --count 10",
    "fit-packages": f"{_EXTERNAL} --use verdict --honest",
    "unseen": f"{_MODULE}.evaluate.unseen --data DATA --tables TABLES --count 2",
    "garbled": f"{_MODULE}.evaluate.garbled --data DATA",
    "trace": f"{_TRACE} --documents 50000 --sources 10 --pairs 0 --spinners mythes",
    "trace-phrases": f"{_TRACE} --documents 1000 --sources 10 --pairs 0 --spinners phrase",
    "trace-round-trips": f"{_TRACE} --documents 1000 --sources 10 --pairs 0 --spinners roundtrip-es",
    "trace-growth": f"{_MODULE}.evaluate.trace_growth --documents 1000000",
    "trace-pairs": f'{_TRACE} --documents 0 --pairs 120 --kinds "'
    "wmt references,wmt systems,wmt system and reference,levels of an article,scan and its correction,"
    "learner and correction,template,frame: weather report,frame: product page,frame: letter,"
    "frame: match report,frame: house for sale,frame: company results,LLM polish,back-translation,"
    "Bible translations,licences,frame: job offer,frame: event notice,frame: registration form,frame: recipe,"
    'frame: town portrait"',
}


def headed(name: str, printed: str) -> str:
    """Return the text of a table's file: the command, an empty line, and what it printed."""
    return f"$ {COMMANDS[name]}\n\n{printed.strip()}\n"


def read_table(folder: Path, name: str) -> str:
    """Return what the command of a table printed. Raise ValueError if its file does not begin with that command."""
    command, _, printed = (folder / f"{name}.txt").read_text("utf-8").partition("\n\n")
    if command != f"$ {COMMANDS[name]}":
        raise ValueError(f"{folder / name}.txt: begins with {command!r}, not with the command that prints it")
    return printed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=COMMANDS)
    parser.add_argument("printed", type=Path, metavar="FILE")
    parser.add_argument("--tables", type=Path, default=TABLES)
    options = parser.parse_args()
    options.tables.mkdir(parents=True, exist_ok=True)
    text = headed(options.name, options.printed.read_text("utf-8"))
    (options.tables / f"{options.name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
