"""Marks of what is uncertain, and tables of tests and of stability in the report."""

from typing import Any

import pytest

from nnrepro.document import wording

NAN = float("nan")


@pytest.mark.parametrize(
    ("probability", "cell", "prose"),
    [
        (0.434, "43", "43\u202f%"),
        (0.0, "<\u202f1", "less than 1\u202f%"),
        (1.0, ">\u202f99", "more than 99\u202f%"),
        (NAN, wording.EMPTY, "unknown"),
        (None, wording.EMPTY, "unknown"),
    ],
)
def test_probabilities_are_never_certain(probability: Any, cell: str, prose: str) -> None:
    """A probability from a finite number of runs is not shown as 0 or 100 %."""
    assert wording.chance_number(probability) == cell
    assert wording.chance(probability) == prose


def test_small_p_values_are_bounded() -> None:
    """Below a thousandth only the bound is shown."""
    assert [wording.p_value(p) for p in (0.0, 0.04961, 1.0, NAN)] == [
        "<\u202f0.001",
        "0.050",
        "1.000",
        wording.EMPTY,
    ]


def test_the_report_shows_tests_stability_and_chances(report: str, outline: Any) -> None:
    """The shipped study's tables of both kinds are there, explained and marked as cut short."""
    text = outline(report).text
    for words in (
        "Chance of best (%)",
        "p (Holm)",
        "Tested by sampling error",
        "A collapse: test accuracy falls below 1.5 times that of guessing, after having exceeded "
        "4 times it, and is above that again within 50 epochs.",
        "Epochs to 40\u202f%",
        "20 of 1000",
        "With one seed, how another would turn out is not known.",
    ):
        assert words.replace("\u202f", " ") in text.replace("\u202f", " "), words
