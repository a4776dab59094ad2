"""The whole DAG is known in advance, and a wrong configuration stops before it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.sources import read_source


def test_dry_run_of_the_shipped_study_shows_every_run(workflow: Any) -> None:
    planned = workflow.planned()
    assert planned["train_run"] == 90
    assert planned["select_variant"] == 2
    assert planned["build_report"] == 1
    assert planned["download_data"] == 2


def test_mistake_in_the_configuration_stops_before_any_job(workflow: Any) -> None:
    workflow.replace("config.yaml", "seeds: [0] ", "sedes: [0] ")
    done = workflow.snakemake("--dry-run", check=False)
    assert done.returncode != 0
    assert "sedes: unknown key; did you mean 'seeds'?" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (workflow.folder / "results").exists()


def test_missing_folder_stops_before_any_job(workflow: Any) -> None:
    overlay = {"data": {"dbpedia": {"source": "folder", "path": "nowhere"}}}
    (workflow.folder / "mine.yaml").write_text(yaml.dump(overlay))
    done = workflow.snakemake("--dry-run", "--configfile", "mine.yaml", check=False)
    assert done.returncode != 0
    assert "nowhere" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_study_is_cut_down_from_the_command_line(workflow: Any) -> None:
    only = 'only={"protocols": ["tan"], "experiments": ["text_models"]}'
    planned = workflow.planned("--config", only, "supplements=null")
    assert planned["train_run"] == 4


@pytest.mark.parametrize("overlay", ["budgets/demo.yaml", "budgets/smoke.yaml"])
def test_every_overlay_is_a_valid_study_of_its_own(repository: Path, overlay: str) -> None:
    config = read_source(repository / "config.yaml").values
    _merge(config, yaml.safe_load((repository / overlay).read_text()))
    study = load_study(config, catalogue())
    assert study.name != "full"
    assert " of 1000" in study.stamp(study.runs)


def test_gpu_count_of_the_configuration_reaches_the_job(workflow: Any) -> None:
    done = workflow.snakemake("--dry-run", "--config", 'training={"gpus": 1}', "supplements=null")
    assert "seed0: 1 threads, 1 GPUs" in done.stdout + done.stderr


def _merge(base: dict[str, Any], overlay: dict[str, Any]) -> None:
    """Merge as Snakemake does: sections deeply, everything else replaced."""
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def test_seeds_of_a_combination_may_share_a_job(workflow: Any) -> None:
    """Two of three together, and the third alone; a selection waits for them all."""
    study = 'only={"protocols": ["tan"], "experiments": ["channel_grid", "optimizers"]}'
    asked = ("--config", "supplements=null", study)
    planned = workflow.planned(*asked, "seeds=[3, 1, 2]", 'training={"seeds_per_job": 2}')
    alone = workflow.planned(*asked)["train_run"]
    assert planned["train_run_seeds_1_2"] == planned["train_run"] == alone
    assert planned["select_variant"] == 1
