"""The sidecar: signatures and texts of documents in a folder, which is kept, added to, and read without loading it.

    trace.json              what the signatures were made with
    parts/000000/part.json  the files that the part holds, how far it has read them, and what could not be read
                 hashes.npy   sampled shingles in order, 64 bits each      ┐ plain columns: documents that have hashes in
                 numbers.npy  the document of each, counted in the part    ┘ common are found by a join
                 digests.npy  64 bits of all words of a document: equal where the words are
                 starts.npy   where each document begins in texts.bin
                 texts.bin    id, place and prose of each document, compressed by itself

A part is there whole or not at all. It is never changed.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from detector.corpus.writers.files import sync_folder, write_whole
from detector.errors import ConfigError
from detector.trace.signatures import SCHEME, Signature

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NAME = "trace.json"
Number = TypeVar("Number", bound=np.generic)

_LEVEL = 3  # of compression


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of a sidecar. `source` is the file, and the row in it, as the user gave its path; `text` is its prose."""

    id: str
    source: str
    text: str


class Part:
    """One part. Its columns are mapped into memory, not read. Can be read by several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.content: dict[str, Any] = json.loads((folder / "part.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._damaged from error

    def __len__(self) -> int:
        return int(self.content["documents"])

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        return self._column("hashes", np.uint64)

    @cached_property
    def numbers(self) -> NDArray[np.uint32]:
        return self._column("numbers", np.uint32)

    @cached_property
    def digests(self) -> NDArray[np.uint64]:
        return self._column("digests", np.uint64)

    def entry(self, number: int) -> Entry:
        """Return a document by its number in the part."""
        start, end = (int(place) for place in self._starts[number : number + 2])
        try:
            found = zstd.decompress(self._texts[start:end].tobytes()).decode("utf-8", "surrogatepass")
            return Entry(*found.split("\0", 2))
        except (OSError, ValueError, TypeError, zstd.ZstdError) as error:
            raise self._damaged from error

    @property
    def _damaged(self) -> ConfigError:
        return ConfigError(f"{self.folder}: is damaged; delete it, and its documents are read again")

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return self._column("starts", np.int64)

    @cached_property
    def _texts(self) -> NDArray[np.uint8]:
        path = self.folder / "texts.bin"
        return np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)

    def _column(self, name: str, kind: type[Number]) -> NDArray[Number]:
        try:
            path = self.folder / f"{name}.npy"
            column: NDArray[Number] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise self._damaged from error
        if column.dtype != kind:
            raise self._damaged
        return column


class Sidecar:
    """The parts in a folder. Raises ConfigError for a folder that is none, or was made by another way of signing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            made_with = json.loads((folder / NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{folder}: is no sidecar of detector trace ({NAME} can't be read)") from error
        if not isinstance(made_with, dict) or made_with.get("scheme") != SCHEME:
            raise ConfigError(
                f"{folder}: its signatures were made in another way than this version makes them; delete the folder, and"
                " they are made anew"
            )

    @classmethod
    def create(cls, folder: Path) -> Sidecar:
        """Return the sidecar in a folder, which is made one if it is new or empty."""
        if not (folder / NAME).exists():
            if folder.exists() and (not folder.is_dir() or any(one.name != ".unspun" for one in folder.iterdir())):
                raise ConfigError(f"{folder}: is there and no sidecar of detector trace; choose another folder")
            write_whole(folder / NAME, [_encoded({"unspun-trace": 1, "scheme": SCHEME})])
        return cls(folder)

    def parts(self) -> list[Part]:
        """Return the parts in the order in which they were made."""
        folder = self.folder / "parts"
        names = sorted(os.listdir(folder)) if folder.is_dir() else []
        return [Part(folder / name) for name in names if name.isdigit()]

    def add(self, documents: Sequence[tuple[Entry, Signature]], content: Mapping[str, Any]) -> Part:
        """Write a part; `content` is what `part.json` says of the files. Raise OSError."""
        folder = self.folder / "parts"
        number = (
            max((int(name) for name in os.listdir(folder) if name.isdigit()), default=-1) + 1 if folder.is_dir() else 0
        )
        unfinished, target = folder / ".unfinished", folder / f"{number:06}"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        hashes, numbers = _postings([signature.hashes for _, signature in documents])
        compressor = zstd.ZstdCompressor(_LEVEL)
        texts = [compressor.compress(_packed(entry), compressor.FLUSH_FRAME) for entry, _ in documents]
        np.save(unfinished / "hashes.npy", hashes)
        np.save(unfinished / "numbers.npy", numbers)
        np.save(unfinished / "digests.npy", np.array([signature.digest for _, signature in documents], np.uint64))
        np.save(unfinished / "starts.npy", np.cumsum([0, *map(len, texts)], dtype=np.int64))
        (unfinished / "texts.bin").write_bytes(b"".join(texts))
        (unfinished / "part.json").write_bytes(_encoded({"documents": len(documents), **content}))
        for name in os.listdir(unfinished):
            with open(unfinished / name, "rb") as stream:
                os.fsync(stream.fileno())
        os.rename(unfinished, target)
        sync_folder(folder)
        return Part(target)


def is_sidecar(path: str | Path) -> bool:
    return (Path(path) / NAME).is_file()


def _postings(samples: Iterable[NDArray[np.uint64]]) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """Return the hashes of all documents in order, and the number of the document of each."""
    listed = list(samples)
    hashes = np.concatenate([np.empty(0, np.uint64), *listed])
    numbers = np.repeat(np.arange(len(listed), dtype=np.uint32), [len(one) for one in listed])
    order = np.argsort(hashes, kind="stable")
    return hashes[order], numbers[order]


def _packed(entry: Entry) -> bytes:
    id, source = (value.replace("\0", "�") for value in (entry.id, entry.source))
    return f"{id}\0{source}\0{entry.text}".encode("utf-8", "surrogatepass")


def _encoded(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=True, indent=1) + "\n").encode()
