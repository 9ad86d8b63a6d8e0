"""Putting a server together from the options."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from detector.errors import ExtraError
from detector.options import Options, Settings

if TYPE_CHECKING:
    from detector.engine.detector import Detector


def run_server(settings: Settings, *, host: str, port: int, queue: int, max_body: int, names: tuple[str, ...]) -> None:
    """Serve until somebody stops it. Raise ExtraError where the extra is not installed."""
    try:
        from detector.serve.app import Limits
        from detector.serve.server import serve
    except ImportError as error:
        if not error.name or error.name.partition(".")[0] not in ("starlette", "uvicorn"):
            raise
        problem = f"detector serve needs the package {error.name}; install it with: pip install 'unspun[serve]'"
        raise ExtraError(f"{problem} (in a checkout: pip install '.[serve]')", name=error.name) from error
    limits = Limits(waiting=queue, body=max_body, scoring=settings.document_timeout or None)
    serve(partial(load_detector, settings.options), host, port, limits, names)


def load_detector(options: Options) -> Detector:
    """Return a detector that is ready, so that the first text does not wait for it."""
    from detector.engine.detector import Detector

    detector = Detector(options, isolated=True)  # so that any document can be given up
    detector.open()
    return detector
