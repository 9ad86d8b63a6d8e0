"""The catalogue of rules: one style, and every rule a signal raises is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import detector
from detector.rules import RULES
from detector.signals import typography

DOCUMENTS = Path(__file__).parent / "cases" / "documents"
SIGNALS = Path(detector.__file__).parent / "signals"
PROOF = Path(detector.__file__).parent / "trace" / "proof.py"


def test_every_id_has_one_style_and_every_rule_its_words() -> None:
    for name, rule in RULES.items():
        assert re.fullmatch(r"[a-z]+/[A-Z]+(?:_[A-Z]+)*", name)
        assert rule.message.endswith((".", "}"))
        assert rule.documentation.endswith(".")


def test_every_rule_of_typography_is_listed_and_no_other() -> None:
    listed = {rule.id for rule in RULES.values() if rule.signal == "typography"}
    assert listed == {rule.rule for rule in typography.RULES}


@pytest.mark.parametrize("signal", ["names", "spintax", "wording"])
def test_every_listed_rule_is_raised_somewhere(signal: str) -> None:
    files = [SIGNALS / f"{signal}.py"] if signal != "wording" else [*(SIGNALS / "wording").glob("*.py"), PROOF]
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    listed = {rule.id for rule in RULES.values() if rule.signal == signal}
    assert all(f'"{id}"' in code for id in listed)


def test_findings_of_our_own_signals_are_of_listed_rules(detector: detector.Detector) -> None:
    report = detector.score((DOCUMENTS / "spun.txt").read_text(encoding="utf-8"))
    raised = {f"{finding.signal}/{finding.rule}" for finding in report.findings if finding.signal != "grammar"}
    assert raised
    assert raised <= set(RULES)
