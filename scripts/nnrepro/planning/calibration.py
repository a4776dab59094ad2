"""Short trainings that tell what runs take here, where no record does.

Each trains two epochs on made-up examples of the run's form in a process of its own, and leaves its
`run.json` below `results/plan-calibration/`, where every later plan finds it.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

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
from nnrepro.training.slots import HeldSlots, take_slots
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
    threads: int,
    backend: str,
    gpus: int,
    gpu_slots_per_device: int,
    codes: Mapping[str, str],
    log: Callable[[str], None],
) -> None:
    """Train runs for a moment, one after another, and keep their records.

    `gpus` of a run are 0 on the CPU, and it takes a slot as runs do; `codes` are fingerprints of
    code, as `training_codes` gives them. Raises PlanError, naming the log, where a training failed.
    """
    os.environ.update(keras_environment(backend))  # each process imports Keras with it
    for run in runs:
        log(f"calibrating: {EPOCHS} epochs of {run.id}")
        tried = replace(run, settings={**run.settings, "epochs": EPOCHS}).for_training()
        slots = partial(take_slots, gpus, gpu_slots_per_device)
        asked = {"folder": results / FOLDER, "threads": threads, "slots": slots}
        asked |= {"code_sha256": code_of(run, codes), "plugins": plugin_files()}
        spawning = multiprocessing.get_context("spawn")
        process = spawning.Process(target=_train, args=[tried], kwargs=asked)
        _log(results / FOLDER, run).parent.mkdir(parents=True, exist_ok=True)
        process.start()
        process.join()
        if process.exitcode:
            raise PlanError(
                f"calibrating with {run.id} failed; {_log(results / FOLDER, run)} says why"
            )


def _log(folder: Path, run: Run) -> Path:
    return folder / "logs" / f"{run.id}.log"


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


def _train(
    run: Run,
    *,
    folder: Path,
    threads: int,
    slots: Callable[..., HeldSlots | None],
    code_sha256: str,
    plugins: Sequence[Path],
) -> None:
    """Train one run, in a process of its own."""
    put_in_force(plugins)
    with _log(folder, run).open("w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        train_run(
            run,
            made_up(run),
            out_dir=folder / "runs" / run.id,
            checkpoint_dir=folder / "checkpoints" / run.id,
            threads=threads,
            data_provenance={
                "name": "calibration",
                "source": "random examples",
                "generated": True,
            },
            code_sha256=code_sha256,
            # Held until this process ends, because only then is its GPU memory free.
            slots=slots(log=print),
        )
