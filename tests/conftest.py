"""What many tests need: the shipped model, loaded once. And what a skipped test means where every test has to run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from skips import allowances, unexpected

from detector import model_files
from detector.engine.detector import Detector, load
from detector.model_files import Manifest
from detector.options import Options


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return model_files.verify(model_files.locate())


@pytest.fixture(scope="session")
def detector() -> Iterator[Detector]:
    """A detector with the grammar engine that every machine has."""
    with load(Options(grammar="embedded")) as loaded:
        yield loaded


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-unexpected-skips",
        action="store_true",
        default=os.environ.get("CI", "").lower() in {"1", "true"},
        help="fail when a test is skipped that tests/allowed_skips.txt does not allow (the default where CI=true)",
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    skipped = _skipped(session.config)
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if skipped := _skipped(config):
        terminalreporter.section("skipped, which tests/allowed_skips.txt does not allow", red=True)
        for test in skipped:
            terminalreporter.line(test)


def _skipped(config: pytest.Config) -> list[str]:
    """Return the skipped tests that are not on the list; none where nobody asked, and none in a worker of xdist."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput") or not config.getoption("--no-unexpected-skips"):
        return []
    return unexpected((report.nodeid for report in reporter.stats.get("skipped", ())), allowances())


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name long bytes for their argument: packed ones may hold the time, and then two workers collect other tests."""
    return argname if isinstance(val, bytes) and len(val) > 40 else None
