"""The studies that are laid over the shipped configuration."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.models import catalogue
from nnrepro.study import Study, load_study

REPOSITORY = Path(__file__).resolve().parents[2]
STUDIES = sorted(path.name for path in (REPOSITORY / "studies").glob("*.yaml"))


def merge(base: dict[str, Any], overlay: dict[str, Any]) -> None:
    """Merge as Snakemake does: sections deeply, everything else replaced."""
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value


def overlaid(config: dict[str, Any], *files: str) -> Study:
    """The shipped configuration under some overlays."""
    for file in files:
        merge(config, yaml.safe_load((REPOSITORY / file).read_text(encoding="utf-8")))
    return load_study(config, catalogue())


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_has_a_folder_of_its_own_and_can_be_cut_short(
    config: dict[str, Any], name: str
) -> None:
    study = overlaid(config, f"studies/{name}")
    assert study.name == Path(name).stem
    assert study.tables and study.figures
    specs = (*study.tables.values(), *study.figures.values())
    assert set(study.questions) == {spec.question for spec in specs} - {""}
    short = overlaid(config, f"studies/{name}", "budgets/short.yaml")
    assert [run.id for run in short.runs] == [run.id for run in study.runs]
    assert all(run.protocol_settings for run in short.runs)


def test_extensions_change_one_thing_at_a_time(config: dict[str, Any]) -> None:
    """Their base runs are the reports' own, and every pair differs in what it is named after."""
    study = overlaid(config, "studies/extensions.yaml")
    settings = {run.variant: dict(run.settings) for run in study.runs}
    assert settings["sgd"]["augment"] == "none" and settings["sgd"]["momentum"] == 0
    for pair in study.tables["masking_effect"].options["pairs"]:
        base, changed = (settings[name.partition("/")[2]] for name in pair)
        assert changed == base | {"mask_padding": True} != base
    alone = [settings["strong"], settings["dropout"], settings["augmented"]]
    different = [
        {name: value for name, value in each.items() if value != settings["sgd"][name]}
        for each in alone
    ]
    assert [len(each) for each in different] == [1, 1, 1]
    together = {name: value for each in different for name, value in each.items()}
    assert settings["combined"] == settings["sgd"] | together
