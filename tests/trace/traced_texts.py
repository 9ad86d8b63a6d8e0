"""Texts of our own for the tests of `detector trace`: sources, what was made of them, and texts that have nothing to do
with them."""

from __future__ import annotations

import random
import re

SOURCE = """The harbour board met on Tuesday to decide what should become of the old ferry, which has lain at the north quay since
the bridge was opened in 1994. Two plans were on the table. The first, drawn up by a group of retired sailors, would turn the
ship into a small museum with a café on the upper deck; the second would sell her for scrap and use the money to repair the
quay. Anna Lindqvist, who leads the group, told the board that more than 3,000 people had signed a letter in favour of the
museum. The town's treasurer replied that a museum would need a grant every year, and that nobody had said where it was to come
from. After a long debate the board asked both sides to bring better figures to its next meeting in October. Until then the
ferry will stay where she is, and the volunteers may go on painting her hull at their own cost. It was a good evening for the
town, the chairman said when it was over, because for once everybody had listened to everybody else."""

#: Another article, which is made spun copies of by the same words.
SECOND = """Nobody in our street had a garden when we moved in, and people told us that nothing would grow between such high
walls. We signed up for a small plot behind the old brewery all the same, and in the first spring we had neither plans nor
money. What you need at the start is a spade, a long hose and somebody who leads the way: ours was Mr Okafor, who was 81 and
had drawn every bed of the place himself. He would bring us seeds in a letter, with the figures for depth and distance on the
back of it. If a pot was broken he could repair it, and if you wanted to sell him a new one he would laugh at the cost of it.
At the meeting in March the volunteers had a debate on painting the fence, which went on until late in the evening, because
everybody listened to him and nobody wished to go. The town gave us a grant of 200 pounds in the end. We have not opened the
packet yet, and it may stay where it is until the bridge over the brook falls down."""

#: What a dictionary makes of words of the source, without a look at the sentence.
SWAPS = {
    "old": "aged", "opened": "unfolded", "plans": "designs", "drawn": "pulled", "small": "little", "sell": "peddle",
    "money": "cash", "repair": "fix", "leads": "directs", "told": "informed", "people": "individuals", "signed": "inked",
    "letter": "missive", "treasurer": "bursar", "need": "require", "grant": "allowance", "long": "lengthy", "debate": "argument",
    "bring": "convey", "figures": "digits", "meeting": "gathering", "stay": "linger", "volunteers": "helpers",
    "painting": "coloring", "cost": "price", "evening": "night", "listened": "harked",
}  # fmt: skip


def spun(share: float = 1.0, seed: int = 0, text: str = SOURCE) -> str:
    """Return the source with a share of the words above swapped."""
    rng = random.Random(seed)
    chosen = {word for word in SWAPS if rng.random() < share}
    return re.sub(r"[a-z]+", lambda match: SWAPS[match[0]] if match[0] in chosen else match[0], text)


_SMALL = [
    "when",
    "after",
    "before",
    "because",
    "while",
    "since",
    "if",
    "unless",
    "until",
    "although",
    "where",
    "whether",
]
_LINKS = [
    "and",
    "but",
    "or",
    "so",
    "yet",
    "as",
    "than",
    "that",
    "which",
    "whom",
    "from",
    "into",
    "over",
    "under",
    "with",
    "without",
    "about",
    "against",
    "upon",
    "among",
]
_NOUNS = [
    "baker",
    "nurse",
    "miller",
    "pilot",
    "farmer",
    "clerk",
    "aunt",
    "lantern",
    "chair",
    "basket",
    "map",
    "clock",
    "bridge",
    "school",
    "cellar",
    "well",
]
_VERBS = [
    "mended",
    "carried",
    "forgot",
    "found",
    "sold",
    "counted",
    "hid",
    "borrowed",
    "drew",
    "washed",
    "painted",
    "lifted",
]


def unrelated(seed: int, sentences: int = 14) -> str:
    """Return a text that has nothing to do with the source, nor with one of another seed."""
    rng = random.Random(f"unrelated-{seed}")
    made = []
    for _ in range(sentences):
        words = [rng.choice(_SMALL).capitalize()]
        for _ in range(rng.randint(4, 7)):
            words += rng.choice((["the"], ["a"], ["his"], ["her"], ["one"], ["their"], [str(rng.randint(3, 999))]))
            words += [rng.choice(_NOUNS), rng.choice(_VERBS), rng.choice(_LINKS), rng.choice(_LINKS)]
        made.append(f"{' '.join(words[:-1])}.")
    return " ".join(made)


def from_template(seed: int) -> str:
    """Return one of many texts that have their frame in common, and say different things."""
    rng = random.Random(f"template-{seed}")
    noun, verb = (lambda: rng.choice(_NOUNS)), (lambda: rng.choice(_VERBS))
    return " ".join(
        f"After the {noun()} had {verb()} the {noun()} of the {noun()}, it was {verb()} by a {noun()} for {rng.randint(2, 99)}"
        f" days, and then the {noun()} {verb()} it in the {noun()}."
        for _ in range(10)
    )
