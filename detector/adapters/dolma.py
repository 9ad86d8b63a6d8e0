"""Dolma: a tagger.

    dolma tag --documents 'corpus/documents/*' --experiment unspun --tagger_modules detector.adapters.dolma --taggers unspun

Its attributes are those of `detector annotate --to dolma`, which scores in batches and takes what Dolma's reader does not:
compressed files of other kinds, missing texts, numbers for ids.
"""

from __future__ import annotations

from detector.adapters.extras import needs
from detector.adapters.scoring import TextScorer
from detector.corpus.annotate_task import annotate
from detector.corpus.score_log import Entry
from detector.corpus.writers.sidecars import attribute_spans
from detector.options import Options
from detector.text.document import Document

with needs("dolma", "dolma"):
    from dolma import add_tagger
    from dolma.core.data_types import DocResult, Span
    from dolma.core.data_types import Document as DolmaDocument
    from dolma.core.taggers import BaseTagger


@add_tagger("unspun")
class SpunTagger(BaseTagger):
    """Spans of a document: `probability` and the verdict on the whole text, and the findings of each signal.

    Dolma makes taggers without arguments: for other options, derive a class with `options` and register it.
    """

    options = Options()

    def __init__(self) -> None:
        self._scorer = TextScorer(self.options)

    @property
    def defaults(self) -> list[str]:
        """Return the attributes that every line has."""
        return list(attribute_spans(Entry(None, "")))

    def predict(self, doc: DolmaDocument) -> DocResult:
        """Return the spans of one document. A document that can't be scored has the span `error`."""
        spans = [
            Span(start=int(start), end=int(end), type=name, score=score)
            for name, found in self._spans(doc.text).items()
            for start, end, score in found
        ]
        return DocResult(doc=doc, spans=spans)

    def _spans(self, text: str) -> dict[str, list[list[float]]]:
        (outcome,) = self._scorer.score_documents([Document.from_text(text)])
        return attribute_spans(annotate(None, outcome, len(text)))


@add_tagger("unspun_light")
class LightSpunTagger(SpunTagger):
    """The same with the light encoder alone and without grammar: quicker, and misses most light spinning."""

    options = Options(wording="light", grammar="off")
