"""Records are read from every study, and what is no record is left out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnrepro.planning.machines import read_records

from .conftest import CODE, MACHINE


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_records_of_all_studies(small_study: Callable[..., Any], finish: Any) -> None:
    for name in ("small", "other"):
        study = small_study({"name": name})
        finish(study, study.runs[0], epoch_seconds=2.0)
    found = read_records(Path("results"))
    assert len(found) == 2
    assert {(one.machine, one.code_sha256) for one in found} == {(MACHINE, CODE)}
    assert [one.epoch_seconds for one in found] == [2.0, 2.0]


def test_damaged_unfinished_and_foreign_records_are_left_out(
    small_study: Callable[..., Any], finish: Any
) -> None:
    study = small_study()
    good, cut, empty, foreign = (finish(study, run) for run in study.runs[:4])
    cut.write_text(cut.read_text()[:100])
    empty.write_text(empty.read_text().replace('"epochs_completed": 1000', '"epochs_completed": 0'))
    foreign.write_text('["something else"]')
    assert len(read_records(Path("results"))) == 1
    assert good.is_file()


def test_no_results_no_records() -> None:
    assert read_records(Path("results")) == []
