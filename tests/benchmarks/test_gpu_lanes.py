"""Processes that are measured together begin together."""

import os
from pathlib import Path

import pytest
from benchmarks.errors import BenchmarkError
from benchmarks.gpu.together import Together, train_together


def environment(repository: Path) -> dict[str, str]:
    paths = os.pathsep.join([str(repository), str(repository / "scripts")])
    return {**os.environ, "PYTHONPATH": paths, "KERAS_BACKEND": "tensorflow"}


@pytest.mark.slow
def test_two_processes_train_side_by_side(repository: Path) -> None:
    """Throughput counts the epochs of both over the common time."""
    measured = train_together("word_cnn", "engine", 2, 2, environment(repository))
    assert measured.device["backend"] == "tensorflow"
    assert 0 < measured.epoch <= measured.wall
    assert measured.epochs_per_second == pytest.approx(4 / measured.wall)


def test_a_process_that_fails_is_named(repository: Path) -> None:
    with pytest.raises(BenchmarkError, match="no_family: a process ended with status 1"):
        train_together("no_family", "engine", 1, 1, environment(repository))


def test_throughput_is_that_of_all_lanes() -> None:
    assert Together(4, 30, 60.0, 1.9, {}).epochs_per_second == 2.0
