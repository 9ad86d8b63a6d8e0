"""Detector: find spun and paraphrase-corrupted text."""

__version__ = "0.1.0"
