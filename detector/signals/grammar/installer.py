"""`detector setup languagetool`: brings LanguageTool to this machine, whole and tried, or says what is missing.

language-tool-python's own download comes first; where its host is out of reach, Maven resolves the POM beside this
file. Either way the result is a folder `LanguageTool-<version>` as language-tool-python expects it, made in a
temporary directory, checked by a real server that answers a real check, and only then moved to its place.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from detector.errors import SetupError, SignalError
from detector.signals.grammar.installation import (
    JAR_NAME,
    PATH_VARIABLE,
    VERSION,
    Installation,
    Java,
    default_directory,
    find_java,
)
from detector.signals.grammar.languagetool import require_library
from detector.signals.grammar.server import LocalServer, ServerError

Progress = Callable[[str], None]

FOLDER = f"LanguageTool-{VERSION}"
REACHABLE_SECONDS = 5  # for the download's host to answer before Maven is asked
_POM = "languagetool-pom.xml"
_REPORT_EVERY = 20  # files Maven downloads
_MANIFEST_WIDTH = 72  # bytes a line, JAR File Specification


def install(progress: Progress, *, directory: Path | None = None, force: bool = False) -> Path:
    """Return the folder of a LanguageTool that works, installed into `directory` unless one is there already.

    `directory` is `LTP_PATH`, or else the user's cache. `force` installs anew. `progress` gets a line for a person at
    each step. Raises SetupError, naming what is missing: Java, Maven, the network.
    """
    java = find_java()
    if problem := java.problem():
        raise SetupError(f"{problem}; install it and put `java` on the PATH")
    directory = directory or default_directory()
    present = Installation(directory / FOLDER, VERSION)
    if not force and present.folder.is_dir() and _is_working(present, java, progress):
        progress(f"LanguageTool {VERSION} is already in {present.folder}")
        return present.folder
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".installing-", dir=directory) as work:
            fetched = Installation(_fetch(Path(work), progress), VERSION)
            _try_out(fetched, java, progress)
            _move(fetched.folder, present.folder)
    except OSError as error:
        raise SetupError(f"LanguageTool can't be installed into {directory}: {error}") from error
    progress(f"LanguageTool {VERSION} is ready in {present.folder}")
    return present.folder


def _is_working(installation: Installation, java: Java, progress: Progress) -> bool:
    try:
        _try_out(installation, java, progress)
    except SetupError as error:
        progress(f"{error}; installing it anew")
        return False
    return True


def _try_out(installation: Installation, java: Java, progress: Progress) -> None:
    progress("starting LanguageTool's server and checking a sentence")
    try:
        LocalServer(installation, java).close()
    except ServerError as error:
        raise SetupError(f"the LanguageTool in {installation.folder} does not work: {error}") from error


def _move(new: Path, place: Path) -> None:
    """Move the folder to its place; an older one is first moved to the temporary directory."""
    if place.exists():
        place.rename(new.with_name("replaced"))
    new.rename(place)


def _fetch(work: Path, progress: Progress) -> Path:
    """Return the folder, by the first way that leads to it."""
    try:
        return _download(work, progress)
    except SetupError as error:
        progress(f"{error}; trying Maven")
        unreachable = error
    try:
        return _resolve(work, progress)
    except SetupError as error:
        raise SetupError(f"LanguageTool can't be fetched: {unreachable}; {error}") from error


def _download(work: Path, progress: Progress) -> Path:
    """Download LanguageTool by language-tool-python, which checks the archive's hash."""
    try:
        require_library()
    except SignalError as error:
        raise SetupError(str(error)) from error
    from language_tool_python.download_lt import LocalLanguageTool

    remote = LocalLanguageTool.from_version_name(VERSION)
    _require_reachable(remote.download_url)
    progress(f"downloading LanguageTool {VERSION} from {remote.download_url}")
    try:
        with _environment({PATH_VARIABLE: str(work), "LTP_JAR_DIR_PATH": None}):
            remote.download()
    except Exception as error:  # its own errors, requests', zipfile's, OSError: all mean the same here
        raise SetupError(f"the download from {remote.download_url} failed ({error})") from error
    if not (work / FOLDER / JAR_NAME).is_file():
        raise SetupError(f"the download from {remote.download_url} holds no {FOLDER}/{JAR_NAME}")
    return work / FOLDER


def _require_reachable(url: str) -> None:
    request = urllib.request.Request(url, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=REACHABLE_SECONDS).close()
    except OSError as error:
        raise SetupError(f"{url} is out of reach ({error})") from error


@contextmanager
def _environment(settings: dict[str, str | None]) -> Iterator[None]:
    """Set environment variables in the block (None: unset)."""
    before = {name: os.environ.get(name) for name in settings}
    _set_environment(settings)
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(settings: dict[str, str | None]) -> None:
    for name, value in settings.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _resolve(work: Path, progress: Progress) -> Path:
    """Download LanguageTool by Maven, from the repositories in Maven's settings."""
    maven = shutil.which("mvn")
    if maven is None:
        raise SetupError("Maven (`mvn`) is not installed")
    folder = work / FOLDER
    libraries = folder / "libs"
    pom = work / "pom.xml"
    pom.write_bytes((resources.files(__package__) / _POM).read_bytes())
    progress("resolving LanguageTool with Maven (some 100 MB the first time)")
    _run_maven([maven, "-B", "-f", str(pom), *_copy_dependencies(libraries)], progress)
    write_jar(folder / JAR_NAME, sorted(path.name for path in libraries.glob("*.jar")))
    pom.unlink()
    return folder


def _copy_dependencies(libraries: Path) -> list[str]:
    return ["dependency:copy-dependencies", f"-DoutputDirectory={libraries}", "-DincludeScope=runtime"]


def _run_maven(command: list[str], progress: Progress) -> None:
    errors: list[str] = []
    files = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, errors="replace"
    ) as maven:
        assert maven.stdout is not None
        for line in maven.stdout:
            if "Downloaded from" in line:
                files += 1
                if files % _REPORT_EVERY == 0:
                    progress(f"Maven downloaded {files} files")
            elif "[ERROR]" in line:
                errors.append(line.replace("[ERROR]", "").strip())
    if maven.returncode:
        raise SetupError(f"Maven failed ({errors[0] if errors else f'exit code {maven.returncode}'})")


def write_jar(jar: Path, libraries: list[str]) -> None:
    """Write a jar with nothing but a manifest whose class path is `libs/<library>` for each library."""
    line = "Class-Path: " + " ".join(f"libs/{name}" for name in libraries)
    folded = [line[:_MANIFEST_WIDTH]]
    rest = line[_MANIFEST_WIDTH:]
    while rest:
        folded.append(" " + rest[: _MANIFEST_WIDTH - 1])
        rest = rest[_MANIFEST_WIDTH - 1 :]
    manifest = "\r\n".join(["Manifest-Version: 1.0", *folded, "", ""])
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/MANIFEST.MF", manifest)
