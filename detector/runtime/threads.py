"""How many threads numpy's products take."""

from __future__ import annotations

import os


def limit_blas_threads() -> None:
    """Let numpy's BLAS compute in one thread, unless the environment says otherwise; call it before numpy is imported.

    The products here are small, so that its threads wait for one another, computing all the while, and whoever has more
    cores shares out documents among them (`--jobs`). It holds for the whole process, and for those that it starts, so
    only programs of ours call it and no library does.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
