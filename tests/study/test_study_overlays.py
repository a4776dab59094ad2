"""The studies that are laid over the shipped configuration."""

from pathlib import Path
from typing import Any

import pytest

from nnrepro.claims.loading import load_claims
from nnrepro.models.registry import catalogue
from nnrepro.published.numbers import load_published
from nnrepro.study.config import load_study
from nnrepro.study.sources import read_configuration, read_source
from nnrepro.study.study import Study

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
        merge(config, read_source(REPOSITORY / file).values)
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


@pytest.mark.parametrize("name", STUDIES)
def test_what_it_keeps_of_claims_and_published_numbers_can_be_read(
    config: dict[str, Any], name: str
) -> None:
    """Both name questions and runs, of which an overlay may leave out some."""
    study = overlaid(config, f"studies/{name}")
    assert study.claims is None or load_claims(REPOSITORY / study.claims, study)
    if study.published:
        assert load_published(REPOSITORY / study.published["results"], study)


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


@pytest.mark.parametrize("section", ["tables", "figures"])
def test_an_overlay_leaves_out_what_it_sets_to_null(config: dict[str, Any], section: str) -> None:
    names = list(config[section])
    merge(config, {section: {names[0]: None}})
    study = load_study(config, catalogue())
    assert list(getattr(study, section)) == names[1:]


def test_a_question_left_out_takes_its_tables_and_figures_with_it(config: dict[str, Any]) -> None:
    merge(config, {"questions": {"B1": None}})
    study = load_study(config, catalogue())
    assert "B1" not in study.questions and "char_cnn" not in study.figures
    assert "B1" in study.declared_questions  # claims that belong to it stay claims


def test_a_part_left_out_takes_its_questions_with_it(config: dict[str, Any]) -> None:
    merge(config, {"parts": {"B": None}})
    study = load_study(config, catalogue())
    assert set(study.questions) == {"A1", "A2", "A3", "A4"}
    assert {spec.question for spec in study.tables.values()} == {"A2", "A4"}


def test_a_part_and_a_supplement_are_left_out_by_null(config: dict[str, Any]) -> None:
    merge(config, {"parts": {"Z": None}, "supplements": {"tan_pair": None}})
    study = load_study(config, catalogue())
    assert "Z" not in study.parts
    assert set(study.supplements) == {"adaptive_rates", "extensions", "text_answers", "ten_seeds"}


def test_null_on_the_command_line_is_null(config: dict[str, Any]) -> None:
    asked = read_configuration([], ["supplements=null", "claims=null"], on_study=False)
    study = load_study({**config, **asked.values}, catalogue())
    assert not study.supplements and study.claims is None


def test_the_tan_reports_pair_is_given_not_selected(config: dict[str, Any]) -> None:
    """One pair in the grid: the selection picks it, and the rest trains at it."""
    study = overlaid(config, "studies/tan_pair.yaml")
    grid = study.runs_of("tan", "channel_grid")
    assert [(run.settings["c1"], run.settings["c2"]) for run in grid] == [(90, 40)]
    assert {run.selects_from for run in study.runs_of("tan", "optimizers")} == {"channel_grid"}
    assert {spec.kind for spec in study.figures.values()} == {"overview", "curves", "comparison"}
