"""Adapters: the detector in the engines that people run over corpora, one engine a module.

All of them score by `TextScorer` (`scoring.py`) and add one field, which has the keys that `detector filter` writes and
`error`. Each needs the extra of its name, and says so where it is missing.
"""

from __future__ import annotations

from detector.adapters.scoring import Scores, TextScorer

__all__ = ["Scores", "TextScorer"]
