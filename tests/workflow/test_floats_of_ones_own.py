"""A data set of floats and a regularised model of one's own: nothing is cast, dropped or hushed."""

import json

import pytest
import yaml
from pages import report_pages

pytestmark = pytest.mark.slow

STUDY = {
    "name": "numbers",
    "title": "Numbers",
    "about": "Of measured numbers.",
    "seeds": [1],
    "training": {"mem_mb": 2000},
    "plugins": ["measured.py"],
    "data": {"measured": {"source": "measured"}},
    "settings": {
        "all": {
            "train_examples": 40,
            "test_examples": 20,
            "comparison_test_examples": 0,
            "epochs": 2,
            "batch_size": 16,
            "optimizer": "sgd",
            "learning_rate": 0.01,
            "momentum": 0.0,
            "clipvalue": 0.0,
            "loss": "logits",
            "on_divergence": "continue",
            "window": 1,
            "smoothing": 1,
            "classes": 3,
        }
    },
    "protocols": {"mine": {"title": "Mine", "selection": "final_test_accuracy"}},
    "experiments": {
        "decay": {"title": "Decay", "model": "decayed", "parameters": {"l2": [0.0, 10.0]}}
    },
    "parts": {"only": "The only part"},
    "questions": {"Q": {"part": "only", "title": "Does it decay?"}},
    "tables": {
        "decays": {
            "question": "Q",
            "kind": "ranking",
            "title": "Decays",
            "runs": ["decay"],
            "metrics": ["selection"],
            "sort_by": "selection",
        }
    },
    "figures": {},
}
DATA = '''
"""Numbers that were measured."""

import numpy as np

from nnrepro.data.prepare import write_prepared
from nnrepro.data.registry import prepares


@prepares("table", dataset="measured")
def prepare_measured(source, out_npz, out_json):
    """Three numbers near 3.06 and what class they are of."""
    generator = np.random.default_rng(1)
    y = generator.integers(0, 3, 60)
    x = generator.normal(3.06 + y[:, None] / 50, 0.01, (60, 3))
    x[40:45] = x[:5]
    arrays = {"train_x": x[:40], "train_y": y[:40], "test_x": x[40:], "test_y": y[40:]}
    meta = {"name": "measured", "input": "table", "kind": KIND, "num_classes": 3}
    origin = {"generated": False, "source": "measured", "sha256": {}}
    write_prepared(out_npz, out_json, arrays, {**meta, **origin, "vocabulary_size": 9})
'''
MODEL = '''
"""A small network whose weights decay."""

from nnrepro.models.registry import Task, register


@register(input="table")
def decayed(task: Task, *, l2: float) -> "keras.Model":
    """One regularised layer."""
    import keras

    inputs = keras.Input(task.input_shape)
    dense = keras.layers.Dense(task.num_classes, kernel_regularizer=keras.regularizers.L2(l2))
    return keras.Model(inputs, dense(inputs))
'''


def test_floats_are_trained_on_as_they_are_and_what_is_odd_is_in_the_report(workflow) -> None:
    room = workflow.folder / "scripts/nnrepro"
    (workflow.folder / "config.yaml").write_text(yaml.safe_dump(STUDY))
    (room / "models/decayed.py").write_text(MODEL)
    (workflow.folder / "measured.py").write_text(DATA.replace("KIND", "'ids'"))
    refused = workflow.snakemake(check=False)
    assert refused.returncode != 0
    assert "train_x is of type float64 (3.0" in refused.stdout + refused.stderr
    assert not list((workflow.folder / "results").rglob("logs/train_run/**/*.log"))

    (workflow.folder / "measured.py").write_text(DATA.replace("KIND", "'floats'"))
    workflow.snakemake()
    results = workflow.folder / "results/numbers"
    losses = {}
    for record in results.rglob("run.json"):
        told = json.loads(record.read_text())
        assert told["examined"]["counts"]["test_in_training"] == 5
        history = json.loads(record.with_name("history.json").read_text())
        losses[told["run"]["settings"]["l2"]] = history["loss"][0]
    assert losses[10.0] > losses[0.0] + 1
    report = report_pages(results)
    assert "measured: 5 of the 20 test examples are training examples, too" in report
    assert "Something about the data bears on the numbers (measured)" in report
    log = (results / "logs/prepare_data/measured.log").read_text()
    assert "note: 5 of the 20 test examples are training examples, too" in log
