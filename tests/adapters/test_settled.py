"""Thresholds that the program that reads settles: an engine's workers judge as this program would, without its files."""

from __future__ import annotations

import pickle
from collections.abc import Generator, Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path

from engine_records import DOCUMENTS, LIGHT, calibration

from detector import Detector
from detector.adapters import TextScorer
from detector.adapters.settled import Settled
from detector.judge.calibration_file import write_calibration
from detector.options import Options
from detector.report import Failure, Outcome
from detector.text.document import Document


def write(path: Path, **groups: float) -> Path:
    with path.open("w", encoding="utf-8") as stream:
        write_calibration(calibration(**groups), stream)
    return path


def test_each_document_is_judged_by_its_own_calibration_though_the_files_are_elsewhere(tmp_path: Path) -> None:
    of_run, of_file = write(tmp_path / "run.json", news=0.999999), write(tmp_path / "file.json", mail=0.01)
    run = replace(LIGHT, calibration=of_run)
    spun = (DOCUMENTS / "spun.txt").read_text(encoding="utf-8")
    own = (None, Options(calibration=of_file), Options(threshold=0.02), Options(max_fpr=0.01, grammar="off"))
    documents = [
        Document.from_text(text, id=str(number), group=group, options=options)
        for number, (text, group, options) in enumerate(
            (text, group, options)
            for text in (spun, "Short.")
            for group, options in product((None, "news", "mail"), own)
        )
    ]
    with Detector(run) as here:
        expected = list(here.score_documents(documents))
    scorer, settled = TextScorer(run), Settled(run)
    of_run.unlink()

    def elsewhere(sent: Iterable[Document]) -> Generator[Outcome, None, None]:
        for document in sent:
            assert document.options is None or document.options.calibration is None
            yield from pickle.loads(pickle.dumps(scorer)).score_documents([document])

    made = list(settled.score(iter(documents), elsewhere))
    scorer.close()
    assert [outcome.to_dict() for outcome in made] == [outcome.to_dict() for outcome in expected]
    assert not any(isinstance(outcome, Failure) for outcome in made)
    assert len({(one.thresholds.spun, one.thresholds.group) for one in expected if not isinstance(one, Failure)}) == 5
