"""Which documents are used for what, decided in one place and by group, never by line.

Three uses that never mix: `encoder` (what the encoders are trained on), `verdict` (what the classifier is fitted and
calibrated on: sources and groups no encoder saw), `evaluation` (real spun text and its originals: never learned from).
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Use = Literal["encoder", "verdict", "evaluation"]


@dataclass(frozen=True)
class Source:
    """One file of the data folder. `encoder` is the share of its groups that encoders learn from; the rest is for the verdict.

    `weight` is the share of the encoder's windows; `register` names the row of the fairness table.
    """

    path: str
    register: str
    encoder: float
    weight: float = 0.0

    @property
    def name(self) -> str:
        return Path(self.path).name.removesuffix(".jsonl.gz")


SOURCES = (
    # human prose that encoders learn from, in part
    Source("clean/allsides_news", "news", 0.85, 30),
    Source("clean/bbc_2225", "news", 0.85, 5),
    Source("clean/reuters_21578", "news", 0.85, 4),
    Source("clean/lafand_en_african_news", "African English news", 0.6, 3),
    Source("clean/onestopenglish", "news", 0.85, 3),
    Source("clean/wikipedia_vital_summaries", "encyclopedic", 0.85, 6),
    Source("clean/acl_abstracts", "academic", 0.85, 6),
    Source("clean/plos_craft_fulltext", "academic", 0.85, 6),
    Source("clean/openstax", "textbook", 0.85, 5),
    Source("clean/18f_blog", "blog", 0.85, 2),
    Source("clean/carpentries_blog", "blog", 0.85, 2),
    Source("clean/digitalgov_guides", "government", 0.85, 2),
    Source("clean/digitalgov_news", "government", 0.85, 3),
    Source("clean/anarchist_faq_debian", "essay", 0.85, 2),
    Source("clean/us_presidential_speeches", "speech", 0.85, 2),
    # odd but honest, in part
    Source("negative/wmt21_23_mt_to_en", "machine translation", 0.5, 5),
    Source("negative/mlqe_pe_nmt_en", "machine translation (low resource)", 0.5, 3),
    Source("negative/ellipse_test", "learner", 0.5, 6),
    Source("negative/jfleg_src", "learner", 0.3, 2),
    Source("negative/ocr_icdar17_overproof", "OCR", 0.3, 3),
    Source("negative/ocr_gold_icdar17_overproof", "historical", 0.3, 1),
    Source("negative/english_novels_100", "historical", 0.6, 6),
    Source("negative/changelog_podcast_transcripts", "speech transcript", 0.6, 2),
    Source("negative/alpaca_eval_llm_outputs", "LLM", 0.5, 3),
    # sources no encoder sees
    Source("clean/wikinews_2019_2020", "news", 0),
    Source("clean/gum", "mixed registers", 0),
    Source("clean/ud_ewt", "web", 0),
    Source("clean/letsencrypt_site", "technical", 0),
    Source("clean/okfn_site", "blog", 0),
    Source("clean/ropensci_blog", "technical", 0),
    Source("negative/wmt21_23_human_ref_en", "human translation", 0),
    Source("negative/outfox_human_essays", "student essay", 0),
    Source("negative/nonnative_web", "non-native web", 0),
    Source("negative/standard_ebooks", "historical", 0),
    Source("negative/nltk_webtext_misc", "drama, verse, web", 0),
    Source("negative/scotus_oral_arguments", "speech transcript", 0),
    Source("negative/awesome_list", "lists", 0),
    Source("negative/msrp_news_sentences", "news", 0),
)

#: Real spun text and its honest relatives: evaluation only. (path, label: was it spun?, register)
EVALUATION = (
    ("spun/wild", True, "wild spun"),
    ("spun/detectrl_word", True, "TextAttack swaps"),
    ("spun/detectrl_human_original", False, "originals of the swaps"),
    ("spun/detectrl_polish", False, "LLM polish"),
    ("spun/detectrl_backtrans", False, "back-translation"),
)


#: Spun texts that stand among honest ones: "riches administration" for wealth management, "moo pay" for low pay, "Joined
#: together States", "silly meandering" for seamless roaming. They are references of WMT 2023, Chinese to English; the detector
#: named some of them, and then all 42 texts of that part of the set (what is no product reviews) were read. Nothing learns
#: from them any more (the deep encoder had half of them as honest text before they were found). They are evaluated on.
_SPUN_REFERENCES = """
    003852 003860 003861 003862 003865 003867 003870 003871 003876 003879 003883 003884 003885
    003886 003902 003904 003905 003906 003909 003911 003912 003913 003917 003918 003919
"""
MISLABELLED = frozenset(f"wmt21_23_human_ref_en-{number}" for number in _SPUN_REFERENCES.split())


@dataclass(frozen=True)
class Text:
    """One document of the data folder."""

    id: str
    source: str
    register: str
    group: str
    text: str
    row: dict[str, Any]


def share(key: str) -> float:
    """Return a number in [0, 1) that depends on nothing but the key."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:12], 16) / 16**12


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _text(row: dict[str, Any], source: str, register: str) -> Text:
    group = row.get("publisher") or row.get("group") or row.get("pair_id") or row["id"]
    return Text(str(row["id"]), source, register, str(group), row["text"], row)


def read(data: Path, source: Source, use: Use) -> Iterator[Text]:
    """Yield the documents of one source that may be put to this use.

    WMT's human references share their source texts (groups) with the machine translations. So groups are split by their
    own name, not by file: a text whose translation an encoder saw is in no verdict set.
    """
    for row in rows(data / f"{source.path}.jsonl.gz"):
        text = _text(row, source.name, source.register)
        if text.id in MISLABELLED:
            continue
        seen = share(text.group) < (source.encoder or (0.5 if source.name.startswith("wmt21_23") else 0))
        if seen == (use == "encoder"):
            yield text


def read_evaluation(data: Path) -> Iterator[tuple[Text, bool]]:
    for path, spun, register in EVALUATION:
        for row in rows(data / f"{path}.jsonl.gz"):
            yield _text(row, Path(path).name, register), spun
    for text in spun_references(data):
        yield text, True


def spun_references(data: Path) -> Iterator[Text]:
    for row in rows(data / "negative/wmt21_23_human_ref_en.jsonl.gz"):
        if row["id"] in MISLABELLED:
            yield _text(row, "spun_references", "spun WMT references")
