"""Snakemake starts long runs first, and what runs wait for before any run."""

from typing import Any

import yaml

from nnrepro.models.registry import catalogue
from nnrepro.planning.order import priorities
from nnrepro.study.config import load_study
from nnrepro.study.sources import read_configuration

STUDY = {
    "name": "order",
    "supplements": None,
    "data": {
        "cifar10": {"source": "generated", "generate": {"train": 20, "test": 20, "seed": 1}},
        "dbpedia": {"source": "generated", "generate": {"train": 28, "test": 28, "seed": 1}},
    },
    "budget": {
        "epochs": {"image": 9, "characters": 5, "words": 3},
        "train_examples": 20,
        "test_examples": 20,
    },
    "experiments": {
        "channel_grid": {"protocols": {"koh": {"comparison_test_examples": 0}}},
    },
    "only": {
        "protocols": ["tan"],
        "experiments": ["channel_grid", "optimizers", "text_models"],
        "variants": ["channel_grid/c1-?0_c2-60", "optimizers/adam", "text_models/*"],
    },
}

# In place of training: writes a history and notes which run it is.
SCRIPT = """
import json
from pathlib import Path

history = {name: [0.5] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
for file in snakemake.output:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text(json.dumps(history))
with open("order.txt", "a") as order:
    print(snakemake.wildcards.run, file=order)
"""


def test_long_runs_start_first_and_a_selection_at_once(workflow: Any) -> None:
    overlay = workflow.folder / "order.yaml"
    overlay.write_text(yaml.dump(STUDY))
    (workflow.folder / "scripts/train_run.py").write_text(SCRIPT)
    workflow.snakemake("--cores", "1", "training", "--configfile", "order.yaml")
    started = (workflow.folder / "order.txt").read_text().split()
    files = [workflow.folder / "config.yaml", overlay]
    study = load_study(read_configuration(files, on_study=False).values, catalogue())
    order = priorities(study)
    assert len(started) == len(study.runs)
    assert started == sorted(started, key=lambda run: -order[run])
    assert [run.split("/")[1] for run in started[:6]] == ["channel_grid"] * 5 + ["optimizers"]
