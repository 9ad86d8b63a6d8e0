"""Find the LanguageTool that is installed here and the Java that runs it. Nothing is fetched or started."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from detector.errors import SignalError

VERSION = "6.8"  # what language-tool-python 3.4 expects, and what `detector setup languagetool` installs
JAVA_NEEDED = 17
JAVA_SECONDS = 120  # for `java -version`, which takes a tenth of one on a free machine
JAR_NAME = "languagetool-server.jar"
PATH_VARIABLE = "LTP_PATH"  # language-tool-python's own setting: the directory that holds LanguageTool-<version>

_SERVER_CLASS = "org/languagetool/server/HTTPServer.class"
_MANIFEST = "META-INF/MANIFEST.MF"
_FOLDER = re.compile(r"LanguageTool-(\d+(?:\.\d+)*)")
_JAVA_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder `LanguageTool-<version>` with a server in it."""

    folder: Path
    version: str

    @property
    def jar(self) -> Path:
        return self.folder / JAR_NAME

    def problem(self) -> str | None:
        """Return what keeps the server from being started, by its files; None when nothing does."""
        if not self.jar.is_file():
            return f"{self.jar} is missing"
        try:
            libraries = [self.jar.parent / name for name in _class_path(self.jar)]
            present = [library for library in libraries if library.is_file()]
            for jar in (self.jar, *present):
                if not zipfile.is_zipfile(jar):
                    return f"{jar} is damaged"
            if not any(_has_server(jar) for jar in (self.jar, *present)):
                return f"{self.folder} holds no LanguageTool server"
        except (OSError, zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
            return f"{self.jar} is damaged ({error})"
        return None


@dataclass(frozen=True, slots=True)
class Java:
    """`path` is None where there is no `java`, `major` where it doesn't say which it is."""

    path: str | None
    major: int | None

    def problem(self) -> str | None:
        needed = f"LanguageTool needs Java {JAVA_NEEDED} or newer"
        if self.path is None:
            return f"no Java found ({needed})"
        if self.major is None:
            return f"{self.path} does not run ({needed})"
        return None if self.major >= JAVA_NEEDED else f"{self.path} is Java {self.major} ({needed})"


def default_directory() -> Path:
    """Return where LanguageTool is installed to: `LTP_PATH` if that is set, else the user's cache."""
    configured = os.environ.get(PATH_VARIABLE)
    return Path(configured) if configured else platformdirs.user_cache_path("unspun", appauthor=False)


def find_installation() -> Installation | None:
    """Return the newest LanguageTool here, whole or not; `default_directory` comes before language-tool-python's cache."""
    for directory in (default_directory(), Path.home() / ".cache" / "language_tool_python"):
        installations = sorted(
            _list_installations(directory), key=lambda item: [int(part) for part in item.version.split(".")]
        )
        if installations:
            return installations[-1]
    return None


def find_java() -> Java:
    """Return the `java` on the PATH. Raises SignalError where it gives no answer: nobody can say then which it is."""
    path = shutil.which("java")
    if path is None:
        return Java(None, None)
    try:
        answer = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=JAVA_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise SignalError(
            f"`{path} -version` gave no answer in {JAVA_SECONDS} seconds; try again when the machine is less busy,"
            " or choose the embedded rules (--grammar embedded)"
        ) from error
    except OSError:
        return Java(path, None)
    stated = _JAVA_VERSION.search(answer.stderr + answer.stdout)
    return Java(path, int(stated[1]) if stated else None)


def _list_installations(directory: Path) -> Iterator[Installation]:
    for folder in directory.glob("LanguageTool-*"):
        named = _FOLDER.fullmatch(folder.name)
        if named and folder.is_dir():
            yield Installation(folder, named[1])


def _class_path(jar: Path) -> list[str]:
    with zipfile.ZipFile(jar) as archive:
        manifest = archive.read(_MANIFEST).decode()
    unfolded = re.sub(r"\r?\n ", "", manifest)
    stated = re.search(r"^Class-Path: *(.*)$", unfolded, re.MULTILINE)
    return stated[1].split() if stated else []


def _has_server(jar: Path) -> bool:
    with zipfile.ZipFile(jar) as archive:
        return _SERVER_CLASS in archive.namelist()
