"""Tells words apart that no substitution leads between: other spellings of one word, and abbreviations."""

from __future__ import annotations

import re
from functools import lru_cache

#: From British to American spelling, in this order. Both of a pair get the same key, so it does not matter that some words
#: are changed into what nobody writes.
_RULES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"ae(?=d[ia]|sth|m|o)|(?<=n)oe(?=u)|^oe(?=[sd])|(?<=^f)oe(?=t)|(?<=h)oe(?=a)", "e"),  # paediatric, oestrogen
        (r"our(?=$|s$|ed|ing|ful|less|abl|hood|it|er|ist|al)", "or"),  # colour, favourite, labourer
        (r"([bct])re(?=$|s$|d$)", r"\1er"),  # centre, theatre, litre, sabre
        (r"is(?=e$|es$|ed$|er$|ers$|ing$|ation$|ations$|able$)", "iz"),  # realise, organisation
        (r"ys(?=e$|es$|ed$|er$|ers$|ing$)", "yz"),  # analyse
        (r"ence(?=$|s$|less$)", "ense"),  # defence, licence
        (r"(?<=[aeiou])ll(?=ed$|ing$|er$|ers$|or$|ors$)", "l"),  # travelled, counsellor
        (r"(?<=\w{3})ll(?=$|s$|ful|ment)", "l"),  # fulfill, skillful, installment
        (r"ogue(?=$|s$)", "og"),  # catalogue
        (r"amme(?=$|s$)", "am"),  # programme
        (r"que(?=$|s$)", "ck"),  # cheque
        (r"(?<=[gd])e(?=ment)", ""),  # judgement
    )
)
_PAIRS = {
    "grey": "gray",
    "greys": "grays",
    "maths": "math",
    "tyre": "tire",
    "tyres": "tires",
    "aluminium": "aluminum",
    "plough": "plow",
    "ploughs": "plows",
    "ploughed": "plowed",
    "aeroplane": "airplane",
    "aeroplanes": "airplanes",
    "pyjamas": "pajamas",
    "moustache": "mustache",
    "sceptic": "skeptic",
    "sceptical": "skeptical",
    "kerb": "curb",
    "mum": "mom",
    "whilst": "while",
    "amongst": "among",
    "towards": "toward",
    "afterwards": "afterward",
    "backwards": "backward",
    "forwards": "forward",
    "storey": "story",
    "jewellery": "jewelry",
    "draught": "draft",
    "cosy": "cozy",
    "okay": "ok",
}


def is_same_word(one: str, other: str) -> bool:
    """Tell whether two words in small letters are spellings of one word, or differ in punctuation only.

    >>> is_same_word("colours", "colors"), is_same_word("maths", "math"), is_same_word("organisation", "organization")
    (True, True, True)
    >>> is_same_word("form", "from"), is_same_word("major", "big")
    (False, False)
    """
    return _key(one) == _key(other)


def is_abbreviation(word: str, text: str) -> bool:
    """Tell whether `word` of `text` is written as an abbreviation: in capitals where the text around it is not.

    >>> is_abbreviation("WC", "He asked for the WC."), is_abbreviation("ARMS", "KOREA REJECTS ARMS DEAL")
    (True, False)
    """
    if not (len(word) > 1 and word.upper() == word and any(map(str.isalpha, word))):
        return False
    letters = [letter for letter in text if letter.isalpha()]
    return 2 * sum(map(str.isupper, letters)) < len(letters)


@lru_cache(maxsize=4096)
def _key(word: str) -> str:
    word = word.replace("-", "").replace("'", "").replace("’", "")
    word = _PAIRS.get(word, word)
    for pattern, replacement in _RULES:
        word = pattern.sub(replacement, word)
    return word
