"""A cache is read by the code that wrote it, and by no other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from detector.training import code_version as module
from detector.training.code_version import code_version, file_version

Write = Callable[..., str]


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write modules of a package of our own, and return the version of `invented.signals.one`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(module, "PACKAGE", "invented")
    files = {
        "__init__.py": "",
        "signals/__init__.py": "",
        "signals/one.py": "from invented.signals import two\n\ndef measure():\n    from invented import three\n",
        "signals/two.py": "LIMIT = 1\n",
        "three.py": "LIMIT = 2\n",
        "other.py": "LIMIT = 3\n",
    }

    def write(*modules: str, alone: tuple[str, ...] = (), **changed: str) -> str:
        for name, text in (files | {f"{key.replace('__', '/')}.py": text for key, text in changed.items()}).items():
            path = tmp_path / "invented" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        code_version.cache_clear()
        return code_version(*(modules or ("invented.signals.one",)), alone=alone)

    yield write
    code_version.cache_clear()
    for name in [name for name in sys.modules if name.startswith("invented")]:
        del sys.modules[name]


def test_a_change_of_what_is_imported_is_another_version(version: Write) -> None:
    before = version()
    assert version(signals__two="LIMIT = 4\n") != before
    assert version(three="LIMIT = 4\n") != before  # it is imported in a function
    assert version() == before


def test_what_is_not_imported_does_not_count(version: Write) -> None:
    assert version() == version(other="LIMIT = 4\n")
    assert version("invented.signals.two") == version("invented.signals.two", three="LIMIT = 4\n")


def test_comments_docstrings_and_imports_for_types_do_not_count(version: Write) -> None:
    text = (
        '"""One."""\nfrom typing import TYPE_CHECKING\n\nLIMIT = 1\nif TYPE_CHECKING:\n    from invented import other\n'
    )
    before = version(signals__two=text)
    assert version(signals__two=f"# a reason\n{text.replace('One', 'Another')}") == before
    assert version(signals__two=text, other="LIMIT = 4\n") == before


def test_a_package_stands_for_all_its_modules(version: Write) -> None:
    before = version("invented.signals")
    assert version("invented.signals", signals__three="LIMIT = 4\n") != before


def test_of_a_module_alone_the_imports_do_not_count(version: Write) -> None:
    alone = ("invented.signals.one",)
    before = version("invented.other", alone=alone)
    assert version("invented.other", alone=alone, three="LIMIT = 4\n") == before
    assert version("invented.other", alone=alone, signals__one="LIMIT = 4\n") != before


def test_there_is_no_version_of_nothing(version: Write) -> None:
    version()
    with pytest.raises(ModuleNotFoundError, match=r"no module invented\.four"):
        code_version("invented.four")


def test_other_files_are_another_version(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    assert len({file_version([one]), file_version([two]), file_version([one, two]), file_version([two, one])}) == 4


def test_another_release_of_a_dependency_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    code_version.cache_clear()
    before = code_version("detector.signals.wording")
    code_version.cache_clear()
    monkeypatch.setattr(module, "version", lambda _: "0.0.1")
    assert code_version("detector.signals.wording") != before
    code_version.cache_clear()
