"""What commands and processes cost: stand-ins that burn processor time, hold memory and leave processes behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from detector.training.evaluate.processes import (
    cpu_seconds,
    highest_resident,
    proportional,
    resident,
    run,
    with_descendants,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"


def command(path: Path, program: str) -> str:
    path.write_text(f"#!{sys.executable}\n{program}", "utf-8")
    path.chmod(0o755)
    return str(path)


def test_what_a_command_leaves_behind_is_counted(tmp_path: Path) -> None:
    orphan = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {BURN.format(seconds=0.5)!r}])\n"
    path = command(tmp_path / "orphan", orphan)
    program = (
        "from detector.training.evaluate.processes import adopt_orphans, run\n"
        f"adopt_orphans()\nprint(run([{path!r}]).cpu)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert float(done.stdout) > 0.5


def test_memory_of_children_is_counted(tmp_path: Path) -> None:
    child = "import time; held = b'x' * 80_000_000; time.sleep(.6)"
    path = command(
        tmp_path / "parent", f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}], check=True)"
    )
    assert run([path], resident).memory > 80_000_000


def test_other_children_are_not_waited_for(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        run([command(tmp_path / "quick", "pass")])
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_process_that_runs_is_measured_with_what_it_started() -> None:
    child = "held = b'x' * 80_000_000; del held\n" + BURN.format(seconds=0.3) + "print(flush=True)\ntime.sleep(600)"
    program = f"import subprocess, sys\nwith subprocess.Popen([sys.executable, '-c', {child!r}]): pass"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        both = list(with_descendants(parent.pid))
        assert both[0] == parent.pid
        assert len(both) == 2
        assert sum(map(cpu_seconds, both)) > 0.3 > cpu_seconds(parent.pid)
        assert highest_resident(both[1]) > 80_000_000 > resident(both[1]) >= proportional(both[1]) > 0
        for process in reversed(both):
            subprocess.run(["kill", "-9", str(process)], check=True)
    assert [measure(both[1]) for measure in (cpu_seconds, resident, proportional, highest_resident)] == [0, 0, 0, 0]


@pytest.mark.parametrize("code", [1, 3])
def test_only_exit_codes_that_are_accepted_are_no_failure(tmp_path: Path, code: int) -> None:
    path = command(tmp_path / "told", f"import sys; sys.stderr.write('what was found'); sys.exit({code})")
    if code == 1:
        assert run([path], accepted=(0, 1)).wall > 0
    else:
        with pytest.raises(SystemExit, match="told: exit code 3\nwhat was found"):
            run([path], accepted=(0, 1))
