"""Headers of the kinds of table that have no file of their own in `nnrepro.tables` yet."""

from typing import Any

from nnrepro.study.options import (
    Against,
    Comparisons,
    Metrics,
    Pairs,
    SelectedPairs,
    Share,
    Shares,
    SortBy,
    Swept,
    TestSet,
)


def ranking(
    variants: Any,
    selection: Any,
    *,
    metrics: Metrics,
    sort_by: SortBy,
    stable_below: Share | None = None,
    test_set: TestSet = "primary",
) -> None:
    """Variants by rank."""


def cross(
    variants: Any,
    selection: Any,
    *,
    metrics: Metrics,
    rows: Swept,
    columns: Swept,
    test_set: TestSet = "primary",
) -> None:
    """A metric over two parameters, with averages."""


def pairs(
    variants: Any,
    selection: Any,
    *,
    metrics: Metrics,
    pairs: Pairs,
    test_set: TestSet = "primary",
) -> None:
    """Base variants against changed ones, for example without and with dropout."""


def convergence(variants: Any) -> None:
    """Epochs to convergence."""


def factors(variants: Any, runs: Any, *, comparisons: Comparisons) -> None:
    """From one way of working to another, one factor at a time."""


def tests(
    variants: Any,
    selection: Any,
    runs: Any,
    answers: Any,
    *,
    metrics: Metrics,
    pairs: SelectedPairs | None = None,
    against: Against | None = None,
    test_set: TestSet = "primary",
) -> None:
    """Variants compared seed by seed and example by example, with tests."""


def stability(variants: Any, *, accuracies: Shares = ()) -> None:
    """How steadily variants train."""


def optimism(variants: Any, selection: Any, runs: Any, answers: Any, folds: Any) -> None:
    """What selecting on the test set adds."""
