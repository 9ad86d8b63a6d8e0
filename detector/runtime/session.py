"""ONNX models on the CPU."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from detector.errors import ModelError

Inputs = Mapping[str, NDArray[Any]]

#: Fusions that the runtime makes and that are slower than what they replace: adding a residual and normalising it in one
#: takes seven times as long as one after the other (1.32, one thread).
_SLOWER_FUSED = ["SkipLayerNormFusion"]


class _Opened(NamedTuple):
    process: int
    session: Any
    threads: ThreadPoolExecutor


class Session:
    """One ONNX model, run by `threads` threads that take one input each.

    Thread-safe. Fork-safe: the threads of a pool do not exist in a forked child, which would wait for them for ever, so
    each process opens a session of its own when it first runs one, unless it says that its parent had no threads
    (`share_with_parent`). Pickles by its path; it is opened again where it is unpickled. Raises ModelError, naming the
    file, when the runtime cannot open it.

    Inputs are never batched: activations are quantised over a whole run, so a text's numbers would depend on the
    others in the batch.
    """

    def __init__(self, path: Path, *, threads: int) -> None:
        self._path = path
        self._threads = threads
        self._opened = self._open()

    def run(self, inputs: Inputs) -> list[NDArray[Any]]:
        """Return the outputs of the model for one input, in the order in which the model has them."""
        outputs: list[NDArray[Any]] = self._current().session.run(None, dict(inputs))
        return outputs

    def run_each(self, inputs: Iterable[Inputs]) -> Iterator[list[NDArray[Any]]]:
        """Yield the outputs for each input, in order."""
        # A thread of its own would wait for this one and this one for it, input by input.
        return map(self.run, inputs) if self._threads == 1 else self._current().threads.map(self.run, inputs)

    def _current(self) -> _Opened:
        # No lock: one that another thread held at the time of a fork would never be released in the child. Two threads
        # of a new child may both open the model; the one that is later wins, and nothing is lost but time.
        if self._opened.process not in {os.getpid(), *_shared_with}:
            self._opened = self._open()
        return self._opened

    def _open(self) -> _Opened:
        onnxruntime = _runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(
                str(self._path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER_FUSED
            )
        except Exception as error:  # the runtime has an exception class for each of its own codes
            raise ModelError(f"{self._path}: is no ONNX model that can be run here; reinstall the package") from error
        return _Opened(os.getpid(), session, ThreadPoolExecutor(self._threads))

    def __getstate__(self) -> tuple[Path, int]:
        return self._path, self._threads

    def __setstate__(self, state: tuple[Path, int]) -> None:
        self.__init__(state[0], threads=state[1])  # type: ignore[misc]


_shared_with: set[int] = set()  # the parent whose sessions this process may run


def share_with_parent() -> None:
    """Run the sessions that the parent opened, and its memory, in this forked child.

    Only for a child of a process that had one thread when it forked, and had never run a session: then nothing waits for a
    thread or a lock that is not here. A session's own memory is written to only by what it allocates.
    """
    _shared_with.add(os.getppid())


def _runtime() -> Any:
    """Import the runtime without its telemetry.

    Official builds of today keep a device identifier in the user's cache, send events over the network, and run
    threads for it from the import on, for which a forked child waits for ever when it exits. Who wants it sets the
    variable to 0 themselves.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    if os.environ["ORT_DISABLE_TELEMETRY"] == "1" and hasattr(onnxruntime, "disable_telemetry_events"):
        onnxruntime.disable_telemetry_events()  # where the host program had imported it before
    return onnxruntime
