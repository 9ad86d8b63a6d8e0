"""A thread that does the newest task of each kind, and leaves out those that a newer one has replaced."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Latest:
    """Runs tasks in one thread. A task waits for its pause; one with the same key that comes meanwhile takes its place.

    Threads may share it. What a task raises is logged, and the next one runs.
    """

    def __init__(self, name: str) -> None:
        self._tasks: dict[str, tuple[float, Callable[[], None]]] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, key: str, task: Callable[[], None], pause: float = 0.0) -> None:
        """Run a task after a pause in seconds, instead of the one with this key that has not begun."""
        with self._changed:
            self._tasks[key] = (time.monotonic() + pause, task)
            self._changed.notify()

    def drop(self, key: str) -> None:
        """Forget the task with this key, if it has not begun."""
        with self._changed:
            self._tasks.pop(key, None)

    def close(self) -> None:
        """End the thread after the task it is at."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except Exception:
                _log.exception("a task failed")

    def _next(self) -> Callable[[], None] | None:
        """Return the task whose turn it is, when it is; None when there will be no more."""
        with self._changed:
            while not self._closed:
                if not self._tasks:
                    self._changed.wait()
                    continue
                key = min(self._tasks, key=lambda key: self._tasks[key][0])
                due, task = self._tasks[key]
                if (left := due - time.monotonic()) <= 0:
                    del self._tasks[key]
                    return task
                self._changed.wait(left)
        return None
