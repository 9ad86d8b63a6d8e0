"""Paths to files: what directories and patterns lead to, and what is left out.

A directory is searched for files that have a reader, in the order of their names. Hidden files and folders are left
out, and so is what git ignores: by the `.gitignore` files in the directory, and in a repository also by those above it
and by `.git/info/exclude`. (The rules above a directory do not count if they ignore that directory itself.) Symbolic
links to directories are not followed. A pattern that the shell did not expand finds files as the shell would; `**`
crosses directories. A file that is named itself is always read.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from detector.config_file import OWN_FILE
from detector.corpus.compression import compression_of
from detector.corpus.containers import is_supported, supported
from detector.corpus.digests import DigestSet
from detector.corpus.ignore import IgnorePatterns, is_pattern
from detector.corpus.lakes import lake_problem
from detector.corpus.locations import is_chained, is_remote, printable_path
from detector.corpus.options import FileId, ReadOptions
from detector.corpus.read_log import ReadLog
from detector.corpus.remote import CHAINED, canonical
from detector.corpus.remote_paths import is_listed, list_files
from detector.errors import ConfigError, SourceError

STDIN = "-"


_BROKEN_LINK = "link to nothing"


def expand(paths: Sequence[str], options: ReadOptions, log: ReadLog) -> Iterator[str | SourceError]:
    """Yield the files that the paths lead to, in order, and an error for each path that leads to none.

    Raise ConfigError if an exclude pattern makes no sense.
    """
    search = _Search(options, log)
    for path in paths:
        if path == STDIN:
            yield path
        elif is_chained(path):
            yield SourceError(printable_path(path), CHAINED)
        elif is_remote(path):
            yield from search.remote(path)
        elif not path.strip():
            yield SourceError(repr(path), "is no path; a variable of the command may be empty")
        elif os.path.isdir(path):
            yield from _or_nothing(path, search.directory(path), "no supported file in this directory", log)
        elif not os.path.lexists(path) and glob.has_magic(path):
            yield from _or_nothing(path, search.pattern(path), "no supported file matches this pattern", log)
        else:
            yield path


def file_id(file: str | os.PathLike[str] | int) -> FileId | None:
    """Return what identifies a regular file under all its names, or None for anything else.

    Of an address it is not asked whether there is a file.
    """
    if isinstance(file, str) and is_remote(file):
        return canonical(file)
    try:
        state = os.stat(file)
    except (OSError, ValueError):
        return None
    return (state.st_dev, state.st_ino) if stat.S_ISREG(state.st_mode) else None


def os_problem(error: OSError) -> str:
    """Return what the operating system says, as part of a sentence."""
    problem = error.strerror or str(error)
    return problem[:1].lower() + problem[1:]


def _or_nothing(
    path: str, paths_or_errors: Iterator[str | SourceError], problem: str, log: ReadLog
) -> Iterator[str | SourceError]:
    before = log.unread + log.left_out
    empty = True
    for item in paths_or_errors:
        empty = False
        yield item
    if empty:
        seen = log.unread + log.left_out - before
        unread_kinds = "; there are " + ", ".join(f"{number:,} {kind}" for kind, number in seen.items()) if seen else ""
        yield SourceError(printable_path(path), f"{problem} (supported: {supported()}{unread_kinds})", kind=problem)


class _Rules:
    """The ignore rules of one folder; deeper folders come first, and the first rule that says something decides."""

    def __init__(self, base: str, patterns: IgnorePatterns, above: _Rules | None) -> None:
        self._base = base
        self._patterns = patterns
        self._above = above

    def ignore(self, path: str, *, folder: bool) -> bool:
        """Tell whether the rules ignore this path, which is absolute."""
        rules: _Rules | None = self
        while rules is not None:
            if path.startswith(os.path.join(rules._base, "")):
                answer = rules._patterns.decide(_below(path, rules._base), folder=folder)
                if answer is not None:
                    return answer
            rules = rules._above
        return False


class _Search:
    def __init__(self, options: ReadOptions, log: ReadLog) -> None:
        self._options = options
        self._log = log
        self._here = os.getcwd()
        self._counted = DigestSet()
        self._exclude = IgnorePatterns(options.exclude)
        if wrong := [pattern for pattern in options.exclude if not is_pattern(pattern)]:
            raise ConfigError(f"--exclude: {wrong[0]!r} is not a pattern as in a .gitignore")

    def directory(self, top: str) -> Iterator[str | SourceError]:
        """Yield what is to be read below a directory."""
        absolute_top = os.path.abspath(top)
        # A stack of its own: the file system nests deeper than Python calls.
        stack = [self._entries(top, None if self._options.gitignored else _rules_above(absolute_top))]
        while stack:
            entry, rules = next(stack[-1], (None, None))
            if entry is None:
                stack.pop()
                continue
            if isinstance(entry, SourceError):
                yield entry
                continue
            folder = entry.is_dir(follow_symlinks=False)
            rule = self._rule_against(entry, rules, absolute_top, folder)
            if rule:
                self._log.left_out[rule] += 1
            elif folder:
                stack.append(self._entries(entry.path, rules))
            elif self._is_readable(entry):
                yield entry.path

    def remote(self, path: str) -> Iterator[str | SourceError]:
        """Yield what an address leads to."""
        try:
            if is_listed(path):
                files = list_files(path, self._options, self._log, lambda file: self._count_unread(file, _kind(file)))
                yield from _or_nothing(path, files, "no supported file is there", self._log)
            else:
                yield path
        except OSError as error:
            yield SourceError(printable_path(path), os_problem(error))

    def pattern(self, pattern: str) -> Iterator[str | SourceError]:
        """Yield what a pattern matches; a directory that matches is searched."""
        searched: list[str] = []
        for path in sorted(glob.iglob(pattern, recursive=True)):
            if any(path.startswith(folder) for folder in searched):
                continue
            if os.path.isdir(path):
                searched.append(os.path.join(path, ""))
                yield from self.directory(path)
            elif self._excluded(path, os.path.abspath(path), folder=False):
                self._log.left_out["excluded"] += 1
            elif self._is_output(path):
                self._log.left_out["output"] += 1
            elif not os.path.exists(path):
                self._count_unread(path, _BROKEN_LINK)
            elif not os.path.isfile(path):
                self._count_unread(path, "special file")
            elif is_supported(path):
                yield path
            else:
                self._count_unread(path, _kind(path))

    def _entries(
        self, folder: str, above: _Rules | None
    ) -> Iterator[tuple[os.DirEntry[str] | SourceError, _Rules | None]]:
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            yield SourceError(printable_path(folder), os_problem(error)), None
            return
        if problem := lake_problem(folder, (entry.name for entry in entries)):
            yield SourceError(printable_path(folder), problem, kind=problem), None
            return
        rules = None if self._options.gitignored else _rules_of(os.path.abspath(folder), above)
        for entry in entries:
            yield entry, rules

    def _rule_against(self, entry: os.DirEntry[str], rules: _Rules | None, top: str, folder: bool) -> str | None:
        if entry.name.startswith(".") and not (self._options.hidden and entry.name != ".git"):
            return "hidden"
        absolute = os.path.abspath(entry.path)
        if self._excluded(entry.path, absolute, folder=folder) or self._matches(absolute, top, folder):
            return "excluded"
        if rules is not None and rules.ignore(absolute, folder=folder):
            return "gitignored"
        if not folder and self._is_output(entry.path):
            return "output"
        return None

    def _is_readable(self, entry: os.DirEntry[str]) -> bool:
        if entry.is_symlink() and entry.is_dir():
            self._count_unread(entry.path, "linked folder")
        elif entry.is_symlink() and not os.path.exists(entry.path):
            self._count_unread(entry.path, _BROKEN_LINK)
        elif not entry.is_file():
            self._count_unread(entry.path, "special file")
        elif is_supported(entry.name):
            return True
        elif entry.name != OWN_FILE:  # which says how to read the others
            self._count_unread(entry.path, _kind(entry.name))
        return False

    def _count_unread(self, path: str, kind: str) -> None:
        """Count a file once, though several paths lead to it."""
        if self._counted.add(path if is_remote(path) else os.path.abspath(path)):
            self._log.unread[kind] += 1

    def _excluded(self, spelt: str, absolute: str, *, folder: bool) -> bool:
        """Tell whether the exclude patterns match a path, relative to the current directory and as it was given."""
        if not self._options.exclude:
            return False
        if self._matches(absolute, self._here, folder):
            return True
        return not os.path.isabs(spelt) and self._matches(spelt.removeprefix("./"), "", folder)

    def _matches(self, path: str, base: str, folder: bool) -> bool:
        if not self._options.exclude or not (base == "" or path.startswith(base.rstrip("/") + "/")):
            return False
        relative = _below(path, base) if base else path
        return self._exclude.match_with_parents(relative, folder=folder)

    def _is_output(self, path: str) -> bool:
        return bool(self._options.outputs) and file_id(path) in self._options.outputs


def _below(path: str, base: str) -> str:
    return path[len(base) :].lstrip(os.sep).replace(os.sep, "/")


def _kind(path: str) -> str:
    """Return the suffix of a file name, with the suffix of its compression: `.csv.gz`."""
    name = os.path.basename(path)
    compression = compression_of(name)
    stem = name[: -len(compression.suffix)] if compression else name
    suffix = os.path.splitext(stem)[1].lower()
    return printable_path(suffix + (compression.suffix if compression else "")) or "no suffix"


def _rules_of(folder: str, above: _Rules | None) -> _Rules | None:
    """Add the rules of a folder to those above it; a repository within another one has only its own."""
    if os.path.lexists(os.path.join(folder, ".git")):
        above = None
        exclude = _git_directory(folder) / "info" / "exclude"
        if lines := _lines(exclude):
            above = _Rules(folder, IgnorePatterns(lines), None)
    lines = _lines(Path(folder, ".gitignore"))
    return _Rules(folder, IgnorePatterns(lines), above) if lines else above


def _rules_above(folder: str) -> _Rules | None:
    """Return the rules that a repository has above a directory, unless they ignore the directory itself."""
    parents = list(Path(folder).parents)
    root = next((n for n, parent in enumerate(parents) if (parent / ".git").exists()), None)
    if root is None or os.path.lexists(os.path.join(folder, ".git")):
        return None
    rules = None
    for parent in reversed(parents[: root + 1]):
        rules = _rules_of(str(parent), rules)
    between = [str(parent) for parent in parents[:root]]
    ignored = rules is not None and any(rules.ignore(path, folder=True) for path in (folder, *between))
    return None if ignored else rules


def _git_directory(folder: str) -> Path:
    """Return where a repository keeps its settings; in a worktree `.git` is a file that leads there."""
    git = Path(folder, ".git")
    if git.is_dir():
        return git
    try:
        target = Path(folder, git.read_text(encoding="utf-8").removeprefix("gitdir:").strip())
        common = (target / "commondir").read_text(encoding="utf-8").strip()
        return target / common
    except (OSError, ValueError):
        return git


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except (OSError, ValueError):
        return []
