"""The study on a real Slurm: one job per run, and no accident that loses or changes anything."""

import csv
import filecmp
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from local_slurm import NODE, Slurm, wait_until
from submission import FAKE_GPU, Submission

pytestmark = [pytest.mark.slow, pytest.mark.slurm]

RUN = "koh/text_models/char_rnn_gru/seed0"
TIMES = ("seconds", "device", "host", "cpu", "threads", "gpu", "slots", "waiting", "machine")

Submit = Callable[..., Submission]


@pytest.fixture
def project(copy_to: Callable[[Path], Any], tmp_path: Path) -> Path:
    """A copy of the project."""
    return Path(copy_to(tmp_path / "project").folder)


def rows_without_times(table: Path) -> list[dict[str, str]]:
    """A table without what differs between machines."""
    with table.open(newline="", encoding="utf-8") as file:
        return [
            {name: value for name, value in row.items() if not any(t in name for t in TIMES)}
            for row in csv.DictReader(file)
        ]


def same_run(results: Path, undisturbed: Path, run: str) -> bool:
    """Whether a run has the same history, to the last byte."""
    return filecmp.cmp(
        results / "runs" / run / "history.json", undisturbed / "runs" / run / "history.json", False
    )


def assert_went_on(results: Path, undisturbed: Path) -> None:
    """The run went on from a checkpoint, and nothing of it tells but its log."""
    log = results / "logs" / "train_run" / f"{RUN}.log"
    assert "going on from" in log.read_text(encoding="utf-8")
    assert same_run(results, undisturbed, RUN)


def wait_for_checkpoint(results: Path, slurm: Slurm) -> str:
    """Wait until the run is under way, and return the id of its Slurm job."""
    folder = results / "checkpoints" / RUN
    wait_until(lambda: any(folder.glob("*")), 180, f"no checkpoint in {folder}")
    (job,) = slurm.running()
    return job


def test_every_run_is_a_slurm_job_with_a_gpu_and_the_results_are_the_local_ones(
    slurm: Slurm, submit: Submit, project: Path, undisturbed: Callable[[str], Path]
) -> None:
    before = set(slurm.jobs())
    submit(project, "study.yaml").finish()
    results, local = project / "results" / "slurm", undisturbed("study.yaml")
    runs = sorted(p.parent.relative_to(results / "runs") for p in results.glob("runs/**/run.json"))
    jobs = set(slurm.jobs()) - before
    described = [slurm.describe(job) for job in jobs]
    assert len(runs) == len(jobs) == 4
    for run in runs:
        name = "_".join(run.parts)
        (job,) = [text for text in described if f"rule_train_run_wildcards_{name}" in text]
        assert "gres:gpu:1" in job
        record = json.loads((results / "runs" / run / "run.json").read_text())
        assert [FAKE_GPU in slot for slot in record["device"]["slots"]] == [True]
        assert same_run(results, local, str(run))
    tables = sorted(path.name for path in (local / "tables").glob("*.csv"))
    assert tables and tables == sorted(path.name for path in (results / "tables").glob("*.csv"))
    for table in tables:
        ours, theirs = results / "tables" / table, local / "tables" / table
        assert rows_without_times(ours) == rows_without_times(theirs), table
    assert (results / "report" / "index.html").is_file()


def test_a_cancelled_training_is_submitted_again_and_goes_on(
    slurm: Slurm, submit: Submit, project: Path, undisturbed: Callable[[str], Path]
) -> None:
    results = project / "results" / "long"
    submission = submit(project, "long_run.yaml")
    slurm.run("scancel", wait_for_checkpoint(results, slurm))
    submission.finish()
    assert_went_on(results, undisturbed("long_run.yaml"))


def test_a_node_that_goes_down_and_comes_back_loses_nothing(
    slurm: Slurm, submit: Submit, project: Path, undisturbed: Callable[[str], Path]
) -> None:
    results = project / "results" / "long"
    submission = submit(project, "long_run.yaml")
    wait_for_checkpoint(results, slurm)
    slurm.run("scontrol", "update", f"NodeName={NODE}", "State=DOWN", "Reason=test")
    wait_until(lambda: not slurm.running(), 60, "the job survived its node")
    slurm.run("scontrol", "update", f"NodeName={NODE}", "State=RESUME")
    submission.finish()
    assert_went_on(results, undisturbed("long_run.yaml"))


def test_a_killed_snakemake_is_started_again_without_unlocking_and_trains_nothing_twice(
    slurm: Slurm, submit: Submit, project: Path, undisturbed: Callable[[str], Path]
) -> None:
    results = project / "results" / "long"
    killed = submit(project, "long_run.yaml")
    wait_for_checkpoint(results, slurm)
    killed.kill()
    submit(project, "long_run.yaml").finish()
    log = (results / "logs" / "train_run" / f"{RUN}.log").read_text(encoding="utf-8")
    assert "finished already" in log  # by the job that outlived its Snakemake
    assert "ready to train" not in log
    assert same_run(results, undisturbed("long_run.yaml"), RUN)


def test_a_time_limit_shorter_than_the_run_is_survived(
    slurm: Slurm, submit: Submit, project: Path, undisturbed: Callable[[str], Path]
) -> None:
    results = project / "results" / "limited"
    submission = submit(project, "limited_run.yaml", "--set-resources", "train_run:runtime=1")
    submission.finish()
    assert "TIMEOUT" in slurm.jobs().values()
    assert_went_on(results, undisturbed("limited_run.yaml"))
