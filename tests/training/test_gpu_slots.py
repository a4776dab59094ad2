"""Processes share GPUs by slots: one holder each, spread, and free again however a holder ends."""

import errno
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from slot_takers import fake_gpus
from small_runs import small_data, small_run, train

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.training import slots
from nnrepro.training.errors import TrainingError
from nnrepro.training.finished import is_finished
from nnrepro.training.slots import HeldSlots, hide_gpus, take_slots

PROGRAM = Path(__file__).with_name("slot_takers.py")
TOUCHED = (
    "CUDA_VISIBLE_DEVICES",
    "JAX_PLATFORMS",
    "SLURM_JOB_ID",
    "XLA_PYTHON_CLIENT_PREALLOCATE",
)
Take = Callable[..., HeldSlots]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without what chooses devices, put back afterwards."""
    for name in TOUCHED:
        monkeypatch.setenv(name, "")  # so that its absence, too, is put back
        monkeypatch.delenv(name)
    return monkeypatch


HELD: list[HeldSlots] = []


@pytest.fixture
def take(tmp_path: Path, environment: pytest.MonkeyPatch) -> Iterator[Take]:
    """Takes slots as another process would, with `visible` as its CUDA_VISIBLE_DEVICES."""

    def take(gpus=1, per_device=1, devices=2, visible=None, log=lambda line: None):
        environment.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if visible is not None:
            environment.setenv("CUDA_VISIBLE_DEVICES", visible)
        held = take_slots(
            gpus,
            per_device,
            log,
            devices=fake_gpus(devices),
            folder=tmp_path / "locks",
            poll_seconds=0.01,
        )
        HELD.append(held)
        return held

    yield take
    while HELD:
        give_back(HELD.pop())


def give_back(held: HeldSlots) -> None:
    """As the end of their process does."""
    for slot in held.slots:
        os.close(slot.descriptor)


class Full(Exception):
    """Raised in place of waiting."""


def refuse_to_wait(line: str) -> None:
    if line.startswith("waiting"):
        raise Full(line)


def start(repository: Path, kind: str, locks: Path, *numbers: float) -> subprocess.Popen[str]:
    """Start `slot_takers.py`."""
    path = os.pathsep.join([str(repository / "scripts"), *sys.path])
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), kind, str(locks), *map(str, numbers)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_slot_never_has_two_holders(repository: Path, tmp_path: Path) -> None:
    """Many processes on four slots: all are used, none by two at a time."""
    takers = start(repository, "rounds", tmp_path / "locks", 2, 2, 12, 4, 0.01)
    lines, _ = takers.communicate(timeout=60)
    assert takers.returncode == 0
    times: dict[str, list[tuple[float, float]]] = {}
    for line in lines.splitlines():
        slot, began, ended = line.split()
        times.setdefault(slot, []).append((float(began), float(ended)))
    assert sorted(times) == ["GPU-0.0", "GPU-0.1", "GPU-1.0", "GPU-1.1"]
    assert sum(len(each) for each in times.values()) == 12 * 4
    for each in times.values():
        assert all(before[1] <= after[0] for before, after in pairwise(sorted(each)))


def test_processes_that_come_together_spread_over_the_devices(
    repository: Path, tmp_path: Path
) -> None:
    """Eight at once on four devices of three slots are two on each."""
    takers = start(repository, "meet", tmp_path / "locks", 4, 3, 8)
    lines, _ = takers.communicate(timeout=60)
    assert Counter(lines.split()) == {"GPU-0": 2, "GPU-1": 2, "GPU-2": 2, "GPU-3": 2}


def test_slot_of_a_killed_process_is_free_although_its_child_lives(
    repository: Path, tmp_path: Path, take: Take
) -> None:
    """Whoever waits says so, and goes on when the holder is killed."""
    lines: list[str] = []
    with start(repository, "hold", tmp_path / "locks", 1, 1) as holder:
        assert holder.stdout is not None
        slot, child = holder.stdout.readline().split()
        assert slot == "GPU-0.0"

        def kill_when_waiting(line: str) -> None:
            lines.append(line)
            if line.startswith("waiting"):
                holder.kill()

        try:
            held = take(devices=1, log=kill_when_waiting)
        finally:
            os.kill(int(child), signal.SIGKILL)
    assert held.names == ["GPU-0.0"] and held.waited > 0
    assert lines[0].startswith("waiting for a GPU: 1 of 1 slots taken")
    assert lines[-1] == "on fake (GPU-0), slot 1 of 1"


def test_device_with_most_free_slots_comes_first(take: Take) -> None:
    names = [take(per_device=2).names for _ in range(4)]
    assert names == [["GPU-0.0"], ["GPU-1.0"], ["GPU-0.1"], ["GPU-1.1"]]
    with pytest.raises(Full, match="4 of 4 slots taken"):
        take(per_device=2, log=refuse_to_wait)


def test_several_devices_are_taken_together_or_not_at_all(take: Take) -> None:
    both = take(gpus=2)
    assert both.names == ["GPU-0.0", "GPU-1.0"]
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "GPU-0,GPU-1"
    give_back(HELD.pop())
    take()
    with pytest.raises(Full, match="waiting for 2 GPUs: 1 of 2 slots taken"):
        take(gpus=2, log=refuse_to_wait)
    assert take().names == ["GPU-1.0"]


def test_fewer_devices_than_asked_for_are_used(take: Take) -> None:
    lines: list[str] = []
    assert take(gpus=3, log=lines.append).names == ["GPU-0.0", "GPU-1.0"]
    assert lines[0] == "3 GPUs are asked for, 2 can be used"


def test_only_devices_that_are_named_are_taken(take: Take) -> None:
    """An index and a UUID of one device are one lock."""
    assert take(visible="2,1", devices=4).names == ["GPU-2.0"]
    assert take(visible="GPU-2,GPU-1", devices=4).names == ["GPU-1.0"]
    with pytest.raises(Full, match="2 of 2 slots taken"):
        take(visible="1,2", devices=4, log=refuse_to_wait)
    assert take(devices=4).names == ["GPU-0.0"]


def test_a_backend_sees_the_device_and_shares_its_memory(take: Take) -> None:
    take(per_device=2, visible="1")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "GPU-1"
    assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"


def test_a_choice_of_jax_memory_is_kept(take: Take, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "true")
    take(per_device=2)
    assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "true"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"gpus": 0}, []),
        ({"devices": 0}, ["no NVIDIA GPU on this machine: training on the CPU"]),
        (
            {"devices": 0, "visible": "0"},
            ["no NVIDIA GPU on this machine: training on the CPU"],
        ),
        ({"visible": ""}, ["CUDA_VISIBLE_DEVICES hides the GPUs: training on the CPU"]),
        ({"visible": "-1"}, ["CUDA_VISIBLE_DEVICES hides the GPUs: training on the CPU"]),
    ],
    ids=["none wanted", "none there", "none there but named", "hidden", "hidden by -1"],
)
def test_without_a_gpu_every_process_runs_on_the_cpu(
    take: Take, options: dict[str, object], said: list[str]
) -> None:
    """None waits for another, and a backend is kept off the GPUs."""
    for _ in range(3):
        lines: list[str] = []
        assert take(**options, log=lines.append).names == []
        assert lines == said
        assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
        assert os.environ["JAX_PLATFORMS"] == "cpu"


def test_hidden_gpus_stay_hidden_from_later_slots(take: Take) -> None:
    hide_gpus()
    assert take(visible=os.environ["CUDA_VISIBLE_DEVICES"]).names == []


def test_slurm_jobs_do_not_wait_for_one_another(
    take: Take, environment: pytest.MonkeyPatch
) -> None:
    """Slurm may call the device of either job "0"; processes of one job do share."""
    environment.setenv("SLURM_JOB_ID", "7")
    take(visible="0")
    with pytest.raises(Full):
        take(visible="0", log=refuse_to_wait)
    environment.setenv("SLURM_JOB_ID", "8")
    assert take(visible="0").names == ["GPU-0.0"]
    assert take(visible="0,1").names == ["GPU-1.0"]


def test_slurm_jobs_without_devices_of_their_own_share_the_machine(
    take: Take, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("SLURM_JOB_ID", "7")
    assert take().names == ["GPU-0.0"]
    environment.setenv("SLURM_JOB_ID", "8")
    assert take().names == ["GPU-1.0"]


def test_lock_folder_is_made_for_its_user_alone(take: Take, tmp_path: Path) -> None:
    take()
    assert (tmp_path / "locks").stat().st_mode & 0o777 == 0o700


def _link(locks: Path) -> None:
    (locks.parent / "elsewhere").mkdir(mode=0o700)
    locks.symlink_to(locks.parent / "elsewhere")


def _open_to_others(locks: Path) -> None:
    locks.mkdir()
    locks.chmod(0o777)


def _file(locks: Path) -> None:
    locks.touch()


def _linked_lock(locks: Path) -> None:
    locks.mkdir(mode=0o700)
    (locks / "GPU-0.0.lock").symlink_to(locks.parent / "precious")


@pytest.mark.parametrize("prepare", [_link, _open_to_others, _file, _linked_lock])
def test_unsafe_lock_folder_is_refused(
    take: Take, tmp_path: Path, prepare: Callable[[Path], None]
) -> None:
    prepare(tmp_path / "locks")
    with pytest.raises(TrainingError, match=str(tmp_path / "locks")):
        take()
    assert not (tmp_path / "precious").exists()


def test_lock_folder_of_another_user_is_refused(
    take: Take, environment: pytest.MonkeyPatch
) -> None:
    take()
    give_back(HELD.pop())
    another = os.geteuid() + 1
    environment.setattr(os, "geteuid", lambda: another)
    with pytest.raises(TrainingError, match="is another user's"):
        take()


SOMEBODY = 65534


def _folder_of_somebody(locks: Path) -> None:
    locks.mkdir(mode=0o700)
    os.chown(locks, SOMEBODY, SOMEBODY)


def _file_of_somebody(locks: Path) -> None:
    locks.touch()
    os.chown(locks, SOMEBODY, SOMEBODY)


def _link_of_somebody(locks: Path) -> None:
    (locks.parent / "elsewhere").mkdir(mode=0o700)
    locks.symlink_to(locks.parent / "elsewhere")
    os.chown(locks, SOMEBODY, SOMEBODY, follow_symlinks=False)


def _no_place(locks: Path) -> None:
    locks.parent.rmdir()


TAKEN = [_folder_of_somebody, _file_of_somebody, _link_of_somebody]


@pytest.fixture
def places(tmp_path: Path, environment: pytest.MonkeyPatch) -> list[Path]:
    """Two places for the folder of locks, the second for where the first is not to be had."""
    made = [tmp_path / "first", tmp_path / "second"]
    for place in made:
        place.mkdir()
    environment.setattr(slots, "_PLACES", made)
    return [place / f"nnrepro-gpu-{os.geteuid()}" for place in made]


@pytest.mark.parametrize("prepare", [*TAKEN, _no_place, _open_to_others, _file, _link])
def test_locks_lie_elsewhere_where_their_folder_is_not_to_be_had(
    places: list[Path], prepare: Callable[[Path], None]
) -> None:
    """All processes take the same other folder, and say why."""
    if prepare in TAKEN and os.geteuid() != 0:
        pytest.skip("only root can make files of somebody else")
    prepare(places[0])
    lines: list[str] = []
    held = [take_slots(1, 2, lines.append, devices=fake_gpus(1)) for _ in range(2)]
    assert [name for each in held for name in each.names] == ["GPU-0.0", "GPU-0.1"]
    for each in held:
        give_back(each)
    assert sorted(path.name for path in places[1].iterdir())
    told = [line for line in lines if line.endswith(f"; taking {places[1]}")]
    assert len(told) == 2 and str(places[0]) in told[0]


def test_who_has_to_remove_what_is_in_the_way_is_told(places: list[Path]) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make files of somebody else")
    _folder_of_somebody(places[0])
    _file(places[1])
    with pytest.raises(TrainingError) as caught:
        take_slots(1, 1, lambda line: None, devices=fake_gpus(2))
    first, second = str(caught.value).splitlines()
    assert f"{places[0]} is another user's; have user {SOMEBODY}" in first
    assert f"{places[1]} cannot be used" in second and "remove what is there" in second


def test_a_file_system_without_locks_is_told(
    take: Take, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    environment.setattr(slots.fcntl, "flock", flock)
    with pytest.raises(TrainingError, match="file system without locks"):
        take()


def test_run_tells_its_slot_and_its_wait(take: Take, tmp_path: Path) -> None:
    """Both are in run.json, the wait beside the total; and the run counts as finished."""
    held = replace(take(per_device=2), waited=5.0)
    run, lines = small_run("word_cnn", epochs=1), []
    out = train(run, small_data("words", train=64), tmp_path, slots=held, log=lines.append)
    told = json.loads((out / "run.json").read_text())
    assert told["device"]["slots"] == ["GPU-0.0"]
    seconds = told["seconds"]
    assert seconds.pop("waiting") == 5.0
    total = seconds.pop("total")
    del seconds["cpu"]  # the same time once more, as processors count it
    assert total == pytest.approx(sum(seconds.values()), abs=0.01)
    unseen = any("does not see the GPU and trains on the CPU" in line for line in lines)
    assert unseen == (told["device"]["kind"] == "cpu")
    assert is_finished(
        out,
        run,
        data_provenance=told["data"],
        code_sha256=told["code"]["sha256"],
        backend=told["device"]["backend"],
    )


def test_slots_per_device_are_configured(repository: Path) -> None:
    """One unless said otherwise, and never none."""
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    config["training"] = {"gpus": 1}
    assert load_study(config, catalogue()).resources.gpu_slots_per_device == 1
    config["training"]["gpu_slots_per_device"] = 3
    assert load_study(config, catalogue()).resources.gpu_slots_per_device == 3
    config["training"]["gpu_slots_per_device"] = 0
    with pytest.raises(ConfigError, match=r"training\.gpu_slots_per_device: 0 must be at least 1"):
        load_study(config, catalogue())
