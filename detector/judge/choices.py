"""The thresholds that documents are judged by: those of the run, and those of documents with options of their own."""

from __future__ import annotations

from dataclasses import replace

from detector.judge.calibration import Choice, resolve
from detector.model_files import Manifest
from detector.options import OPERATING_POINTS, Options
from detector.report import Thresholds
from detector.text.document import Document


class Choices:
    """Finds the choice of a document. `run` holds for all that carry no options; `options` are those of the run."""

    def __init__(self, run: Choice, options: Options, manifest: Manifest) -> None:
        self.run = run
        self._options = options
        self._manifest = manifest
        self._known: dict[tuple[object, ...], Choice] = {}

    def of(self, document: Document) -> Choice:
        """Return the choice of a document. Raises ConfigError and ModelError as `resolve` does."""
        if document.options is None:
            return self.run
        chosen = {name: getattr(document.options, name) for name in OPERATING_POINTS}
        key = tuple(chosen.values())
        if key not in self._known:
            self._known[key] = resolve(replace(self._options, **chosen), self._manifest)
        return self._known[key]

    def thresholds_of(self, document: Document) -> Thresholds:
        """Return the thresholds of a document: those of its group, where its choice has some."""
        return self.of(document).of_group(document.group)
