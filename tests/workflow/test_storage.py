"""A study's files in a storage, by --default-storage-provider: any machine goes on from there."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PLUGIN = Path(__file__).parent / "storage_folder.py"
STUDY = ("--config", "archive=archives/tan_pair", "results=results/pair")
TABLE = "results/pair/tables/runs.csv"


@pytest.fixture
def machine(copy_to: Callable[[Path], Any], tmp_path: Path) -> Callable[[str], Any]:
    """A copy of the project that knows the plugin."""

    def made(name: str) -> Any:
        workflow = copy_to(tmp_path / name)
        package = workflow.folder / "scripts/snakemake_storage_plugin_folder"
        package.mkdir()
        shutil.copy(PLUGIN, package / "__init__.py")
        return workflow

    return made


def test_another_machine_finds_all_done_and_jobs_that_share_no_folder_are_refused(
    machine: Callable[[str], Any], tmp_path: Path
) -> None:
    storage = ("--default-storage-provider", "folder")
    place = ("--default-storage-prefix", str(tmp_path / "bucket"))
    first = machine("first")
    first.snakemake(TABLE, *storage, *place, *STUDY)
    second = machine("second")
    done = second.snakemake("--dry-run", TABLE, *storage, *place, *STUDY)
    said = done.stdout + done.stderr
    assert "Nothing to be done" in said and "files are fetched" in said
    table = (first.folder / TABLE).read_bytes()
    assert (second.folder / TABLE).read_bytes() == table
    assert next((tmp_path / "bucket").rglob("runs.csv")).read_bytes() == table
    for options, reason in (
        (("--default-storage-prefix", "bucket"), "--default-storage-prefix: "),
        ((*place, "--shared-fs-usage", "none"), "jobs work in one folder that all of them see"),
    ):
        refused = second.snakemake("-n", TABLE, *storage, *options, *STUDY, check=False)
        assert refused.returncode != 0
        output = refused.stdout + refused.stderr
        assert reason in output and "Traceback" not in output, output


def test_what_cannot_be_put_there_fails_the_call(
    machine: Callable[[str], Any], tmp_path: Path
) -> None:
    (tmp_path / "bucket").write_text("a file, where a folder is to be")
    storage = ("--default-storage-provider", "folder", "--default-storage-prefix")
    done = machine("first").snakemake(
        TABLE, *storage, str(tmp_path / "bucket"), *STUDY, check=False
    )
    assert done.returncode != 0
    assert "the storage cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
