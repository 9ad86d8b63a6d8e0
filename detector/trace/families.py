"""Families: documents that say the same, which of them is the original, and which was made of which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush, nlargest

from detector.trace.pairs import Relation

_CLOSEST = 2  # documents of a family that decide whether the original is there


@dataclass(frozen=True, slots=True)
class Link:
    """What a family has to know of a pair: `direction` is above 0 where `a` is the original; `share` of the words are the
    same."""

    a: int
    b: int
    relation: Relation
    direction: float
    share: float


@dataclass(frozen=True)
class Family:
    """`members` are in order. `original` is None where it is not among them, or where nothing was spun. `likeliest` is the
    member that most evidence speaks for, whether it is the original or the least spun of copies.

    `parents` says of which other member each is what its `relations` entry says; the first of the tree has none. Of those in
    `sources` it is the other way: the parent was made of them. `originals` are all that were made of no other member, where
    others were spun from them: one that was sewn together has several. `original` is the first of them.
    """

    number: int
    members: tuple[int, ...]
    original: int | None
    likeliest: int | None
    parents: Mapping[int, int]
    relations: Mapping[int, Relation]
    sources: frozenset[int]
    originals: tuple[int, ...]

    def edge(self, member: int) -> tuple[int, int]:
        """Return a member and its parent, that which the other was made of first."""
        parent = self.parents[member]
        return (member, parent) if member in self.sources else (parent, member)


def find_families(links: Sequence[Link], judged: Mapping[int, bool] | None = None) -> tuple[list[Family], list[Link]]:
    """Return the families, spun ones and the largest first, and the links as their families show them.

    A quotation makes no family. Two copies of one original are siblings, whatever the two alone look like. `judged` tells of
    some documents whether they are the original of their family; where none is, it is not there.
    """
    judged = judged or {}
    members = _connected(links)
    of = {member: number for number, group in enumerate(members) for member in group}
    links_of: dict[int, list[int]] = defaultdict(list)
    for place, link in enumerate(links):
        if link.relation is not Relation.QUOTES:
            links_of[of[link.a]].append(place)
    seen = list(links)
    families = []
    spun = {number for number, places in links_of.items() if any(links[place].relation.is_spun for place in places)}
    order = sorted(
        range(len(members)), key=lambda number: (number not in spun, -len(members[number]), members[number][0])
    )
    for number, group in enumerate(order, 1):
        own = [links[place] for place in links_of[group]]
        likeliest = _likeliest(own)
        verdicts = {member: judged[member] for member in members[group] if member in judged}
        if verdicts:
            original = next((member for member, is_original in verdicts.items() if is_original), None)
        else:
            original = None if likeliest is None or _is_sibling(own, likeliest) else likeliest
        if original is not None:
            own = _with_siblings(own, original)
            for place, link in zip(links_of[group], own, strict=True):
                seen[place] = link
        families.append(_with_tree(number, members[group], own, original, likeliest))
    return families, seen


def _connected(links: Sequence[Link]) -> list[list[int]]:
    """Return the groups of documents that are linked, other than by a quotation."""
    groups = Groups()
    for link in links:
        if link.relation is not Relation.QUOTES:
            groups.join(link.a, link.b)
    members: dict[int, list[int]] = defaultdict(list)
    for member in sorted(groups):
        members[groups.find(member)].append(member)
    return list(members.values())


class Groups:
    """Documents that were joined, directly or by others (union-find). A group is named by its first document."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def __iter__(self) -> Iterator[int]:
        return iter(self._parent)

    def find(self, member: int) -> int:
        root = member
        while self._parent.get(root, root) != root:
            root = self._parent[root]
        while member != root:
            self._parent[member], member = root, self._parent[member]
        return root

    def join(self, one: int, other: int) -> None:
        one, other = self.find(one), self.find(other)
        self._parent[max(one, other)] = self._parent[min(one, other)] = min(one, other)


def _likeliest(links: Sequence[Link]) -> int | None:
    """Return the document that most evidence speaks for, where one speaks for it at all.

    One that was compared with more documents than others has more evidence. So the original of the document with most
    takes its place, if the two were compared, and so on.
    """
    scores: dict[int, float] = defaultdict(float)
    originals: dict[int, tuple[float, int]] = {}  # of each document the one that most speaks for, and how much
    for link in links:
        if link.relation is Relation.SPUN_COPY:
            scores[link.a] += link.direction
            scores[link.b] -= link.direction
            copy, original = (link.b, link.a) if link.direction > 0 else (link.a, link.b)
            originals[copy] = max(originals.get(copy, (0.0, original)), (abs(link.direction), original))
    best = min(scores, key=lambda member: (-scores[member], member), default=None)
    if best is None or scores[best] <= 0:
        return None
    passed = {best}
    while best in originals and originals[best][1] not in passed and scores[originals[best][1]] > 0:
        best = originals[best][1]
        passed.add(best)
    return best


def _is_sibling(links: Sequence[Link], likeliest: int) -> bool:
    """Tell whether all that are closest to a document are its siblings: it is the least spun of copies."""
    spun = (link for link in links if link.relation.is_spun and likeliest in (link.a, link.b))
    closest = nlargest(_CLOSEST, spun, key=lambda link: link.share)
    return all(link.relation is Relation.SPUN_SIBLINGS for link in closest)


def _with_siblings(links: Sequence[Link], original: int) -> list[Link]:
    """Return the links, those of two copies of the original as siblings, unless one looks made of the other.

    Words that the original has as well are the more, the closer a copy is; a copy of a copy is closer to that. What looks
    like a sibling of the original, and was put in more, is a copy of it.
    """
    share = {link.a + link.b - original: link.share for link in links if original in (link.a, link.b)}

    def seen(link: Link) -> Link:
        if original in (link.a, link.b) and link.relation is Relation.SPUN_SIBLINGS:
            agrees = (link.direction > 0) == (link.a == original)
            return replace(link, relation=Relation.SPUN_COPY) if agrees else link
        are_copies = link.relation.is_spun and original not in (link.a, link.b) and link.a in share and link.b in share
        if are_copies and link.share <= min(share[link.a], share[link.b]):
            return replace(link, relation=Relation.SPUN_SIBLINGS)
        return link

    return [seen(link) for link in links]


def _with_tree(
    number: int, members: Sequence[int], links: Sequence[Link], original: int | None, likeliest: int | None
) -> Family:
    """Return the family with its tree: of which other member each is most likely made, with most words kept.

    It begins with the original. What a member of it was made of itself, an original of its own, is joined only where no
    other one made it; then siblings; then what contradicts the others.
    """
    root = next((one for one in (original, likeliest) if one is not None), members[0])
    others = _other_originals(links, root)
    neighbours: dict[int, list[tuple[int, float, int, Relation]]] = defaultdict(list)
    for link in links:
        for one, other, made in ((link.a, link.b, link.direction > 0), (link.b, link.a, link.direction <= 0)):
            rank = _ranked(link.relation, made=made, is_original=other in others)
            neighbours[one].append((rank, -link.share, other, link.relation))
    parents: dict[int, int] = {}
    relations: dict[int, Relation] = {}
    sources: set[int] = set()
    reached, latest = {root}, root
    waiting: list[tuple[int, float, int, int, int, Relation]] = []  # the best one first
    while len(reached) < len(members):
        for rank, share, other, relation in neighbours[latest]:
            if other not in reached:
                heappush(waiting, (rank, share, other, len(reached), latest, relation))
        while waiting[0][2] in reached:
            heappop(waiting)
        rank, _, latest, _, parent, relation = heappop(waiting)
        parents[latest], relations[latest] = parent, relation
        reached.add(latest)
        if rank in (_ORIGINAL, _CONTRADICTING):
            sources.add(latest)
    first = () if original is None else (original,)
    originals = (*first, *sorted(sources & others))
    return Family(number, tuple(members), original, likeliest, parents, relations, frozenset(sources), originals)


_MADE, _ORIGINAL, _SIBLING, _CONTRADICTING = range(4)  # ways to join a member to the tree, the best one first


def _ranked(relation: Relation, *, made: bool, is_original: bool) -> int:
    """Return how good a way it is to join a member by a link; `made` tells that it is the copy."""
    if relation is Relation.SPUN_SIBLINGS:
        return _SIBLING
    if relation is Relation.SPUN_COPY and not made:
        return _ORIGINAL if is_original else _CONTRADICTING
    return _MADE


def _other_originals(links: Sequence[Link], root: int) -> set[int]:
    """Return documents that others were spun from, and that were themselves spun neither from another nor beside the root."""
    originals, spun = set(), {root}
    for link in links:
        if link.relation is Relation.SPUN_COPY:
            original, copy = (link.a, link.b) if link.direction > 0 else (link.b, link.a)
            originals.add(original)
            spun.add(copy)
        if link.relation.is_spun and root in (link.a, link.b):
            spun |= {link.a, link.b}
    return originals - spun
