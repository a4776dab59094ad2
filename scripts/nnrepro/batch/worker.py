"""A lane's process: trains the runs that it is told of, one after the other."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from nnrepro.data import load_dataset
from nnrepro.errors import NnreproError
from nnrepro.files import read_json
from nnrepro.locks import wait_for_lock
from nnrepro.study import Run, Study, StudyPaths
from nnrepro.training import (
    CheckpointPolicy,
    TrainingInterrupted,
    is_finished,
    train_run,
)
from nnrepro.training.slots import HeldSlots

IDENTITY = ("name", "source", "generated", "sha256")


def train_one(
    run: Run,
    study: Study,
    data: Path,
    code_sha256: str,
    *,
    slots: HeldSlots | None,
    log: Callable[[str], None],
) -> bool:
    """Train a run into the study's folder, unless it is there already.

    Args:
        run: its settings are fully resolved.
        study: says where things lie, and how often to write a checkpoint.
        data: the prepared arrays.
        code_sha256: fingerprint of the code that trains its model.
        slots: the GPU slots that this process holds.
        log: takes progress lines.

    Returns:
        Whether it had to be trained.

    Raises:
        TrainingInterrupted: a signal arrived; a checkpoint is written.
        NnreproError: the data or the settings are wrong.
    """
    paths = StudyPaths.of(study)
    prepared = read_json(data.with_suffix(".json"))
    identity: dict[str, Any] = {
        "data_provenance": {key: prepared[key] for key in IDENTITY},
        "code_sha256": code_sha256,
    }
    folder = paths.run(run.id, "history").parent
    lock = wait_for_lock(
        paths.lock(run.id), waiting=lambda holder: log(f"waiting: {holder} is training this run")
    )
    try:
        if is_finished(folder, run, **identity, backend=os.environ["KERAS_BACKEND"]):
            return False
        train_run(
            run,
            load_dataset(data, run.settings),
            out_dir=folder,
            checkpoint_dir=paths.checkpoints(run.id),
            threads=study.resources.threads,
            log=log,
            policy=CheckpointPolicy(every_seconds=study.resources.checkpoint_seconds),
            slots=slots,
            **identity,
        )
        return True
    finally:
        lock.release()


def serve(
    study: Study,
    data: Mapping[str, Path],
    codes: Mapping[str, str],
    slots: HeldSlots | None,
    *,
    asked: TextIO = sys.stdin,
    answers: TextIO = sys.stdout,
) -> None:
    """Train every run that a line of `asked` describes; answer with a line each.

    Args:
        study: the study.
        data: prepared arrays by input.
        codes: fingerprints of training code by model.
        slots: the GPU slots that this process holds.
        asked: runs as JSON, a line each; its end ends this process.
        answers: takes `{"status": ...}` with `done`, `kept` (finished before), `failed` or
            `stopped`.
    """
    for line in asked:
        run = Run.from_dict(json.loads(line))
        answer = _answer(run, study, data[run.input], codes[run.model], slots)
        print(json.dumps(answer), file=answers, flush=True)
        if answer["status"] == "stopped":
            return


def _answer(
    run: Run, study: Study, data: Path, code: str, slots: HeldSlots | None
) -> dict[str, Any]:
    began = time.monotonic()
    log_file = StudyPaths.of(study).root / "logs" / "batch" / f"{run.id}.log"
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("a", encoding="utf-8", buffering=1) as log:
        try:
            trained = train_one(
                run, study, data, code, slots=slots, log=lambda line: print(line, file=log)
            )
        except TrainingInterrupted as stop:
            print(stop, file=log)
            return {"status": "stopped", "reason": str(stop)}
        except NnreproError as error:
            print(f"error: {error}", file=log)
            return {"status": "failed", "reason": str(error)}
    if trained:
        _forget()
    seconds = round(time.monotonic() - began, 3)
    return {"status": "done" if trained else "kept", "seconds": seconds}


def _forget() -> None:
    """Let go of the last run's model, its data on the device and its compiled code."""
    import keras  # noqa: PLC0415  here, after the backend has been chosen

    keras.backend.clear_session()
    if keras.backend.backend() == "jax":
        import jax  # noqa: PLC0415

        jax.clear_caches()
