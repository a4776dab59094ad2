"""Where a job's time goes before its first step of training."""

import os
import time
from pathlib import Path
from typing import Self


class StageClock:
    """Seconds by stage, in order, each from the end of the one before.

    The first began at `began`, on the clock of `time.perf_counter`; now by default.
    """

    def __init__(self, began: float | None = None) -> None:
        self._last = time.perf_counter() if began is None else began
        self.seconds: dict[str, float] = {}

    @classmethod
    def from_process_start(cls) -> Self:
        """A clock whose first stage began when this process did."""
        return cls(time.perf_counter() - process_age())

    def mark(self, stage: str) -> None:
        """A stage has ended, and the next begins."""
        now = time.perf_counter()
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + now - self._last, 3)
        self._last = now

    def skip(self) -> None:
        """What has passed since the last mark belongs to no stage, as waiting for a GPU does."""
        self._last = time.perf_counter()


def process_age() -> float:
    """Seconds since this process was started; 0 where the system does not tell (see proc(5))."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
    return max(0.0, uptime - int(fields[19]) / os.sysconf("SC_CLK_TCK"))
