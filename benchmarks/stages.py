"""What a training job costs beyond training, stage by stage."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays import make_examples
from benchmarks.families import FAMILIES
from benchmarks.peers import OURS
from benchmarks.process import environment
from nnrepro.data.dataset import load_dataset

_SNAKEFILE = """
rule all:
    input:
        expand("out/{{job}}", job=range({jobs})),

rule job:
    output:
        touch("out/{{job}}"),
    script:
        "empty.py"
"""
_JOBS = 9  # against 1: the difference is what one more job costs


def measure_stages(families: Mapping[str, Any], repeats: int, threads: int) -> dict[str, Any]:
    """Seconds of every stage.

    Args:
        families: results of `rounds.measure_family` by name; this project's stages are taken from
            them.
        repeats: measurements of each stage that is measured here.
        threads: threads of a job.
    """
    start, per_job = _snakemake(repeats)
    return {
        "python_start": _median(lambda: _python("pass", threads), repeats),
        "data_loading": {
            name: _median(_loading(name), repeats) for name in ("image_50_60", "char_gru")
        },
        "models": {
            name: result["peers"][OURS]["before_training"]
            for name, result in families.items()
            if OURS in result["peers"]
        },
        "snakemake_start": start,
        "snakemake_per_job": per_job,
    }


def _median(measure: Callable[[], float], repeats: int) -> float:
    return round(statistics.median(measure() for _ in range(repeats)), 3)


def _python(code: str, threads: int) -> float:
    return _run([sys.executable, "-c", code], Path.cwd(), threads)


def _run(command: Sequence[str], folder: Path, threads: int) -> float:
    """Seconds that `command` takes."""
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment(threads), check=True, capture_output=True)
    return time.perf_counter() - began


def _loading(family_name: str) -> Callable[[], float]:
    """Reads a file of the study's size and form."""

    def load() -> float:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "prepared.npz"
            settings = _write_prepared(family_name, file)
            began = time.perf_counter()
            load_dataset(file, settings)
            return time.perf_counter() - began

    return load


def _write_prepared(family_name: str, file: Path) -> dict[str, Any]:
    """Prepared arrays as the data rules write them; settings that ask for all of them."""
    family = FAMILIES[family_name]
    x, y = make_examples(family)
    if family.input == "image":
        x = (x * 255).astype(np.uint8).reshape(len(x), -1)
    test = 2000 if family.input == "image" else 700
    np.savez(file, train_x=x, train_y=y, test_x=x[:test], test_y=y[:test])
    description = {
        "input": family.input,
        "kind": "image" if family.input == "image" else "text",
        "num_classes": family.classes,
        "vocabulary_size": family.vocabulary_size,
        "image_shape": [3, 32, 32],
    }
    file.with_suffix(".json").write_text(json.dumps(description), encoding="utf-8")
    return {"layout": "planes", "train_examples": len(x), "test_examples": test}


def _snakemake(repeats: int) -> tuple[float, float]:
    """Seconds for a workflow of one empty job, and for every further one with its Python."""
    few = _median(lambda: _workflow(1), repeats)
    many = _median(lambda: _workflow(_JOBS), repeats)
    per_job = max(0.0, (many - few) / (_JOBS - 1))
    return round(few - per_job, 3), round(per_job, 3)


def _workflow(jobs: int) -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "empty.py").write_text("", encoding="utf-8")
        (folder / "Snakefile").write_text(_SNAKEFILE.format(jobs=jobs), encoding="utf-8")
        return _run([sys.executable, "-m", "snakemake", "--cores", "1"], folder, 1)
