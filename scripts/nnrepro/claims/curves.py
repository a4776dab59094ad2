"""What the functions of a measure compute, each from one curve of a run."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from nnrepro.analysis.convergence import (
    ACCURACY_TOLERANCE,
    LOSS_TOLERANCE,
    closing_slope,
    conv_epoch,
    jitter,
    smooth,
    tail,
)
from nnrepro.analysis.history import FloatArray
from nnrepro.analysis.stability import CollapseLevels, collapse_events
from nnrepro.claims.measures import Reading
from nnrepro.claims.spans import Span
from nnrepro.claims.vocabulary import CURVES

_CLOSING_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class RunCurves:
    """The curves of a run and the widths by which they are read.

    Attributes:
        curves: one value per epoch by the curve's name, arrays of shape [epochs].
        window: epochs of the closing window.
        width: odd width of the moving mean.
        blown: whether the run ends in a blow-up; it then settles nowhere.
    """

    curves: Mapping[str, FloatArray]
    window: int
    width: int
    blown: bool = False

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return len(next(iter(self.curves.values())))

    def read(self, reading: Reading) -> Span | None:
        """The value of a function of a curve.

        Returns:
            The value; a half-line for an epoch that lies beyond the end of the run; None where the
            curve does not tell, for example because it is not finite.
        """
        values = self.curves[reading.curve]
        if reading.smoothed:
            values = smooth(values, self.width)
        if reading.function == "conv_epoch":
            return self._conv_epoch(values, reading)
        if reading.function == "collapse_peak":
            value = self._collapse_peak(values, reading.arguments)
        else:
            value = _FUNCTIONS[reading.function](values, reading.arguments, self)
        return Span.point(value) if math.isfinite(value) else None

    def first_epoch_at(self, curve: str, level: float) -> Span | None:
        """The first epoch, counted from 1, at which a curve is at `level` or above it."""
        values = self.curves[curve]
        if not np.isfinite(values).all():
            return None
        return _epoch_or_later(np.flatnonzero(values >= level), len(values))

    def _conv_epoch(self, values: FloatArray, reading: Reading) -> Span | None:
        if not np.isfinite(values[-self.window :]).all():
            return None
        accuracy = CURVES[reading.curve] == "fraction"
        default = ACCURACY_TOLERANCE if accuracy else LOSS_TOLERANCE
        tolerance = reading.arguments[0] if reading.arguments else default
        epoch = None
        if not self.blown:
            epoch = conv_epoch(values, self.window, self.width, tolerance)
        return Span(self.epochs + 1, math.inf) if epoch is None else Span.point(epoch)

    def _collapse_peak(self, values: FloatArray, arguments: tuple[float, ...]) -> float:
        events = _collapses(self.curves["test_accuracy"], arguments)
        return max((float(np.max(values[a:b])) for a, b in events), default=math.nan)


def _epoch_or_later(hits: "np.ndarray", epochs: int) -> Span:
    return Span.point(int(hits[0]) + 1) if hits.size else Span(epochs + 1, math.inf)


def _part(values: FloatArray, arguments: tuple[float, ...]) -> FloatArray:
    """From epoch to epoch: 5, 50 are epochs 5 to 50; -100 the last 100; nothing means all."""
    first = int(arguments[0]) if arguments else 1
    last = int(arguments[1]) if len(arguments) > 1 else len(values)
    start = max(len(values) + first, 0) if first < 0 else first - 1
    return values[start : max(last, 0)]


def _line(values: FloatArray) -> tuple[float, float]:
    """Slope and share of variance explained of the least-squares line; NaN below two epochs."""
    if len(values) < 2:
        return math.nan, math.nan
    epochs = np.arange(len(values)) - (len(values) - 1) / 2
    centred = values - np.mean(values)
    slope = float(epochs @ centred / (epochs @ epochs))
    total = float(centred @ centred)
    if total == 0:
        return slope, math.nan
    return slope, 1 - float(np.sum((centred - slope * epochs) ** 2)) / total


def _collapses(accuracy: FloatArray, arguments: tuple[float, ...]) -> list[tuple[int, int]]:
    """Falls below the first argument from above the second, back within the third's epochs."""
    floor, ceiling, within = arguments
    return collapse_events(accuracy, CollapseLevels(floor, ceiling, int(within)))


def _epoch_of(values: FloatArray, value: float) -> float:
    hits = np.flatnonzero(values == value)
    return float(hits[0]) + 1 if hits.size else math.nan


def _over(function: Callable[[FloatArray], float], values: FloatArray) -> float:
    """A function of values that must be there and finite; NaN otherwise."""
    sound = values.size > 0 and bool(np.isfinite(values).all())
    return float(function(values)) if sound else math.nan


Computation = Callable[[FloatArray, tuple[float, ...], RunCurves], float]

_FUNCTIONS: Mapping[str, Computation] = {
    "tail": lambda v, a, r: tail(v, r.window),
    "overall": lambda v, a, r: _over(np.mean, v),
    "best": lambda v, a, r: _over(np.max, v),
    "final": lambda v, a, r: float(v[-1]),
    "mean": lambda v, a, r: _over(np.mean, _part(v, a)),
    "min": lambda v, a, r: _over(np.min, _part(v, a)),
    "max": lambda v, a, r: _over(np.max, _part(v, a)),
    "change": lambda v, a, r: float(v[-1] - v[-r.window]),
    "range": lambda v, a, r: float(np.ptp(v[-r.window :])),
    "jitter": lambda v, a, r: jitter(v, r.window, r.width),
    "drift": lambda v, a, r: abs(closing_slope(v)) * _CLOSING_SHARE * len(v),
    "best_epoch": lambda v, a, r: _epoch_of(v, _over(np.max, v)),
    "lowest_epoch": lambda v, a, r: _epoch_of(v, _over(np.min, v)),
    "slope": lambda v, a, r: _line(_part(v, a))[0],
    "r_squared": lambda v, a, r: _line(_part(v, a))[1],
    "collapses": lambda v, a, r: float(len(_collapses(v, a))) if _sound(v) else math.nan,
}


def _sound(values: FloatArray) -> bool:
    return bool(np.isfinite(values).all())
