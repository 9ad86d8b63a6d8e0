"""What has changed since a revision, as git tells it: whole files, and single records of data files.

A record is unchanged where the version that git has of its file holds a record with the same text, wherever it stands there.
Git is asked three questions a repository and one for each data file that has changed. What git can't tell is read.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from detector.corpus.containers import container_of
from detector.corpus.digests import DigestSet
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.errors import ConfigError

AUTO = "auto"
_FROM = "PRE_COMMIT_FROM_REF"  # set by pre-commit where it compares two revisions
# A hook inherits them from git, and they may be of another repository than a file is in.
_OF_THE_CALLER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
Read = Callable[[str, str], Iterable[Record]]  # a path, and its name for a person


@dataclass(frozen=True)
class _Repository:
    """One repository: its root, the commit that is compared with, and the paths below the root, as bytes.

    `old_path` has each path that differs from the commit, with its path there.
    """

    root: str
    commit: str
    known: frozenset[bytes]
    old_path: dict[bytes, bytes]


class Changes:
    """Tells what has changed since a revision.

    With `auto` it is the one that pre-commit compares with, or else the last commit; files that do not differ from it are
    then read all the same, since somebody named them. Of another revision, the commit is taken at which the branches parted.
    """

    def __init__(self, revision: str) -> None:
        self._auto = revision == AUTO
        self._revision = os.environ.get(_FROM, "HEAD") if self._auto else revision
        self._repositories: dict[str, _Repository | None] = {}

    def leaves_out(self, path: str) -> bool:
        """Tell whether a file is not to be read. Raises ConfigError where the revision is unknown."""
        repository, name = self._place(path)
        if self._auto or repository is None:
            return False
        return name in repository.known and name not in repository.old_path

    def changed(self, path: str, records: Iterable[Record], read: Read, log: ReadLog) -> Iterator[Record]:
        """Yield those records of a file that have changed; count the others. `read` reads a file of the same kind."""
        repository, name = self._place(path)
        old = repository.old_path.get(name) if repository else None
        if repository is None or old is None or old not in repository.known or container_of(path) is None:
            yield from records
            return
        known = self._texts(repository, old, path, read)
        for record in records:
            if record.document is not None and record.content_hash in known:
                log.left_out[f"records unchanged since {self._revision}"] += 1
            else:
                yield record

    @property
    def unchanged_files(self) -> str:
        """What files that are left out are counted as."""
        return f"files unchanged since {self._revision}"

    def _place(self, path: str) -> tuple[_Repository | None, bytes]:
        """Return the repository that a file is in, and its path there."""
        real = os.path.realpath(path)
        folder = os.path.dirname(real)
        if folder not in self._repositories:
            root = next((one for one in (folder, *map(str, Path(folder).parents)) if _is_root(one)), None)
            self._repositories[folder] = None if root is None else self._of_root(root)
        repository = self._repositories[folder]
        if repository is None:
            return None, b""
        return repository, os.fsencode(os.path.relpath(real, repository.root).replace(os.sep, "/"))

    def _of_root(self, root: str) -> _Repository | None:
        if root not in self._repositories:
            self._repositories[root] = self._look_at(root)
        return self._repositories[root]

    def _look_at(self, root: str) -> _Repository | None:
        try:
            commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{self._revision}^{{commit}}")
            if self._revision != "HEAD":
                commit = _git(root, "merge-base", commit.strip().decode(), "HEAD", or_else=commit)
            base = commit.strip().decode()
            known = _git(root, "ls-tree", "-r", "-z", "--name-only", "--full-tree", base)
            differing = _git(root, "diff", "--name-status", "-z", "-M", "--no-ext-diff", "--no-relative", base, "--")
        except _GitError as error:
            if self._auto:
                return None
            raise ConfigError(
                f"--diff-base {self._revision}: {error} in {root}; a clone for CI may have to fetch that revision first"
            ) from error
        return _Repository(root, base, frozenset(known.split(b"\0")), dict(_renames(differing)))

    def _texts(self, repository: _Repository, old: bytes, path: str, read: Read) -> DigestSet:
        """Return the hashes of the texts that a file held at the revision; none where that version can't be read."""
        texts = DigestSet()
        with tempfile.TemporaryDirectory(prefix="unspun-") as folder:
            copy = os.path.join(folder, f"then{''.join(Path(path).suffixes)}")
            try:
                # With filters, as a checkout would have it: large files may be stored elsewhere.
                with open(copy, "wb") as stream:
                    what = f"{repository.commit}:{os.fsdecode(old)}"
                    _git(repository.root, "cat-file", "--filters", what, stream=stream)
            except _GitError:
                return texts
            for record in read(copy, copy):
                if record.document is not None:
                    texts.add(record.content_hash)
        return texts


class _GitError(Exception):
    pass


def _git(root: str, *words: str, or_else: bytes | None = None, stream: IO[bytes] | None = None) -> bytes:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_THE_CALLER}
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=root,
            env=environment,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=stream or subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise _GitError("git can't be run") from error
    if done.returncode == 0:
        return done.stdout or b""
    if or_else is not None:
        return or_else
    raise _GitError("there is no such commit" if words[0] == "rev-parse" else f"git {words[0]} failed")


def _renames(answer: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each path that differs, with its old path, from what `git diff --name-status -z` says."""
    parts = iter(answer.split(b"\0"))
    for status in parts:
        if not status:
            return
        old = next(parts)
        yield (next(parts) if status[:1] in (b"R", b"C") else old), old


def _is_root(folder: str) -> bool:
    return os.path.lexists(os.path.join(folder, ".git"))
