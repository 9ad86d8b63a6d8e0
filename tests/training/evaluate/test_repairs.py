from __future__ import annotations

import pytest

from detector.restore import Replacement
from detector.training.evaluate.repairs import Repairs, is_right, print_result
from detector.training.evaluate.repairs import _numbers as numbers
from detector.training.evaluate.scores import Swap

TEXT = "He joined an wings offer in the Huge capital."
SWAPS = (Swap(13, 18, "arms"), Swap(19, 24, "deal"), Swap(32, 36, "large"))


@pytest.mark.parametrize(
    ("start", "end", "after", "right"),
    [
        (13, 24, "arms deal", True),
        (13, 24, "arms offer", False),
        (13, 18, "arms", True),
        (32, 36, "Large", True),
        (10, 18, "an arms", True),  # what was not swapped has to stay
        (10, 18, "the arms", False),
        (13, 16, "arm", False),  # a part of a swap
        (0, 2, "She", False),  # nothing was swapped
    ],
)
def test_an_edit_is_right_that_makes_of_a_place_what_stood_there(start: int, end: int, after: str, right: bool) -> None:
    assert is_right(Replacement(start, end, TEXT[start:end], after), TEXT, SWAPS) == right


def test_edits_are_counted_from_each_probability_on(capsys: pytest.CaptureFixture[str]) -> None:
    result = numbers(Repairs(3, 2, 10, [(0.95, True), (0.85, False), (0.1, True)]))
    by_least = {row["least"]: (row["edits"], row["right"], row["put_back"]) for row in result["by_least"]}
    assert by_least[0.9] == (1, 1.0, 0.1)
    assert by_least[0.8] == (2, 0.5, 0.1)
    assert by_least[0.0] == (3, 2 / 3, 0.2)
    print_result({"all": result, "none": numbers(Repairs())})
    assert "2 of 3 documents called spun, 10 swaps" in capsys.readouterr().out
