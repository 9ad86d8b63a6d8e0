"""The catalogue of the rules of our signals: id, message for a person, severity, documentation.

A rule is named `signal/ID`. Ids of one style, upper case with underscores, as LanguageTool's are: those rules are not
listed here, they come through as `grammar/ID` with LanguageTool's own id and message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from detector.report import Verdict


class Severity(StrEnum):
    """How much a finding says by itself."""

    ERROR = "error"  # the verdict on a document that is spun
    WARNING = "warning"  # what spinning leaves behind
    NOTE = "note"  # seen in honest text, too: typing, scanning, conversion


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `message` is a template for `str.format`; `cases` are further templates, by the case they are for.

    `documentation` says what the rule finds, where honest text has the same, and what to do.
    """

    signal: str
    id: str
    severity: Severity
    message: str
    documentation: str
    cases: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.signal}/{self.id}"


_SWAPPED = {
    "guessed": "“{text}” looks put in by a substitution; perhaps “{original}” stood here.",
    "known": "“{text}” looks put in for “{original}”, a swap that spinners are known to make.",
}
_SWAPPED_HONEST = (
    "Non-native writing, word-for-word translation, scans and old prose have such words, too: one finding is no proof."
)

_ALL = (
    Rule(
        "wording",
        "SWAPPED_WORD",
        Severity.WARNING,
        "“{text}” does not fit here; it looks put in by a substitution.",
        "A word stands where another one would be expected, and often one that article spinners are known to turn into"
        f" it. {_SWAPPED_HONEST}",
        _SWAPPED,
    ),
    Rule(
        "wording",
        "SWAPPED_PHRASE",
        Severity.WARNING,
        "“{text}” does not fit here; it looks put in by a substitution.",
        "Several words in a row look swapped, as when a term such as “artificial intelligence” is spun word by word."
        f" {_SWAPPED_HONEST}",
        _SWAPPED,
    ),
    Rule(
        "wording",
        "PROVEN_SWAP",
        Severity.WARNING,
        "“{text}” stands here for “{original}” of {source}.",
        "The document was compared with others (--trace), and one of them is its source: word for word the same text, but for"
        " words that a spinner put in. Look at the source where you doubt it: which of two texts is the original follows from"
        " what spinners are known to put in, and from which of the words are the commoner ones.",
    ),
    Rule(
        "names",
        "BROKEN_NAME",
        Severity.WARNING,
        "Part of a name has become an ordinary word; elsewhere in this text it is “{regular}”.",
        "A spinner does not know what a name is, and replaces a part of it like any other word.",
    ),
    Rule(
        "names",
        "SPLIT_NAME",
        Severity.WARNING,
        "A name is torn apart; elsewhere in this text it is “{regular}”.",
        "A name was cut into tokens and not put together again. Scanning does it, too.",
    ),
    Rule(
        "names",
        "LOWER_CASE_NAME",
        Severity.WARNING,
        "A surname is written as an ordinary word; elsewhere in this text it is “{regular}”.",
        "A surname that is spelt like an ordinary word was replaced as if it were one.",
    ),
    Rule(
        "names",
        "MISSPELT_NAME",
        Severity.NOTE,
        "A name is one letter off; elsewhere in this text it is “{regular}”.",
        "The same name with another letter. Typists do it, too.",
    ),
    Rule(
        "names",
        "REGION_FOR_COUNTRY",
        Severity.WARNING,
        "A whole region stands where this text otherwise speaks of one country: “{regular}”.",
        "A country's adjective was exchanged for its region's, as “South Asian” for “South Korean”.",
    ),
    Rule(
        "spintax",
        "SPINTAX",
        Severity.WARNING,
        "Choices of a spinner were left in: {shown}",
        "A template of a spinner was published with its choices, as in “{big|large|huge}”. Code, and pages about spinning,"
        " have such groups, too.",
    ),
    Rule(
        "typography",
        "SPACE_AFTER_HYPHEN",
        Severity.NOTE,
        "A space breaks a hyphenated word; elsewhere in this text hyphens join.",
        "A compound was put together again with a space, as in “Russia- North”. Words divided at line ends look alike.",
    ),
    Rule(
        "typography",
        "SPACE_BEFORE_HYPHEN",
        Severity.NOTE,
        "A space stands before the hyphen of a compound; elsewhere in this text hyphens join.",
        "A compound was put together again with a space, as in “well -known”.",
    ),
    Rule(
        "typography",
        "FLOATING_APOSTROPHE",
        Severity.NOTE,
        "A quotation mark or apostrophe stands alone between two words; elsewhere in this text they touch a word.",
        "A mark lost its word when tokens were joined, as in “officials ‘ claims”.",
    ),
    Rule(
        "typography",
        "SPLIT_CONTRACTION",
        Severity.NOTE,
        "A contraction or possessive is torn apart; elsewhere in this text it is in one piece.",
        "A contraction was cut into tokens and joined with a space, as in “it 's”.",
    ),
    Rule(
        "typography",
        "INVERTED_QUOTE",
        Severity.NOTE,
        "A quotation is opened with a closing mark, or the mark is glued to the word before it.",
        "A quotation mark was joined to the wrong word, as in “a” proper relationship”.",
    ),
    Rule(
        "typography",
        "SPACE_INSIDE_QUOTES",
        Severity.NOTE,
        "A space follows the opening quotation mark; elsewhere in this text there is none.",
        "Tokens were joined with a space after an opening mark.",
    ),
    Rule(
        "typography",
        "SPACE_BEFORE_COMMA",
        Severity.NOTE,
        "A space stands before the comma; elsewhere in this text there is none.",
        "Tokens were joined without regard to the mark. A link or formula that was cut out leaves the same.",
    ),
    Rule(
        "typography",
        "SPACE_BEFORE_FULL_STOP",
        Severity.NOTE,
        "A space stands before the full stop; elsewhere in this text there is none.",
        "Tokens were joined without regard to the mark. A link or formula that was cut out leaves the same.",
    ),
    Rule(
        "typography",
        "SPACE_BEFORE_MARK",
        Severity.NOTE,
        "A space stands before the punctuation mark; elsewhere in this text there is none.",
        "Tokens were joined without regard to the mark. French spacing is this everywhere, and is then no finding.",
    ),
    Rule(
        "typography",
        "DOUBLED_PUNCTUATION",
        Severity.NOTE,
        "Two punctuation marks stand where one belongs.",
        "A phrase was replaced together with its comma, which stands there twice now.",
    ),
    Rule(
        "typography",
        "SPLIT_WORD",
        Severity.NOTE,
        "A short word is torn apart.",
        "A word was cut in the middle, as in “th e”. Mostly scanning, not spinning.",
    ),
)

RULES: Mapping[str, Rule] = {rule.name: rule for rule in _ALL}

#: Rules about documents as a whole, for formats that know only results of rules.
VERDICT_RULES: Mapping[Verdict, Rule] = {
    Verdict.SPUN: Rule(
        "verdict",
        "SPUN",
        Severity.ERROR,
        "This document is spun (probability {probability:.2f}).",
        "Words of the document were swapped for others without regard to their sentences, as article spinners do. What it"
        " says can be wrong: look for the original.",
    ),
    Verdict.SUSPECT: Rule(
        "verdict",
        "SUSPECT",
        Severity.WARNING,
        "This document may be spun (probability {probability:.2f}): a person should read it.",
        "The document has words that look swapped, too few or too weak to call it spun. Odd but honest writing is found here,"
        " too.",
    ),
}

#: For formats that know only results of rules and have no place for what is ignored.
IGNORED_RULE = Rule(
    "verdict",
    "IGNORED",
    Severity.NOTE,
    "Findings of this document are ignored.",
    "Somebody decided that findings of the document do not count: by a directive in it, its record's field, the allow-list"
    " or the baseline. Its verdict is made without them.",
)
