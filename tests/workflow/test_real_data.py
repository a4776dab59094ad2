"""A run of each input on the real files learns; skipped where the files are absent.

That every family of models learns, other tests see on generated data.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.slow

# Test accuracy that a run must exceed after so many epochs; chance is 0.1 and 0.07.
RUNS = {
    "tan/channel_grid/c1-10_c2-20/seed0": 0.2,
    "koh/text_models/char_cnn/seed0": 0.5,
    "koh/text_models/word_cnn/seed0": 0.5,
}


@pytest.fixture(scope="module")
def trained(
    copy_to: Callable[[Path], Any], real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Results of these runs, trained by Snakemake on the real files."""
    workflow = copy_to(tmp_path_factory.mktemp("real") / "project")
    cifar = real_data / "cifar-10-batches-py"
    sums = {
        "data_batch_1": "e3feb6a03e10cf2e5d342506c8f92995219a4ac8cba02491ae158c3ccc733af9",
        "test_batch": "dd9f0329483c12e3e3e8621048b307b53ec110bf0b932339cb0cce3f6ffbb45a",
        "batches.meta": "b8ed9534b4f8a6fa6f9b80e62eeb4cb1e6855f9375651f9599e50d984e694c08",
    }
    overlay = {
        "name": "real",
        "data": {
            "cifar10": {"source": "folder", "path": str(cifar), "sha256": sums},
            "dbpedia": {"source": "folder", "path": str(real_data / "dbpedia")},
        },
        # At the protocols' own 0.001 four epochs show little.
        "settings": {"image": {"learning_rate": 0.05}},
        "budget": {"epochs": {"image": 3, "characters": 4, "words": 3}},
    }
    (workflow.folder / "real.yaml").write_text(yaml.dump(overlay))
    targets = [f"results/real/runs/{run}/history.json" for run in RUNS]
    workflow.snakemake(*targets, "--configfile", "real.yaml")
    return workflow.folder / "results/real"


@pytest.mark.parametrize("run", RUNS)
def test_run_learns(trained: Path, run: str) -> None:
    history: dict[str, Any] = json.loads((trained / "runs" / run / "history.json").read_text())
    assert max(history["val_accuracy"]) > RUNS[run]
    assert history["loss"][-1] < history["loss"][0]
