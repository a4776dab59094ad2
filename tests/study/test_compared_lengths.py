"""Runs that went on for longer than most of their experiment are compared at the others' length."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.extent import Extent
from nnrepro.study.study import Study

FIRST = "tan/channel_grid/c1-10_c2-20/seed0"


@pytest.fixture(scope="module")
def study(repository: Path) -> Study:
    """The image part of the shipped study under one protocol: a grid of 25 runs, four others."""
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    only = {"protocols": ["tan"], "experiments": ["channel_grid", "optimizers"]}
    return load_study({**config, "only": only}, catalogue())


def lengths(study: Study, grid: int, others: int, **exceptions: int) -> dict[str, int]:
    """Epochs by run id: of grid runs, of the others, and of the first so many grid runs."""
    grid_runs = [run.id for run in study.runs_of("tan", "channel_grid")]
    epochs = dict.fromkeys(grid_runs, grid)
    epochs |= {run.id: others for run in study.runs_of("tan", "optimizers")}
    return epochs | dict.fromkeys(grid_runs[: exceptions.get("count", 0)], exceptions.get("to", 0))


def test_the_length_of_the_majority_is_what_longer_runs_are_compared_at(study: Study) -> None:
    extent = Extent.by_epochs(study, lengths(study, 40, 40, count=1, to=1000))
    assert extent.compared_epochs == {FIRST: 40}
    runs = study.runs_of("tan", "channel_grid")
    assert extent.stamp(runs) == "40 of 1000 epochs, 1000 epochs in full, 1 seed"
    assert extent.comparable_among(runs).stamp(runs) == "40 of 1000 epochs, 1 seed"


def test_a_short_run_does_not_shorten_the_others(study: Study) -> None:
    extent = Extent.by_epochs(study, lengths(study, 1000, 1000, count=12, to=40))
    assert not extent.compared_epochs
    assert extent.comparable_among(study.runs).done == extent.done


def test_every_run_counts_at_its_own_length_where_none_is_that_of_most(study: Study) -> None:
    epochs = lengths(study, 40, 40)
    epochs |= {run_id: 100 + i for i, run_id in enumerate(list(epochs)[:13])}
    assert not Extent.by_epochs(study, epochs).compared_epochs


def test_experiments_do_not_shorten_each_other(study: Study) -> None:
    assert not Extent.by_epochs(study, lengths(study, 40, 1000)).compared_epochs


def test_in_one_table_the_selected_run_is_as_long_as_those_tried_at_its_pair(study: Study) -> None:
    """A grid trained to the end does not win over optimisers that were not."""
    extent = Extent.by_epochs(study, lengths(study, 1000, 40))
    assert not extent.compared_epochs
    runs = [study.run(FIRST), *study.runs_of("tan", "optimizers")]
    assert extent.compared_among(runs) == {FIRST: 40}
    assert extent.comparable_among(runs).stamp(runs) == "40 of 1000 epochs, 1 seed"
    assert not extent.compared_among(study.runs_of("tan", "channel_grid"))


def test_in_one_table_too_every_run_counts_at_its_own_length_without_a_majority(
    study: Study,
) -> None:
    extent = Extent.by_epochs(study, lengths(study, 1000, 40))
    runs = [study.run(FIRST), study.runs_of("tan", "optimizers")[0]]
    assert not extent.compared_among(runs)


def test_runs_that_their_protocol_trains_for_longer_are_not_longer(repository: Path) -> None:
    """The Tan report trains its CNNs for 250 epochs and its RNNs for 100."""
    config: dict[str, Any] = yaml.safe_load((repository / "config.yaml").read_text("utf-8"))
    only = {"variants": ["text_models/char_cnn", "text_models/*_rnn_gru"], "protocols": ["tan"]}
    text = load_study({**config, "only": only | {"experiments": ["text_models"]}}, catalogue())
    assert len(text.runs) == 3
    assert not Extent.as_asked(text).compared_epochs


@pytest.mark.parametrize("on_divergence", ["stop", "continue"])
def test_runs_that_diverged_are_no_length_for_others(tmp_path: Path, on_divergence: str) -> None:
    """Of five learning rates three are too high: the others are not compared at their first epoch.

    Nor does anything say that the study was cut short. Runs that went on are as long as asked for.
    """
    study = load_study(
        {
            "name": "rates",
            "data": {"d": {"source": "csv", "path": str(tmp_path / "d.csv"), "target": "y"}},
            "settings": {"all": {"epochs": 10, "on_divergence": on_divergence}},
            "experiments": {"rates": {"model": "mlp", "learning_rate": [0.1, 0.2, 7, 8, 9]}},
        },
        catalogue(),
    )
    high = [run.id for run in study.runs if run.settings["learning_rate"] > 1]
    epochs = {run.id: 1 if run.id in high else 10 for run in study.runs}
    extent = Extent.by_epochs(study, epochs, high)
    if on_divergence == "stop":
        assert not extent.compared_epochs and not extent.compared_among(study.runs)
        assert extent.stamp(study.runs) == "10 or 1 epochs, 1 seed"
        ends = {run.id: epochs for run, epochs in zip(study.runs, (10, 8, 6, 3, 1), strict=True)}
        several = Extent.by_epochs(study, ends, list(ends)[1:])
        assert several.stamp(study.runs) == "1 to 10 epochs, 1 seed"
        assert not extent.short(study.runs) and not extent.is_cut(study.runs)
    else:  # so short by a budget alone
        assert {*extent.compared_epochs.values()} == {1}
        assert [run.id for run in extent.short(study.runs)] == high
