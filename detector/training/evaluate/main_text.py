"""How well the text of a web page is found: our reader, and others, on pages around known prose.

usage: python -m detector.training.evaluate.main_text CORPUS.jsonl.gz… [--pages 110] [--by-layout]

The pages are made by `pages.py`. Of the words that a reader returns it is measured how many of the page's text there are
(recall), how many of the others are menus and the like (frame words for each 100 of the text), and how many stand nowhere
in the page (glued together, or made up); of the sentences, how many come out whole, and how many with a part missing. Needs
`pip install trafilatura lxml_html_clean resiliparse` for the readers of these names; what is missing is left out.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from importlib.util import find_spec

from detector.corpus.reading import read
from detector.text.segments import sentences
from detector.training.evaluate.pages import FRAME, LAYOUTS, MAIN, OTHER, Page, make_page

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FEWEST, _MOST = 4, 14  # paragraphs
_SHORTEST = 60  # characters of a paragraph

Reader = Callable[[str], str]


def readers() -> dict[str, Reader]:
    """Return what is installed here."""
    found: dict[str, Reader] = {
        "unspun, page": _page,
        "unspun, html": _unspun,
        "turbohtml": _turbohtml,
        "unspun in turbohtml's main element": _within,
    }
    if find_spec("trafilatura"):
        import trafilatura

        found["trafilatura"] = lambda html: trafilatura.extract(html, include_comments=False) or ""
        found["trafilatura, recall"] = lambda html: trafilatura.extract(html, favor_recall=True) or ""
    if find_spec("resiliparse"):
        from resiliparse.extract.html2text import extract_plain_text

        found["resiliparse"] = lambda html: extract_plain_text(html, main_content=True)
    return found


def _unspun(html: str) -> str:
    from detector.text.html import html_prose

    return html_prose(html)[0].text


def _page(html: str) -> str:
    from detector.text.html import html_prose

    return html_prose(html, is_page=True)[0].text


def _turbohtml(html: str) -> str:
    import turbohtml

    return str(turbohtml.parse(html).main_text())


def _within(html: str) -> str:
    import turbohtml

    from detector.text.html import html_prose

    element = turbohtml.parse(html).main_content()
    return html_prose(element.html if element is not None else html)[0].text


@dataclass
class Score:
    words: int = 0  # of the texts
    kept: int = 0
    frame: int = 0  # words of menus and the like that were returned
    frames: int = 0  # of all there are
    strange: int = 0  # words that are not in the page
    sentences: Counter[str] = field(default_factory=Counter)  # whole, cut, lost
    seconds: float = 0.0
    characters: int = 0

    def add(self, page: Page, text: str) -> None:
        """Compare what a reader returned with what is in the page."""
        words, kinds = _words(page)
        mine = _WORD.findall(text)
        matched = SequenceMatcher(None, words, mine, autojunk=False).get_matching_blocks()
        got = Counter(kinds[at] for block in matched for at in range(block.a, block.a + block.size))
        total = Counter(kinds)
        self.words += total[MAIN]
        self.kept += got[MAIN]
        self.frame += got[FRAME]
        self.frames += total[FRAME]
        self.strange += len(mine) - got.total()
        flat, together = _flat(text), set(_flat(text).split())
        whole = "".join(part for kind, part in page.parts if kind == MAIN and part)
        for span in sentences(_joined(page)):
            sentence = _flat(_joined(page)[span.start : span.end])
            if sentence in flat:
                self.sentences["whole"] += 1
            else:
                there = sum(word in together for word in sentence.split())
                self.sentences["cut" if there > len(sentence.split()) / 2 else "lost"] += 1
        self.characters += len(whole)


def _words(page: Page) -> tuple[list[str], list[str]]:
    words: list[str] = []
    kinds: list[str] = []
    for kind, text in page.parts:
        found = _WORD.findall(text)
        words += found
        kinds += [kind] * len(found)
    return words, kinds


def _joined(page: Page) -> str:
    """Return the text of the page; parts of one sentence stand side by side in it."""
    joined = ""
    for kind, text in page.parts:
        if kind != MAIN:
            joined += "" if joined.endswith("\n\n") else " "
        else:
            joined += text if text in "“”" or joined.endswith((" ", "“", "\n")) else f" {text}"
    return joined


def _flat(text: str) -> str:
    """Return the words and the quotation marks of a text, so that spaces and kinds of marks make no difference."""
    return " ".join(re.findall(r"[^\W_]+|[\"“”]", text.replace("“", '"').replace("”", '"')))


def pages(files: Sequence[str], count: int) -> Iterator[Page]:
    """Yield pages with documents of the files, those of one length and another in turn, in each layout alike."""
    layouts = list(LAYOUTS)
    made = 0
    records = [record for file in files for record in _some(file, 4 * count // len(files) + 1)]
    for text in records:
        title, *paragraphs = [one.strip() for one in re.split(r"\n\s*\n|\n", text) if one.strip()]
        paragraphs = [" ".join(one.split()) for one in paragraphs if len(one) >= _SHORTEST][:_MOST]
        if len(paragraphs) >= _FEWEST and "<" not in text:
            yield make_page(layouts[made % len(layouts)], " ".join(title.split())[:100], paragraphs, made)
            made += 1
        if made == count:
            return


def _some(file: str, count: int) -> list[str]:
    found = []
    for record in read([file]):
        if record.document is not None:
            found.append(record.document.text)
        if len(found) == count:
            break
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--pages", type=int, default=110)
    parser.add_argument("--by-layout", action="store_true", help="print a line for each layout as well")
    options = parser.parse_args()
    made = list(pages(options.files, options.pages))
    size = sum(len(page.html) for page in made)
    words = Counter(kind for page in made for kind in _words(page)[1])
    print(
        f"{len(made)} pages, {size:,} characters; {words[MAIN]:,} words of text, {words[FRAME]:,} of frames,"
        f" {words[OTHER]:,} others"
    )
    print(f"{'':36}recall  frame  strange  whole    cut   lost  pages/s")
    for name, reader in readers().items():
        reader(made[0].html)  # imports are not measured
        scores: dict[str, Score] = {}
        for page in made:
            began = time.perf_counter()
            text = reader(page.html)
            seconds = time.perf_counter() - began
            for key in ("", *((page.layout,) if options.by_layout else ())):
                score = scores.setdefault(key, Score())
                score.add(page, text)
                score.seconds += seconds
        for key, score in scores.items():
            rows = len(made) if not key else sum(page.layout == key for page in made)
            print(_line(f"  {key}" if key else name, score, rows))


def _line(name: str, score: Score, rows: int) -> str:
    told = score.sentences.total() or 1
    shares = "  ".join(f"{score.sentences[kind] / told:5.3f}" for kind in ("whole", "cut", "lost"))
    strange, frame = 100 * score.strange / score.words, 100 * score.frame / score.words
    return (
        f"{name:36}{score.kept / score.words:6.3f} {frame:6.1f} {strange:8.2f}  {shares}  {rows / score.seconds:7.0f}"
    )


if __name__ == "__main__":
    main()
