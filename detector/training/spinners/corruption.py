"""What spinners do to a text besides swapping its words for others of like meaning: neighbours put in, debris left behind."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest

from detector.training.spinners import SourceWord
from detector.training.spinners.alike import LONGEST_ALIKE, Alike
from detector.training.spinners.dictionary import replace

# Groups whose members a careless "synonym" dictionary takes for one another.
_GROUPS = """
korean chinese japanese asian vietnamese taiwanese thai indonesian filipino malaysian mongolian oriental
russian soviet ukrainian european polish slavic belarusian georgian eastern
american western north-american us canadian national
german french british english spanish italian dutch swiss austrian danish swedish norwegian continental
iranian iraqi syrian turkish arab persian israeli palestinian egyptian saudi afghan pakistani indian
african nigerian kenyan ethiopian ghanaian somali sudanese
mexican brazilian argentine cuban colombian venezuelan chilean peruvian hispanic latino
christian catholic protestant orthodox muslim islamic jewish hindu buddhist religious
republican democratic conservative liberal socialist communist labour nationalist
seconds minutes hours days weeks months years decades centuries
second minute hour day week month year decade century
monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december
one two three four five six seven eight nine ten
twenty thirty forty fifty sixty seventy eighty ninety
hundred thousand million billion trillion
first second third fourth fifth last
father mother son daughter brother sister grandfather grandmother uncle aunt
north south east west
dollars euros pounds yen francs cents
inches feet yards miles metres kilometres
"""


class EntitySpinner:
    """Swaps nationalities, parties, units, kin and numbers for their neighbours, and names for common words spelt alike."""

    NAME_SHARE = 0.25  # of the replaced words, those that are parts of names turned into a common word

    def __init__(self, common_words: Iterable[str]) -> None:
        self.siblings: dict[str, list[str]] = defaultdict(list)
        for line in _GROUPS.split("\n"):
            group = line.split()
            for word in group:
                self.siblings[word] += [other for other in group if other != word]
        self.alike = Alike(common_words)

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        wanted = round(rate * len(pieces) + rng.uniform(-0.5, 0.5))
        known = [p for p in pieces if p.form in self.siblings and p.text and not p.replaced]
        names = [
            p
            for p in pieces[1:]
            if p.gap == " " and p.text.istitle() and p.text.isalpha() and len(p.text) < LONGEST_ALIKE and not p.replaced
        ]
        rng.shuffle(known)
        rng.shuffle(names)
        while wanted > 0 and (known or names):
            wanted -= 1
            if names and (not known or rng.random() < self.NAME_SHARE):
                piece = names.pop()
                choices = self.alike.by_a_letter(piece.form)
                if not choices or piece.replaced:
                    continue
                word = rng.choice(choices)
                replace([piece], word)
                if rng.random() < 0.6:
                    piece.text = word
            else:
                piece = known.pop()
                if not piece.replaced:
                    replace([piece], rng.choice(self.siblings[piece.form]))


class Debris:
    """What tokenising and gluing back leaves: `Russia- North`, `a” proper`, `officials ‘ claims`. Replaces no word."""

    def __init__(self, share: float = 0.3) -> None:
        self.share = share

    def apply(self, pieces: list[SourceWord], rate: float, rng: random.Random) -> None:
        for piece, after in zip_longest(pieces, pieces[1:]):
            if rng.random() > self.share:
                continue
            if "-" in piece.text and not piece.replaced:
                piece.text = piece.text.replace("-", "- ", 1)
            for quote in '“"':
                if piece.gap.endswith(f" {quote}"):
                    piece.gap = piece.gap[:-2] + rng.choice((f"{quote} ", "” ", f" {quote} "))
            if after and after.gap.startswith(("' ", "’ ")):
                after.gap = rng.choice((" ‘ ", " ' ", " ’ ")) + after.gap[2:]
            if after and after.gap.startswith((", ", ". ", "; ")) and rng.random() < 0.2:
                after.gap = " " + after.gap
