"""What can be read off a curve: one table of functions, with their names, units and words.

Means are NumPy means over float64. Extremes pass over epochs whose value is not finite; everything
else is NaN where one of its epochs is not.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from nnrepro.measures.autocorrelation import window_noise
from nnrepro.measures.collapses import CollapseLevels, collapse_events
from nnrepro.measures.convergence import (
    CLOSING_SHARE,
    closing_slope,
    conv_epoch,
    convergence,
    jitter,
    smooth,
    tail,
    tolerance,
)
from nnrepro.measures.curves import RunCurves, first_epoch
from nnrepro.measures.history import FloatArray

EPOCHS, RATIO, COUNT, TRUTH = "epochs", "ratio", "count", "truth"
OF_CURVE = ""
"""Stands for the unit of the curve."""

SMOOTH = "smooth"
"""The function that turns a curve into another, its centred moving mean."""

Arguments = tuple[float, ...]


@dataclass(frozen=True)
class Curve:
    """A curve of a run as a function sees it.

    Attributes:
        name: its name, which tells its tolerance.
        values: one value per epoch, of its moving mean where that is asked for; shape [epochs].
        run: all curves, and the widths by which they are read.
    """

    name: str
    values: FloatArray
    run: RunCurves

    def part(self, arguments: Arguments) -> FloatArray:
        """From epoch to epoch: 5, 50 are epochs 5 to 50; -100 the last 100; nothing means all."""
        first = int(arguments[0]) if arguments else 1
        last = int(arguments[1]) if len(arguments) > 1 else len(self.values)
        start = max(len(self.values) + first, 0) if first < 0 else first - 1
        return self.values[start : max(last, 0)]

    @property
    def closing(self) -> FloatArray:
        """Its closing window."""
        return self.values[-self.run.window :]

    def settled_at(self, arguments: Arguments) -> float:
        """Convergence epoch; infinite where it does not settle, NaN where it has no tail."""
        if not np.isfinite(self.closing).all():
            return math.nan
        within = arguments[0] if arguments else tolerance(self.name)
        epoch = conv_epoch(self.values, self.run.window, self.run.width, within)
        return math.inf if epoch is None or self.run.blown else epoch


@dataclass(frozen=True)
class Function:
    """A function of a curve.

    Attributes:
        compute: its value, given the curve and further numbers; NaN for none, and infinite for an
            epoch that lies beyond the end of the run.
        phrase: its name in a sentence, with `{}` for the curve's.
        column: name of the metric in tables, with `{}` for the curve's; empty for none.
        heading: short name for a table's heading, with `{}` for what the curve is of.
        axis: name on an axis, with `{window}` for epochs, where that is not the phrase.
        unit: unit of its values; `OF_CURVE` for the curve's own.
        numbers: how many further numbers it takes, at least and at most.
        of_epochs: whether these numbers are epochs.
        level: whether it is a level of the curve: for an accuracy, a share of right answers.
        growth: 1 where further epochs can only raise it, -1 where they can only lower it.
        gaps: whether it passes over epochs whose value is not finite.
        lacking: why a run has no value, as the end of a sentence about the run.
        says: what it is, with x for the curve, where the phrase does not tell.
    """

    compute: Callable[[Curve, Arguments], float]
    phrase: str
    column: str = ""
    heading: str = ""
    axis: str = ""
    unit: str = OF_CURVE
    numbers: tuple[int, int] = (0, 0)
    of_epochs: bool = False
    level: bool = False
    growth: int = 0
    gaps: bool = False
    lacking: str = "has no finite value there"
    says: str = ""


def _slope_and_share(values: FloatArray) -> tuple[float, float]:
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


def _mean(values: FloatArray) -> float:
    return float(np.mean(values)) if values.size else math.nan


def _largest(values: FloatArray) -> float:
    return float(np.fmax.reduce(values)) if values.size else math.nan


def _smallest(values: FloatArray) -> float:
    return float(np.fmin.reduce(values)) if values.size else math.nan


def _epoch_of(values: FloatArray, value: float) -> float:
    return first_epoch(values == value) or math.nan


def _near(curve: Curve, arguments: Arguments) -> float:
    """The moving mean at an epoch, as wide in runs of every length."""
    epoch, half = int(arguments[0]), curve.run.full_width // 2
    return _mean(curve.values[max(0, epoch - 1 - half) : epoch + half])


def _settled(curve: Curve, arguments: Arguments) -> float:
    """The moving mean at the convergence epoch, also of a run that blew up."""
    width, within = curve.run.width, arguments[0] if arguments else tolerance(curve.name)
    epoch = conv_epoch(curve.values, curve.run.window, width, within)
    return math.nan if epoch is None else float(smooth(curve.values, width)[epoch - 1])


def _rises_at(curve: Curve, arguments: Arguments) -> float:
    """The epoch from which a curve rises: where it is lowest, before the end."""
    epoch = _epoch_of(curve.values, _smallest(curve.values))
    return math.nan if epoch == len(curve.values) else epoch


def _converged(curve: Curve, arguments: Arguments) -> float:
    width, within = curve.run.width, tolerance(curve.name)
    settled = convergence(curve.values, curve.run.window, width, within).converged
    return float(settled and not curve.run.blown)


def _jitter(curve: Curve, arguments: Arguments) -> float:
    if curve.run.width == 1:
        return math.nan  # without smoothing there is nothing to vary about
    return jitter(curve.values, curve.run.window, curve.run.width)


def _collapses(accuracy: FloatArray, arguments: Arguments) -> list[tuple[int, int]]:
    """Falls below the first number from above the second, and back within so many epochs."""
    floor, ceiling, within = arguments
    return collapse_events(accuracy, CollapseLevels(floor, ceiling, int(within)))


def _collapse_peak(curve: Curve, arguments: Arguments) -> float:
    if "test_accuracy" not in curve.run.curves:
        return math.nan
    events = _collapses(curve.run.curves["test_accuracy"], arguments)
    return max((float(np.max(curve.values[a:b])) for a, b in events), default=math.nan)


FUNCTIONS: Mapping[str, Function] = {
    "tail": Function(
        lambda c, a: tail(c.values, c.run.window),
        "closing mean {}",
        "last_window_mean_{}",
        "Closing mean{}",
        "mean {} of the last {window} epochs",
        level=True,
    ),
    "overall": Function(
        lambda c, a: _mean(c.values),
        "mean {} over all epochs",
        "mean_{}",
        "Mean{}, all epochs",
        "mean {} of all epochs",
        level=True,
    ),
    "best": Function(
        lambda c, a: _largest(c.values),
        "highest {}",
        "max_{}",
        "Highest{}",
        level=True,
        growth=1,
        gaps=True,
    ),
    "final": Function(
        lambda c, a: float(c.values[-1]),
        "final {}",
        "final_{}",
        "Final{}",
        "{} after the last epoch",
        level=True,
    ),
    "min": Function(
        lambda c, a: _smallest(c.part(a)),
        "lowest {}",
        "min_{}",
        "Lowest{}",
        numbers=(0, 2),
        of_epochs=True,
        level=True,
        growth=-1,
        gaps=True,
    ),
    "max": Function(
        lambda c, a: _largest(c.part(a)),
        "highest {}",
        numbers=(0, 2),
        of_epochs=True,
        level=True,
        growth=1,
        gaps=True,
    ),
    "mean": Function(
        lambda c, a: _mean(c.part(a)), "mean of {}", numbers=(1, 2), of_epochs=True, level=True
    ),
    "near": Function(
        _near,
        "{} near an epoch",
        numbers=(1, 1),
        of_epochs=True,
        level=True,
        says="the moving mean of x at epoch a",
    ),
    "settled": Function(
        _settled,
        "settled level of {}",
        numbers=(0, 1),
        level=True,
        lacking="does not settle",
        says="the moving mean of x at its convergence epoch, to within a",
    ),
    "change": Function(
        lambda c, a: float(c.values[-1] - c.closing[0]),
        "change of {} at the end",
        says="last value of the closing window less its first",
    ),
    "range": Function(
        lambda c, a: float(np.ptp(c.closing)),
        "range of {} at the end",
        "window_range_{}",
        says="largest value of the closing window less its smallest",
    ),
    "jitter": Function(
        _jitter,
        "jitter of {}",
        "jitter_{}",
        says="standard deviation about the moving mean in the closing window",
    ),
    "drift": Function(
        lambda c, a: abs(closing_slope(c.values)) * CLOSING_SHARE * len(c.values),
        "drift of {} at the end",
        says="how far the line through the last 20 % of the epochs climbs or falls",
    ),
    "noise": Function(
        lambda c, a: window_noise(c.closing).error,
        "noise of the closing mean of {}",
        "last_window_mean_{}_se_window",
        says="standard error of the closing mean",
    ),
    "effective_epochs": Function(
        lambda c, a: window_noise(c.closing).effective,
        "effective epochs of the closing mean of {}",
        "last_window_mean_{}_effective_epochs",
        unit=COUNT,
        says="how many independent epochs the closing mean is worth",
    ),
    "conv_epoch": Function(
        lambda c, a: c.settled_at(a),
        "convergence epoch of {}",
        "{}_convergence_epoch",
        unit=EPOCHS,
        numbers=(0, 1),
        lacking="does not settle",
        says="epoch from which the moving mean is within a of the closing mean",
    ),
    "converged": Function(
        _converged,
        "convergence of {}",
        "{}_converged",
        unit=TRUTH,
        says="whether that is in the first 90 % of the epochs, and x level at the end",
    ),
    "best_epoch": Function(
        lambda c, a: _epoch_of(c.values, _largest(c.values)),
        "epoch of the highest {}",
        "max_{}_epoch",
        unit=EPOCHS,
        gaps=True,
    ),
    "lowest_epoch": Function(
        lambda c, a: _epoch_of(c.values, _smallest(c.values)),
        "epoch of the lowest {}",
        "min_{}_epoch",
        unit=EPOCHS,
        gaps=True,
    ),
    "rise_epoch": Function(
        _rises_at,
        "epoch from which {} rises",
        unit=EPOCHS,
        gaps=True,
        lacking="does not rise before the end",
        says="epoch of the lowest x, before the end",
    ),
    "slope": Function(
        lambda c, a: _slope_and_share(c.part(a))[0],
        "slope of {}",
        unit="per epoch",
        numbers=(0, 2),
        of_epochs=True,
        says="slope of the least-squares line, per epoch",
    ),
    "r_squared": Function(
        lambda c, a: _slope_and_share(c.part(a))[1],
        "straightness of {}",
        unit=RATIO,
        numbers=(0, 2),
        of_epochs=True,
        says="share of the variance that the least-squares line explains",
    ),
    "collapses": Function(
        lambda c, a: float(len(_collapses(c.values, a))),
        "collapses of {}",
        unit=COUNT,
        numbers=(3, 3),
        growth=1,
        gaps=True,
        says="falls of x below a from above b, back within c epochs",
    ),
    "collapse_peak": Function(
        _collapse_peak,
        "peak in collapses of {}",
        numbers=(3, 3),
        says="largest x while the test accuracy collapses",
    ),
}
"""Every function by name."""

AVERAGES = ("tail", "overall", "final", "mean")
"""Functions that are a mean of the curve over epochs, one among them."""
