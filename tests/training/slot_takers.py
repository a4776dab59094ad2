"""Processes that take GPU slots, for the tests; a program, so that they share nothing with pytest.

    python slot_takers.py rounds <locks> <devices> <per_device> <processes> <rounds> <seconds>

starts processes that each take a slot, keep it for some seconds and give it back, several times,
and prints a line "slot began ended" for each time.

    python slot_takers.py meet <locks> <devices> <per_device> <processes>

starts processes, no more than there are slots, prints what CUDA_VISIBLE_DEVICES is in each, and
ends them when each holds one.

    python slot_takers.py hold <locks> <devices> <per_device>

takes a slot, starts a child, prints the slot and the child's process id, and keeps the slot until
it is killed.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from nnrepro.training.gpus import Gpu
from nnrepro.training.slots import HeldSlots, take_slots


def fake_gpus(count: int) -> list[Gpu]:
    """Devices GPU-0, GPU-1, ... that do not exist."""
    return [Gpu(index, f"GPU-{index}", "fake") for index in range(count)]


def _take(locks: str, devices: str, per_device: str) -> HeldSlots:
    return take_slots(
        1,
        int(per_device),
        lambda line: None,
        devices=fake_gpus(int(devices)),
        folder=Path(locks),
        poll_seconds=0.005,
    )


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # one write: lines of several processes do not mix


def _rounds(locks: str, devices: str, per_device: str, rounds: str, seconds: str) -> None:
    for _ in range(int(rounds)):
        held = _take(locks, devices, per_device)
        (name,) = held.names
        began = time.monotonic()
        time.sleep(float(seconds))
        ended = time.monotonic()
        os.close(held.slots[0].descriptor)
        _say(f"{name} {began} {ended}")


def _hold(locks: str, devices: str, per_device: str) -> None:
    held = _take(locks, devices, per_device)
    with subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL) as child:
        _say(f"{held.names[0]} {child.pid}")


def main() -> None:
    """Do what the command line says."""
    kind, locks, devices, per_device, *rest = sys.argv[1:]
    if kind == "hold":
        _hold(locks, devices, per_device)
        return
    count, *rest = rest
    met, meet = os.pipe()
    for _ in range(int(count)):
        if os.fork() == 0:
            if kind == "rounds":
                _rounds(locks, devices, per_device, *rest)
            else:
                _take(locks, devices, per_device)
                _say(os.environ["CUDA_VISIBLE_DEVICES"])
                os.close(meet)
                os.read(met, 1)  # returns when every process has closed the other end
            os._exit(0)
    os.close(meet)
    failed = [os.wait()[1] for _ in range(int(count))]
    sys.exit(int(any(failed)))


if __name__ == "__main__":
    main()
