"""One training job: nobody else trains the run meanwhile, and nothing is trained that is there."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nnrepro.data.dataset import load_dataset
from nnrepro.files import read_json, write_bytes
from nnrepro.locks import wait_for_lock
from nnrepro.study.identity import DATA_TOLD
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.temporaries import remove, remove_abandoned
from nnrepro.training.checkpoint import FILE_NAME as CHECKPOINT
from nnrepro.training.checkpoint import CheckpointPolicy
from nnrepro.training.errors import FailedRunError
from nnrepro.training.failed import failure_recorded
from nnrepro.training.finished import is_finished
from nnrepro.training.outputs import pass_on
from nnrepro.training.progress import Log
from nnrepro.training.slots import HeldSlots
from nnrepro.training.stages import StageClock
from nnrepro.training.train import train_run


def train_unless_finished(
    run: Run,
    study: Study,
    data: Path,
    code_sha256: str | Mapping[str, str],
    *,
    backend: str,
    threads: int,
    slots: Callable[[], HeldSlots | None],
    log: Log,
    decision: Path | None = None,
    rung: int = 0,
    kept: Path | None = None,
    clock: StageClock | None = None,
) -> bool:
    """Train a run into the study's folder, unless it is there already; whether it had to be.

    A training that outlived whoever started it may still be at it: it is waited for, and then found
    finished. `data` are the prepared arrays, with their description beside them; `slots` takes the
    GPU slots, when there is something to train; `decision` is the file of the selection that the
    run takes parameters from, `code_sha256` by model where it decides that, too; `clock` has the
    stages that have passed already.

    A run in a halving is trained to the end of a `rung`, counted from 1, on from that before; one
    whose variant is not among those that the decision `kept` names stays as that left it.

    Raises TrainingInterrupted after a signal, with a checkpoint written; FailedRunError where
    model, data or settings are wrong or nothing was selected, which the run's folder then says; and
    NnreproError where no GPU can be had.
    """
    paths = StudyPaths.of(study)
    early = rung < len(run.rungs)
    folder = paths.rung(rung).folder(run.id) if early else paths.run(run.id, "history").parent
    checkpoints = paths.checkpoints(run.id, rung if early else 0)
    before = paths.rung(rung - 1).folder(run.id) if rung > 1 else None
    further = [CHECKPOINT] if early else []
    clock = clock or StageClock()
    clock.mark("start")
    lock = wait_for_lock(
        paths.lock(run.id), waiting=lambda holder: log(f"waiting: {holder} is training this run")
    )
    if lock.real:
        for place in (folder, checkpoints):
            remove_abandoned(place, alone=True)
    try:
        with failure_recorded(folder, run):
            if decision is not None:
                run = run.resolved(read_json(decision))
            prepared = read_json(data.with_suffix(".json"))
            identity: dict[str, Any] = {
                "data_provenance": {key: prepared[key] for key in DATA_TOLD if key in prepared},
                "code_sha256": code_sha256
                if isinstance(code_sha256, str)
                else code_sha256[run.model],
            }
            if before and kept and run.variant not in read_json(kept)["kept"]:
                pass_on(before, folder, further)
                log(f"left behind: '{run.variant}' is not among those that go on")
                return False
            there = all((folder / name).is_file() for name in further)
            if there and is_finished(folder, run, **identity, backend=backend, rung=rung):
                remove(checkpoints)  # where the job was killed before it did
                return False
        held = slots()
        clock.skip()
        with failure_recorded(folder, run):
            dataset = load_dataset(data, run.settings)
            clock.mark("data")
            train_run(
                run,
                dataset,
                out_dir=folder,
                checkpoint_dir=checkpoints,
                rung=rung,
                before=before,
                threads=threads,
                log=log,
                policy=CheckpointPolicy(
                    every_seconds=study.resources.checkpoint_seconds,
                    resume_elsewhere=study.resources.resume_elsewhere,
                ),
                slots=held,
                clock=clock,
                **identity,
            )
        return True
    except FailedRunError:
        for name in further:
            write_bytes(folder / name, b"")
        raise
    finally:
        lock.release()
