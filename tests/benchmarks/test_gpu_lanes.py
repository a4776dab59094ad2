"""Processes that are measured together begin together, and peers are who they are said to be."""

import os
from pathlib import Path

import pytest
from benchmarks.errors import BenchmarkError
from benchmarks.gpu.contenders import Contender, contender
from benchmarks.gpu.together import Together, train_together


def environment(repository: Path) -> dict[str, str]:
    paths = os.pathsep.join([str(repository), str(repository / "scripts")])
    return {**os.environ, "PYTHONPATH": paths, "KERAS_BACKEND": "tensorflow"}


@pytest.mark.slow
def test_two_processes_train_side_by_side(repository: Path) -> None:
    """Throughput counts the epochs of both over the common time."""
    two = contender("nnrepro@2")
    (measured,) = train_together(two, ["word_cnn"], 2, environment(repository))
    assert measured.device
    assert 0 < measured.epoch <= measured.wall
    assert measured.run_epochs_per_second == pytest.approx(4 / measured.wall)


def test_a_process_that_fails_is_named(repository: Path) -> None:
    with pytest.raises(BenchmarkError, match="nnrepro, no_family: a process ended with status 1"):
        list(train_together(Contender("nnrepro"), ["no_family"], 1, environment(repository)))


def test_throughput_is_that_of_all_runs_of_all_processes() -> None:
    packed = Contender("nnrepro", runs=5, processes=2)
    measured = Together("word_cnn", packed, 30, 60.0, 1.9, 2.7, "cpu")
    assert measured.run_epochs_per_second == 5.0


@pytest.mark.parametrize("text", ["nnrepro", "nnrepro:20", "torch-graphs@5", "nnrepro:5@2"])
def test_a_contender_is_written_as_it_is_read(text: str) -> None:
    assert str(contender(text)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tensor", "no peer 'tensor'"),
        ("nnrepro:many", "not written as PEER"),
        ("torch-eager:5", "write torch-eager@5"),
    ],
)
def test_a_contender_that_is_none_is_told(text: str, said: str) -> None:
    with pytest.raises(BenchmarkError, match=said):
        contender(text)
