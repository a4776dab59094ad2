"""Short trainings that tell what runs take here, where no record does.

Each trains two epochs on made-up examples of the run's form in a process of its own, and leaves its
`run.json` below `results/plan-calibration/`, where every later plan finds it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnrepro.data.dataset import Dataset
from nnrepro.environment import keras_environment
from nnrepro.planning.code import code_of
from nnrepro.planning.estimate import RECORDED
from nnrepro.planning.machines import PlanError
from nnrepro.planning.operations import epoch_operations
from nnrepro.planning.plan import PlannedRun
from nnrepro.study.plugins import plugin_files, put_in_force
from nnrepro.study.run import Run
from nnrepro.training.slots import take_slots
from nnrepro.training.train import train_run

EPOCHS = 2
FOLDER = "plan-calibration"

# Examples have the form of CIFAR-10 and of the DBpedia sample, with the numbers of ids of that.
_VOCABULARIES = {"characters": 39, "words": 35_235}
_ASSUMED = 2000
"""Examples of a set of which a run does not say how many it has."""


def runs_to_try(planned: Iterable[PlannedRun]) -> list[Run]:
    """Of each model whose times are not all recorded, the lightest and the heaviest run to do.

    Left out are runs with parameters still to be selected, and inputs of which no examples can be
    made up here, by their form or as their number is left open.
    """
    by_model: dict[str, list[Run]] = {}
    for one in planned:
        run = one.run
        made = run.input in ("image", *_VOCABULARIES) and "train_examples" in run.settings
        possible = made and not run.pending_parameters
        if one.to_do and possible and one.estimate.basis != RECORDED:
            by_model.setdefault(run.model, []).append(run)
    chosen: dict[str, Run] = {}
    for runs in by_model.values():
        runs.sort(key=lambda run: epoch_operations(run) or 0.0)
        chosen.update({run.id: run for run in (runs[0], runs[-1])})
    return list(chosen.values())


def calibrate(
    runs: Iterable[Run],
    *,
    results: Path,
    scripts: Path,
    threads: int,
    backend: str,
    gpus: int,
    gpu_slots_per_device: int,
    codes: Mapping[str, str],
    log: Callable[[str], None],
) -> None:
    """Train runs for a moment, one after another, and keep their records.

    `scripts` holds the library; `gpus` of a run are 0 on the CPU, and it takes a slot as runs do;
    `codes` are fingerprints of code, as `training_codes` gives them. Raises PlanError where a
    training failed.
    """
    environment = {**os.environ, "PYTHONPATH": str(scripts), **keras_environment(backend)}
    for run in runs:
        log(f"calibrating: {EPOCHS} epochs of {run.id}")
        request = {
            "run": replace(run, settings={**run.settings, "epochs": EPOCHS})
            .for_training()
            .to_dict(),
            "folder": str(results / FOLDER),
            "threads": threads,
            "gpus": gpus,
            "gpu_slots_per_device": gpu_slots_per_device,
            "code_sha256": code_of(run, codes),
            "plugins": [str(file) for file in plugin_files()],
        }
        done = subprocess.run(
            [sys.executable, "-m", "nnrepro.planning.calibration"],
            input=json.dumps(request),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise PlanError(f"calibrating with {run.id} failed:\n{done.stderr.strip()}")


def made_up(run: Run) -> Dataset:
    """Random examples of the form and in the numbers that `run` asks for."""
    first = int(run.settings.get("test_examples", _ASSUMED))
    second = int(run.settings["comparison_test_examples"])
    sizes = (first, second) if second else (first,)
    image = run.input == "image"
    classes = 10 if image else 15
    vocabulary = 0 if image else _VOCABULARIES[run.input]
    generator = np.random.default_rng(0)

    def examples(count: int) -> np.ndarray:
        if image:
            return generator.random((count, 32, 32, 3), dtype=np.float32)
        return generator.integers(0, vocabulary, (count, 100), dtype=np.int32)

    def labels(count: int) -> np.ndarray:
        return generator.integers(0, classes, count, dtype=np.int32)

    held_out = int(run.settings["validation_examples"])
    train = int(run.settings.get("train_examples", _ASSUMED + held_out)) - held_out
    return Dataset(
        train_x=examples(train),
        train_y=labels(train),
        test_x=examples(max(sizes)),
        test_y=labels(max(sizes)),
        test_sizes=sizes,
        num_classes=classes,
        vocabulary_size=vocabulary,
        input=run.input,
        meta={},
        validation_x=examples(held_out) if held_out else None,
        validation_y=labels(held_out) if held_out else None,
    )


def _train(request: dict[str, Any]) -> None:
    """Carry out one request of `calibrate`, in a process of its own."""
    run, folder = Run.from_dict(request["run"]), Path(request["folder"])
    put_in_force(request["plugins"])
    # Held until this process ends, because only then is its GPU memory free.
    slots = take_slots(
        request["gpus"], request["gpu_slots_per_device"], log=lambda line: print(line, flush=True)
    )
    train_run(
        run,
        made_up(run),
        out_dir=folder / "runs" / run.id,
        checkpoint_dir=folder / "checkpoints" / run.id,
        threads=request["threads"],
        data_provenance={"name": "calibration", "source": "random examples", "generated": True},
        code_sha256=request["code_sha256"],
        slots=slots,
    )


if __name__ == "__main__":
    _train(json.load(sys.stdin))
