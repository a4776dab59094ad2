"""Published numbers in the workflow: mistakes stop it before any job; without them it goes on."""

import csv

import pytest
from pages import report_pages

ROW = "koh,A,2,cifar_cnn,90,100,sgd,max_test_accuracy,0.5425,"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "published/results.csv",
            ROW,
            ROW.replace("0.5425", "0,5425"),
            "published/results.csv, line 105: has 15 columns, the header 14",
        ),
        (
            "published/inconsistencies.yaml",
            "relation: lowest_mean\n      by: c2\n      value: 20\n      rows: {metric: row",
            "relation: lowest_means\n      rows: {metric: row",
            "published/inconsistencies.yaml, tan-04: rules.0: relation: 'lowest_means' is unknown; "
            "did you mean 'lowest_mean'?",
        ),
    ],
)
def test_a_mistake_stops_the_workflow_before_any_job(workflow, file, old, new, message):
    workflow.replace(file, old, new)
    done = workflow.snakemake("--dry-run", check=False)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_study_without_published_numbers_plans_no_comparison(workflow):
    alone = ("--config", "supplements=null")
    assert workflow.planned(*alone)["compare_published"] == 1
    text = (workflow.folder / "config.yaml").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.startswith("published:"))
    (workflow.folder / "config.yaml").write_text(
        "".join(lines[:start] + lines[lines.index("\n", start) :]), encoding="utf-8"
    )
    planned, drawn = workflow.planned_in_all(*alone)
    assert not {"compare_published", "list_inconsistencies"} & set(planned)
    assert "agreement" not in drawn
    assert planned["build_report"] == 1


@pytest.mark.slow
def test_a_published_number_redraws_the_figures_that_show_published_numbers_alone(
    finished,
):
    """Curves carry them as marks, heat maps beside their own; comparisons show none."""
    study = ("--configfile", "budgets/smallest.yaml")
    assert not finished.planned(*study)
    finished.replace("published/results.csv", ROW, ROW.replace("0.5425", "0.5525"))
    planned, drawn = finished.planned_in_all(*study)
    assert set(drawn) == {"curves", "heatmap", "overview", "agreement"}
    assert not {"train_run", "tabulate_runs", "compute_feature_maps"} & set(planned)


@pytest.mark.slow
def test_a_study_on_generated_data_shows_every_number_and_judges_none(finished):
    results = finished.folder / "results" / "smallest"
    with open(results / "tables" / "published.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(finished.folder / "published" / "results.csv", encoding="utf-8", newline="") as file:
        assert [row["value"] for row in rows] == [row["value"] for row in csv.DictReader(file)]
    assert {row["inside"] for row in rows} == {""}
    assert {"shown", "left out", "no rule"} <= {row["status"] for row in rows}
    assert (results / "figures" / "koh" / "agreement" / "published.svg").is_file()
    report = report_pages(results)
    assert 'id="published"' in report and 'id="inconsistencies"' in report
