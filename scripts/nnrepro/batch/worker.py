"""A lane's process: trains the runs that it is told of, one after the other."""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from nnrepro.errors import NnreproError
from nnrepro.planning.code import code_of
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.training.errors import TrainingInterrupted
from nnrepro.training.job import forget, train_unless_finished
from nnrepro.training.slots import HeldSlots


def serve(
    study: Study,
    data: Mapping[str, Path],
    codes: Mapping[str, str],
    slots: HeldSlots | None,
    *,
    asked: TextIO = sys.stdin,
    answers: TextIO = sys.stdout,
) -> None:
    """Train every run that a line of `asked` describes, as JSON, to its end; answer a line each.

    An answer is `{"status": ...}` with `done`, `kept` (finished before), `failed` (with `recorded`
    where the run's folder says so) or `stopped`. `data` are prepared arrays by what runs read,
    `codes` fingerprints of code, as `training_codes` gives them, `slots` what this process holds.
    """
    for line in asked:
        run = Run.from_dict(json.loads(line))
        answer = _answer(run, study, data[run.reads], code_of(run, codes), slots)
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
            outcomes = train_unless_finished(
                [run],
                study,
                data,
                code,
                backend=os.environ["KERAS_BACKEND"],
                threads=study.resources.threads,
                slots=lambda: slots,
                log=lambda line: print(line, file=log),
            )
        except TrainingInterrupted as stop:
            print(stop, file=log)
            return {"status": "stopped", "reason": str(stop)}
        except NnreproError as error:
            print(f"error: {error}", file=log)
            return {"status": "failed", "reason": str(error)}
        (outcome,) = outcomes.values()
        if outcome.failure:
            print(f"error: {outcome.failure}", file=log)
            return {"status": "failed", "reason": str(outcome.failure), "recorded": True}
    if outcome.trained:
        forget()
    seconds = round(time.monotonic() - began, 3)
    return {"status": "done" if outcome.trained else "kept", "seconds": seconds}
