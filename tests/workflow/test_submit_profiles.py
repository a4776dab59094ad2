"""A study goes through a submit command, and through Kubernetes, as it does without them."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from same_results import TIMES, ask_for_less, products, take_times, trained

HERE = Path(__file__).parent
STUDY = ("--configfile", str(HERE / "four_runs.yaml"))
TWO = ("channel_grid/c1-10_c2-20", "text_models/word_cnn")
PROFILES = ("submit", "kubernetes")
LOOK_OFTEN = ("--seconds-between-status-checks", "1")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The jobs of a Kubernetes cluster that is none: a kubectl that starts processes here."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE / "fake_kubectl.py"} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_CLUSTER", str(folder))
    return folder


@pytest.fixture(scope="module")
def local(copy_to: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the study, carried out without any of these profiles."""
    project = copy_to(tmp_path_factory.mktemp("local") / "project")
    ask_for_less(project.folder)
    project.snakemake(*STUDY)
    return Path(project.folder / "results" / "four_runs")


def test_a_profile_plans_the_jobs_that_a_call_without_it_plans(workflow: Any) -> None:
    planned = workflow.planned(*STUDY)
    assert planned["train_run"] == 4
    for profile in (*PROFILES, "slurm"):
        assert workflow.planned("--profile", f"profiles/{profile}", *STUDY) == planned


@pytest.mark.slow
def test_a_study_through_a_submit_command_is_the_local_one(workflow: Any, local: Path) -> None:
    ask_for_less(workflow.folder)
    call = ("--profile", "profiles/submit", *LOOK_OFTEN, *STUDY)
    workflow.snakemake(*call, "--", "training")
    results = workflow.folder / "results" / "four_runs"
    submitted = (workflow.folder / "results" / "submitted").glob("*/asked")
    assert [path.read_text().split(":")[0] for path in submitted] == [
        "1 threads, 2000 MB, 20 min, 0 GPUs"
    ] * 4
    assert trained(results) == trained(local)
    take_times(results, local, ignored=TIMES)
    workflow.snakemake(*call)
    assert products(results) == products(local)


@pytest.mark.slow
def test_a_study_through_kubernetes_is_the_local_one_although_a_pod_is_lost(
    workflow: Any, local: Path, cluster: Path
) -> None:
    (cluster / "first_pod_fails").touch()
    runs = [f"results/four_runs/runs/tan/{name}/seed0/history.json" for name in TWO]
    call = ("--profile", "profiles/kubernetes", *LOOK_OFTEN, *STUDY)
    workflow.snakemake(*call, "--config", "training={gpus: 1}", "--", *runs)
    found, expected = trained(workflow.folder / "results" / "four_runs"), trained(local)
    assert found == {name: expected[name] for name in expected if any(run in name for run in TWO)}
    jobs = [json.loads(path.read_text()) for path in cluster.glob("*.json")]
    pods = [job["spec"]["template"]["spec"] for job in jobs]
    asked = [pod["containers"][0]["resources"] for pod in pods]
    assert [resources["limits"]["nvidia.com/gpu"] for resources in asked] == ["1"] * 3
    memory = sorted(resources["requests"]["memory"] for resources in asked)
    assert memory == ["2000M"] * 2 + ["4000M"]  # the lost one again, with more
    for pod in pods:
        (volume,), (mount,) = pod["volumes"], pod["containers"][0]["volumeMounts"]
        assert volume["name"] == mount["name"]


@pytest.fixture(params=PROFILES)
def commands(
    request: pytest.FixtureRequest, repository: Path, tmp_path: Path, cluster: Path
) -> Callable[..., str]:
    """Calls `submit`, `status` or `cancel` of a profile, in a folder of its own."""
    folder = tmp_path / "a folder & more"
    shutil.copytree(repository / "profiles", folder / "profiles")

    def call(command: str, *arguments: str) -> str:
        done = subprocess.run(
            [f"profiles/{request.param}/{command}", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    return call


def state_after(commands: Callable[..., str], job: str, state: str) -> str:
    """The state of a job that is no longer `state`."""
    end = time.monotonic() + 60
    while (now := commands("status", job)) == state and time.monotonic() < end:
        time.sleep(0.1)
    return now


def submitted(commands: Callable[..., str], script: Path, text: str, minutes: str = "5") -> str:
    """The id of a job."""
    script.write_text(text, encoding="utf-8")
    return commands("submit", "1", "100", minutes, "0", str(script))


@pytest.mark.parametrize(("code", "state"), [(0, "success"), (3, "failed")])
def test_a_job_ends_as_its_script_does(
    commands: Callable[..., str], tmp_path: Path, code: int, state: str
) -> None:
    job = submitted(commands, tmp_path / "job.sh", f"sleep 0.5; exit {code}")
    assert job.count("\n") == 0 and job
    assert state_after(commands, job, "running") == state


UNTIL_TERM = """
(trap "echo told >{mark}; exit 1" TERM; touch {started}; sleep 60 & wait) &
wait
"""


@pytest.mark.parametrize("minutes", ["5", "0.02"])
def test_a_job_that_is_cancelled_or_takes_too_long_is_told_to_end(
    commands: Callable[..., str], tmp_path: Path, minutes: str
) -> None:
    """Every process of it is, so that a training can write a checkpoint."""
    mark, started = tmp_path / "mark", tmp_path / "started"
    text = UNTIL_TERM.format(mark=mark, started=started)
    job = submitted(commands, tmp_path / "job.sh", text, minutes)
    end = time.monotonic() + 60
    while not started.exists() and time.monotonic() < end:
        time.sleep(0.05)
    if minutes == "5":
        assert commands("status", job) == "running"
        commands("cancel", job)
    assert state_after(commands, job, "running") == "failed"
    while not mark.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert mark.read_text() == "told\n"


def test_a_job_that_nobody_knows_has_failed(commands: Callable[..., str]) -> None:
    assert commands("status", "another") == "failed"
