"""The grammar signal: what LanguageTool's rules say of a document, by either engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from detector.report import Finding, Status, Suggestion
from detector.signals import Feature, Hit, Measurement
from detector.signals.grammar.checker import Checker, CheckError, EngineInfo
from detector.signals.grammar.extract import choose_regions, count_words, is_contiguous
from detector.signals.grammar.features import FEATURES, Group, count_rates, drop_repeated_spellings, find_group
from detector.signals.grammar.matches import Match
from detector.text.document import Document
from detector.text.offsets import Span

NAME = "grammar"
MAX_FINDINGS = 100  # a document; bad OCR has thousands


class GrammarSignal:
    """Measures with one engine. `remark` is put behind the engine's name in every detail.

    A forked child may use it as long as its parent lives. It can't be pickled: another process opens its own, see
    `engines.SharedEngine`.
    """

    name = NAME
    features: tuple[Feature, ...] = FEATURES

    def __init__(self, checker: Checker, remark: str = "") -> None:
        self._checker = checker
        self._remark = remark

    @property
    def engine(self) -> EngineInfo:
        """The engine, with its version."""
        return self._checker.info

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        spans = [list(choose_regions(document)) for document in documents]
        texts = (
            document.prose.text[start:end]
            for document, regions in zip(documents, spans, strict=True)
            for start, end in regions
        )
        answers = self._answers(texts)
        return [
            self._measurement(document, regions, [next(answers) for _ in regions])
            for document, regions in zip(documents, spans, strict=True)
        ]

    def preload(self) -> None:
        """Load rules that are otherwise loaded by the first text. What is wrong with them is told by that text."""
        self._checker.preload()

    def close(self) -> None:
        self._checker.close()

    def _answers(self, texts: Iterable[str]) -> Iterator[list[Match] | CheckError]:
        if self._checker.threads == 1:
            yield from map(self._answer, texts)
            return
        # Its threads are daemons: an interrupted run does not wait for a server that is slow to answer.
        from multiprocessing.pool import ThreadPool  # takes a while, and the embedded engine has one thread

        with ThreadPool(self._checker.threads) as pool:
            yield from pool.imap(self._answer, texts)

    def _answer(self, text: str) -> list[Match] | CheckError:
        try:
            return self._checker.check(text)
        except CheckError as error:
            return error

    def _measurement(
        self, document: Document, regions: Sequence[Span], answers: Sequence[list[Match] | CheckError]
    ) -> Measurement:
        matches: list[Match] = []
        for region, answer in zip(regions, answers, strict=True):
            if isinstance(answer, CheckError):
                return Measurement.failed(str(answer))
            matches += [match.shifted(region.start) for match in answer]
        words = count_words(document, regions)
        if not words:
            return Measurement.skipped("no words to check")
        hits = list(drop_repeated_spellings(_keep_counted(document, matches), document.prose.text))
        findings = _findings(document, hits)
        return Measurement(
            Status.OK,
            self._detail(document, words, findings),
            count_rates((group for _, group in hits), words),
            tuple(sorted(findings[:MAX_FINDINGS], key=lambda finding: finding.start)),
            engine=self.engine.identifier,
            hits=tuple(
                Hit(*document.locate(match.start, match.end), match.rule, group.feature.name) for match, group in hits
            ),
        )

    def _detail(self, document: Document, words: int, findings: Sequence[Finding]) -> str:
        parts = [self.engine.title + (f" ({self._remark})" if self._remark else "")]
        if words < len(document.words):
            parts.append(f"checked {words:,} of {len(document.words):,} words, spread over the document")
        if len(findings) > MAX_FINDINGS:
            parts.append(f"listed {MAX_FINDINGS} of {len(findings):,} findings")
        return "; ".join(parts)


class AbsentSignal:
    """Stands for the grammar signal where no engine runs, and says why."""

    name = NAME
    features: tuple[Feature, ...] = FEATURES

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def measure(self, documents: Sequence[Document]) -> list[Measurement]:
        return [Measurement.skipped(self._reason) for _ in documents]

    def close(self) -> None:
        pass


def _keep_counted(document: Document, matches: Iterable[Match]) -> Iterator[tuple[Match, Group]]:
    """Yield the matches that count, and the groups that they count in.

    A match beside masked text, or across it, says something of the hole and not of the prose.
    """
    text = document.prose.text
    for match in matches:
        group = find_group(match, text)
        if group is not None and is_contiguous(document.prose, match.start, match.end):
            yield match, group


def _findings(document: Document, hits: Iterable[tuple[Match, Group]]) -> list[Finding]:
    """Return what a person should look at, the highest scores first."""
    findings = [_finding(document, match, group.finding) for match, group in hits if group.finding is not None]
    return sorted(findings, key=lambda finding: (-finding.score, finding.start))


def _finding(document: Document, match: Match, score: float) -> Finding:
    named = [text for text in match.replacements if text.strip()]
    return Finding.at(
        document,
        match.start,
        match.end,
        signal=NAME,
        rule=match.rule,
        message=match.message,
        score=score,
        suggestions=tuple(Suggestion(text, round(1 / rank, 2)) for rank, text in enumerate(named, start=1)),
    )
