"""A process that is forked after the encoders have read scores like its parent, and in good time."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from detector.model_files import Manifest
from detector.runtime.session import Session
from detector.signals.wording import WordingMeasurement, WordingSignal
from detector.signals.wording.encoder import Encoder
from detector.text.document import Document

LIMIT = 120  # seconds; on a busy machine
TEXT = (
    "The president denied agreeing to an wings offer with the neighbouring nation. He held the rank of big in the "
    "military and was given to the friends of the administration, according to an announcement printed by the state. "
) * 3

pytestmark = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="processes are not forked on this system"
)


def measured(signal: WordingSignal) -> dict[str, float]:
    (measurement,) = signal.measure([Document.from_text(TEXT)])
    assert isinstance(measurement, WordingMeasurement)
    return dict(measurement.features)


def send_measured(signal: WordingSignal, connection: Connection) -> None:
    connection.send(measured(signal))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_measures_the_same(manifest: Manifest, capfd: pytest.CaptureFixture[str]) -> None:
    signal = WordingSignal(manifest, threads=2, depth="auto")
    here = measured(signal)
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=send_measured, args=(signal, sender))
    child.start()
    try:
        assert receiver.poll(LIMIT), "the child hangs"
        assert receiver.recv() == here
        child.join(LIMIT)
    finally:
        child.kill()
    assert measured(signal) == here  # the parent goes on
    assert capfd.readouterr().err == ""  # no warning of a tokenizer's or a runtime's


def test_an_encoder_pickles_by_the_paths_of_its_files(manifest: Manifest) -> None:
    files = manifest.section("wording").section("encoders").section("light")
    encoder = Encoder(*(manifest.path(files.text(name)) for name in ("body", "vectors", "tokenizer")), threads=1)
    stored = pickle.dumps(encoder)
    assert len(stored) < 2000
    (one,), (other,) = encoder.encode([TEXT]), pickle.loads(stored).encode([TEXT])
    assert np.array_equal(one.logits, other.logits)
    assert one.words == other.words


def test_a_session_pickles_by_its_path(manifest: Manifest) -> None:
    path = manifest.checked("light.onnx")
    session = pickle.loads(pickle.dumps(Session(path, threads=1)))
    vectors = np.zeros((4, 384), dtype=np.float32)
    outputs = session.run({"vectors": vectors})
    assert outputs[0].shape == (4,)
    assert isinstance(path, Path)


EXIT_OF_A_CHILD = """
import os, sys
import detector
d = detector.load(detector.Options(grammar="off", wording="light"))
d.score("one two three " * 40)
child = os.fork()
if child == 0:
    {use}
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
print(len(os.listdir(os.environ["HOME"])))
"""


@pytest.mark.parametrize("use", ["pass", "d.close()", "del d"])
def test_a_forked_child_ends_as_any_other(use: str, tmp_path: Path) -> None:
    """With the runtime's telemetry on, it waits for a thread of its parent's, and a file is left in the user's cache."""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", EXIT_OF_A_CHILD.format(use=use)],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        env={**environment, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
    )
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
