"""The grammar signal: LanguageTool's rules, run by one of two engines with one match schema.

`open_grammar` gives the signal. In one process that is all there is to know:

    signal = open_grammar("auto")

Worker processes share one server, which the parent holds:

    with start_shared("auto", url) as shared:
        ...  # every worker: open_grammar(shared.engine, shared.url, shared.remark)

Scoring never downloads anything; `detector setup languagetool` (installer.py) does.
"""

from __future__ import annotations

from detector.signals.grammar.checker import EngineInfo
from detector.signals.grammar.diagnosis import EngineFact, describe_engines
from detector.signals.grammar.engines import Engine, SharedEngine, expected_engine, open_grammar, start_shared

__all__ = [
    "Engine",
    "EngineFact",
    "EngineInfo",
    "SharedEngine",
    "describe_engines",
    "expected_engine",
    "open_grammar",
    "start_shared",
]
