"""The quality gate: the shipped models on a fixed sample of the data folder, against floors pinned in a file.

usage: python -m detector.training.evaluate.gate --data DIR --floors tests/quality/floors.json [--write] [--no-data-here]

The sample is drawn by hash, so everybody draws the same, and its own hash is pinned with the floors: a changed sample is an
error, not a different result. A floor may be raised with `--write`; lowering one is an edit by hand, and needs a reason.
Where there is no data folder the gate fails, unless `--no-data-here` says that there is none to be had on this machine.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detector.engine.detector import load
from detector.options import Options
from detector.report import Report, Verdict, require_reports
from detector.text.document import Document
from detector.training.data import splits as data
from detector.training.data.records import Record, fingerprint, honest_record, shorten, split_documents

HONEST = 4  # documents of each honest source
SWAPS = 40  # of the word swaps of known originals, and as many of their originals
MARGIN, SEED_MARGIN = 0.03, 0.08  # floors are written so far below what was measured: processors round differently


def sample(folder: Path) -> Iterator[Record]:
    for source in data.SOURCES:
        yield from (honest_record(text) for text in split_documents(folder, source)[1][:HONEST])
    for path, spun, register in data.EVALUATION:
        count = 10_000 if register == "wild spun" else SWAPS
        rows = sorted(data.rows(folder / f"{path}.jsonl.gz"), key=lambda row: data.share(f"gate-{row['id']}"))
        for row in rows[:count]:
            yield Record(str(row["id"]), Path(path).name, register, "", shorten(row["text"]), spun)
    for text in data.spun_references(folder):
        yield Record(text.id, text.source, text.register, text.group, shorten(text.text), spun=True)


def numbers(folder: Path, records: Sequence[Record]) -> dict[str, float]:
    """Return what is held to a floor: the higher the better, each from 0 to 1."""
    with load(Options(grammar="embedded", jobs=2)) as detector:
        reports = list(
            require_reports(
                detector.score_documents(Document.from_text(r.text, id=r.id, source=r.source) for r in records)
            )
        )
        seeds = {path.stem: detector.score(path.read_text("utf-8")) for path in (folder / "seeds").glob("*.txt")}
    groups: dict[str, list[Report]] = {"honest": []}
    for record, report in zip(records, reports, strict=True):
        if report.probability is not None:
            groups.setdefault(record.register if record.spun else "honest", []).append(report)
    limit = np.quantile([report.probability or 0 for report in groups["honest"]], 0.98)
    result = {
        "honest documents not called spun": _share(groups["honest"], lambda r: r.verdict is not Verdict.SPUN),
        "honest documents called clean": _share(groups["honest"], lambda r: r.verdict is Verdict.CLEAN),
    }
    for name, found in groups.items():
        if name != "honest":
            result[f"{name}: called spun"] = _share(found, lambda r: r.verdict is Verdict.SPUN)
            result[f"{name}: above 98 % of honest documents"] = _share(found, lambda r: (r.probability or 0) > limit)
    for name, report in seeds.items():
        value = report.probability or 0.0
        result[f"seed {name}"] = value if name.startswith("spun") else 1 - value
    return {name: round(value, 4) for name, value in result.items()}


def _share(reports: Sequence[Report], holds: Any) -> float:
    return sum(map(holds, reports)) / max(1, len(reports))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of evaluation data")
    parser.add_argument("--floors", type=Path, required=True)
    parser.add_argument("--write", action="store_true", help="raise the floors to what the models reach now")
    parser.add_argument("--no-data-here", action="store_true", help="pass, with a word, where there is no data folder")
    options = parser.parse_args()
    if not (options.data / "clean").is_dir():
        if not options.no_data_here:
            sys.exit(
                f"quality gate: there is no {options.data / 'clean'}; name the data folder with --data, "
                "or say --no-data-here on a machine that has none"
            )
        print(f"quality gate: NOT RUN, there is no {options.data}")
        return
    records = list(sample(options.data))
    pinned = json.loads(options.floors.read_text("utf-8")) if options.floors.exists() else {}
    found = {"sample": fingerprint(records), "documents": len(records)}
    if not options.write and pinned.get("sample") != found["sample"]:
        sys.exit("quality gate: the sample is not the one that the floors were pinned for")
    reached = numbers(options.data, records)
    floors: dict[str, float] = pinned.get("floors", {})
    for name, value in reached.items():
        print(f"  {name:44} {value:.4f}  floor {floors.get(name, 0):.4f}")
    if options.write:
        margins = {name: SEED_MARGIN if name.startswith("seed") else MARGIN for name in reached}
        raised = {n: max(floors.get(n, 0.0), round(max(0.0, v - margins[n]), 4)) for n, v in reached.items()}
        options.floors.parent.mkdir(parents=True, exist_ok=True)
        options.floors.write_text(json.dumps({**found, "floors": raised}, indent=1) + "\n", encoding="utf-8")
        return
    below = [name for name, floor in floors.items() if reached.get(name, 0.0) < floor]
    if below:
        sys.exit(f"quality gate: below the floor: {', '.join(below)}")
    print(f"quality gate: passed on {len(records)} documents")


if __name__ == "__main__":
    main()
