"""What a measurement was made on, without names that tell whose machine it is."""

import os
import platform
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnrepro.models.device import cpu_name

_TICKS = os.sysconf("SC_CLK_TCK")  # a second
_TICKS_OFF = 3  # what the counts of all cores may be off by


def describe_machine() -> dict[str, Any]:
    """Processor, number of cores that this process may use, system and Python."""
    return {
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


class OtherWork:
    """Tells how busy other processes kept the machine, from its making on.

    Args:
        own: seconds of CPU time that the measured process has used so far.
    """

    def __init__(self, own: Callable[[], float]):
        self._own = own
        self._began = time.perf_counter()
        self._other = _busy_seconds() - own()

    def cores(self) -> float:
        """Cores that other processes kept busy on average, as far as clock ticks can tell."""
        other = _busy_seconds() - self._own() - self._other
        surplus = max(0.0, other - _TICKS_OFF / _TICKS)
        return round(surplus / (time.perf_counter() - self._began), 2)


def cpu_seconds(process: int) -> float:
    """Seconds of CPU time that a process has used, all its threads together."""
    line = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    user, system = line.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS


def _busy_seconds() -> float:
    """Seconds that all cores together have worked since the system's start, as Linux counts."""
    line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
    user, nice, system, _, _, irq, softirq, *_ = (int(word) for word in line.split()[1:])
    return (user + nice + system + irq + softirq) / _TICKS


def slug(machine: dict[str, Any], threads: int) -> str:
    """A file name for measurements on `machine`."""
    name = re.sub(r"\((r|tm)\)", "", str(machine["cpu"]).lower())
    words = re.findall(r"[a-z0-9.]+", name)
    return "-".join([*words, f"{machine['cores']}-cores", f"{threads}-threads"])
