"""What has changed since a revision, as git tells it: whole files, and single records of data files.

A record is unchanged where the version that git has of its file holds a record with the same text, wherever it stands there;
or that of another data file that has changed, moved or gone, as records do that are sharded anew. Git is asked three questions
a repository and one for each such file. What git can't tell is read.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from detector.corpus.containers import container_of
from detector.corpus.digests import DigestSet
from detector.corpus.options import ReadAgain
from detector.corpus.read_log import ReadLog
from detector.corpus.record import Record
from detector.errors import ConfigError

AUTO = "auto"
_ALL_NEW = "all new"  # of a submodule that was not there
_ONLY_RENAMED = b"R100"
_FROM = "PRE_COMMIT_FROM_REF"  # set by pre-commit where it compares two revisions
# A hook inherits them from git, and they may be of another repository than a file is in.
_OF_THE_CALLER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


@dataclass(frozen=True)
class _Repository:
    """One repository: its root, the commit that is compared with, and the paths below the root, as bytes.

    `old_path` has each path that differs from the commit, with its path there. `renamed` are those that differ in it only.
    """

    root: str
    commit: str
    known: frozenset[bytes]
    old_path: dict[bytes, bytes]
    renamed: frozenset[bytes]

    def is_unchanged(self, name: bytes) -> bool:
        return (name in self.known and name not in self.old_path) or name in self.renamed


class _OldTexts:
    """The texts that the data files of a repository held at the revision, of those that differ from it now."""

    def __init__(self, repository: _Repository) -> None:
        self._repository = repository
        self._texts = DigestSet()
        old = dict.fromkeys(repository.old_path.values())
        self._unread = [one for one in old if one in repository.known and container_of(os.fsdecode(one)) is not None]

    def hold(self, text_hash: str, name: bytes, read: ReadAgain) -> bool:
        """Tell whether a text of the file `name` was there. That file is asked before the others are read."""
        own = self._repository.old_path.get(name)
        if own in self._unread:
            self._read(own, read)
        if text_hash in self._texts:
            return True
        while self._unread:
            self._read(self._unread[0], read)
        return text_hash in self._texts

    def _read(self, old: bytes, read: ReadAgain) -> None:
        """Remember the texts of a file as it was; none where that version can't be read."""
        self._unread.remove(old)
        with tempfile.TemporaryDirectory(prefix="unspun-") as folder:
            copy = os.path.join(folder, f"then{''.join(Path(os.fsdecode(old)).suffixes)}")
            try:
                # With filters, as a checkout would have it: large files may be stored elsewhere.
                with open(copy, "wb") as stream:
                    what = f"{self._repository.commit}:{os.fsdecode(old)}"
                    _git(self._repository.root, "cat-file", "--filters", what, stream=stream)
            except _GitError:
                return
            for record in read(copy, copy):
                if record.document is not None:
                    self._texts.add(record.content_hash)


class Changes:
    """Tells what has changed since a revision.

    With `auto` it is the one that pre-commit compares with, or else the last commit; files that do not differ from it are
    then read all the same, since somebody named them. Of another revision, the commit is taken at which the branches parted.
    """

    def __init__(self, revision: str) -> None:
        self._auto = revision == AUTO
        self._revision = os.environ.get(_FROM, "HEAD") if self._auto else revision
        self._repositories: dict[str, _Repository | None] = {}
        self._old_texts: dict[str, _OldTexts] = {}

    def leaves_out(self, path: str) -> bool:
        """Tell whether a file is not to be read. Raises ConfigError where the revision is unknown."""
        repository, name = self._place(path)
        if self._auto or repository is None:
            return False
        return repository.is_unchanged(name)

    def changed(self, path: str, records: Iterable[Record], read: ReadAgain, log: ReadLog) -> Iterator[Record]:
        """Yield those records of a file that have changed; count the others. `read` reads a file of the same kind."""
        repository, name = self._place(path)
        if repository is None or container_of(path) is None or repository.is_unchanged(name):
            yield from records
            return
        old = self._old_texts.setdefault(repository.root, _OldTexts(repository))
        for record in records:
            if record.document is not None and old.hold(record.content_hash, name, read):
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
            root = _root_of(folder)
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
            revision = self._of_submodule(root) or self._revision
            if revision == _ALL_NEW:
                return None
            commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
            if revision == self._revision != "HEAD":
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
        changes = list(_parse_status(differing))
        renamed = frozenset(path for status, path, _ in changes if status == _ONLY_RENAMED)
        old_path = {path: old for _, path, old in changes}
        return _Repository(root, base, frozenset(known.split(b"\0")), old_path, renamed)

    def _of_submodule(self, root: str) -> str | None:
        """Return the commit of a submodule that the repository around it has at the revision; None where it is none."""
        around = _root_of(os.path.dirname(root))
        outer = None if around is None else self._of_root(around)
        if outer is None:
            return None
        name = os.path.relpath(root, outer.root)
        then = _git(outer.root, "ls-tree", "-z", "--full-tree", outer.commit, "--", name).split()
        if then[:2] == [b"160000", b"commit"]:
            return then[2].decode()
        now = _git(outer.root, "ls-files", "--stage", "-z", "--", name)
        return _ALL_NEW if now.startswith(b"160000 ") else None


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


def _parse_status(answer: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the status of each path that differs, the path, and its old one, from what `git diff --name-status -z` says."""
    parts = iter(answer.split(b"\0"))
    for status in parts:
        if not status:
            return
        old = next(parts)
        yield status, (next(parts) if status[:1] in (b"R", b"C") else old), old


def _root_of(folder: str) -> str | None:
    """Return the root of the repository that a folder is in."""
    return next((one for one in (folder, *map(str, Path(folder).parents)) if _is_root(one)), None)


def _is_root(folder: str) -> bool:
    return os.path.lexists(os.path.join(folder, ".git"))
