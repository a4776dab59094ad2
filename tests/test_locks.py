"""Locks: one holder at a time, and none left behind by a killed process."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnrepro.errors import NnreproError
from nnrepro.locks import take_lock, wait_for_lock

HOLD = """
import sys, time
from pathlib import Path
from nnrepro.locks import take_lock
take_lock(Path(sys.argv[1]), "busy")
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path, repository: Path):
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "study.lock")],
        env={"PYTHONPATH": str(repository / "scripts")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_held_lock_is_refused_and_says_who_holds_it(tmp_path, holder):
    with pytest.raises(NnreproError, match=f"busy: process {holder.pid} on"):
        take_lock(tmp_path / "study.lock", "busy: {holder}")


def test_a_killed_holder_leaves_no_lock(tmp_path, holder):
    holder.kill()
    holder.wait()
    take_lock(tmp_path / "study.lock", "busy").release()


def test_waiting_ends_when_the_holder_is_killed(tmp_path, holder):
    told: list[str] = []

    def waiting(who: str) -> None:
        told.append(who)
        holder.kill()

    began = time.monotonic()
    wait_for_lock(tmp_path / "study.lock", waiting).release()
    assert time.monotonic() - began < 30
    assert len(told) == 1 and told[0].startswith(f"process {holder.pid} on")


def test_a_released_lock_can_be_taken_again(tmp_path):
    path = tmp_path / "folder" / "study.lock"
    take_lock(path, "busy").release()
    take_lock(path, "busy").release()
