"""On a GPU host, too, models are built once before any run is trained."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
from forked import forked_python

from nnrepro.data.prepare import write_prepared


def test_a_network_that_does_not_fit_the_pictures_trains_nothing(
    repository: Path, tmp_path: Path
) -> None:
    for name in ("config.yaml", "published"):
        (tmp_path / name).symlink_to(repository / name)
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nsupplements: null\nclaims: null\npublished: null\n"
        "budget: {train_examples: 12, test_examples: 12}\n"
        "only: {protocols: [tan], variants: ['channel_grid/c1-10_c2-20'], "
        "experiments: [channel_grid]}\n"
    )
    data = tmp_path / "results/mine/data"
    arrays = {
        f"{split}_{part}": values
        for split in ("train", "test")
        for part, values in (
            ("x", np.repeat(np.arange(12, dtype=np.uint8)[:, None], 192, axis=1)),
            ("y", np.arange(12, dtype=np.int32) % 10),
        )
    }
    write_prepared(
        data / "cifar10.npz",
        data / "cifar10.json",
        arrays,
        {
            "name": "cifar10",
            "input": "image",
            "kind": "image",
            "image_shape": [3, 8, 8],
            "num_classes": 10,
            "vocabulary_size": 0,
            "generated": True,
            "source": "generated",
            "sha256": {},
        },
    )
    script = repository / "scripts/gpu_runs.py"
    options = ["--configfile", "mine.yaml", "--config", "backend=tensorflow"]
    path = os.pathsep.join((str(tmp_path), os.defpath))  # no nvidia-smi
    done = subprocess.run(
        [forked_python(), str(script), *options],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "model 'image_cnn' does not fit an input of shape (8, 8, 3)" in done.stderr
    assert "Traceback" not in done.stderr and "runs," not in done.stderr
    assert not (tmp_path / "results/mine/runs").exists()
    shutil.rmtree(data)
    done = subprocess.run(
        [forked_python(), str(script), *options], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 1 and b"cifar10.npz is missing; prepare it" in done.stderr


def test_a_halving_is_refused_with_what_trains_it_and_the_rest(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(
        "name: mine\n"
        "data: {t: {source: csv, path: t.csv, label: x, split: {validation: 0.2, test: 0.2}}}\n"
        "experiments:\n"
        "  search: {model: mlp, epochs: 9, units: [4, 8], halving: {rungs: [3, 9]}}\n"
        "  final: {select: search, epochs: 9, seeds: 2}\n"
        "  other: {model: mlp, epochs: 9, units: 4}\n"
    )
    (tmp_path / "t.csv").write_text("a,x\n1,u\n")
    script = str(repository / "scripts/gpu_runs.py")
    done = subprocess.run(
        [forked_python(), script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "'search' is a successive halving" in done.stderr
    assert "--config backend=jax 'training={gpus: 1" in done.stderr
    assert "'only={experiments: [other]}'" in done.stderr
