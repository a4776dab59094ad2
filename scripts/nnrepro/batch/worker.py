"""A lane's process: trains the jobs that it is told of, one after the other."""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from nnrepro.errors import NnreproError
from nnrepro.planning.code import code_of
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.training.errors import TrainingInterrupted
from nnrepro.training.job import Outcome, forget, train_unless_finished
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
    """Train the runs that a line of `asked` describes, as JSON, to their ends; answer a line each.

    Of each run, by its id, an answer has `{"status": ...}` with `done`, `kept` (finished before),
    `failed` (with `recorded` where the run's folder says so) or `stopped`. `data` are prepared
    arrays by what runs read, `codes` fingerprints of code, as `training_codes` gives them, `slots`
    what this process holds.
    """
    for line in asked:
        runs = [Run.from_dict(each) for each in json.loads(line)]
        answer = _answer(runs, study, data[runs[0].reads], code_of(runs[0], codes), slots)
        print(json.dumps(answer), file=answers, flush=True)
        if any(own["status"] == "stopped" for own in answer.values()):
            return


def _answer(
    runs: Sequence[Run], study: Study, data: Path, code: str, slots: HeldSlots | None
) -> dict[str, dict[str, Any]]:
    """What becomes of each run of a job, whose log has the name of the first."""
    began = time.monotonic()

    def of_all(status: str, reason: Exception) -> dict[str, dict[str, Any]]:
        return {run.id: {"status": status, "reason": str(reason)} for run in runs}

    log_file = StudyPaths.of(study).root / "logs" / "batch" / f"{runs[0].id}.log"
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("a", encoding="utf-8", buffering=1) as log:
        try:
            outcomes = train_unless_finished(
                runs,
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
            return of_all("stopped", stop)
        except NnreproError as error:
            print(f"error: {error}", file=log)
            return of_all("failed", error)
        for outcome in outcomes.values():
            if outcome.failure:
                print(f"error: {outcome.failure}", file=log)
    if any(outcome.trained for outcome in outcomes.values()):
        forget()
    seconds = round(time.monotonic() - began, 3)
    return {run_id: _told(outcome, seconds) for run_id, outcome in outcomes.items()}


def _told(outcome: Outcome, seconds: float) -> dict[str, Any]:
    if outcome.failure:
        return {"status": "failed", "reason": str(outcome.failure), "recorded": True}
    return {"status": "done" if outcome.trained else "kept", "seconds": seconds}
