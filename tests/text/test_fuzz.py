"""Every reader, given what nobody would write: no exception, offsets that hold, and time that grows with the length.

A few hundred inputs are tried; `UNSPUN_FUZZ=10000` in the environment tries as many as it says. Inputs are made from seeds: a
failure names the seed and the format, which make the same input again.
"""

from __future__ import annotations

import os
import random
import time

import pytest

from detector.signals.spintax import SpintaxSignal
from detector.text.document import Document
from detector.text.formats import FORMATS
from detector.text.offsets import Prose

INPUTS = int(os.environ.get("UNSPUN_FUZZ", "200"))
READ_AS_TEXT = [name for name, known in FORMATS.items() if known.text_of is None]
LENGTH = 20_000  # characters of a pattern, and twice as many
LIMIT = 3.0  # seconds for the longer one, on a machine that does other things, too; most take a twentieth

WORDS = [
    "the", "of", "a", "wings", "offer", "Fig.", "U.S.", "don't", "re-elected", "com-", "mittee", "12", "3.5", "café", "e\u0301",
    "o\ufb03ce", "trans\u00adport", "naïve",
]  # fmt: skip
SHARED = [
    "\n", "\n\n", "\r\n", "\r", " ", "    ", "\t", "\x0c", "\u2028", "\xa0", "\u200b", "\ufeff", "\x00", "😀", "👍🏽", "✦", "→", "™",
    ".", "!", "…", '"', "”", "’", "'", "(", ")", "[", "]", "{", "}", "<", ">", "|", "\\", "/", "*", "_", "`", "~", "#", "$", "%",
    "&", "@", "^", "=", "+", "-", "--", "---", ":", "::", ";", ",", "http://a.example/b_(c)", "me@a.example", "10.1000/xyz",
    "{big|large}", "{a|{b|c}", "{|}", "{{x|y}}", "x = foo(y);", "def f(x):", "a | b | c", "a\tb\tc", "1 2 3 4", "¬\n", "-\n",
]  # fmt: skip
OF_FORMAT = {
    "html": [
        "<p>", "</p>", "<div>", "</div>", "<br>", "</br>", "<table><tr><td>", "</table>", "<script>", "</script>", "<!--", "-->",
        "<![CDATA[", "]]>", "<svg>", "<math>", "<template>", "<select><option>", "<b", " x='", "=\"", "&amp;", "&amp", "&#x1F600;",
        "&#0;", "&nbsp;", "&notit;", "<code>", "</code>", "<pre>", "<plaintext>", "<textarea>", "<title>", "<noscript>", "</", "<!x",
        "<?x", "<sup>1</sup>", "<del>", "<p hidden>", "<embed>", "<frameset>",
    ],
    "markdown": [
        "# ", "> ", "- ", "1. ", "```\n", "~~~\n", "`", "``", "**", "__", "[a](b)", "[a][b]", "[b]: c\n", "![", "](", "<kbd>", "</kbd>",
        "<details>\n", "</details>\n", "| a | b |\n|---|---|\n", "---\n", "+++\n", "===\n", "\\*", "&amp;", "[^1]", "[^1]: ", "{{< x >}}",
        "{% x %}", "- [x] ", "    ", "<!--", "-->", "<a b='", "import x from 'y'\n", "<Tabs>", ":::note\n", "$$", "$x$",
    ],
    "rst": [
        ".. note:: ", ".. code-block:: py\n\n   ", ".. _a: b\n", ".. |x| replace:: y\n", "``", "`a <b>`_", ":ref:`", ":func:`x`", "a_ ",
        "|x|", "[1]_", "=====\n", "-----\n", "+---+---+\n", "=== ===\n", ">>> ", "::\n\n    ", ":a: b\n", "| ", "- ", "* ", "(a) ",
        ".. ", "..\n", "__ ", "*a*", "**a**",
    ],
    "latex": [
        "\\begin{document}", "\\end{document}", "\\begin{x}", "\\end{x}", "\\begin{verbatim}", "\\end{verbatim}", "\\begin{equation}",
        "\\end{equation}", "\\item ", "\\section{", "\\emph{", "\\cite{a}", "~\\ref{a}", "\\footnote{", "\\verb|a|", "\\verb", "$x$", "$$",
        "\\(", "\\)", "\\[", "\\]", "\\'e", "\\\"{o}", "\\c{c}", "\\\\[2pt]", "% c\n", "``", "''", "{}", "\\foo[", "\\%", "\\",
        "\\begin{tabular}{l}", "\\end{tabular}", "\\href{a}{b}",
    ],
    "notebook": [
        '{"cells": [', ']}', '{"cell_type": "markdown", "source": [', '{"source": "', '", "cell_type": "code"}', '"a\\n", ', '"',
        "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\\n", "\\", '{"cells":[{"cell_type":"markdown","source":["a *b*\\n", "c"]}]}', '\\"', "\\x",
        '{"cells":[{"cell_type":"markdown","source":"# The \\u00e9 `x` of\\tit <b>y</b>"}', "null", "[[", "]]",
    ],
    "subtitles": [
        "1\n00:00:01,000 --> 00:00:02,000\n", "WEBVTT\n", "NOTE x\n", "STYLE\n", "00:01.000 --> 00:02.000 align:start\n", "<i>", "</i>",
        "<v Ann>", "{\\an8}", "[00:12.00]", "{1}{2}", "(SIGHS)\n", "♪\n", "0:01\n", "0:00:01.0,0:00:02.0\n", "12\n",
    ],
}  # fmt: skip


def pieces(name: str) -> list[str]:
    own = OF_FORMAT.get(name) or [piece for of_format in OF_FORMAT.values() for piece in of_format]
    return [*SHARED, *WORDS, *own, *own]


def made(name: str, seed: int) -> str:
    """A text of up to 120 pieces; some pieces stand in it many times in a row."""
    chance = random.Random(f"{name} {seed}")
    known = pieces(name)
    parts = []
    for _ in range(chance.randrange(1, 120)):
        piece = chance.choice(known)
        parts.append(piece * (chance.randrange(2, 30) if chance.random() < 0.05 else 1))
        if chance.random() < 0.5:
            parts.append(f" {chance.choice(WORDS)} ")
    return "".join(parts)


def assert_offsets_hold(source: str, prose: Prose) -> None:
    end = before = 0
    for piece in prose.pieces:
        assert piece.prose_start == end
        assert piece.prose_end > end
        end = piece.prose_end
        assert before <= piece.source_start <= piece.source_end <= len(source)
        before = piece.source_start
        if piece.verbatim:
            assert prose.text[piece.prose_start : end] == source[piece.source_start : piece.source_end]
    assert end == len(prose.text)


def assert_words_are_found(document: Document) -> None:
    before = 0
    for word in document.words:
        start, end = document.locate(*word)
        assert before <= start <= end <= len(document.text)
        before = start


@pytest.mark.parametrize("name", READ_AS_TEXT)
def test_whatever_is_read_can_be_found_in_the_source(name: str) -> None:
    for seed in range(max(1, INPUTS // len(READ_AS_TEXT))):
        source = made(name, seed)
        try:
            document = Document.from_text(source, format=name)
            assert_offsets_hold(document.text, document.prose)
            assert_words_are_found(document)
            assert all(
                document.text[f.start : f.end] == f.text for f in SpintaxSignal().measure([document])[0].findings
            )
        except Exception as error:
            raise AssertionError(f"format {name}, seed {seed}: {source!r}") from error


def seconds(name: str, text: str) -> float:
    start = time.process_time()
    Document.from_text(text, format=name)
    return time.process_time() - start


def patterns(name: str) -> list[str]:
    """What is repeated: each piece of the format by itself, and as many short sequences of pieces as there are inputs."""
    chance = random.Random(name)
    known = pieces(name)
    sequences = ["".join(chance.choices(known, k=chance.randrange(2, 5))) for _ in range(INPUTS // 20)]
    return [*OF_FORMAT.get(name, SHARED), *sequences]


@pytest.mark.parametrize("name", READ_AS_TEXT)
def test_time_grows_with_the_length(name: str) -> None:
    slow = {}
    for pattern in patterns(name):
        once = pattern * (LENGTH // len(pattern) + 1)
        for _ in range(3):  # again where it looks slow: another process may have had the machine
            short, long = seconds(name, once), seconds(name, once * 2)
            if long <= LIMIT and (long <= 0.3 or long <= 3.2 * short):
                break
        else:
            slow[pattern] = (round(short, 2), round(long, 2))
    assert slow == {}
