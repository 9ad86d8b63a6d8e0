"""Families: which document is the original, and what was made of which."""

from __future__ import annotations

from detector.trace.families import Link, find_families
from detector.trace.pairs import Relation

COPY, SPUN, SIBLINGS, QUOTES = Relation.COPY, Relation.SPUN_COPY, Relation.SPUN_SIBLINGS, Relation.QUOTES


def test_two_copies_of_an_original_are_siblings_whatever_the_pair_looks_like() -> None:
    links = [Link(1, 2, SPUN, 9.0, 0.9), Link(1, 3, SPUN, 8.0, 0.8), Link(2, 3, SPUN, 1.0, 0.7)]
    (family,), seen = find_families(links)
    assert family.original == 1
    assert family.parents == {2: 1, 3: 1}
    assert [link.relation for link in seen] == [SPUN, SPUN, SIBLINGS]


def test_a_copy_of_a_copy_keeps_its_place() -> None:
    links = [Link(1, 2, SPUN, 9.0, 0.8), Link(1, 3, SPUN, 12.0, 0.7), Link(2, 3, SPUN, 4.0, 0.9)]
    (family,), seen = find_families(links)
    assert family.parents == {2: 1, 3: 2}
    assert all(link.relation is SPUN for link in seen)


def test_what_looks_like_a_sibling_of_the_original_is_a_copy_of_it() -> None:
    links = [Link(1, 2, SPUN, -9.0, 0.9), Link(1, 3, SIBLINGS, -2.0, 0.8), Link(2, 3, SIBLINGS, 3.0, 0.85)]
    (family,), seen = find_families(links)
    assert family.original == 2
    assert seen[2].relation is SPUN


def test_the_least_spun_copy_is_not_the_original() -> None:
    links = [
        Link(1, 2, SIBLINGS, 0.5, 0.9), Link(1, 3, SIBLINGS, 4.0, 0.8), Link(1, 4, SPUN, 30.0, 0.6),
        Link(2, 3, SIBLINGS, 3.0, 0.8), Link(2, 4, SPUN, 29.0, 0.6), Link(3, 4, SPUN, 20.0, 0.6),
    ]  # fmt: skip
    (family,), _ = find_families(links)
    assert family.original is None


def test_siblings_alone_have_no_original_and_a_quotation_makes_no_family() -> None:
    families, _ = find_families([Link(5, 7, SIBLINGS, 0.5, 0.8), Link(7, 9, QUOTES, 0.0, 1.0)])
    assert [(family.members, family.original) for family in families] == [((5, 7), None)]
    assert find_families([]) == ([], [])


def test_spun_families_come_first_then_the_largest() -> None:
    links = [
        Link(1, 2, COPY, 0.0, 1.0), Link(2, 3, COPY, 0.0, 1.0), Link(4, 5, COPY, 0.0, 1.0), Link(8, 9, SPUN, -3.0, 0.9),
    ]  # fmt: skip
    families, _ = find_families(links)
    assert [(family.number, family.members, family.original) for family in families] == [
        (1, (8, 9), 9), (2, (1, 2, 3), None), (3, (4, 5), None),
    ]  # fmt: skip


def test_a_chain_of_thousands_of_copies_takes_no_recursion() -> None:
    (family,), _ = find_families([Link(n, n + 1, COPY, 0.0, 1.0) for n in range(5000)])
    assert len(family.members) == 5001


def test_of_a_document_that_was_sewn_together_both_originals_are_originals() -> None:
    sewn_of_two = [Link(1, 3, SPUN, 9.0, 0.9), Link(2, 3, SPUN, 12.0, 0.8)]
    (family,), _ = find_families(sewn_of_two)
    assert (family.original, family.originals) == (2, (2, 1))
    assert (family.parents, family.sources) == ({3: 2, 1: 3}, {1})
    assert [family.edge(member) for member in (1, 3)] == [(1, 3), (2, 3)]


def test_copies_of_the_second_original_hang_from_it_and_not_from_the_sewn_one() -> None:
    links = [
        Link(1, 3, SPUN, 9.0, 0.6), Link(2, 3, SPUN, 40.0, 0.8), Link(1, 4, SPUN, 5.0, 0.9), Link(3, 4, SIBLINGS, 1.0, 0.7),
        Link(1, 5, COPY, 0.0, 1.0), Link(5, 3, SPUN, 9.0, 0.6),
    ]  # fmt: skip
    (family,), _ = find_families(links)
    assert family.parents == {3: 2, 1: 3, 4: 1, 5: 1}
    assert (family.sources, family.originals) == ({1}, (2, 1))
    assert family.relations[5] is COPY


def test_what_contradicts_the_original_is_no_second_one() -> None:
    links = [Link(1, 2, SPUN, 9.0, 0.9), Link(1, 3, SPUN, 8.0, 0.8), Link(2, 3, SPUN, -4.0, 0.85)]
    (family,), _ = find_families(links)
    assert family.parents == {2: 1, 3: 1}
    assert (family.sources, family.originals) == (set(), (1,))
