"""Readability: textstat's offline measures, as a register and nothing more."""

from __future__ import annotations

import math
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from detector.report import Status
from detector.signals import readability
from detector.signals.readability import ReadabilitySignal
from detector.text.document import Document

PLAIN = "The cat sat on the mat. The dog ran to the door. It was a warm day and we had tea. Then we all went to bed."
OFFICIAL = (
    "The interdepartmental committee subsequently recommended comprehensive modifications to environmental legislation. "
    "Implementation necessitates considerable administrative coordination between participating organisations, "
    "notwithstanding previously acknowledged budgetary constraints."
)

RUN_WITHOUT_NETWORK = """
import socket

def refuse(*args, **kwargs):
    raise AssertionError("the network was used")

class NoSocket(socket.socket):
    __init__ = refuse

socket.socket = NoSocket
socket.create_connection = refuse
socket.getaddrinfo = refuse

from detector.text.document import Document
from detector.signals.readability import ReadabilitySignal

measurement, = ReadabilitySignal().measure([Document.from_text("The committee met twice. It agreed on little else.")])
assert measurement.status == "ok", measurement.detail
print(len(measurement.features))
"""


def measure(text: str) -> dict[str, float]:
    (measurement,) = ReadabilitySignal().measure([Document.from_text(text)])
    assert measurement.status is Status.OK
    return dict(measurement.features)


def test_gives_every_feature_it_declares_and_no_findings() -> None:
    (measurement,) = ReadabilitySignal().measure([Document.from_text(OFFICIAL)])
    assert set(measurement.features) == {feature.name for feature in ReadabilitySignal.features}
    assert measurement.findings == ()


def test_official_prose_is_harder_than_plain_prose_on_every_measure() -> None:
    plain, official = measure(PLAIN), measure(OFFICIAL)
    assert all(official[name] > plain[name] for name in plain)


def test_never_touches_the_network_even_on_a_fresh_machine(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "NLTK_DATA": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", RUN_WITHOUT_NETWORK], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(ReadabilitySignal.features)


def test_the_refusing_socket_does_catch_a_measure_that_downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The syllable measures are why the test above exists; if textstat ships its corpus one day, use them."""
    import nltk  # type: ignore[import-untyped]
    import textstat  # type: ignore[import-untyped]

    asked: list[str] = []
    monkeypatch.setattr(nltk.data, "find", lambda *_args, **_kwargs: (_ for _ in ()).throw(LookupError))
    monkeypatch.setattr(nltk, "download", lambda name, **_kwargs: asked.append(name))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: pytest.fail("network"))
    with pytest.raises(LookupError):
        textstat.flesch_reading_ease("An unquestionably uncached sentence about pronunciation dictionaries.")
    assert asked == ["cmudict"]


@pytest.mark.parametrize(
    "text",
    ["word", "a " * 5000, "...", "1 2 3 4", "x" * 10_000, "No. Yes. No. Yes.", "Wörter ohne Englisch und ohne Punkt"],
)
def test_numbers_are_finite_and_bounded_whatever_the_text(text: str) -> None:
    (measurement,) = ReadabilitySignal().measure([Document.from_text(text)])
    assert all(math.isfinite(value) and abs(value) <= 150 for value in measurement.features.values())


def test_a_document_without_words_is_skipped_not_zero() -> None:
    (measurement,) = ReadabilitySignal().measure([Document.from_text("— … —")])
    assert measurement.status is Status.SKIPPED
    assert measurement.features == {}


def test_headings_do_not_run_into_the_first_sentence() -> None:
    body = "The bridge opened in May after two years of repair work. Traffic is expected to return to normal soon."
    with_headings = "\n\n".join(["A heading with rather many words and no full stop", body] * 4)
    assert measure(with_headings)["readability.sentence_words"] < 12


def test_a_very_long_document_is_sampled_evenly_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readability, "MAX_WINDOWS", 4)
    text = "\n\n".join([PLAIN] * 40 + [OFFICIAL] * 40)
    (measurement,) = ReadabilitySignal().measure([Document.from_text(text)])
    assert measurement.detail.startswith("4 of ")
    assert measure(PLAIN)["readability.ari"] < measurement.features["readability.ari"] < 40
    assert measurement.features["readability.long_word_share"] < measure(OFFICIAL)["readability.long_word_share"]


def test_one_broken_measure_fails_the_document_and_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    import textstat

    def break_down(_text: str) -> float:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(textstat, "lix", break_down)
    (measurement,) = ReadabilitySignal().measure([Document.from_text(PLAIN)])
    assert measurement.status is Status.FAILED
    assert "division by zero" in measurement.detail


def test_textstat_comes_without_nltk_and_what_that_imports() -> None:
    code = (
        "import sys\nfrom detector.signals.readability import ReadabilitySignal\n"
        "from detector.text.document import Document\n"
        "(measured,) = ReadabilitySignal().measure([Document.from_text('The cat sat on the mat. ' * 20)])\n"
        "print(measured.status, *{'nltk', 'sklearn', 'scipy'} & set(sys.modules))\n"
        "import nltk, textstat\nprint(nltk.__name__, textstat.backend.utils._get_cmudict.nltk.__version__ == nltk.__version__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["ok", "nltk True"]
