"""What the other members of a family say of one: words that only it has, where others agree on another word, were put in.

A copy's own swaps stand against what the other copies kept. An original has few such words: two copies seldom put the same
word in the same place. So three copies and more tell whether one of them is the original, where two can't.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from detector.text.segments import WORD
from detector.trace.comparing import FEWEST_SWAPS, may_be_put_in
from detector.trace.swaps import Words

_FEWEST_AGREED = 2  # members that have the same words in a place
_FEWEST_VOTERS = 2  # members that have to be there, so that anything is said
_MOST_VOTERS = 50  # of a large family, those that are closest
_ALTERNATIVES = 3.0  # words that a spinner puts in for one, about, each as often
_LEAST, _MOST = 0.01, 0.6  # share of the words that a copy swapped; outside nothing is known
#: Of the swaps between a document and the closest member, the part that has to be its own, so that it is no original: of 70
#: families spun by five spinners that pairs were fitted on, it was .37 and more of the least spun copies, .07 and less of the
#: originals.
_OWN = 0.15
#: Of what a copy swapped, the part that another copy must not have, so that neither looks made of the other. Of copies of one
#: text it is half and more even beside a third one that was as much swapped.
_INDEPENDENT = 0.3
#: Of the evidence for the word of others, what there may be for the document's: more, and either may be what was put in.
_FEW = 0.35
#: The evidence (nats) of agreement on a swap, whoever agrees: a spinner that knows one word for each puts it in everywhere.
#: Where the words themselves speak more for the document, it is the original.
_AGREEMENT = 0.5

Vote = tuple[int, Words, Words]  # where in the document, its words, and those that stand there instead


@dataclass(frozen=True)
class Consensus:
    """What `voters` say of a document: `is_contradicted` tells that it was put words in.

    `agreeing` are the members that have what most have, in at least half of the places where the document has not.
    """

    voters: int
    is_contradicted: bool
    agreeing: tuple[int, ...]

    @property
    def is_original(self) -> bool:
        """Tell whether it is what the others were made of: where there are enough, and they do not contradict it."""
        return self.voters >= _FEWEST_VOTERS and not self.is_contradicted


def ask_others(
    pairs: Mapping[int, Mapping[str, Any]], voters: Sequence[int], direction: Callable[[Words, Words], float]
) -> Consensus:
    """Return what the members of a family say of a document.

    `pairs` has each member's pair with the document, which is `a` of it, as it is written for machines. `voters` are those
    that count, the closest first; of those that look made of each other the first one does. `direction` is the evidence
    (nats) that the second words were put in for the first ones.
    """
    votes = {member: _votes(pair["swaps"]) for member, pair in pairs.items()}
    chosen = _independent(voters, votes)
    if len(chosen) < _FEWEST_VOTERS:
        return Consensus(len(chosen), False, ())
    weights = {voter: _weight(pairs[voter]["swapped"] / pairs[voter]["words"]) for voter in chosen}
    agreed: dict[Vote, list[int]] = defaultdict(list)
    differing: dict[int, set[int]] = defaultdict(set)
    for voter in chosen:
        for vote in votes[voter]:
            agreed[vote].append(voter)
            differing[vote[0]].add(voter)
    total = sum(weights.values())
    own = max(weights.values())  # were it a copy as light as the closest, so much would speak against each of its swaps
    against = set()
    for vote, there in agreed.items():
        at, words, others = vote
        if others and len(there) >= _FEWEST_AGREED and may_be_put_in((words, others)):
            kept = total - sum(weights[voter] for voter in differing[at])
            others_have = sum(weights[voter] for voter in there)
            if kept <= _FEW * others_have and others_have - kept - own - direction(words, others) > 0:
                against.add(vote)
    needed = max(FEWEST_SWAPS, _OWN * len(pairs[chosen[0]]["swaps"]))
    swaps = {vote[1:] for vote in against}
    if len(swaps) < needed or sum(direction(*words) for words in swaps) > _AGREEMENT * len(swaps):
        return Consensus(len(chosen), False, ())
    shared = {member: sum(vote in against for vote in cast) for member, cast in votes.items()}
    agreeing = [member for member, count in shared.items() if 2 * count >= len(against)]
    return Consensus(len(chosen), True, tuple(sorted(agreeing, key=lambda member: -shared[member])))


def _independent(voters: Sequence[int], votes: Mapping[int, Set[Vote]]) -> list[int]:
    """Return the voters of which none looks made of another one: each has swaps that the other has not."""
    chosen: list[int] = []
    for voter in voters:
        if len(chosen) == _MOST_VOTERS:
            break
        if all(_has_own(votes[voter], votes[other]) and _has_own(votes[other], votes[voter]) for other in chosen):
            chosen.append(voter)
    return chosen


def _has_own(votes: Set[Vote], others: Set[Vote]) -> bool:
    return len(votes - others) >= max(FEWEST_SWAPS, _INDEPENDENT * len(votes))


def _weight(swapped: float) -> float:
    """Return the evidence (nats) for a word that a copy has, against one that it was put in for it: the lighter, the more."""
    swapped = min(max(swapped, _LEAST), _MOST)
    return math.log((1 - swapped) / (swapped / _ALTERNATIVES))


def _votes(swaps: Sequence[Mapping[str, Any]]) -> set[Vote]:
    """Return the swaps of a member word by word, where they are as many words for as many."""
    found: set[Vote] = set()
    for swap in swaps:
        own = [(match.start() + swap["a"]["start"], _form(match[0])) for match in WORD.finditer(swap["a"]["text"])]
        others = [_form(word) for word in WORD.findall(swap["b"]["text"])]
        if len(own) == len(others):
            found |= {(at, (word,), (other,)) for (at, word), other in zip(own, others, strict=True) if word != other}
        elif own:
            found.add((own[0][0], tuple(word for _, word in own), tuple(others)))
            found |= {(at, (word,), ()) for at, word in own[1:]}
    return found


def _form(word: str) -> str:
    return word.lower().replace("’", "'")
