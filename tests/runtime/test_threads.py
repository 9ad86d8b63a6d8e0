"""Products of numpy take one thread in the program, and what a user says holds."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CORES = os.cpu_count() or 1

PROGRAM = """
import sys
from detector import __main__
sys.argv = ["detector", "--version"]
try:
    __main__.main()
except SystemExit:
    pass
import numpy
from threadpoolctl import threadpool_info
print(*(pool["num_threads"] for pool in threadpool_info() if pool["internal_api"] == "openblas"))
"""


@pytest.mark.parametrize(("asked", "threads"), [(None, 1), (str(CORES), CORES)])
def test_the_program_computes_in_one_thread_unless_told_otherwise(asked: str | None, threads: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    if asked is not None:
        environment["OPENBLAS_NUM_THREADS"] = asked
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()[-1].split()) == {str(threads)}
