"""Name the code that a cached result was computed with, so that a cache is never read by other code than wrote it.

The modules that matter are found by following imports, not listed by hand.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "detector"
LENGTH = 12  # hexadecimal digits


@cache
def code_version(*modules: str, alone: tuple[str, ...] = (), distributions: bool = True) -> str:
    """Return a hash of modules, of all modules of this package that they import and, with `distributions`, of the
    versions of what else they import.

    The imports of the modules in `alone` are not followed. Comments, docstrings and layout do not count. A package in
    `modules` stands for all its modules. Raise ModuleNotFoundError for a name that is no module.
    """
    digest = hashlib.sha256()
    sources, outside = _reachable(modules)
    sources |= {name: _source(name) for name in alone}
    for name, path in sorted(sources.items()):
        digest.update(f"{name}\0{_meaning(path)}\0".encode())
    for distribution in sorted(_distributions(outside)) if distributions else ():
        digest.update(f"{distribution}=={version(distribution)}\0".encode())
    return digest.hexdigest()[:LENGTH]


def file_version(paths: Iterable[Path]) -> str:
    """Return a hash of the content of files, in this order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:LENGTH]


def _reachable(modules: Iterable[str]) -> tuple[dict[str, Path], set[str]]:
    """Return the source files of modules and of what they import, by name, and the other packages they import."""
    sources: dict[str, Path] = {}
    outside: set[str] = set()
    waiting = [file for name in modules for file in _within(name)]
    while waiting:
        name = waiting.pop()
        if name in sources:
            continue
        sources[name] = _source(name)
        for imported in _imports(sources[name]):
            top = imported.partition(".")[0]
            if top == PACKAGE:
                waiting.append(imported)
            elif top not in sys.stdlib_module_names:
                outside.add(top)
    return sources, outside


def _distributions(packages: Iterable[str]) -> set[str]:
    """Return the installed distributions that these packages come from."""
    installed = _installed()
    return {distribution for package in packages for distribution in installed.get(package, ())}


@cache
def _installed() -> Mapping[str, Sequence[str]]:
    """Return the distributions of each package; to list them takes seconds in a large environment."""
    return packages_distributions()


def _source(name: str) -> Path:
    """Return the source file of a module; of a package, its `__init__.py`."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"there is no module {name}", name=name)
    return Path(spec.origin)


def _within(name: str) -> list[str]:
    """Return the name of a module, or those of a package and of all modules in it."""
    source = _source(name)
    if source.name != "__init__.py":
        return [name]
    files = sorted(path.relative_to(source.parent).with_suffix("") for path in source.parent.rglob("*.py"))
    return [".".join((name, *path.parts)).removesuffix(".__init__") for path in files]


def _imports(path: Path) -> Iterator[str]:
    """Yield the absolute names of what a module imports, in functions, too; not what it imports for type checkers alone."""
    tree = ast.parse(path.read_text("utf-8"))
    skipped = {id(node) for part in ast.walk(tree) if _for_type_checkers(part) for node in ast.walk(part)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module.partition(".")[0] == PACKAGE:
                full = (f"{node.module}.{alias.name}" for alias in node.names)
                yield from (name for name in full if _is_module(name))


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # what stands before the last dot is no package
        return False


def _for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _meaning(path: Path) -> str:
    """Return what a module computes: its syntax tree without docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:]
    return ast.dump(tree)
