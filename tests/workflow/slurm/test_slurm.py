"""The study on a real Slurm: one job per run, and no accident that loses or changes anything."""

import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from local_slurm import Slurm, wait_until
from same_results import TIMES, products, take_times, trained
from submission import FAKE_GPUS, LIMIT, LONG, LONG_RUN, WHOLE, Submission, WatchedRun

pytestmark = [pytest.mark.slow, pytest.mark.slurm]

GPU = ("--config", "training={gpus: 1}")

Submit = Callable[..., Submission]
Undisturbed = Callable[..., Path]


@pytest.fixture
def long_run(project: Path) -> WatchedRun:
    """The run that is long enough for an accident."""
    return WatchedRun(project / "results" / "long", LONG_RUN)


@pytest.fixture
def first_gpu_taken(slurm: Slurm) -> None:
    """Somebody else's job holds the first of the node's GPUs, until the end of the test."""
    options = ("--parsable", "--gpus=1", "--mem=100", "--output=/dev/null")
    job = slurm.run("sbatch", *options, "--wrap=sleep 3600").strip()
    wait_until(lambda: job in slurm.running(), 60, "the job that takes a GPU does not start")


def assert_went_on(run: WatchedRun, undisturbed: Undisturbed) -> None:
    """The last attempt went on from a checkpoint, and nothing of the run tells but its log."""
    assert "going on from" in run.log, run.log
    assert run.history == WatchedRun(undisturbed(LONG, "training"), LONG_RUN).history


def test_every_run_is_a_slurm_job_with_a_gpu_and_the_report_is_the_local_one(
    slurm: Slurm, submit: Submit, project: Path, undisturbed: Undisturbed, first_gpu_taken: None
) -> None:
    before = set(slurm.jobs())
    submit(project, "training", studies=[WHOLE], options=GPU).finish()
    results, local = project / "results" / "four_runs", undisturbed(WHOLE)
    runs = sorted(p.parent.relative_to(results / "runs") for p in results.glob("runs/**/run.json"))
    described = [slurm.describe(job) for job in set(slurm.jobs()) - before]
    assert len(runs) == len(described) == 4
    for run in runs:
        name = "_".join(run.parts)
        (job,) = [text for text in described if f"rule_train_run_wildcards_{name}" in text]
        assert "gres:gpu:1" in job
        record = (results / "runs" / run / "run.json").read_text(encoding="utf-8")
        # Slurm put 1 into CUDA_VISIBLE_DEVICES: without that, a run takes the first free GPU.
        assert FAKE_GPUS[1] in record and FAKE_GPUS[0] not in record
    assert trained(results) == trained(local)
    take_times(results, local, ignored=(*TIMES, "device"))
    submit(project, studies=[WHOLE], options=GPU).finish()
    assert products(results) == products(local)


def test_equal_short_runs_are_one_array_of_jobs(
    slurm: Slurm, submit: Submit, project: Path, undisturbed: Undisturbed
) -> None:
    """Those that are ready together; the run that waits for their selection is a job of its own."""
    before = set(slurm.jobs())
    array = ("--slurm-array-jobs", "train_run")
    submit(project, "training", studies=[WHOLE], options=(*GPU, *array)).finish()
    jobs = set(slurm.jobs()) - before
    assert len(jobs) == 4
    tasks = sorted(job.partition("_")[::2] for job in jobs if "_" in job)
    assert len({array for array, _ in tasks}) == 1
    # Both runs of the grid, and the text run where its data happened to be ready at the same time.
    assert [task for _, task in tasks] in (["1", "2"], ["1", "2", "3"])
    assert trained(project / "results" / "four_runs") == trained(undisturbed(WHOLE))


def test_a_cancelled_training_is_submitted_again_and_goes_on(
    slurm: Slurm, submit: Submit, project: Path, long_run: WatchedRun, undisturbed: Undisturbed
) -> None:
    submission = submit(project, "training", studies=[LONG])
    long_run.stand_still()
    (job,) = slurm.running()
    slurm.run("scancel", job)
    submission.finish()
    assert slurm.jobs()[job] == "CANCELLED"
    assert_went_on(long_run, undisturbed)


def test_a_node_that_goes_down_and_comes_back_loses_nothing(
    slurm: Slurm, submit: Submit, project: Path, long_run: WatchedRun, undisturbed: Undisturbed
) -> None:
    submission = submit(project, "training", studies=[LONG])
    long_run.stand_still()
    (job,) = slurm.running()
    slurm.crash_node()
    long_run.wait_until(lambda: job not in slurm.running(), "the job survived its node")
    slurm.start_daemon("slurmd")
    submission.finish()
    assert "Restarts=1" in slurm.describe(job)
    assert_went_on(long_run, undisturbed)


def test_a_killed_snakemake_is_started_again_without_unlocking_and_trains_nothing_twice(
    slurm: Slurm, submit: Submit, project: Path, long_run: WatchedRun, undisturbed: Undisturbed
) -> None:
    killed = submit(project, "training", studies=[LONG])
    orphan = long_run.stand_still()
    killed.kill()
    following = submit(project, "training", studies=[LONG])
    waiting = f"waiting: process {orphan} on"
    long_run.wait_until(lambda: waiting in long_run.log, "nobody waits for the orphan")
    os.kill(orphan, signal.SIGCONT)
    following.finish()
    assert "finished already" in long_run.log  # by the job that outlived its Snakemake
    assert "ready to train" not in long_run.log
    assert long_run.history == WatchedRun(undisturbed(LONG, "training"), LONG_RUN).history


def test_a_time_limit_shorter_than_the_run_is_survived_and_the_next_attempt_gets_more(
    slurm: Slurm, submit: Submit, project: Path, long_run: WatchedRun, undisturbed: Undisturbed
) -> None:
    before = set(slurm.jobs())
    submission = submit(project, "training", studies=[LONG, LIMIT])
    process = long_run.stand_still()
    (job,) = slurm.running()
    long_run.wait_until(lambda: job not in slurm.running(), "the time limit does not hold")
    with suppress(ProcessLookupError):  # where the seconds after Slurm's SIGTERM are over
        os.kill(process, signal.SIGCONT)
    submission.finish()
    assert slurm.jobs()[job] == "TIMEOUT"
    assert_went_on(long_run, undisturbed)
    attempts = sorted(set(slurm.jobs()) - before, key=int)
    assert [_asked(slurm.describe(attempt)) for attempt in attempts][:2] == [(1, 2000), (2, 4000)]


def _asked(description: str) -> tuple[int, int]:
    """Minutes and megabytes that a job asked for."""
    found = re.search(r"TimeLimit=(\d+):(\d+):.*TRES=\S*mem=(\d+)M", description, re.DOTALL)
    assert found, description
    hours, minutes, megabytes = map(int, found.groups())
    return hours * 60 + minutes, megabytes
