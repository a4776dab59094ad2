"""Peers in processes of their own, and the check that they train the same model."""

import sys
from pathlib import Path

import pytest
from benchmarks import machine, rounds
from benchmarks.__main__ import merged, parse
from benchmarks.errors import BenchmarkError
from benchmarks.families import FAMILIES
from benchmarks.machine import OtherWork, slug
from benchmarks.process import Worker
from benchmarks.rounds import check_same_model, measure_quietly


def test_peers_with_other_parameters_are_refused() -> None:
    about = {"keras": {"parameters": 16_995, "check_loss": 2.7}}
    check_same_model(FAMILIES["char_gru"], about)
    about["pytorch"] = {"parameters": 17_000, "check_loss": 2.7}
    with pytest.raises(BenchmarkError, match=r"pytorch has 17000 parameters, not 16995 \(or 3975"):
        check_same_model(FAMILIES["char_gru"], about)


@pytest.mark.parametrize("loss", [2.71, float("nan")])
def test_peers_whose_first_losses_differ_are_refused(loss: float) -> None:
    about = {
        name: {"parameters": 3975, "check_loss": value}
        for name, value in {"keras": 2.7, "nnrepro": 2.7001, "pytorch": loss}.items()
    }
    with pytest.raises(BenchmarkError, match=r"first losses differ: keras 2\.70000"):
        check_same_model(FAMILIES["char_gru"], about)


def test_a_failing_process_is_told_with_its_last_words() -> None:
    with pytest.raises(BenchmarkError, match=r"status 1:[\s\S]*KeyError: 'no_such_family'"):
        Worker(Path(sys.executable), "keras", "no_such_family", 1)


@pytest.mark.slow
def test_keras_and_nnrepro_lose_alike_from_the_same_weights() -> None:
    about = {}
    for peer in ("keras", "nnrepro"):
        with Worker(Path(sys.executable), peer, "char_vanilla", 1) as worker:
            about[peer] = worker.about
            worker.ask(steps=2, passes=2)
            assert worker.answer()["seconds"] > 0
    check_same_model(FAMILIES["char_vanilla"], about)
    keras, ours = (item["check_loss"] for item in about.values())
    assert ours == pytest.approx(keras, rel=1e-5)


def test_only_the_work_of_others_counts_as_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    """All cores worked 6 s in 2 s, the measured process 2 s of them: others kept 2 cores busy."""
    monkeypatch.setattr(machine, "_TICKS_OFF", 0)
    monkeypatch.setattr(machine, "_busy_seconds", iter([10.0, 16.0]).__next__)
    monkeypatch.setattr(machine.time, "perf_counter", iter([100.0, 102.0]).__next__)
    assert OtherWork(iter([2.0, 4.0]).__next__).cores() == 2.0


def test_results_are_filed_by_processor_and_threads() -> None:
    measured_on = {"cpu": "Intel(R) Xeon(R) Platinum 8480+ CPU @ 2.00GHz", "cores": 4}
    assert slug(measured_on, 2) == "intel-xeon-platinum-8480-cpu-2.00ghz-4-cores-2-threads"


def test_quick_lowers_only_what_was_not_given() -> None:
    assert (parse(["--quick"]).repeats, parse(["--quick"]).seconds) == (1, 0.5)
    assert parse(["--quick", "--repeats", "4"]).repeats == 4
    assert parse([]).repeats >= 3


def test_an_unknown_family_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--families", "char_transformer"])
    assert "invalid choice: 'char_transformer'" in capsys.readouterr().err


class FakeWorker:
    """A worker during whose measurements other processes are as busy as told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, others: list[float]):
        self.asked = 0
        self._others = others
        monkeypatch.setattr(rounds, "OtherWork", lambda own: self)

    def cpu_seconds(self) -> float:
        """Stands for the CPU time of the process."""
        return 0.0

    def ask(self, steps: int) -> None:
        """Count the measurements asked for."""
        self.asked += 1

    def answer(self) -> dict[str, float]:
        """A measurement that tells which one it is."""
        return {"seconds": float(self.asked)}

    def cores(self) -> float:
        """How busy others were during the last measurement."""
        return self._others[self.asked - 1]


def test_a_disturbed_measurement_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = FakeWorker(monkeypatch, [0.9, 0.0])
    assert measure_quietly(worker, 3) == ({"seconds": 2.0}, 0.0)
    assert worker.asked == 2


def test_on_a_busy_machine_the_quietest_measurement_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = FakeWorker(monkeypatch, [0.9, 0.4, 0.8, 0.7, 0.0])
    assert measure_quietly(worker, 3) == ({"seconds": 2.0}, 0.4)
    assert worker.asked == 4


RESULT = {
    "machine": {"cpu": "a"},
    "versions": {"torch": "2"},
    "conditions": {"threads": 2},
    "peak": {"PyTorch": 1.0},
    "families": {"char_cnn": 1, "char_gru": 1},
    "jobs": [{"title": "char GRU", "gain": 1}],
    "stages": {"python_start": 1},
}


def test_families_not_measured_again_are_kept() -> None:
    new = {**RESULT, "families": {"word_cnn": 2, "char_gru": 2}, "jobs": [], "stages": {}}
    new["peak"] = {"PyTorch": 0.5, "TensorFlow": 2.0}
    both = merged(RESULT, new)
    assert both["families"] == {"char_cnn": 1, "word_cnn": 2, "char_gru": 2}
    assert list(both["families"]) == ["char_cnn", "word_cnn", "char_gru"]
    assert both["peak"] == {"PyTorch": 1.0, "TensorFlow": 2.0}
    assert both["jobs"] == RESULT["jobs"] and both["stages"] == RESULT["stages"]


def test_results_of_other_versions_are_not_mixed() -> None:
    new = {**RESULT, "versions": {"torch": "3"}, "families": {"word_cnn": 2}}
    assert merged(RESULT, new) == new
