"""Training one run: from a `Run` and its `Dataset` to the files of a run folder."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnrepro.data.soundness import examined
from nnrepro.environment import outside_influences
from nnrepro.fingerprint import value_fingerprint
from nnrepro.metrics.registry import REGRESSION
from nnrepro.models.registry import build_model, catalogue
from nnrepro.training.backends import make_engine
from nnrepro.training.checkpoint import CheckpointPolicy, Checkpoints, Origin, Progress
from nnrepro.training.contract import check_model, task_of, treats_examples_apart
from nnrepro.training.device import (
    describe_device,
    device_kind,
    host,
    package_versions,
    prepare_device,
)
from nnrepro.training.engine import Engine
from nnrepro.training.errors import TrainingError
from nnrepro.training.fit import Loop
from nnrepro.training.interruption import StopRequest
from nnrepro.training.optimizers import described, make_optimizer
from nnrepro.training.outputs import write_outputs
from nnrepro.training.progress import Log, ProgressLog
from nnrepro.training.scores import Scores, scores_of
from nnrepro.training.slots import HeldSlots
from nnrepro.training.stages import StageClock
from nnrepro.training.stopping import EarlyStopping
from nnrepro.training.targets import class_weights, in_own_units, units_of

if TYPE_CHECKING:
    import keras

    from nnrepro.data.dataset import Dataset
    from nnrepro.study.run import Run

_GPU_EVALUATION_EXAMPLES = 2000
_GPU_EVALUATION_BYTES = 2**25


def train_run(
    run: "Run",
    dataset: "Dataset",
    out_dir: Path,
    *,
    checkpoint_dir: Path,
    threads: int,
    data_provenance: Mapping[str, Any],
    code_sha256: str,
    log: Log = lambda line: None,
    policy: CheckpointPolicy | None = None,
    slots: HeldSlots | None = None,
    clock: StageClock | None = None,
    rung: int = 0,
    before: Path | None = None,
) -> None:
    """Fit one run and write its folder; go on from its checkpoint if there is one.

    The history follows from the run, the data, the code, the package versions and the kind of
    device alone: killed at any moment and called again, it gives the same numbers. Where the policy
    lets it go on from a checkpoint made elsewhere, they follow from both, and run.json has in
    `earlier` what was done there. `data_provenance` (`source`, `generated`, `sha256` by file), the
    `slots` that the caller holds and the stages that have passed on `clock` are for run.json;
    `code_sha256` is of the code that decides the numbers. On success `checkpoint_dir`, which is no
    rule's output, is removed.

    In a halving the training goes to the end of a `rung`, counted from 1, on from the checkpoint in
    the folder of the one `before`; it leaves its own in `out_dir` unless that is the last.

    Divergence: a loss that is not finite is `null` in history.json, and run.json has the status
    `diverged` and the epoch in `diverged_at_epoch`. With the setting `on_divergence` "stop" that
    epoch is the last of the history, with "continue" training goes on to the end.

    Raises TrainingInterrupted after SIGTERM or SIGINT, with a checkpoint written; TrainingError and
    ModelError where the settings ask for something that does not exist.
    """
    from nnrepro.models.layers.counting import count_parameters

    began = time.perf_counter()
    clock = clock or StageClock()
    with StopRequest() as stop:
        threads = prepare_device(threads)
        clock.mark("backend")
        model, optimizer, engine, scores = _prepare(run, dataset)
        clock.mark("model")
        packages, influences = package_versions(), outside_influences()
        device = describe_device()
        code = {"sha256": code_sha256}
        origin = Origin(
            _computation(run, data_provenance, code_sha256),
            {
                "device": dict(device),
                "packages": packages,
                "environment": influences,
                "code": code,
            },
        )
        checkpoints = Checkpoints(Path(checkpoint_dir), origin, policy or CheckpointPolicy(), log)
        epochs = run.rungs[rung - 1] if rung else int(run.settings["epochs"])
        progress, best = _resume(checkpoints, engine, log)
        if before is not None and not progress.epoch and not progress.step:
            progress, best = _resume(replace(checkpoints, folder=before), engine, log)
        if slots is not None:
            _note_slots(slots, device, progress, log)
        loop = Loop(
            engine=engine,
            settings=run.settings,
            epochs=epochs,
            seed=run.seed,
            train_examples=len(dataset.train_y),
            sets=dataset.evaluation_sets,
            scores=scores,
            evaluation_batch=_evaluation_batch(run, dataset, device["kind"]),
            filled=treats_examples_apart(model),
            checkpoints=checkpoints,
            stop=stop,
            early=EarlyStopping.of(run.settings),
            best=best,
        )
        loop.compile()
        clock.mark("compile")
        progress.seconds["setup"] += time.perf_counter() - began
        log(f"{run.id}: ready to train after {time.perf_counter() - began:.1f} s")
        loop.run(progress, ProgressLog(log, epochs, progress.epoch))
        if rung < len(run.rungs):
            replace(checkpoints, folder=Path(out_dir)).save(progress, loop.state())
        if loop.best:
            engine.put_back(loop.best)
        if optimizer.use_ema:  # as at the end of Keras's `fit`
            optimizer.finalize_variable_values(model.trainable_variables)
        # In a halving the test set is not looked at before the last rung.
        early = rung < len(run.rungs) and not progress.history.tested
        answers = None if early else loop.final_answers(progress.history)
        if answers is None:
            answers = np.zeros((0, dataset.num_outputs), dtype=np.float32)
    diverged_at = progress.history.diverged_at()
    seconds = {name: round(value, 3) for name, value in progress.seconds.items()}
    # Waiting for a GPU is no part of what training takes, and CPU seconds are the same time again.
    total = sum(seconds[name] for name in ("setup", "training", "evaluation"))
    write_outputs(
        Path(out_dir),
        model=model,
        task=dataset.task,
        answers=answers,
        labels=dataset.test_y[: len(answers)],
        names=dataset.meta.get("outputs") or dataset.meta.get("classes") or (),
        history=progress.history,
        primary=dataset.test_sizes[0],
        description={
            "run": run.to_dict(),
            "status": "completed" if diverged_at is None else "diverged",
            "diverged_at_epoch": diverged_at,
            "epochs_completed": progress.epoch,
            **({"rung": rung} if rung else {}),
            **_stopping(loop, progress),
            "parameters": count_parameters(model),
            "seconds": {**seconds, "total": round(total, 3)},
            "setup_stages": clock.seconds,
            "optimizer": described(optimizer),
            "data": dict(data_provenance),
            **({"examined": examined(dataset.meta)} if examined(dataset.meta) else {}),
            "code": code,
            "packages": packages,
            "environment": influences,
            "device": device,
            **({"earlier": progress.earlier} if progress.earlier else {}),
            "threads": threads,
            **host(),
        },
    )
    checkpoints.remove()


def _prepare(
    run: "Run", dataset: "Dataset"
) -> tuple["keras.Model", "keras.optimizers.Optimizer", Engine, Scores]:
    """Model, optimiser and engine, seeded, at the initial weights, and what they are scored by."""
    import keras

    from nnrepro.training.losses import COUNTED, Objective, check_label_settings, loss_of

    keras.utils.set_random_seed(run.seed)
    task = task_of(dataset, seed=run.seed)
    model = build_model(run.model, run.settings, task)
    check_model(model, run.model, examples=dataset.train_x.dtype, task=task)
    units = units_of(dataset.train_y) if dataset.task == REGRESSION else None
    if units is not None:
        model = in_own_units(model, units)
    scores = scores_of(run.settings, dataset, COUNTED)
    loss = loss_of(dataset.task, str(run.settings.get("loss") or ""))
    check_label_settings(run.settings, dataset.task)
    objective = Objective(
        dataset.task,
        loss,
        scores.counted,
        units,
        float(run.settings.get("label_smoothing", 0)),
        class_weights(
            run.settings.get("class_weight"), dataset.train_y, dataset.outputs, dataset.num_outputs
        ),
    )
    optimizer = make_optimizer(run.settings, examples=len(dataset.train_y))
    xla = device_kind() in catalogue()[run.model].xla_on
    engine = make_engine(model, optimizer, objective, dataset, xla=xla)
    return model, optimizer, engine, scores


def _evaluation_batch(run: "Run", dataset: "Dataset", device: str) -> int:
    """Examples to evaluate at once: as in training, on a GPU as many as keep it busy."""
    size = int(run.settings["batch_size"])
    if device == "cpu":
        return size
    fitting = _GPU_EVALUATION_BYTES // dataset.test_x[0].nbytes
    return max(size, min(len(dataset.evaluation_y), _GPU_EVALUATION_EXAMPLES, fitting))


def _computation(run: "Run", data_provenance: Mapping[str, Any], code_sha256: str) -> str:
    """Fingerprint of what is computed, wherever that is done."""
    return value_fingerprint(
        {
            "model": run.model,
            "seed": run.seed,
            "settings": dict(run.settings),
            "data": dict(data_provenance),
            "code": code_sha256,
        }
    )


def _stopping(loop: Loop, progress: Progress) -> dict[str, int | None]:
    """What run.json tells of early stopping: where it stopped the run, and the epoch kept."""
    if loop.early is None:
        return {}
    stopped = progress.epoch if loop.stopped_early(progress) else None
    return {"stopped_at": stopped, "best_epoch": loop.early.best_epoch(progress.history)}


def _resume(
    checkpoints: Checkpoints, engine: Engine, log: Log
) -> tuple[Progress, list[NDArray[Any]]]:
    """The checkpoint's progress, its variables put back; a fresh start without one.

    With it come the weights of the best epoch, if the checkpoint has them.
    """
    found = checkpoints.load()
    if found is None:
        return Progress(), []
    progress, variables = found
    own, weights = engine.variables(), engine.weights()
    best = variables[len(own) :]
    wanted = [*own, *(weights if best else [])]
    if [value.shape for value in variables] != [value.shape for value in wanted]:
        raise TrainingError(
            f"checkpoint {checkpoints.path} does not fit this backend; go on where it was made, or "
            "remove the file to start anew"
        )
    engine.restore(variables[: len(own)])
    log(f"going on from {checkpoints.path}: epoch {progress.epoch}, step {progress.step}")
    return progress, best


def _note_slots(slots: HeldSlots, device: dict[str, Any], progress: Progress, log: Log) -> None:
    """Add the slots to the device's description and their wait to the run's seconds."""
    device["slots"] = slots.names
    progress.seconds["waiting"] = progress.seconds.get("waiting", 0.0) + slots.waited
    if slots.slots and device["kind"] == "cpu":
        log(
            f"{device['backend']} does not see the GPU and trains on the CPU: it is built without "
            "GPU support, or does not fit the driver"
        )
