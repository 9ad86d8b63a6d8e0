from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

import detector


def test_everything_promised_is_there() -> None:
    for name in detector.__all__:
        assert getattr(detector, name) is not None
    assert {"load", "Detector", "Document", "Report", "Finding", "Verdict"} <= set(detector.__all__)


def test_what_is_loaded_late_is_completed_too() -> None:
    assert set(detector.__all__) <= set(dir(detector))


@pytest.mark.parametrize("wrong", [{"text": None}, {"text": b"raw"}, {"id": 5}, {"source": None}, {"format": ["html"]}])
def test_a_document_is_made_of_strings(wrong: dict[str, object]) -> None:
    (name,) = wrong
    with pytest.raises(TypeError, match=f"{name} of a document must be a string") as caught:
        detector.Document.from_text(**{"text": "some", **wrong})  # type: ignore[arg-type]
    assert isinstance(caught.value, detector.DetectorError)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="sccore"):
        detector.sccore  # noqa: B018


def test_results_are_frozen() -> None:
    for kind in (detector.Report, detector.Finding, detector.Document, detector.Options):
        assert dataclasses.is_dataclass(kind)
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_importing_brings_nothing_heavy() -> None:
    code = "import sys, detector; print(*{'numpy', 'sklearn', 'onnxruntime', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("threshold", 1.5),
        ("threshold", float("nan")),
        ("max_fpr", 0.0),
        ("jobs", 0),
        ("document_timeout", float("inf")),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(field: str, value: float) -> None:
    with pytest.raises(detector.DetectorError, match=f"{field.replace('_', '-')} must be "):
        detector.Options(**{field: value})  # type: ignore[arg-type]
