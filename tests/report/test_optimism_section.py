"""The report says what selecting on the test set adds, and where that is not known."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from nnrepro.report.optimism import optimism_facts
from nnrepro.tables.csvfile import read_csv

ONLY = {"protocols": ["koh"], "experiments": ["channel_grid"]}


def test_the_protocols_own_way_is_stated_with_its_optimism(
    whole: Any, report: str, outline: Callable[[str], Any]
) -> None:
    table = read_csv(whole.tables / "grid_optimism.csv")
    for protocol in whole.study.protocols:
        own = table[(table["protocol"] == protocol) & table["selects"]]
        facts = optimism_facts(own, "it")
        assert facts.optimism in outline(report).text
        share = " ".join(facts.share.split())
        assert f"is chosen in {share} of the splits" in outline(report).text
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


@pytest.mark.parametrize("epoch", [0.0, 0.0125])
def test_the_epochs_share_is_told_where_one_is_chosen(epoch: float) -> None:
    row = {
        **{"reason": None, "epoch_optimism": epoch, "optimism": 0.02, "splits": 252},
        **{"optimism_low": -0.01, "optimism_high": 0.05, "label": "a", "chosen_share": 0.5},
        **{"selected_score": 0.5, "honest_score": 0.48},
    }
    facts = optimism_facts(pd.DataFrame([row, row]), "it")
    assert facts.epoch == ("+1.25 percentage points" if epoch else "")
    assert (facts.low, facts.high, facts.others) == ("\u22121.00", "+5.00", 1)
