"""A set of strings that keeps eight bytes for each."""

from __future__ import annotations

from array import array
from hashlib import blake2b

_FIRST_SLOTS = 1 << 12
MAX_MEMBERS = 1 << 24  # their table takes 256 MiB


class DigestSet:
    """Remembers strings by a 64-bit digest: among ten million strings, two share one with a chance of 3 in a million.

    The table doubles as it fills, up to `max_members`; what comes after that is compared and not remembered.
    """

    def __init__(self, max_members: int = MAX_MEMBERS) -> None:
        self._slots = array("Q", bytes(8 * _FIRST_SLOTS))  # 0 is a free slot
        self._count = 0
        self.max_members = max_members

    @property
    def full(self) -> bool:
        """Whether strings came that could not be remembered."""
        return self._count >= self.max_members

    def add(self, text: str) -> bool:
        """Remember a string; return False if it was there before."""
        digest = _digest_of(text)
        place = self._place(digest)
        if self._slots[place]:
            return False
        if not self.full:
            self._slots[place] = digest
            self._count += 1
            if self._count * 2 > len(self._slots):
                self._grow()
        return True

    def __contains__(self, text: str) -> bool:
        return bool(self._slots[self._place(_digest_of(text))])

    def _place(self, digest: int) -> int:
        """Return the slot that holds a digest, or the free one where it would stand."""
        mask = len(self._slots) - 1
        place = digest & mask
        while (stored := self._slots[place]) and stored != digest:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        old = self._slots
        slots = array("Q", bytes(16 * len(old)))
        mask = len(slots) - 1
        for digest in old:
            if digest:
                place = digest & mask
                while slots[place]:
                    place = (place + 1) & mask
                slots[place] = digest
        self._slots = slots


def _digest_of(text: str) -> int:
    """Return 64 bits, never 0."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") or 1
