"""An archive in which one run of a grid went on for longer than the others."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pages import report_pages

from nnrepro.study.sources import read_source
from nnrepro.tables.csvfile import read_csv

pytestmark = pytest.mark.slow

ARCHIVE = ("--config", "archive=histories", "results=out")
SHORT, LONG = 10, 100
LEVELS = {"c1-10_c2-20": 0.30, "c1-10_c2-40": 0.40, "c1-30_c2-20": 0.35}
"""Test accuracies that three runs keep over all their epochs."""
LONGER = "c1-30_c2-40"
"""It is at 0.32 when the others end, and rises above all of them later."""


def write(folder: Path, variant: str, accuracy: Any) -> None:
    """A history with a test accuracy, in an archive."""
    place = folder / "tan" / "channel_grid" / variant / "seed0"
    place.mkdir(parents=True)
    curve = np.asarray(accuracy, dtype=float).tolist()
    history = {"loss": curve, "accuracy": curve, "val_loss": curve, "val_accuracy": curve}
    (place / "history.json").write_text(json.dumps(history))


@pytest.fixture
def results(workflow: Any) -> Path:
    """Selection, tables, figures and report of such an archive."""
    folder = workflow.folder / "histories"
    for variant, level in LEVELS.items():
        write(folder, variant, [level] * SHORT)
    write(folder / "longer", LONGER, [0.32] * SHORT + [0.9] * (LONG - SHORT))
    config = read_source(workflow.folder / "config.yaml").values
    for section in ("claims", "published", "supplements"):
        del config[section]
    config["experiments"]["channel_grid"]["parameters"] |= {"c1": [10, 30], "c2": [20, 40]}
    config["only"] = {"protocols": ["tan"], "experiments": ["channel_grid"]}
    config["questions"] = {name: config["questions"][name] for name in ("A1", "A2")}
    config["questions"]["A1"]["runs"] = [f"channel_grid/{LONGER}"]
    config["tables"] = {"grid_ranking": config["tables"]["grid_ranking"]}
    config["figures"] = {
        name: config["figures"][name] for name in ("overview", "grid", "grid_curves")
    }
    config["figures"]["overview"]["runs"] = ["channel_grid"]
    config["figures"]["one"] = config["figures"]["grid_curves"] | {
        "question": "A1",
        "kind": "curves",
        "runs": [f"channel_grid/{LONGER}", "channel_grid/selected"],
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(config))
    workflow.snakemake(*ARCHIVE)
    return workflow.folder / "out"


def test_it_wins_nothing_by_its_length_and_is_shown_in_full_by_itself(results: Path) -> None:
    decision = json.loads((results / "selection/tan/channel_grid.json").read_text())
    assert decision["variant"] == "c1-10_c2-40"

    ranking = read_csv(results / "tables/grid_ranking.csv")
    assert list(ranking["variant"]) == ["c1-10_c2-40", "c1-30_c2-20", LONGER, "c1-10_c2-20"]
    assert ranking["max_test_accuracy"].tolist() == [0.4, 0.35, 0.32, 0.3]

    runs = read_csv(results / "tables/runs.csv").set_index("variant")
    assert runs.loc[LONGER, "epochs_completed"] == LONG
    assert runs.loc[LONGER, "max_test_accuracy"] == 0.9

    html = report_pages(results)
    note = "Went on to 100 epochs and are compared here at 10, as most others have no more: 30/40."
    assert html.count(note) == 3, "at the table, the heat map and the comparison, not the curves"
    assert "Runs that went on for longer" in html
    assert "different lengths" not in html and "runs of 10 to 100 epochs" not in html
    grid = (results / "figures/tan/heatmap/grid.svg").read_text(encoding="utf-8")
    curves = (results / f"figures/tan/curves/channel_grid/{LONGER}.svg").read_text(encoding="utf-8")
    assert "10 of 1000 epochs" in grid and "100 of 1000 epochs" in curves
    overview = (results / "figures/tan/overview/overview.svg").read_text(encoding="utf-8")
    assert "30/40, 100 epochs" in overview and "0.900" in overview
    assert "100 of 1000 or 10 of 1000 epochs" in overview
