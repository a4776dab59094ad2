"""What the report says of a table of kind `factors`."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nnrepro.report.factors import factors_facts
from nnrepro.study.sources import read_source

ROWS = {
    "title": "From one to the other",
    "metric": "max_test_accuracy",
    "ci95_low": None,
    "ci95_high": None,
    "apart": None,
    "share": None,
    "label": "",
}


def rows(*changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([ROWS | change for change in changes])


def ends(gap: float, apart: Any, rest: float = 0.0) -> list[dict[str, Any]]:
    low, high = (gap - 0.01, gap + 0.01) if apart is not None else (None, None)
    return [
        {"role": "from", "value": 0.6, "difference": None},
        {
            "role": "to",
            "value": 0.6 + gap,
            "difference": gap,
            "apart": apart,
            "ci95_low": low,
            "ci95_high": high,
        },
        {"role": "rest", "value": None, "difference": rest, "apart": False},
    ]


def test_factors_are_sorted_by_what_is_known_of_them() -> None:
    """Apart from 0, not apart, and not known are three different things to say."""
    found = factors_facts(
        rows(
            *ends(-0.1, True, rest=-0.02),
            {"role": "factor", "label": "a", "difference": -0.08, "apart": True, "share": 0.8},
            {"role": "factor", "label": "b", "difference": 0.001, "apart": False, "share": -0.01},
            {"role": "factor", "label": "c", "difference": 0.0, "apart": None, "share": 0.0},
        )
    )
    assert [(item.label, item.share) for item in found.carriers] == [("a", "80")]
    assert (found.unclear, found.unknown) == (("b",), ("c",))
    assert found.gap == "\u221210.00 percentage points"
    assert found.rest == "\u22122.00 percentage points" and found.rest_apart is False
    assert found.interval == "\u221211.00 to \u22129.00"


def test_what_is_not_known_is_not_said() -> None:
    """A missing end gives no gap; effects that add up leave nothing."""
    missing = ends(0.1, None)
    missing[1] |= {"value": None, "difference": None}
    assert factors_facts(rows(*missing)).gap == ""
    assert factors_facts(rows(*ends(0.1, False))).rest == ""


@pytest.fixture
def overlay(repository: Path) -> dict[str, Any]:
    """The shipped comparison of the two reports."""
    return read_source(repository / "studies" / "factors.yaml").values


def test_the_shipped_comparison_is_told_in_words_and_numbers(
    small: Any, overlay: dict[str, Any], outline: Any
) -> None:
    """Every comparison has its grid, its sentence and its left-over row."""
    results = small(**overlay)
    results.write_runs()
    results.write_tables()
    results.write_figures()
    page = outline(results.build())
    for spec in overlay["tables"].values():
        for comparison in spec["comparisons"].values():
            assert page.text.count(f"{comparison['title']}: from ") == 1
            for factor in comparison["factors"].values():
                assert factor["label"] in page.text
    assert page.text.count("Left over") == 6
    assert "10 000 test examples" in page.text.replace("\u202f", " ")
