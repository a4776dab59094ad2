"""One training job: nobody else trains its runs meanwhile, and nothing is trained that is there."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
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
from nnrepro.training.train import Replicate, train_replicates

_SAME = "the same settings, data, code and versions"

TOGETHER = ("jax",)
"""Backends that train replicates as one computation; the others one after another."""


@dataclass(frozen=True)
class Outcome:
    """What became of a run: whether it has been trained now, or why it could not be."""

    trained: bool
    failure: FailedRunError | None = None


def train_unless_finished(
    runs: Sequence[Run],
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
) -> dict[str, Outcome]:
    """Train runs of one combination into the study's folder, but for those that are there already.

    What became of each, by its id. One that fails by itself, of which its folder then says so, or
    diverges, leaves the others to go on: model, data or settings are wrong, or nothing was
    selected. All that is done of several is kept if the job is stopped before it is through.

    A training that outlived whoever started it may still be at it: it is waited for, and then found
    finished. `data` are the prepared arrays, with their description beside them; `slots` takes the
    GPU slots, when there is something to train; `decision` is the file of the selection that the
    runs take parameters from, `code_sha256` by model where it decides that, too; `clock` has the
    stages that have passed already.

    Runs in a halving are trained to the end of a `rung`, counted from 1, on from that before; one
    whose variant is not among those that the decision `kept` names stays as that left it.

    Raises TrainingInterrupted after a signal, with a checkpoint written; NnreproError where no GPU
    can be had; and whatever else the machine is to blame for.
    """
    clock = clock or StageClock()
    clock.mark("start")
    job = _Job(study, data, code_sha256, backend, threads, log, decision, rung, kept)
    with ExitStack() as locks:
        for run in runs:  # in one order everywhere, so that no two jobs wait for each other
            job.hold(run, locks)
        outcomes: dict[str, Outcome] = {}
        to_train: list[Run] = []
        for run in runs:
            try:
                resolved = job.unless_finished(run)
            except FailedRunError as failure:
                outcomes[run.id] = job.failed(run, failure)
            else:
                outcomes[run.id] = Outcome(trained=False)
                to_train += [resolved] if resolved else []
        if to_train:
            held = slots()
            clock.skip()
            alike = [to_train] if backend in TOGETHER else [[run] for run in to_train]
            for at, together in enumerate(alike):
                if at:
                    forget()
                    clock = StageClock()
                outcomes |= job.train(together, held, clock, several=len(runs) > 1)
        for run in runs:
            if outcomes[run.id].failure is None:
                remove(job.checkpoints(run))  # kept until all are done
        return outcomes


@dataclass(frozen=True)
class _Job:
    """What the runs of a job have in common; see `train_unless_finished`."""

    study: Study
    data: Path
    code_sha256: str | Mapping[str, str]
    backend: str
    threads: int
    log: Log
    decision: Path | None
    rung: int
    kept: Path | None

    def hold(self, run: Run, locks: ExitStack) -> None:
        """Take the lock of a run, and put its folders in order."""
        lock = wait_for_lock(
            self._paths.lock(run.id),
            waiting=lambda holder: self.log(f"waiting: {holder} is training {run.id}"),
        )
        locks.callback(lock.release)
        if lock.real:
            for place in (self._folder(run), self.checkpoints(run)):
                remove_abandoned(place, alone=True)

    def unless_finished(self, run: Run) -> Run | None:
        """A run with the parameters selected for it; None where there is nothing to be trained."""
        folder, before = self._folder(run), self._before(run)
        with failure_recorded(folder, run):
            if self.decision is not None:
                run = run.resolved(read_json(self.decision))
            further = self._further(run)
            if before and self.kept and run.variant not in read_json(self.kept)["kept"]:
                pass_on(before, folder, further)
                self.log(f"{run.id}: left behind, not among those that go on")
                return None
            there = all((folder / name).is_file() for name in further)
            finished = is_finished(
                folder, run, **self._identity(run), backend=self.backend, rung=self.rung
            )
            if there and finished:
                self.log(f"{run.id}: finished already with {_SAME}: kept as it is")
                return None
        return run

    def train(
        self, runs: Sequence[Run], slots: HeldSlots | None, clock: StageClock, *, several: bool
    ) -> dict[str, Outcome]:
        """Train runs together; of a job with several, the checkpoints are kept for now."""
        ended: list[Exception | None]
        try:
            dataset = load_dataset(self.data, runs[0].settings)
            clock.mark("data")
            ended = train_replicates(
                [
                    Replicate(run, self._folder(run), self.checkpoints(run), self._before(run))
                    for run in runs
                ],
                dataset,
                rung=self.rung,
                threads=self.threads,
                log=self.log,
                policy=CheckpointPolicy(
                    every_seconds=self.study.resources.checkpoint_seconds,
                    resume_elsewhere=self.study.resources.resume_elsewhere,
                ),
                slots=slots,
                clock=clock,
                keep_checkpoints=several,
                **self._identity(runs[0]),
            )
        except Exception as error:  # it concerns all of them
            ended = [error] * len(runs)
        outcomes, of_the_machine = {}, None
        for run, reason in zip(runs, ended, strict=True):
            try:
                with failure_recorded(self._folder(run), run):
                    if reason is not None:
                        raise reason
                outcomes[run.id] = Outcome(trained=True)
            except FailedRunError as failure:
                outcomes[run.id] = self.failed(run, failure)
            except Exception as error:
                of_the_machine = error
        if of_the_machine is not None:
            raise of_the_machine
        return outcomes

    def failed(self, run: Run, failure: FailedRunError) -> Outcome:
        """What a run that failed leaves beside its record."""
        for name in self._further(run):
            write_bytes(self._folder(run) / name, b"")
        return Outcome(trained=False, failure=failure)

    def checkpoints(self, run: Run) -> Path:
        """Where a run keeps its checkpoint."""
        return self._paths.checkpoints(run.id, self.rung if self._early(run) else 0)

    @property
    def _paths(self) -> StudyPaths:
        return StudyPaths.of(self.study)

    def _early(self, run: Run) -> bool:
        """Whether more rungs follow."""
        return self.rung < len(run.rungs)

    def _folder(self, run: Run) -> Path:
        if self._early(run):
            return self._paths.rung(self.rung).folder(run.id)
        return self._paths.run(run.id, "history").parent

    def _before(self, run: Run) -> Path | None:
        return self._paths.rung(self.rung - 1).folder(run.id) if self.rung > 1 else None

    def _further(self, run: Run) -> list[str]:
        """Files of its folder that other runs have not."""
        return [CHECKPOINT] if self._early(run) else []

    def _identity(self, run: Run) -> dict[str, Any]:
        """Of the data and the code, what a record tells of them."""
        prepared, code = read_json(self.data.with_suffix(".json")), self.code_sha256
        return {
            "data_provenance": {key: prepared[key] for key in DATA_TOLD if key in prepared},
            "code_sha256": code if isinstance(code, str) else code[run.model],
        }


def forget() -> None:
    """Let go of the last run's model, its data on the device and its compiled code."""
    import keras

    keras.backend.clear_session()
    if keras.backend.backend() == "jax":
        import jax

        jax.clear_caches()
