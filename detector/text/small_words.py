"""The small words of English, which distinguish running text from lists, tables and code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from detector.text.segments import WORD

#: Words that stand in sentences and seldom anywhere else, lower case, with straight apostrophes.
SMALL = frozenset(
    WORD.findall(
        "a about above after again all also always am among an and another any are as at away back be because been"
        " before being between both but by came can cannot come could day did didn't do does don't done down each"
        " even ever every few first for from get give go good had has have he her here him himself his how i i'm if"
        " in into is it it's its just know last let like little long made make man many may me might more most much"
        " must my never no nor not now of off old on one only or other our out over own said same say see shall she"
        " should so some still such take than that that's the thee their them then there these they this those thou"
        " through thy time to too two under unto up upon us very was way we well were what when where which while"
        " who whom whose why will with within without would ye yet you your"
    )
)

#: Of them, those that are no word of another European language, of Irish, Gaelic, Welsh or the languages of the Pacific.
#: `a an as at is no me he do to go so on all` and their like are.
UNMISTAKABLE = frozenset(
    WORD.findall(
        "about after again always am among and another any are because been before being between both but by could did"
        " didn't does don't down each even ever every few first for from get give good had has have her here him himself"
        " his how i'm into it's just know let like little many may might more most much must my never nor not now of off"
        " only or other our out over own said same see shall she should some such than that that's the thee their them"
        " then there these they this those thou through thy too two under unto up upon very was we were what when where"
        " which while who whom whose why will with within without would ye yet you your"
    )
)

# Those that programming languages and commands have words of their own for.
_IN_CODE = frozenset(
    WORD.findall(
        "a all and any as at by do does each every first for from get give go has i if in into is it last let like made make"
        " many may no not now off on one only or other out over own same say see some take then this to two under up upon"
        " when where which while with within without"
    )
)


def words_of(text: str) -> list[str]:
    """Return the words of a text as they stand in the sets here."""
    words = WORD.findall(text)
    # All at once, which is several times quicker; no word has a line's end in it.
    return "\n".join(words).lower().replace("’", "'").split("\n") if words else []


def share(words: Sequence[str], small: frozenset[str] = SMALL) -> float:
    """Return which share of the words is small, from 0 to 1; 0 where there are none."""
    return sum(word in small for word in words) / len(words) if words else 0.0


def has_prose_word(words: Iterable[str]) -> bool:
    """Tell whether one of the words is small and no word of a programming language."""
    return any(word in SMALL and word not in _IN_CODE for word in words)
