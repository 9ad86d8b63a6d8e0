"""The model files: where they are, whether they are the ones their manifest describes, and what the manifest says.

`manifest.json` has a version of its own, names every file with its SHA-256, what else decides about a document (language
identifier, segmenter), the features the classifier was fitted on, and the numbers that were chosen with it. A file is
compared with its hash when it is opened, once a process; a manifest or a file that lacks something is a `ModelError` that
names the file and the key. All files are in one folder; but those of the deep encoder come in a distribution of their own
where a release was installed (models/build_hook.py says why).

    {"schema": 2,                            # of the manifest
     "version": "1",                         # of the model; says nothing of the program's version
     "files": {"light.onnx": "<SHA-256>", …},
     "text": {"language_identifier": {"package": "py3langid", "version": "0.4.0"}, "segmenter": "1"},
     "wording": {…},                         # detector/signals/wording
     "verdict": {…}}                         # detector/judge/verdict.py
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.errors import ModelError
from detector.text.segments import SEGMENTER_VERSION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCHEMA = 2  # of the manifest; raised when an older program could not use newer files
MANIFEST = "manifest.json"
DEEP_FILES = frozenset({"deep.onnx", "deep-vectors.npz"})  # what models/deep/pyproject.toml names
DEEP_DISTRIBUTION, DEEP_PACKAGE = "unspun-models-deep", "unspun_models_deep"


@dataclass(frozen=True)
class Settings:
    """A JSON object of the manifest; `key` says where it stands (`wording.cascade`).

    Each method returns one value by its name, and raises ModelError where it is missing or of another kind.
    """

    path: Path
    key: str
    values: Mapping[str, Any]

    def section(self, name: str) -> Settings:
        value = self._get(name)
        if not isinstance(value, Mapping):
            raise self.refused(name, "is no object")
        return Settings(self.path, self._key(name), value)

    def sections(self, name: str) -> list[Settings]:
        """Return a list of objects."""
        values = self._get(name)
        if not isinstance(values, list) or not values or not all(isinstance(one, Mapping) for one in values):
            raise self.refused(name, "is no list of objects")
        return [Settings(self.path, f"{self._key(name)}[{at}]", one) for at, one in enumerate(values)]

    def text(self, name: str) -> str:
        value = self._get(name)
        if not isinstance(value, str) or not value:
            raise self.refused(name, "is no text")
        return value

    def number(self, name: str) -> float:
        value = self._get(name)
        if not _is_number(value):
            raise self.refused(name, "is no number")
        return float(value)

    def array(self, name: str, dimensions: int = 1) -> NDArray[np.float64]:
        """Return numbers, in lists nested as deep as there are `dimensions`."""
        import numpy as np

        try:
            values = np.array(self._get(name), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise self.refused(name, "is no list of numbers") from error
        if values.ndim != dimensions or not values.size:
            raise self.refused(name, "is no list of numbers")
        return values

    def numbers(self, names: Iterable[str]) -> dict[str, float]:
        """Return the values of an object that has just these names, all of them numbers."""
        wanted = list(names)
        unknown = [name for name in self.values if name not in wanted]
        if unknown:
            raise self.refused(unknown[0], "is not known to this program")
        return {name: self.number(name) for name in wanted}

    def refused(self, name: str, problem: str) -> ModelError:
        return ModelError(f"{self.path}: {self._key(name)} {problem}; reinstall the package")

    def _get(self, name: str) -> Any:
        if name not in self.values:
            raise self.refused(name, "is missing")
        return self.values[name]

    def _key(self, name: str) -> str:
        return f"{self.key}.{name}" if self.key else name


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Manifest:
    """What `manifest.json` says. `settings` is all of it but `schema`, `version` and `files`."""

    folder: Path
    sha256: str  # of the manifest itself, and so of everything it names
    version: str  # of the model
    files: Mapping[str, str]  # name -> SHA-256
    settings: Mapping[str, Any]

    def path(self, name: str) -> Path:
        """Return where a file is or ought to be: in the folder, or in the deep encoder's package. It is not opened."""
        path = self.folder / name
        if name in DEEP_FILES and not path.exists():
            for folder in _deep_folders():
                return folder / name
        return path

    def checked(self, name: str) -> Path:
        """Return where a file is that is the one the manifest means; raise ModelError for any other.

        It is read and hashed once a process, and again only when its size or its time of change is another.
        """
        check_file(self, name)
        return self.path(name)

    def section(self, name: str) -> Settings:
        """Return one of the manifest's objects, to be read key by key."""
        return Settings(self.path(MANIFEST), "", self.settings).section(name)


def locate() -> Path:
    """Return the folder of model files: inside an installed package, or at the top of a checkout."""
    package = Path(__file__).parent
    for folder in (package / "models", package.parent / "models"):
        if (folder / MANIFEST).is_file():
            return folder
    raise ModelError(f"{package / 'models' / MANIFEST}: not found; reinstall the package")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest alone; the files it names are not looked at, `Manifest.checked` does that."""
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror or error}); reinstall the package") from error
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: is no JSON; reinstall the package") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: is no JSON object; reinstall the package")
    settings = Settings(path, "", content)
    schema = settings.number("schema")
    if schema != SCHEMA:
        raise ModelError(
            f"{path}: has schema {schema:g}, this program reads {SCHEMA}; install the version it came with"
        )
    files = settings.section("files")
    hashes = {name: files.text(name) for name in files.values}
    rest = {key: value for key, value in content.items() if key not in ("schema", "version", "files")}
    manifest = Manifest(folder, hashlib.sha256(raw).hexdigest(), settings.text("version"), hashes, rest)
    _require_text(manifest.section("text"))
    return manifest


def text_settings() -> dict[str, Any]:
    """Return the `text` object of a manifest made here: what decides about a document before a signal reads it."""
    package = "py3langid"
    return {
        "language_identifier": {"package": package, "version": version(package)},
        "segmenter": SEGMENTER_VERSION,
    }


def _require_text(settings: Settings) -> None:
    """Raise ModelError unless documents are prepared here as they were for the fit."""
    identifier = settings.section("language_identifier")
    package, wanted = identifier.text("package"), identifier.text("version")
    try:
        installed = version(package)
    except PackageNotFoundError:
        installed = "not installed"
    if installed != wanted:
        raise ModelError(
            f"{settings.path}: the model was made with {package} {wanted}, here it is {installed};"
            f" pip install '{package}=={wanted}'"
        )
    if settings.text("segmenter") != SEGMENTER_VERSION:
        raise settings.refused("segmenter", f"is {settings.text('segmenter')}, this program has {SEGMENTER_VERSION}")


def check_file(manifest: Manifest, name: str) -> None:
    """Raise ModelError unless the file is there and is the one the manifest means."""
    path = manifest.path(name)
    if name not in manifest.files:
        raise ModelError(f"{manifest.path(MANIFEST)}: files.{name} is missing; reinstall the package")
    try:
        state = path.stat()
        digest = _sha256(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        problem = f"can't be read ({error.strerror or error})"
        raise ModelError(f"{path}: {problem}; {remedy(manifest, name) or 'reinstall the package'}") from error
    if digest != manifest.files[name]:
        problem = f"is not the file the manifest names (SHA-256 {digest[:12]}…)"
        raise ModelError(f"{path}: {problem}; {remedy(manifest, name) or 'reinstall the package'}")


def remedy(manifest: Manifest, name: str) -> str | None:
    """Return the command that brings a file back by itself; None where it comes with the program."""
    if name not in DEEP_FILES or not _is_release():
        return None
    return f"pip install --force-reinstall --no-deps '{DEEP_DISTRIBUTION}=={manifest.version}'"


def _is_release() -> bool:
    try:
        return any(requirement.startswith(DEEP_DISTRIBUTION) for requirement in requires("unspun") or ())
    except PackageNotFoundError:
        return False


def _deep_folders() -> list[Path]:
    package = find_spec(DEEP_PACKAGE)
    return [Path(folder) for folder in (package and package.submodule_search_locations) or ()]


_State = tuple[Path, int, int]  # a file, its size and when it was changed
_digests: dict[_State, str] = {}


def known_digests() -> dict[_State, str]:
    """Return the hashes of the files that were read, for a process that need not read them once more."""
    return dict(_digests)


def remember_digests(digests: Mapping[_State, str]) -> None:
    """Take the hashes that another process found: they hold for files of the same size and time."""
    _digests.update(digests)


def _sha256(path: Path, size: int, changed: int) -> str:
    state = path, size, changed
    if state not in _digests:
        with path.open("rb") as stream:
            _digests[state] = hashlib.file_digest(stream, "sha256").hexdigest()
    return _digests[state]


def hash_files(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the `files` object of a manifest."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def verify(folder: Path) -> Manifest:
    """Return the manifest of a folder whose files are all there and unaltered, whether a run will open them or not."""
    manifest = read_manifest(folder)
    for name in manifest.files:
        check_file(manifest, name)
    return manifest


def load_arrays(path: Path, **dimensions: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of an `.npz` file by name, each with as many dimensions as are given.

    Raises ModelError, naming the file and the array, when one is missing or has another shape.
    """
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(_members(path, stored, dimensions))
    except ModelError:
        raise
    except Exception as error:  # zip, zlib, EOF, header and value errors, by where it is broken
        raise ModelError(f"{path}: is no readable .npz file; reinstall the package") from error
    return arrays


def _members(path: Path, stored: Any, dimensions: Mapping[str, int]) -> Iterator[tuple[str, NDArray[Any]]]:
    for name, count in dimensions.items():
        if name not in stored:
            raise ModelError(f"{path}: has no array {name!r}; reinstall the package")
        array = stored[name]
        if array.ndim != count:
            raise ModelError(f"{path}: array {name!r} has {array.ndim} dimensions, not {count}; reinstall the package")
        yield name, array


def read_lines(path: Path, array: NDArray[Any]) -> list[str]:
    """Return the lines of UTF-8 text that an array of bytes holds; raise ModelError, naming the file, where it is none."""
    try:
        return array.tobytes().decode().split("\n")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: its text is no UTF-8; reinstall the package") from error


def require_lengths(path: Path, **lengths: int) -> None:
    """Raise ModelError unless arrays of one file are equally long."""
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name!r}: {length}" for name, length in lengths.items())
        raise ModelError(f"{path}: its arrays do not fit together ({listed}); reinstall the package")
