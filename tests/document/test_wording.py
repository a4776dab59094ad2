"""Numbers and lists as a reader sees them."""

import pytest

from nnrepro.document import wording
from nnrepro.tables.metrics import metric

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5425, "54.25\u202f%"), (1.0, "100.00\u202f%"), (NAN, "unknown"), (None, "unknown")],
)
def test_percent(value: float | None, text: str) -> None:
    """Accuracies are fractions in tables and percent in the report."""
    assert wording.percent(value) == text


def test_signs_are_true_minus_and_zero_has_none() -> None:
    """Differences carry their sign; what rounds to zero carries none."""
    assert wording.points(0.013) == "+1.30"
    assert wording.points(-0.013) == "\u22121.30"
    assert wording.points(-0.00001) == wording.points(0.0) == "0.00"
    assert wording.points(NAN) == wording.EMPTY


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (4.24, "4.2 s"),
        (59.97, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
        (None, "unknown"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    """A time is told in the units that a reader thinks in."""
    assert wording.duration(seconds).replace("\u202f", " ") == text


@pytest.mark.parametrize(
    ("watt_hours", "text"),
    [(0.0, "0 Wh"), (0.534, "0.53 Wh"), (62.4, "62 Wh"), (624.0, "624 Wh"), (1340.0, "1.3 kWh")],
)
def test_energy(watt_hours: float, text: str) -> None:
    """An estimate has no more digits than it deserves, but for whole units."""
    assert wording.energy(watt_hours).replace("\u202f", " ") == text


def test_lists_and_counts_follow_grammar() -> None:
    """Commas, "and", plurals, and long lists cut short with a count."""
    assert wording.joined([]) == ""
    assert wording.joined(["a"]) == "a"
    assert wording.joined(["a", "b", "c"]) == "a, b and c"
    assert wording.some(["a", "b", "c"], limit=2) == "a, b and c"
    assert wording.some(["a", "b", "c", "d"], limit=2) == "a, b and 2 more"
    assert wording.counted(1, "run") == "1 run"
    assert wording.counted(0, "run is", "runs are") == "0 runs are"
    assert wording.grouped(12345) == "12\u202f345"


def test_window_metrics_are_one_metric_whatever_their_window() -> None:
    """`last200_mean_...` and `last_window_mean_...` mean the same to a reader."""
    assert metric("last200_mean_test_accuracy") == metric("last_window_mean_test_accuracy")
    assert metric("gap_of_my_own").header == "Gap of my own"
    assert not metric("min_test_loss").higher_is_better


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.8731, "0.8731"),
        (4288.4, "4288"),
        (0.0000123456, "0.00001235"),
        (0.0, "0.000"),
        (-1e-14, "0.000"),
    ],
)
def test_numbers_in_units_of_their_own_have_four_digits(value: float, text: str) -> None:
    """What is zero but for rounding errors is zero."""
    assert wording.measured(value) == text
