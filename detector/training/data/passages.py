"""Passages of clean documents and of hard negatives: what families are hidden among, and where honest versions of one text
are found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from detector.training.data.splits import rows, share

BACKGROUND = (
    "clean/18f_blog", "clean/acl_abstracts", "clean/allsides_news", "clean/anarchist_faq_debian", "clean/bbc_2225",
    "clean/carpentries_blog", "clean/digitalgov_guides", "clean/digitalgov_news", "clean/lafand_en_african_news",
    "clean/openstax", "clean/plos_craft_fulltext", "clean/reuters_21578", "clean/us_presidential_speeches",
    "clean/wikipedia_vital_summaries", "negative/alpaca_eval_llm_outputs", "negative/changelog_podcast_transcripts",
    "negative/ellipse_test", "negative/english_novels_100", "negative/scotus_oral_arguments", "negative/standard_ebooks",
)  # fmt: skip
_FIT = 0.2  # the share of documents that is fitted on
_WORDS, _FEWEST = 100, 60  # of a passage, and of the last one of a document


def passages(data: Path, *, for_fit: bool) -> list[str]:
    """Return passages of clean documents and hard negatives, some paragraphs each, in the order of their hashes.

    A document's passages are all fitted on, or none is.
    """
    found: list[tuple[float, str]] = []
    for name in BACKGROUND:
        for row in rows(data / f"{name}.jsonl.gz"):
            if (share(f"trace-half-{row['id']}") < _FIT) == for_fit:
                cut = enumerate(_cut(row["text"]))
                found += ((share(f"trace-passage-{row['id']}-{number}"), text) for number, text in cut)
    return [text for _, text in sorted(found)]


def _cut(text: str) -> Iterator[str]:
    held: list[str] = []
    words = 0
    for paragraph in text.split("\n"):
        held.append(paragraph)
        words += len(paragraph.split())
        if words >= _WORDS:
            yield "\n".join(held)
            held, words = [], 0
    if words >= _FEWEST:
        yield "\n".join(held)
