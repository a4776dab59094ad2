"""Estimates say what they rest on, and rest on nothing that does not compare."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nnrepro.planning.estimate import RECORDED, SCALED, UNKNOWN, Estimate, Estimator
from nnrepro.planning.operations import epoch_operations
from nnrepro.study.run import Run
from nnrepro.study.selections import candidates

from .conftest import CODES


@pytest.fixture
def run(small_study: Callable[..., Any]) -> Run:
    """A grid run."""
    return small_study().runs_of("tan", "channel_grid")[0]


def estimate(run: Run, records: list[Any]) -> Estimate:
    return Estimator(records, CODES).estimate(run)


def changed(run: Run, **settings: Any) -> Run:
    return replace(run, settings={**run.settings, **settings})


def test_recorded_is_the_median_whatever_epochs_seed_and_rate(run: Run, record: Any) -> None:
    again = replace(changed(run, epochs=3, learning_rate=0.5), seed=4)
    records = [record(run, 1.0), record(again, 2.0), record(again, 9.0)]
    found = estimate(run, records)
    assert (found.basis, found.epoch_seconds, found.records) == (RECORDED, 2.0, 3)
    assert found.seconds(10) == 5.0 + 10 * 2.0


def test_records_of_the_present_code_count_alone(run: Run, record: Any) -> None:
    records = [record(run, 9.0, code="old"), record(run, 1.0)]
    assert estimate(run, records).epoch_seconds == 1.0
    assert estimate(run, records[:1]).epoch_seconds == 9.0


def test_scaled_follows_operations(run: Run, record: Any) -> None:
    larger = changed(run, c1=70, c2=80)
    found = estimate(larger, [record(run, 2.0)])
    assert found.basis == SCALED
    ratio = epoch_operations(larger) / epoch_operations(run)
    assert found.epoch_seconds == pytest.approx(2.0 * ratio)


def test_scaled_prefers_the_nearest_records(run: Run, record: Any) -> None:
    near = [record(changed(run, c1=11, c2=20 + k), 1.0) for k in range(5)]
    far = [record(changed(run, c1=90), 1000.0)] * 9
    found = estimate(run, [*far, *near])
    assert found.records == 5
    assert found.epoch_seconds == pytest.approx(1.0, rel=0.2)


def test_other_models_tell_nothing(run: Run, record: Any) -> None:
    found = estimate(replace(run, model="mystery"), [record(run, 1.0)])
    assert (found.basis, found.epoch_seconds, found.seconds(5)) == (UNKNOWN, None, None)


def test_model_without_a_count_is_scaled_by_examples_alone(run: Run, record: Any) -> None:
    mystery = replace(run, model="mystery")
    half = changed(mystery, train_examples=5000, test_examples=1000)
    other = changed(mystery, dense_units=7)
    assert estimate(mystery, [record(half, 1.0)]).epoch_seconds == pytest.approx(2.0)
    assert estimate(mystery, [record(other, 1.0)]).basis == UNKNOWN


def test_run_before_its_selection_counts_as_the_middle_candidate(
    small_study: Callable[..., Any], record: Any
) -> None:
    study = small_study()
    waiting = study.runs_of("tan", "optimizers")[0]
    may_be = candidates(waiting, study.runs)
    assert [(run.settings["c1"], run.settings["c2"]) for run in may_be] == [(10, 20), (90, 100)]
    records = [record(run, seconds) for run, seconds in zip(may_be, (1.0, 5.0), strict=True)]
    found = Estimator(records, CODES).estimate_any(may_be)
    assert (found.basis, found.epoch_seconds) == (SCALED, 3.0)
    assert Estimator([], CODES).estimate_any(may_be).basis == UNKNOWN
