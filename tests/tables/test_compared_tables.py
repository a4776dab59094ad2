"""Variants of several experiments in one table have no more epochs than most of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from nnrepro.measures.runs import extent_of, read_runs
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.extent import Extent
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.tables.compared import compared_tables
from nnrepro.tables.runs import runs_table
from nnrepro.tables.sources import marked
from nnrepro.tables.variants import variants_table

LONG, SHORT = 30, 10
RISING = [round(0.01 * epoch, 2) for epoch in range(1, LONG + 1)]
Tables = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture
def study(repository: Path) -> Study:
    config: dict[str, Any] = yaml.safe_load((repository / "config.yaml").read_text("utf-8"))
    only = {"protocols": ["tan"], "experiments": ["channel_grid", "optimizers"]}
    return load_study({**config, "only": only}, catalogue())


@pytest.fixture
def folder(tmp_path: Path, study: Study, write_run: Callable[..., None]) -> Path:
    """A grid of long runs, and shorter ones of an experiment that selects from it."""
    for run in study.runs:
        curve = RISING if run.experiment == "channel_grid" else RISING[:SHORT]
        curves = dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), curve)
        write_run(tmp_path, run, {"history.json": curves})
    return tmp_path


@pytest.fixture
def found(study: Study, folder: Path) -> tuple[Extent, Tables]:
    """How far the runs went, and the tables of all of them."""
    data, problems = read_runs(study.runs, folder)
    runs = runs_table(data, problems, study.runs)
    return extent_of(study, data), (runs, variants_table(runs))


def test_the_selected_variant_is_cut_to_those_tried_at_its_pair(
    study: Study, folder: Path, found: tuple[Extent, Tables]
) -> None:
    extent, by_experiment = found
    first = study.runs_of("tan", "channel_grid")[0]
    listed: list[Run] = [first, *study.runs_of("tan", "optimizers")]
    runs, variants, shorter = compared_tables(study, listed, extent, by_experiment, folder)
    assert shorter == {first.id: SHORT}
    assert runs["run_id"].tolist() == [run.id for run in listed]
    assert variants["max_test_accuracy"].tolist() == [RISING[SHORT - 1]] * len(listed)


def test_runs_of_equal_length_keep_their_tables(
    study: Study, folder: Path, found: tuple[Extent, Tables]
) -> None:
    extent, by_experiment = found
    grid = study.runs_of("tan", "channel_grid")
    runs, variants, shorter = compared_tables(study, grid, extent, by_experiment, folder)
    assert runs is by_experiment[0] and variants is by_experiment[1] and not shorter


def test_a_table_of_runs_that_were_cut_short_says_so_for_each_protocol(study: Study) -> None:
    runs = study.runs_of("tan", "optimizers")
    asked = runs[0].protocol_epochs
    whole = Extent.by_epochs(study, {run.id: asked for run in runs})
    cut = Extent.by_epochs(study, {run.id: SHORT for run in runs})
    table = pd.DataFrame({"protocol": ["koh", "tan"], "value": [1, 2]})
    assert marked(table, runs, whole) is table
    told = f"{SHORT} of {asked} epochs, 1 seed"
    assert marked(table, runs, cut)["cut_short"].fillna("").tolist() == ["", told]
    plain = table[["value"]]
    assert marked(plain, runs, whole) is plain
    assert marked(plain, runs, cut)["cut_short"].tolist() == [told, told]
