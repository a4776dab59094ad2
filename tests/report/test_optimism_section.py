"""The report says what selecting on the test set adds, and where that is not known."""

from collections.abc import Callable
from typing import Any

from nnrepro.document import wording
from nnrepro.tables.csvfile import read_csv

ONLY = {"protocols": ["koh"], "experiments": ["channel_grid"]}


def test_the_protocols_own_way_is_stated_with_its_optimism(
    whole: Any, report: str, outline: Callable[[str], Any]
) -> None:
    table = read_csv(whole.tables / "grid_optimism.csv")
    for protocol in whole.study.protocols:
        own = table[(table["protocol"] == protocol) & table["selects"]]
        for words in (
            f"{wording.points(own['optimism'].iloc[0])} percentage points of optimism",
            f"Chosen in {wording.whole(100 * own['chosen_share'].iloc[0])} % of the splits",
        ):
            assert words in outline(report).text
    assert (table["optimism"] > 0).all()


def test_without_folds_the_report_says_why_it_cannot_tell(
    small: Callable[..., Any], outline: Callable[[str], Any]
) -> None:
    results = small(only=ONLY)
    results.write_runs()
    for file in results.root.rglob("history_folds.json"):
        file.unlink()
    results.write_tables()
    results.write_figures()
    text = outline(results.build()).text
    assert "No optimism is given for selecting by highest test accuracy: neither right" in text
    assert "none given" in text


def test_several_seeds_have_an_interval(
    small: Callable[..., Any], outline: Callable[[str], Any]
) -> None:
    results = small(only=ONLY, seeds=[0, 1, 2])
    results.write_runs()
    results.write_tables()
    results.write_figures()
    assert "Single runs (points)" in outline(results.build()).text
