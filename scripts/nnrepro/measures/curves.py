"""The curves of a run, and the windows over which they are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from nnrepro.errors import NnreproError
from nnrepro.measures.history import FloatArray, History
from nnrepro.metrics.registry import LOSS, Metric, catalogue, known
from nnrepro.study.run import Run

ROUNDING = 1e-7
"""How near to a limit a number counts as at it: the distance between means of counted shares, or a
share kept as float32, is not exact."""

SETS = {"train": "training", "test": "test", "validation": "validation"}
"""Sets of examples that a curve can be about, by the beginning of its name, with their words."""


class MetricError(NnreproError):
    """A metric that does not exist or cannot be computed; the message says why."""


CURVES = tuple(f"{of}_{metric}" for of in ("test", "train") for metric in ("accuracy", "loss"))
"""Curves that every run of a classification has, as `<set>_<metric>`."""


def curve_names() -> tuple[str, ...]:
    """Curves that a run may have: those of `CURVES` first, then those of all other metrics."""
    every = (f"{of}_{metric}" for metric in ("accuracy", LOSS, *catalogue()) for of in SETS)
    return tuple(dict.fromkeys([*CURVES, *every]))


def recorded(curve: str) -> Metric:
    """What is known of the metric of a curve."""
    return known(curve.partition("_")[2])


@dataclass(frozen=True)
class Window:
    """A number of epochs that a protocol asks for, and the number used in a run.

    Attributes:
        asked: epochs in a run of the protocol's full length.
        used: epochs in the run at hand, the same share of a run that is shorter.
    """

    asked: int
    used: int

    @classmethod
    def closing(cls, asked: int, epochs: int, protocol_epochs: int) -> Self:
        """The closing window over which last-epoch means are taken.

        A run of `epochs` has the share of the window that it has of `protocol_epochs`.
        """
        share = max(1, round(asked * epochs / protocol_epochs))
        return cls(asked, min(asked, share, epochs))

    @classmethod
    def smoothing(cls, asked: int, epochs: int, protocol_epochs: int) -> Self:
        """The width of the centred moving mean: as `closing`, and odd."""
        return cls(asked, _odd(cls.closing(asked, epochs, protocol_epochs).used))


def _odd(width: int) -> int:
    return width if width % 2 == 1 else width - 1


def windows(run: Run, epochs: int) -> tuple[Window, Window]:
    """Closing window and smoothing width of a run whose history has `epochs` epochs."""
    missing = [name for name in ("window", "smoothing") if name not in run.settings]
    if missing:
        raise MetricError(f"run {run.id}: the settings lack {' and '.join(missing)}")
    window, smoothing = int(run.settings["window"]), int(run.settings["smoothing"])
    return (
        Window.closing(window, epochs, run.protocol_epochs),
        Window.smoothing(smoothing, epochs, run.protocol_epochs),
    )


@dataclass(frozen=True, eq=False)
class RunCurves:
    """The curves of a run and the widths by which they are read.

    Attributes:
        curves: one value per epoch by the curve's name, arrays of shape [epochs].
        window: epochs of the closing window.
        width: width of the moving mean, odd.
        full_width: the same in a run of the protocol's length; 0 where it is not known.
        ends: what the final weights reach on a set that has no curves, as it is evaluated with them
            alone, by the curve's name.
        blown: whether the run ends in a blow-up; it then settles nowhere.
    """

    curves: Mapping[str, FloatArray]
    window: int
    width: int
    full_width: int = 0
    blown: bool = False
    ends: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        run: Run,
        history: History,
        *,
        test: History | None = None,
        validation: History | None = None,
        blown: bool = False,
    ) -> Self:
        """The curves of a run.

        `test` is a history on a larger test set, to be read in place of the primary one, and
        `validation` that on training examples which were held out.
        """
        curves = history.curves("test") | (test or history).curves("test")
        if validation is not None:
            curves |= validation.curves("validation")
        window, smoothing = windows(run, history.epochs)
        ends = (test or history).ends("test")
        return cls(curves, window.used, smoothing.used, _odd(smoothing.asked), blown, ends)

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return len(next(iter(self.curves.values())))


def first_epoch_at(values: FloatArray, level: float) -> int | None:
    """The first epoch, counted from 1, at which a curve is at a level or above; None if none."""
    return first_epoch(values >= level - ROUNDING)


def first_epoch(hits: "np.ndarray") -> int | None:
    """The first epoch, counted from 1, of those marked in `hits`, shape [epochs]; None if none."""
    found = np.flatnonzero(hits)
    return int(found[0]) + 1 if found.size else None
