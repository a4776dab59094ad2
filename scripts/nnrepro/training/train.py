"""Training runs of one combination: from `Run` and `Dataset` to the files of their folders."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnrepro.data.soundness import examined
from nnrepro.environment import outside_influences
from nnrepro.fingerprint import value_fingerprint
from nnrepro.metrics.registry import REGRESSION
from nnrepro.models.registry import build_model
from nnrepro.training.backends import make_replicates
from nnrepro.training.checkpoint import CheckpointPolicy, Checkpoints, Origin, Progress
from nnrepro.training.contract import check_model, needs_xla, task_of, treats_examples_apart
from nnrepro.training.device import describe_device, host, package_versions, prepare_device
from nnrepro.training.engine import Replicates, State
from nnrepro.training.errors import TrainingError
from nnrepro.training.fit import Loop, Steps
from nnrepro.training.interruption import StopRequest
from nnrepro.training.optimizers import described, make_optimizer
from nnrepro.training.outputs import write_outputs
from nnrepro.training.progress import Log, ProgressLog
from nnrepro.training.replicates import carry_out
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


@dataclass(frozen=True)
class Replicate:
    """A run to be trained, and where its files lie.

    On from the checkpoint in `checkpoint_dir`, or else, in a halving, in the folder of the rung
    `before`.
    """

    run: "Run"
    out_dir: Path
    checkpoint_dir: Path
    before: Path | None = None


def train_run(
    run: "Run",
    dataset: "Dataset",
    out_dir: Path,
    *,
    checkpoint_dir: Path,
    before: Path | None = None,
    **options: Any,
) -> None:
    """Fit one run and write its folder; see `Replicate`, and `train_replicates` for the options.

    On success `checkpoint_dir`, which is no rule's output, is removed. Raises what ended it early.
    """
    (failure,) = train_replicates(
        [Replicate(run, Path(out_dir), Path(checkpoint_dir), before)], dataset, **options
    )
    if failure is not None:
        raise failure


def train_replicates(
    replicates: Sequence[Replicate],
    dataset: "Dataset",
    *,
    threads: int,
    data_provenance: Mapping[str, Any],
    code_sha256: str,
    log: Log = lambda line: None,
    policy: CheckpointPolicy | None = None,
    slots: HeldSlots | None = None,
    clock: StageClock | None = None,
    rung: int = 0,
    keep_checkpoints: bool = False,
) -> list[Exception | None]:
    """Fit runs of one combination and write their folders; each goes on from its checkpoint.

    With JAX, several are one computation; the other backends take one alone. Gives what ended each
    run early, None for one that came to its end; one that fails leaves the others to go on.

    A run's history follows from the run, the data, the code, the package versions and the kind of
    device alone: killed at any moment and called again, it gives the same numbers; beside others
    those that it gives alone, but for the last digits of sums. Where the policy lets it go on from
    a checkpoint made elsewhere, they follow from both, and run.json has in `earlier` what was done
    there. `data_provenance` (`source`, `generated`, `sha256` by file), the `slots` that the caller
    holds and the stages that have passed on `clock` are for run.json; `code_sha256` is of the code
    that decides the numbers. To be kept, the checkpoint of a run that is done is one of its end.

    In a halving the training goes to the end of a `rung`, counted from 1; it leaves a checkpoint
    in `out_dir` unless that is the last.

    Divergence: a loss that is not finite is `null` in history.json, and run.json has the status
    `diverged` and the epoch in `diverged_at_epoch`. With the setting `on_divergence` "stop" that
    epoch is the last of the history, with "continue" training goes on to the end.

    What a run may end with is TrainingInterrupted after SIGTERM or SIGINT, with a checkpoint
    written; TrainingError and ModelError where the settings ask for something that does not exist.
    """
    began = time.perf_counter()
    clock = clock or StageClock()
    with StopRequest() as stop:
        threads = prepare_device(threads)
        clock.mark("backend")
        try:
            prepared, engines = _prepare([each.run for each in replicates], dataset)
        except Exception as error:  # one combination, one model: it concerns all of them
            return [error] * len(replicates)
        clock.mark("model")
        surroundings = _Surroundings(
            dataset=dataset,
            threads=threads,
            data_provenance=data_provenance,
            code_sha256=code_sha256,
            policy=policy or CheckpointPolicy(),
            slots=slots,
            clock=clock,
            rung=rung,
            keep_checkpoints=keep_checkpoints,
            stop=stop,
            began=began,
            together=len(replicates),
        )
        told = log if len(replicates) == 1 else None
        return carry_out(
            engines,
            [
                _steps(each, one, state, surroundings, told or _with_seed(each.run.seed, log))
                for each, one, state in zip(replicates, prepared, engines.states, strict=True)
            ],
        )


@dataclass(frozen=True)
class _Surroundings:
    """What replicates that are trained together share; see `train_replicates`."""

    dataset: "Dataset"
    threads: int
    data_provenance: Mapping[str, Any]
    code_sha256: str
    policy: CheckpointPolicy
    slots: HeldSlots | None
    clock: StageClock
    rung: int
    keep_checkpoints: bool
    stop: StopRequest
    began: float
    together: int


def _with_seed(seed: int, log: Log) -> Log:
    return lambda line: log(f"seed {seed}: {line}")


def _steps(
    replicate: Replicate, prepared: "_Prepared", state: State, shared: _Surroundings, log: Log
) -> Steps[None]:
    """One run from its checkpoint to its files."""
    from nnrepro.models.layers.counting import count_parameters

    run, dataset, rung = replicate.run, shared.dataset, shared.rung
    packages, influences = package_versions(), outside_influences()
    device = describe_device()
    code = {"sha256": shared.code_sha256}
    origin = Origin(
        _computation(run, shared.data_provenance, shared.code_sha256),
        {"device": dict(device), "packages": packages, "environment": influences, "code": code},
    )
    checkpoints = Checkpoints(replicate.checkpoint_dir, origin, shared.policy, log)
    epochs = run.rungs[rung - 1] if rung else int(run.settings["epochs"])
    progress, best = _resume(checkpoints, state, log)
    if replicate.before is not None and not progress.epoch and not progress.step:
        progress, best = _resume(replace(checkpoints, folder=replicate.before), state, log)
    if shared.slots is not None:
        _note_slots(shared.slots, device, progress, log)
    loop = Loop(
        state=state,
        settings=run.settings,
        epochs=epochs,
        seed=run.seed,
        train_examples=len(dataset.train_y),
        sets=dataset.evaluation_sets,
        scores=prepared.scores,
        evaluation_batch=_evaluation_batch(run, dataset, device["kind"]),
        filled=treats_examples_apart(prepared.model),
        checkpoints=checkpoints,
        stop=shared.stop,
        early=EarlyStopping.of(run.settings),
        best=best,
    )
    yield from loop.compile()
    shared.clock.mark("compile")
    setup = time.perf_counter() - shared.began
    progress.seconds["setup"] += setup / shared.together
    log(f"{run.id}: ready to train after {setup:.1f} s")
    yield from loop.run(progress, ProgressLog(log, epochs, progress.epoch))
    if rung < len(run.rungs):
        replace(checkpoints, folder=replicate.out_dir).save(progress, loop.kept())
    if shared.keep_checkpoints:
        checkpoints.save(progress, loop.kept())
    state.finish(loop.best)
    # In a halving the test set is not looked at before the last rung.
    early = rung < len(run.rungs) and not progress.history.tested
    answers = None if early else (yield from loop.final_answers(progress))
    if answers is None:
        answers = np.zeros((0, dataset.num_outputs), dtype=np.float32)
    diverged_at = progress.history.diverged_at()
    seconds = {name: round(value, 3) for name, value in progress.seconds.items()}
    # Waiting for a GPU is no part of what training takes, and CPU seconds are the same time again.
    total = sum(seconds[name] for name in ("setup", "training", "evaluation"))
    write_outputs(
        replicate.out_dir,
        model=prepared.model,
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
            "parameters": count_parameters(prepared.model),
            "seconds": {**seconds, "total": round(total, 3)},
            "setup_stages": shared.clock.seconds,
            "optimizer": described(prepared.optimizer),
            "data": dict(shared.data_provenance),
            **({"examined": examined(dataset.meta)} if examined(dataset.meta) else {}),
            "code": code,
            "packages": packages,
            "environment": influences,
            "device": device,
            **({"earlier": progress.earlier} if progress.earlier else {}),
            "threads": shared.threads,
            **({"trained_together": shared.together} if shared.together > 1 else {}),
            **host(),
        },
    )
    if not shared.keep_checkpoints:
        checkpoints.remove()


class _Prepared(NamedTuple):
    """A run's model and optimiser at the initial weights, and what its answers are scored by."""

    model: "keras.Model"
    optimizer: "keras.optimizers.Optimizer"
    scores: Scores


def _prepare(runs: "Sequence[Run]", dataset: "Dataset") -> tuple[list[_Prepared], Replicates]:
    """What each run is trained with, seeded by itself alone, and the engine of them all."""
    import keras

    from nnrepro.training.losses import COUNTED, Objective, check_label_settings, loss_of

    first = runs[0]
    units = units_of(dataset.train_y) if dataset.task == REGRESSION else None
    scores = scores_of(first.settings, dataset, COUNTED)
    prepared: list[_Prepared] = []
    for run in runs:
        if prepared:  # so that layers have the names that they have alone
            keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(run.seed)
        task = task_of(dataset, seed=run.seed)
        model = build_model(run.model, run.settings, task)
        check_model(model, run.model, examples=dataset.train_x.dtype, task=task)
        if units is not None:
            model = in_own_units(model, units)
        optimizer = make_optimizer(run.settings, examples=len(dataset.train_y))
        prepared.append(_Prepared(model, optimizer, scores))
    loss = loss_of(dataset.task, str(first.settings.get("loss") or ""))
    check_label_settings(first.settings, dataset.task)
    objective = Objective(
        dataset.task,
        loss,
        scores.counted,
        units,
        float(first.settings.get("label_smoothing", 0)),
        class_weights(
            first.settings.get("class_weight"),
            dataset.train_y,
            dataset.outputs,
            dataset.num_outputs,
        ),
    )
    xla = needs_xla(prepared[0].model, first.model)
    pairs = [(each.model, each.optimizer) for each in prepared]
    return prepared, make_replicates(pairs, objective, dataset, xla=xla)


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
    checkpoints: Checkpoints, state: State, log: Log
) -> tuple[Progress, list[NDArray[Any]]]:
    """The checkpoint's progress, its variables put back; a fresh start without one.

    With it come the weights of the best epoch, if the checkpoint has them.
    """
    found = checkpoints.load()
    if found is None:
        return Progress(), []
    progress, variables = found
    own, weights = state.variables(), state.weights()
    best = variables[len(own) :]
    wanted = [*own, *(weights if best else [])]
    if [value.shape for value in variables] != [value.shape for value in wanted]:
        raise TrainingError(
            f"checkpoint {checkpoints.path} does not fit this backend; go on where it was made, or "
            "remove the file to start anew"
        )
    state.restore(variables[: len(own)])
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
