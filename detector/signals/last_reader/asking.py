"""What the language model is asked about a document: its most suspicious words, and what may have stood there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.signals.last_reader.model import Answers, LanguageModel, Question
from detector.signals.wording.findings import match_case
from detector.signals.wording.scoring import Suspect
from detector.text.document import Document

OTHERS = 2  # words that may have stood there, for each


@dataclass(frozen=True)
class Opinion:
    """What the model says of one suspect. `others` are the words that it was asked about instead."""

    suspect: Suspect
    others: tuple[str, ...]
    answers: Answers

    @property
    def gains(self) -> list[float]:
        """How many nats more probable the text is with each of the others in the word's place."""
        return [other.both - self.answers.observed.both for other in self.answers.others]

    @property
    def gain(self) -> float:
        return max(self.gains)

    @property
    def gain_after(self) -> float:
        """Of the other word with the highest gain, the part of it that what follows makes."""
        best = max(range(len(self.others)), key=self.gains.__getitem__)
        return self.answers.others[best].after - self.answers.observed.after

    @property
    def preferred(self) -> str | None:
        """The other word under which the text is most probable; None where that is the word itself."""
        best = max(range(len(self.others)), key=self.gains.__getitem__)
        return self.others[best] if self.gains[best] > 0 else None


def ask(model: LanguageModel, document: Document, suspects: Sequence[Suspect]) -> list[Opinion]:
    """Return the model's opinions on the suspects of a document, in its order. Each has a word that may have stood there."""
    text = document.prose.text
    questions = [Question(one.start, one.end, _others(text, one)) for one in suspects]
    answers = model.ask(text, questions)
    return [Opinion(one, asked.others, said) for one, asked, said in zip(suspects, questions, answers, strict=True)]


def _others(text: str, suspect: Suspect) -> tuple[str, ...]:
    return tuple(match_case(text[suspect.start : suspect.end], word) for word in suspect.originals[:OTHERS])
