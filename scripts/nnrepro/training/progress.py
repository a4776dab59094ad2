"""Progress lines for a log that is followed with `tail -f`, and how they are read again."""

import re
import time
from collections.abc import Callable

from nnrepro.training.history import History

Log = Callable[[str], None]

EPOCH_LINE = re.compile(
    r"^(seed (?P<seed>\d+): )?"
    r"epoch +(?P<done>\d+)/(?P<epochs>\d+) .* (?P<pace>\d+\.\d+) s/epoch +ETA [\d:]+$"
)
"""A line of `ProgressLog`; of seeds that are trained as one, each is named."""


class ProgressLog:
    """Says after an epoch where the run stands, about once in `interval` seconds, and at the end.

    An earlier call of the same run may have `done` some of its epochs.
    """

    def __init__(self, log: Log, epochs: int, done: int = 0, interval: float = 1.0):
        self._log = log
        self._epochs = epochs
        self._done_before = done
        self._interval = interval
        self._started = time.monotonic()
        self._told_at = float("-inf")

    def epoch_done(self, history: History) -> None:
        """Tell about the last epoch of `history` if it is time."""
        now = time.monotonic()
        done = history.epochs
        if done < self._epochs and now - self._told_at < self._interval:
            return
        self._told_at = now
        seconds = (now - self._started) / max(1, done - self._done_before)
        self._log(
            f"epoch {done:{len(str(self._epochs))}d}/{self._epochs}"
            f"{''.join(f'  {name} {value:.4f}' for name, value in history.last.items())}"
            f"  {seconds:.2f} s/epoch  ETA {clock(seconds * (self._epochs - done))}"
        )


def clock(seconds: float) -> str:
    """`seconds` as h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
