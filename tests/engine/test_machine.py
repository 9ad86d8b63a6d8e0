"""How many workers a machine can take."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from detector.engine import machine
from detector.engine.machine import (
    MEMORY_OF_A_WORKER,
    MEMORY_OF_ITS_OWN,
    MEMORY_SHARED,
    free_memory,
    usable_cores,
    workers,
)
from detector.options import Options


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of eight cores whose system says what stands in these files."""
    monkeypatch.setattr(machine, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    return tmp_path


def test_what_is_asked_for_is_taken() -> None:
    assert workers(Options(jobs=3)) == 3


@pytest.mark.parametrize(
    ("memory", "shared", "number"),
    [
        (3 * MEMORY_OF_A_WORKER, False, 3),
        (MEMORY_SHARED + 4 * MEMORY_OF_ITS_OWN, True, 4),
        (10**6, False, 1),
        (10**6, True, 1),
    ],
)
def test_auto_takes_what_cores_and_memory_allow(files: Path, memory: int, shared: bool, number: int) -> None:
    assert workers(Options(jobs="auto"), shared=shared) == 8  # nothing is said of memory
    (files / "meminfo").write_text(f"MemTotal: 99999999 kB\nMemAvailable:   {memory // 1000} kB\n")
    assert workers(Options(jobs="auto"), shared=shared) == number


def test_a_container_has_limits_of_its_own(files: Path) -> None:
    (files / "cpu.max").write_text("250000 100000\n")
    assert usable_cores() == 2
    (files / "cpu.max").write_text("max 100000\n")
    assert usable_cores() == 8
    (files / "meminfo").write_text("MemAvailable: 100000000 kB\n")
    (files / "memory.max").write_text("3000000000\n")
    (files / "memory.current").write_text("500000000\n")
    assert free_memory() == 2_500_000_000
    (files / "memory.max").write_text("max\n")
    assert free_memory() == 102_400_000_000
