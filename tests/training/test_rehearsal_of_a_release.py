"""Everything that makes the models runs, from texts to files that score: with tiny encoders, few windows, words of our own."""

from __future__ import annotations

import gzip
import importlib
import json
import random
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
for module in ("onnx", "matplotlib", "lemminflect", "wordfreq"):
    pytest.importorskip(module)

from detector.model_files import Manifest, verify  # noqa: E402 - needs the extra `train`
from detector.signals.wording import WordingMeasurement, WordingSignal  # noqa: E402
from detector.text.document import Document  # noqa: E402
from detector.training import release  # noqa: E402
from detector.training.data.dictionaries import FAMILIES, table_path  # noqa: E402
from detector.training.data.splits import SOURCES  # noqa: E402
from detector.training.release import AVERAGE, LAST, Inputs, Run  # noqa: E402

pytestmark = pytest.mark.train

MODELS = Path(__file__).parents[2] / "models"
DOCUMENTS = 25  # of each source: thresholds are chosen on some three hundred honest ones
TOKENS = 3_000
LEFT_OUT = ("detector.training.scan.", "detector.training.fit.trace")
OPENINGS = ("In the spring", "On Monday", "After the long winter", "Last year", "In the old town", "Nobody knows why")
SUBJECTS = ("the mayor", "an engineer", "the council", "a teacher", "the owner of the mill", "her brother", "the team")
ACTS = ("repaired", "measured", "visited", "painted", "described", "sold", "remembered", "opened", "watched", "praised")
THINGS = ("the old bridge", "a small house", "the new school", "the river bank", "a long report", "the town hall")
ENDINGS = (
    "and went home",
    "without a word",
    "for the third time",
    "because it was late",
    "as the law demands",
    "again",
)
SWAPS = {
    "old": [("ancient", 0.6), ("elderly", 0.4)],
    "bridge": [("span", 1.0)],
    "town": [("borough", 0.5), ("village", 0.5)],
    "mayor": [("chief", 1.0)],
    "new": [("fresh", 1.0)],
    "report": [("account", 0.5), ("explosion", 0.5)],
    "team": [("squad", 1.0)],
    "house": [("building", 1.0)],
    "school": [("faculty", 1.0)],
    "long": [("lengthy", 1.0)],
    "opened": [("unlocked", 1.0)],
    "sold": [("bought", 0.3), ("peddled", 0.7)],
    "winter": [("frost", 1.0)],
    "spring": [("fountain", 1.0)],
    "town hall": [("city lobby", 1.0)],
    "river bank": [("stream depository", 1.0)],
}
SPUN = (
    "The chief peddled the ancient span in the fountain, and the elderly squad bought a lengthy explosion for the third time. "
    "In the ancient borough nobody remembered the stream depository, because it was late and the council went home again. "
    "After the lengthy frost an engineer unlocked the fresh faculty without a word, as the law demands of the city lobby."
)


def prose(rng: random.Random, sentences: int) -> str:
    parts = (OPENINGS, SUBJECTS, ACTS, THINGS, ENDINGS)
    return " ".join(f"{' '.join(rng.choice(part) for part in parts)}." for _ in range(sentences))


def write_rows(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """A data folder, dictionaries, and a BERT of two layers with random weights and the shipped vocabulary."""
    folder = tmp_path_factory.mktemp("release")
    rng = random.Random(5)
    for source in SOURCES:
        rows = [{"id": f"{source.name}-{n}", "text": prose(rng, rng.randint(4, 6))} for n in range(DOCUMENTS)]
        write_rows(folder / "data" / f"{source.path}.jsonl.gz", rows)
    tortured = [{"expected": "town hall", "phrase": "city lobby", "papers": 3}]
    tortured += [
        {"expected": f"{word} bridge", "phrase": f"{word} span deal", "papers": 1} for word in ("old", "new", "long")
    ]
    write_rows(folder / "data/spun/tortured_phrases.jsonl.gz", tortured)
    tables = folder / "work/tables"
    tables.mkdir(parents=True)
    for name in (*FAMILIES, "phrase"):
        table_path(tables, name).write_bytes(gzip.compress(json.dumps(SWAPS).encode()))
    shape = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 96}
    torch.manual_seed(1)
    transformers.BertForMaskedLM(transformers.BertConfig(**shape)).save_pretrained(folder / "bert")
    shutil.copyfile(MODELS / "tokenizer.json", folder / "bert/tokenizer.json")
    (folder / "moby").touch()
    return Inputs(
        folder / "data",
        folder / "moby",
        folder / "bert",
        folder / "bert/tokenizer.json",
        folder / "work",
        folder / "models",
        version="2",
        threads=1,  # more would wait for one another, in encoders as small as these
        run_tokens=TOKENS,
        light_start=str(folder / "bert"),
        deep_runs=(Run(1, 1e-3), Run(1, 1e-3, share=0.7, expects=True)),
        light_runs=(Run(1, 1e-3), Run(1, 1e-3, share=0.5, taught=True, groups=1)),
    )


@pytest.fixture(scope="module")
def manifest(inputs: Inputs) -> Manifest:
    """The models that the stages made; each is run in this process, which spares it the loading of torch.

    The first stage and the trace are left out: they need longer vectors and texts of every kind, and have tests of their own.
    """

    def run(command: list[str], *, check: bool) -> SimpleNamespace:
        _, _, name, *arguments = command
        if name.startswith(LEFT_OUT):
            return SimpleNamespace(returncode=0)
        patched.setattr(sys, "argv", [name, *arguments])
        importlib.import_module(name).main()
        return SimpleNamespace(returncode=0)

    with pytest.MonkeyPatch.context() as patched, threadpool_limits(1):
        patched.setattr(release, "subprocess", SimpleNamespace(run=run))
        patched.setattr("detector.training.encoders.train.keep_memory", lambda: None)
        patched.setattr("detector.training.encoders.train.GROUP", 48)
        patched.setattr("detector.training.encoders.export.TEXTS", 1)
        patched.setattr("detector.training.data.records.SPUN_DOCUMENTS", 8)
        assert not any(line.endswith("done before") for line in release.run(inputs))
        assert all(line.endswith("done before") for line in release.run(inputs))
    return verify(inputs.out)


def test_the_models_are_loaded_by_the_program_that_serves(manifest: Manifest) -> None:
    assert {"deep.onnx", "light.onnx", "verdict.npz"} <= manifest.files.keys()
    document = Document.from_text(SPUN)
    for depth in ("light", "deep"):
        signal = WordingSignal(manifest, threads=1, depth=depth)
        (measured,) = signal.measure([document])
        signal.close()
        assert isinstance(measured, WordingMeasurement)
        assert measured.evidence is not None
        assert len(measured.evidence) >= len(document.words)
        assert np.isfinite(measured.evidence.log_odds).all()


def test_a_run_starts_with_the_weights_of_the_run_before_it_and_is_averaged_with_them(
    inputs: Inputs, manifest: Manifest
) -> None:
    first, last, average = (
        torch.load(inputs.work / path, weights_only=True)["model"]
        for path in (f"deep-1/{LAST}", f"deep-2/{LAST}", f"deep-2/{AVERAGE}")
    )
    name = "detect.0.weight"
    moved = (last[name] - first[name]).abs().max()
    assert 0 < moved < first[name].abs().max()  # it went on, and did not begin anew
    torch.testing.assert_close(average[name], torch.lerp(first[name], last[name], 0.7))
    assert any(key.startswith("expect.") for key in average)


def test_what_was_measured_is_kept_by_code_and_files(inputs: Inputs, manifest: Manifest) -> None:
    kept = {path.name for path in (inputs.work / "fit").iterdir()}
    for name in ("grammar", "typography", "names", "readability", "words-light", "words-deep"):
        assert any(file.startswith(f"{name}-") for file in kept)


def test_a_changed_stage_is_run_again_with_all_that_follow(
    inputs: Inputs, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def run(command: list[str], *, check: bool) -> SimpleNamespace:
        ran.append(command[2])
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(release, "subprocess", SimpleNamespace(run=run))
    last = inputs.light_runs[-1]
    list(release.run(replace(inputs, light_runs=(*inputs.light_runs[:-1], replace(last, share=0.4)))))
    stages = (
        *("encoders.average", "encoders.export", "fit.verdict", "fit.findings"),
        *("scan.corpus", "scan.train", "scan.fit", "fit.trace"),
    )
    assert ran == [f"detector.training.{name}" for name in stages]
