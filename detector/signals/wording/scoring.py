"""Scores the words of documents with one encoder: documents in, evidence on each word out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from detector.model_files import Manifest, Settings
from detector.signals.wording.encoder import EncodedText, Encoder, Floats, Word
from detector.signals.wording.evidence import Evidence, append_light_logit, concatenate, word_inputs
from detector.signals.wording.findings import SuspiciousSpan
from detector.signals.wording.margins import NO_CANDIDATE, CandidateMargins, score_candidates
from detector.signals.wording.originals import Candidate, rank_known, rank_originals
from detector.signals.wording.phrases import EVIDENCE, NO_PHRASES, KnownPhrase, PhraseTable, find_adjacent
from detector.signals.wording.posterior import EVEN, FindingModel
from detector.signals.wording.swap_table import SwapTable
from detector.signals.wording.variants import is_abbreviation, is_same_word
from detector.signals.wording.widening import widen_to_phrases
from detector.signals.wording.word_model import LOWEST_FINDING_LOG_ODDS, WordModel
from detector.text.document import Document
from detector.text.offsets import Span

#: Probability that one of a known phrase's words has to reach by the encoder alone, in a document that is as likely spun as
#: not at least, for the phrase to be a finding: people write some of them, too (`choice of tree`).
PHRASE_DOUBT = 0.15
#: Share of the lowest probability of a finding from which a word is part of one, beside another.
PART = 1 / 2

_BATCH_WINDOWS = 64  # encoded before their words are scored, so that a long document's vectors are not all kept


@dataclass(frozen=True)
class ScoredWindow:
    """A window whose words were scored.

    `evidence` in prose offsets; `text`, `forms` (the words in small letters), `adjacent`, `ids` and `words` count from the
    window's start. `phrases` are the known ones. `suspects` are the numbers of other words that may become findings, with
    a row of `original_vectors` each. `phrase_nats` [n] is what known phrases added to the log-odds.
    """

    evidence: Evidence
    text: str
    forms: Sequence[str]
    adjacent: Sequence[bool]
    ids: NDArray[np.int64]
    words: Sequence[Word]
    suspects: NDArray[np.int64]
    original_vectors: Floats
    phrases: tuple[KnownPhrase, ...]
    phrase_nats: Floats


@dataclass(frozen=True)
class Suspect:
    """A word that may have been swapped (prose offsets), its log-odds, and the words that may have stood there, best first."""

    start: int
    end: int
    log_odds: float
    originals: tuple[str, ...]


@dataclass(frozen=True)
class ScoredDocument:
    """What one encoder says of a document's words, and what is needed to make findings of them."""

    evidence: Evidence
    windows: Sequence[ScoredWindow]
    scorer: WordScorer

    @property
    def prior(self) -> float:
        return self.scorer.words.prior

    @property
    def neighbour_weight(self) -> float:
        """The weight of the input `neighbour_logit` in the words' log-odds."""
        return self.scorer.words.weights["neighbour_logit"]

    def known_phrases(self) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Yield where phrases stand that spinners put in (prose offsets), and what for; people write some of them, too."""
        return (known for window in self.windows for known in self.scorer.known_phrases(window))

    def strongest(self, count: int) -> list[Suspect]:
        """Return the words that were most likely swapped, in order of the prose, with what may have stood there."""
        odds = [
            (-float(window.evidence.log_odds[n]), at, int(n))
            for at, window in enumerate(self.windows)
            for n in window.suspects
        ]
        chosen = sorted((at, n) for _, at, n in sorted(odds)[:count])
        return [
            suspect
            for at, some in groupby(chosen, key=lambda pair: pair[0])
            for suspect in self.scorer.suspects(self.windows[at], [n for _, n in some])
        ]

    def with_log_odds(self, changed: Mapping[int, float]) -> ScoredDocument:
        """Return the document with other log-odds for some words, by where they start in the prose."""
        windows = [replace(window, evidence=window.evidence.with_log_odds(changed)) for window in self.windows]
        return replace(self, evidence=self.evidence.with_log_odds(changed), windows=windows)

    def find_swaps(self, document_log_odds: float) -> list[SuspiciousSpan]:
        """Return what is likely swapped, in order, given the log-odds that the document was spun."""
        return [span for window in self.windows for span in self.scorer.find_swaps(window, document_log_odds)]


@dataclass(frozen=True)
class Dictionaries:
    """What spinners are known to put in: words, phrases that honest texts lack, and phrases that they have, too."""

    swaps: SwapTable
    phrases: PhraseTable = NO_PHRASES
    paraphrases: PhraseTable = NO_PHRASES

    @classmethod
    def load(cls, manifest: Manifest, settings: Settings) -> Dictionaries:
        """Read the files that the manifest names. Raises ModelError, naming the file or key that is wrong."""
        swaps, phrases, paraphrases = (
            manifest.checked(settings.text(name)) for name in ("swaps", "phrases", "paraphrases")
        )
        return cls(SwapTable.load(swaps), PhraseTable.load(phrases), PhraseTable.load(paraphrases))


class WordScorer:
    """One encoder with its fitted models and the dictionaries. Thread- and fork-safe as the encoder is."""

    def __init__(self, encoder: Encoder, words: WordModel, findings: FindingModel, dictionaries: Dictionaries) -> None:
        self.encoder = encoder
        self.words = words
        self.findings = findings
        self._dictionaries = dictionaries

    @classmethod
    def load(
        cls, manifest: Manifest, settings: Settings, dictionaries: Dictionaries, inputs: Sequence[str], *, threads: int
    ) -> WordScorer:
        """Open the files that the manifest names; `inputs` are those that the word model weighs.

        Raises ModelError, naming the file or key that is wrong.
        """
        words = WordModel.from_settings(settings.section("word"), inputs)
        findings = FindingModel.from_settings(settings.section("finding"))
        body, vectors, tokenizer = (manifest.checked(settings.text(name)) for name in ("body", "vectors", "tokenizer"))
        return cls(Encoder(body, vectors, tokenizer, threads=threads), words, findings, dictionaries)

    def score_windows(
        self,
        documents: Sequence[Document],
        windows: Sequence[Sequence[Span]],
        light: Sequence[Evidence | None] | None = None,
    ) -> list[list[ScoredWindow]]:
        """Return, for each document, the given windows of its prose that contain words, in the order given.

        With `light`, each word is weighed by what the light encoder said of it as well; it must have read these windows.
        """
        queue = [(number, window) for number, chosen in enumerate(windows) for window in chosen]
        scored: list[list[ScoredWindow]] = [[] for _ in documents]
        for at in range(0, len(queue), _BATCH_WINDOWS):
            batch = queue[at : at + _BATCH_WINDOWS]
            texts = [documents[number].prose.text[slice(*window)] for number, window in batch]
            encoded = self.encoder.encode(texts)
            with_words = [
                (number, _prepare(window, text, encoded_text, light[number] if light else None))
                for (number, window), text, encoded_text in zip(batch, texts, encoded, strict=True)
                if encoded_text.words
            ]
            if not with_words:
                continue
            prepared = [window for _, window in with_words]
            margins = score_candidates(
                self.encoder,
                self._dictionaries.swaps,
                [window.encoded for window in prepared],
                [window.forms for window in prepared],
            )
            for (number, window), candidates in zip(with_words, margins, strict=True):
                scored[number].append(self._score_words(window, candidates))
        return scored

    def merge_windows(self, windows: Sequence[ScoredWindow]) -> ScoredDocument | None:
        """Return what the windows of one document say together; None where no window contains words."""
        if not windows:
            return None
        return ScoredDocument(concatenate([window.evidence for window in windows]), windows, self)

    def find_swaps(self, window: ScoredWindow, document_log_odds: float) -> list[SuspiciousSpan]:
        """Return what of a window is likely swapped, in order, given the log-odds that its document was spun.

        Words are left out that no phrase with them can be probable enough.
        """
        probabilities = self.findings.probabilities(window.evidence.log_odds, self.words.prior, document_log_odds)
        spans = [
            *self._swapped_words(window, probabilities),
            *self._doubted_phrases(window, probabilities, max(document_log_odds, EVEN)),
        ]
        return sorted(spans, key=lambda span: span.start)

    def suspects(self, window: ScoredWindow, numbers: Sequence[int]) -> Iterator[Suspect]:
        """Yield some of a window's suspects, by the numbers of their words, with what a spinner could have started from."""
        for number, row in zip(numbers, np.searchsorted(window.suspects, numbers), strict=True):
            form = window.forms[number]
            originals = rank_known(self.encoder, self._dictionaries.swaps, form, window.original_vectors[row])
            kept = tuple(word for word in originals if not is_same_word(form, word))
            start, end = int(window.evidence.starts[number]), int(window.evidence.ends[number])
            yield Suspect(start, end, float(window.evidence.log_odds[number]), kept)

    def known_phrases(self, window: ScoredWindow) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Yield where phrases stand that spinners put in (prose offsets), and what for: those that people hardly ever write,
        and others with a word that is more likely swapped than not."""
        paraphrases = self._dictionaries.paraphrases
        odd = window.suspects[window.evidence.log_odds[window.suspects] > 0].tolist()
        around = {p for n in odd for p in paraphrases.find_containing(window.forms, window.adjacent, n)}
        for phrase in sorted({*window.phrases, *around}, key=lambda phrase: (phrase.first, phrase.last)):
            start, end = window.evidence.starts[phrase.first], window.evidence.ends[phrase.last]
            yield int(start), int(end), phrase.originals

    def _score_words(self, window: _EncodedWindow, candidates: CandidateMargins) -> ScoredWindow:
        encoded = window.encoded
        inputs = word_inputs(window.text, encoded, candidates)
        if window.light is not None:
            inputs = append_light_logit(inputs, window.light.inputs)
        log_odds = self.words.log_odds(inputs)
        adjacent = find_adjacent(window.text, encoded.words)
        phrases = tuple(self._dictionaries.phrases.find_all(window.forms, adjacent))
        nats = np.zeros(len(log_odds), dtype=np.float32)
        for phrase in phrases:
            nats[phrase.first : phrase.last + 1] = EVIDENCE / len(phrase)
        log_odds += nats
        # A word that no spinner puts in may be a scanning or typing error: it counts, but is no finding.
        suspects = np.flatnonzero(
            (log_odds > LOWEST_FINDING_LOG_ODDS) & (candidates.margins > NO_CANDIDATE) & (nats == 0)
        )
        spans = np.array(encoded.words, dtype=np.int64)
        return ScoredWindow(
            Evidence(spans[:, 0] + window.start, spans[:, 1] + window.start, inputs, log_odds),
            window.text,
            window.forms,
            adjacent,
            encoded.ids,
            encoded.words,
            suspects,
            encoded.original_vectors[spans[suspects, 2]],
            phrases,
            nats,
        )

    def _doubted_phrases(
        self, window: ScoredWindow, probabilities: Floats, document_log_odds: float
    ) -> Iterator[SuspiciousSpan]:
        """Yield the known phrases of which the encoder, too, doubts a word."""
        if not window.phrases:
            return
        unaided = self.findings.probabilities(
            window.evidence.log_odds - window.phrase_nats, self.words.prior, document_log_odds
        )
        for phrase in window.phrases:
            words = slice(phrase.first, phrase.last + 1)
            if unaided[words].max() < PHRASE_DOUBT:
                continue
            start, end = int(window.evidence.starts[phrase.first]), int(window.evidence.ends[phrase.last])
            shares = np.arange(len(phrase.originals), 0, -1)
            candidates = (
                Candidate(original, float(share), known=True)
                for original, share in zip(phrase.originals, shares / shares.sum(), strict=True)
            )
            yield SuspiciousSpan(start, end, tuple(probabilities[words].tolist()), tuple(candidates), known=True)

    def _swapped_words(self, window: ScoredWindow, probabilities: Floats) -> Iterator[SuspiciousSpan]:
        chosen = probabilities[window.suspects] >= self.findings.possible * PART
        chosen[chosen] = [not self._is_abbreviation(window, n) for n in window.suspects[chosen]]
        chosen[chosen] = self._may_be_found(window, probabilities, window.suspects[chosen])
        at = window.suspects[chosen].tolist()
        if not at:
            return
        ranked = rank_originals(
            self.encoder,
            self._dictionaries.swaps,
            window.ids,
            [window.words[n] for n in at],
            forms=[window.forms[n] for n in at],
            original_vectors=window.original_vectors[chosen],
        )
        taken = {n for phrase in window.phrases for n in range(phrase.first, phrase.last + 1)}
        candidates = (leave_out_spellings(window.forms[n], some) for n, some in zip(at, ranked, strict=True))
        suspicious = {n: some for n, some in zip(at, candidates, strict=True) if some is not None}
        paraphrases = self._dictionaries.paraphrases
        for first, last, before in widen_to_phrases(window.forms, window.adjacent, suspicious, paraphrases, taken):
            start, end = int(window.evidence.starts[first]), int(window.evidence.ends[last])
            yield SuspiciousSpan(start, end, tuple(probabilities[first : last + 1].tolist()), before)

    def _may_be_found(self, window: ScoredWindow, probabilities: Floats, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which of these words are probable enough by themselves, or stand beside others of them."""
        there = np.zeros(len(window.forms) + 1, dtype=bool)
        there[at] = True
        follows = np.array([*window.adjacent, False, False])
        beside = (there[at + 1] & follows[at]) | (there[at - 1] & follows[at - 1])
        result: NDArray[np.bool_] = beside | (probabilities[at] >= self.findings.possible)
        return result

    @staticmethod
    def _is_abbreviation(window: ScoredWindow, number: int) -> bool:
        word = window.words[number]
        return is_abbreviation(window.text[word.start : word.end], window.text)


@dataclass(frozen=True)
class _EncodedWindow:
    """A window before its words are scored; `light` is what the light encoder said of them, if it read before."""

    start: int  # in the prose
    text: str
    forms: list[str]
    encoded: EncodedText
    light: Evidence | None


def _prepare(window: Span, text: str, encoded: EncodedText, light: Evidence | None) -> _EncodedWindow:
    if light is not None:
        light = light.between(*window)
        if len(light) < len(encoded.words):  # the window was cut within what the tokenizer takes for one word
            known = set((light.starts - window.start).tolist())
            encoded = replace(encoded, words=tuple(word for word in encoded.words if word.start in known))
    forms = [text[word.start : word.end].lower() for word in encoded.words]
    return _EncodedWindow(window.start, text, forms, encoded, light)


def leave_out_spellings(form: str, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...] | None:
    """Leave out candidates that are other spellings of the word itself; None where such a one is the best: then nothing
    was swapped."""
    if candidates and is_same_word(form, candidates[0].word):
        return None
    kept = [candidate for candidate in candidates if not is_same_word(form, candidate.word)]
    if len(kept) == len(candidates):
        return candidates
    total = sum(candidate.share for candidate in kept)
    return tuple(replace(candidate, share=candidate.share / total) for candidate in kept)
