"""The command prints the plan of the configuration it is given."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from forked import forked_python

from nnrepro.data.dataset import Dataset
from nnrepro.models.registry import catalogue
from nnrepro.planning.code import training_codes
from nnrepro.planning.estimate import Estimator
from nnrepro.planning.machines import Machine, PlanError, machine_for, read_records
from nnrepro.planning.plan import Capacity, make_plan
from nnrepro.planning.status import Asked, Status, status_of
from nnrepro.planning.table import as_text, as_values
from nnrepro.study.paths import StudyPaths
from nnrepro.study.sources import read_source
from nnrepro.study.study import Study
from nnrepro.training.train import train_run

from .conftest import CODES, MACHINE, SMALL

DECISION = {"variant": "c1-10_c2-20", "c1": 10, "c2": 20}


@pytest.fixture
def study(
    small_study: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Study:
    """The study; its results are in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return small_study()


def planned(study: Study, capacity: Capacity | None = None, code: str = "") -> Any:
    records = read_records(Path("results"))
    codes = dict.fromkeys(CODES, code) if code else CODES
    return make_plan(study, records, MACHINE, capacity or Capacity(2, 1), codes)


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [forked_python(), "-m", "nnrepro", "plan", *arguments],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_command_counts_runs_and_time(
    study: Study, finish: Any, repository: Path, tmp_path: Path
) -> None:
    """On made-up results: one run is done, one stale by its code, the rest is missing."""
    small, large = study.runs_of("tan", "channel_grid")
    code = training_codes(repository / "scripts", catalogue())["image_cnn"]
    finish(study, small, epoch_seconds=1.0, code=code)
    finish(study, large, epoch_seconds=10.0)
    (tmp_path / "config.yaml").write_text((repository / "config.yaml").read_text())
    (tmp_path / "small.yaml").write_text(yaml.dump(SMALL))
    options = ("--configfile", "small.yaml", "--device", MACHINE.device, "--cores", "2")
    done = command(*options, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert values["study"] == "small"
    grid = next(row for row in values["experiments"] if row["experiment"] == "channel_grid")
    assert (grid["done"], grid["stale"], grid["missing"]) == (1, 1, 0)
    assert grid["reasons"] == {"code": 1}
    assert grid["seconds_to_go"] == 5 + 1000 * 10
    assert values["total"]["runs_of_unknown_length"] == 2
    text = command(*options, folder=tmp_path).stdout
    assert "Stale runs differ in: code 1." in text
    assert "\033[" not in text


def test_what_a_seed_more_costs_is_a_sum_only_where_all_of_it_is_known(
    study: Study, finish: Any, repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text((repository / "config.yaml").read_text())
    (tmp_path / "small.yaml").write_text(yaml.dump(SMALL))
    table = StudyPaths.of(study).table("claims")
    table.parent.mkdir(parents=True)
    table.write_text(
        "id,verdict,cause,reason,effect,ci95_low,interval,seeds\n"
        "tan-a-02,undecided,noise,inside the noise,0.01,-0.01,test set,1\n"
    )
    decision = StudyPaths.of(study).root / "selection/tan/channel_grid.json"
    decision.parent.mkdir(parents=True)
    decision.write_text(json.dumps(DECISION))
    options = ("--configfile", "small.yaml", "--device", MACHINE.device)
    *some, last = study.runs
    for run in some:
        finish(study, run.resolved(DECISION), epoch_seconds=3.6)
    unknown = command(*options, folder=tmp_path).stdout
    assert "a seed more of every combination takes an unknown time:\n  tan-a-02  " in unknown
    finish(study, last.resolved(DECISION), epoch_seconds=3.6)
    known = command(*options, folder=tmp_path).stdout
    cost = re.search(r"a seed more of every combination is ([0-9.]+) h of CPU time:", known)
    assert cost
    epochs = sum(run.settings["epochs"] for run in study.runs)
    assert float(cost[1]) == pytest.approx(epochs * 3.6 / 3600, rel=0.05)


def test_command_shows_mistakes_as_messages(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text((repository / "config.yaml").read_text())
    done = command("--config", "sedes=[0]", folder=tmp_path)
    assert done.returncode == 1
    assert "did you mean 'seeds'" in done.stderr
    assert "Traceback" not in done.stderr


def test_wall_time_waits_for_the_selection(study: Study, finish: Any) -> None:
    """Four optimiser runs of 5,505 s (the middle of 1 and 10 s an epoch) follow the longest run."""
    other = replace(study, name="other")
    for run, seconds in zip(study.runs_of("tan", "channel_grid"), (1.0, 10.0), strict=True):
        finish(other, run, epoch_seconds=seconds)
    plan = planned(study, Capacity(8, 1))
    times = as_values(plan)["total"]
    assert times["wall_hours"] == pytest.approx((10_005 + 5_505) / 3600, rel=0.2)
    assert "Until a selection is made" in as_text(plan)


def test_decided_selection_is_used(study: Study, finish: Any) -> None:
    for run in study.runs_of("tan", "channel_grid"):
        finish(study, run)
    decision = Path("results/small/selection/tan/channel_grid.json")
    decision.parent.mkdir(parents=True)
    decision.write_text(json.dumps(DECISION))
    for run in study.runs_of("tan", "optimizers"):
        finish(study, run.resolved(DECISION))
    plan = planned(study)
    assert [one.status.state for one in plan.groups["tan", "optimizers"]] == ["done"] * 4
    assert "Until a selection is made" not in as_text(plan)
    assert "Trained again" not in as_text(plan)
    paths = StudyPaths.of(study)
    paths.run(study.runs_of("tan", "channel_grid")[0].id, "record").unlink()
    assert "Trained again if another variant is selected: optimizers." in as_text(planned(study))


def test_runs_recorded_on_other_machines_tell_nothing(study: Study, finish: Any) -> None:
    finish(study, study.runs[0])
    slower = replace(MACHINE, device="Another Processor")
    plan = make_plan(study, read_records(Path("results")), slower, Capacity(2, 1), CODES)
    assert {one.estimate.basis for one in plan.runs} == {"unknown"}
    assert "How long any of it takes is unknown." in as_text(plan)


def test_gpu_hours_count_every_gpu_of_a_run(study: Study, finish: Any) -> None:
    for run in study.runs:
        finish(replace(study, name="other"), run.resolved(DECISION))
    seconds = as_values(planned(study))["total"]["seconds_to_go"]
    two_each = Capacity(cores=8, threads=1, gpus=4, gpus_per_run=2)
    shared = Capacity(cores=8, threads=1, gpus=2, runs_per_gpu=2)
    assert (two_each.slots, shared.slots) == (2, 4)
    for capacity, devices in ((two_each, 2), (shared, 0.5)):
        times = as_values(planned(study, capacity))["total"]
        assert times["gpu_hours"] == pytest.approx(seconds * devices / 3600)
    assert as_values(planned(study))["total"]["gpu_hours"] is None


@pytest.mark.parametrize(
    ("capacity", "slots"),
    [(Capacity(7, 2), 3), (Capacity(1, 1), 1), (Capacity(16, 1, gpus=1, gpus_per_run=2), 1)],
)
def test_runs_at_a_time(capacity: Capacity, slots: int) -> None:
    assert capacity.slots == slots


def test_machine_is_named_by_its_gpu_or_by_the_only_one_recorded(study: Study, record: Any) -> None:
    on_gpu = [replace(record(study.runs[0], 1.0), machine=Machine("GPU X", "tensorflow", 0))]
    here = machine_for(study, [], gpus=["GPU Y"], on_gpu=True)
    assert here == Machine("GPU Y", "tensorflow", 0)
    assert machine_for(study, on_gpu, gpus=[], on_gpu=True).device == "GPU X"
    assert machine_for(study, [], gpus=[], on_gpu=False).threads == study.resources.threads
    with pytest.raises(PlanError, match="--device"):
        machine_for(study, [], gpus=[], on_gpu=True)


def test_plan_reads_the_record_of_a_true_training(study: Study) -> None:
    """Guards what the plan reads of run.json against a change of what training writes."""
    run = study.runs_of("tan", "text_models")[0]
    settings = {**run.settings, "train_examples": 128, "test_examples": 64, "epochs": 2}
    run = replace(run, settings=settings)
    there = StudyPaths(Path("results/short"))
    x, y = np.zeros((128, 100), np.int32), np.arange(128, dtype=np.int32) % 15
    train_run(
        run.for_training(),
        Dataset(x, y, x[:64], y[:64], (64,), 15, 39, run.input, {}),
        out_dir=there.runs.folder(run.id),
        checkpoint_dir=there.checkpoints(run.id),
        threads=1,
        data_provenance={"name": "none", "source": "made up", "generated": True},
        code_sha256="ab12",
        slots=None,
    )
    (found,) = read_records(Path("results"))
    here = machine_for(study, [], gpus=[], on_gpu=False)
    assert found.machine == replace(here, threads=found.machine.threads)
    assert Estimator([found], CODES).estimate(run).basis == "recorded"
    assert 0 < found.epoch_seconds < found.setup_seconds
    asked = Asked(dict.fromkeys(CODES, "ab12"), study.backend, {}, {})
    assert status_of(run, there, asked) == Status("done")


def test_rule_and_plan_ask_the_same_function(repository: Path) -> None:
    inputs = (repository / "rules/inputs.smk").read_text()
    assert "return codes_of(run, candidates(run, STUDY.runs), model_codes())" in inputs
    common = (repository / "rules/common.smk").read_text()
    assert "return training_codes(SCRIPTS, STUDY.models)" in common


def test_planning_imports_no_keras(printed: Callable[[str], str]) -> None:
    program = "import nnrepro.cli.plan, sys; print({'keras', 'snakemake'} & {*sys.modules})"
    assert printed(program) == "set()\n"


def test_shipped_configuration_is_planned(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nnrepro.study.config import load_study

    monkeypatch.chdir(tmp_path)
    shipped = load_study(read_source(repository / "config.yaml").values, catalogue())
    plan = planned(shipped)
    assert len(plan.runs) == 90
    assert plan.unprepared == ("characters", "image", "words")
