"""What to install where the package that an adapter needs is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from detector.errors import ExtraError


@contextmanager
def needs(package: str, extra: str) -> Iterator[None]:
    """Raise ExtraError with the pip command where what the block imports is not installed."""
    try:
        yield
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] == package.partition(".")[0]:
            problem = f"this adapter needs {package}: pip install 'unspun[{extra}]'"
        else:  # the package is there, and something that it needs is not
            problem = f"{package} can't be imported: it needs {error.name}; pip install 'unspun[{extra}]'"
        raise ExtraError(f"{problem} (in a checkout: pip install '.[{extra}]')", name=error.name) from error
