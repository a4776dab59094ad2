"""The report of an archive: no training, the same bytes anywhere, and no silence about gaps."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from copied import Workflow
from histories import write_history

from nnrepro.study.questions import unfolded

pytestmark = pytest.mark.slow

VARIANTS = ("char_cnn", "word_cnn")
ARCHIVE = ("--config", "archive=histories", "results=out/mine")


def put_archive(workflow: Workflow) -> Path:
    """An archive in the project's folder: two variants of either protocol, and its own study."""
    folder = workflow.folder / "histories"
    for protocol in ("tan", "koh"):
        for variant in VARIANTS:
            write_history(folder, f"{protocol}/text_models/{variant}/seed0", 12)
    config = unfolded(yaml.safe_load((workflow.folder / "config.yaml").read_text(encoding="utf-8")))
    for section in ("claims", "published", "supplements"):
        del config[section]
    config["title"] = "Somebody's own study"
    config["only"] = {
        "experiments": ["text_models"],
        "variants": [f"text_models/{variant}" for variant in VARIANTS],
    }
    for section, names in (("tables", ["text_models"]), ("figures", ["text_models", "overview"])):
        config[section] = {name: config[section][name] for name in names}
    config["figures"]["overview"]["runs"] = ["text_models"]
    (folder / "study.yaml").write_text(yaml.safe_dump(config))
    return folder


@pytest.fixture(scope="module")
def _made(
    copy_to: Callable[[Path], Workflow], tmp_path_factory: pytest.TempPathFactory
) -> Workflow:
    """A copy of the project with the archive and its report."""
    workflow = copy_to(tmp_path_factory.mktemp("made") / "project")
    put_archive(workflow)
    workflow.snakemake(*ARCHIVE)
    return workflow


@pytest.fixture
def reported(_made: Workflow, tmp_path: Path) -> Workflow:
    """The same, for a test to change."""
    folder = tmp_path / "project"
    shutil.copytree(_made.folder, folder, symlinks=True)
    return Workflow(folder)


def made(folder: Path) -> dict[str, bytes]:
    """Tables, figures, report and what describes them, by path."""
    kinds = (
        "tables/**/*.csv",
        "figures/**/*.svg",
        "report/**/*",
        "workflow/*",
        "*.md",
        "ro-crate*",
    )
    files = sorted(file for kind in kinds for file in folder.glob(kind) if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def test_the_report_is_made_without_training_and_only_what_a_history_affects_is_made_again(
    reported: Workflow, tmp_path: Path
) -> None:
    workflow, archive = reported, reported.folder / "histories"
    planned = workflow.planned("--config", "archive=histories", "results=out/other")
    assert planned["build_report"] == 1
    assert not {"train_run", "prepare_data", "download_data"} & set(planned)
    results = made(workflow.folder / "out" / "mine")
    assert "Somebody&#39;s own study" in results["report/index.html"].decode()
    assert "12 of 250" in results["report/index.html"].decode()
    assert "figures/koh/curves/text_models/word_cnn.svg" in results
    # One drawing of all protocols where they show the same variants.
    together = [name for name in results if name.endswith("/overview/together.svg")]
    assert together == [
        f"figures/koh/overview/{own}overview/together.svg" for own in ("narrow/", "")
    ]
    first = results["report/index.html"].decode().partition("</svg>")[0]
    assert "highest test accuracy (Koh report) and closing mean test accuracy (Tan report)" in first
    assert results["report/report.pdf"].startswith(b"%PDF")
    assert b"figures/koh/curves/" in results["ro-crate-metadata.json"]
    assert not workflow.planned(*ARCHIVE)

    # Elsewhere, from an archive elsewhere, everything is the same to the byte.
    shutil.copytree(archive, tmp_path / "there")
    elsewhere = tmp_path / "deep" / "er" / "results"
    workflow.snakemake("--config", f"archive={tmp_path / 'there'}", f"results={elsewhere}")
    assert made(elsewhere) == results

    shutil.rmtree(archive / "koh" / "text_models" / "word_cnn")
    write_history(archive, "koh/text_models/word_cnn/seed0", 20)
    again, drawn = workflow.planned_in_all(*ARCHIVE)
    # They have the axes of those that stand beside them.
    assert drawn["curves"] == 2 and drawn["comparison"] == 2
    assert again["tabulate_runs"] == again["build_report"] == 1


def test_damaged_and_missing_runs(workflow: Workflow) -> None:
    """The report comes first and names them; only damage fails, unless it is allowed."""
    archive = put_archive(workflow)
    lost, broken = (archive / "tan" / "text_models" / name / "seed0" for name in VARIANTS)
    shutil.rmtree(lost)
    (broken / "history.json").write_text('{"loss": [NaN]}')
    done = workflow.snakemake(*ARCHIVE, check=False)
    assert done.returncode != 0
    assert "tan/text_models/word_cnn/seed0" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    html = (workflow.folder / "out" / "mine" / "report" / "details" / "index.html").read_text()
    assert "1 run is missing and 1 run is damaged" in html
    workflow.snakemake(*ARCHIVE, "allow_gaps=true")


def test_an_archive_that_is_not_there_stops_before_any_job(workflow: Workflow) -> None:
    done = workflow.snakemake("--config", "archive=nowhere", check=False)
    assert done.returncode != 0
    assert "there is no folder 'nowhere'" in done.stdout + done.stderr
    assert not (workflow.folder / "results").exists()


def test_words_rebuild_the_report_and_a_figure_function_its_figures_too(
    reported: Workflow,
) -> None:
    """Told by dry runs: a title, the page's look, a figure's module, each in turn."""
    workflow = reported
    report = {"build_report", "describe_results", "check_results"}

    assert set(workflow.planned(*ARCHIVE, "title=Another title")) == report

    look = workflow.folder / "scripts/nnrepro/report/pdf/theme.typ"
    text = look.read_text(encoding="utf-8")
    assert "size: 10pt" in text
    look.write_text(text.replace("size: 10pt", "size: 11pt"), encoding="utf-8")
    assert set(workflow.planned(*ARCHIVE)) == report
    look.write_text(text, encoding="utf-8")
    assert not workflow.planned(*ARCHIVE)

    figure = workflow.folder / "scripts/nnrepro/figures/comparison.py"
    text = figure.read_text(encoding="utf-8")
    assert "_BODY_HEIGHT = 3.3" in text
    figure.write_text(text.replace("_BODY_HEIGHT = 3.3", "_BODY_HEIGHT = 3.4"), encoding="utf-8")
    planned, drawn = workflow.planned_in_all(*ARCHIVE)
    assert {*planned} >= report
    assert {*drawn} == {"comparison"}
    assert not {"tabulate_runs", "make_table", "train_run"} & {*planned}
