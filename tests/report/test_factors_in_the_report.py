"""What the report says of a table of kind `factors`."""

from pathlib import Path
from typing import Any

import pytest

from nnrepro.study.sources import read_source


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
