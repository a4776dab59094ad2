"""The lines of a figure as data, and their thinning to what a page can show."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnrepro.errors import NnreproError

FloatArray = NDArray[np.float64]

LARGEST = 1e30
"""What is larger, up to the 1.8e308 that a number can be, leaves no digits to calculate places."""

SMALLEST = 1e-30

LARGE, SMALL = 1e6, 1e-4
"""What is larger, or smaller than the other, is written with a power of ten."""


class PlotDataError(NnreproError):
    """The data given to a figure cannot be drawn: the message says which and why."""


@dataclass(frozen=True, eq=False)
class Series:
    """One metric of one variant by epoch. NaN marks epochs without a value.

    Attributes:
        key: variant name; decides the style.
        label: short human name, shown beside the line.
        epochs: epoch numbers from 1, shape [epochs], strictly rising.
        mean: the metric, or its mean over seeds, shape [epochs].
        low: lower edge of the band, shape [epochs]; None without a band.
        high: upper edge of the band; given exactly when `low` is.
        smoothed: `mean` smoothed, shape [epochs]; None where the raw line is clear enough.
        planned: epochs that the variant was to have; None where nobody said.
    """

    key: str
    label: str
    epochs: FloatArray
    mean: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None
    smoothed: FloatArray | None = None
    planned: int | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "mean", "low", "high", "smoothed"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, as_floats(value))

    @property
    def drawn(self) -> FloatArray:
        """The line that carries the message: smoothed where there is one."""
        return self.mean if self.smoothed is None else self.smoothed

    def end(self) -> tuple[float, float] | None:
        """The last epoch at which the drawn line has a value, and that value; None without one."""
        return last_finite(self.epochs, self.drawn)

    def since(self, first: float) -> "Series | None":
        """The part of the series from epoch `first` on; None where it ends before."""
        keep = self.epochs >= first
        if not keep.any():
            return None
        low, high, smoothed = (
            None if value is None else value[keep] for value in (self.low, self.high, self.smoothed)
        )
        return replace(
            self,
            epochs=self.epochs[keep],
            mean=self.mean[keep],
            low=low,
            high=high,
            smoothed=smoothed,
        )


def as_floats(values: ArrayLike) -> FloatArray:
    """`values` as a figure can draw them.

    Infinities (a diverged run's) are NaN. What lies beyond `LARGEST` is drawn there, and called
    that by `format_value`; what lies below `SMALLEST` is zero.
    """
    array = np.asarray(values, dtype=np.float64)
    known = np.where(np.isfinite(array), np.clip(array, -LARGEST, LARGEST), np.nan)
    return np.where(np.abs(known) < SMALLEST, 0.0, known)


def drawn_value(value: float | None) -> float | None:
    """A number as `as_floats` has it; None where there is nothing to draw."""
    drawn = float(as_floats(np.nan if value is None else value))
    return None if np.isnan(drawn) else drawn


def drawn_interval(low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """The ends of an interval as `drawn_value` has them; none where one of them is none."""
    ends = drawn_value(low), drawn_value(high)
    return (None, None) if None in ends else ends


def padded(
    values: Iterable[float],
    share: float,
    least: float,
    floor: float | None = None,
    ceiling: float | None = None,
) -> tuple[float, float]:
    """A range around values, with room on both sides.

    Args:
        values: at least one.
        share: how much room, as a part of their range.
        least: how much where they are all the same.
        floor: where the range ends below, unless values lie below it.
        ceiling: where it ends above, unless values lie above it.
    """
    ends = list(values)
    low, high = min(ends), max(ends)
    size = max(abs(low), abs(high))
    # Of large numbers that are close half their size, since their ticks have few digits.
    narrow = size >= LARGE and high - low < 0.1 * size
    room = max(share * (high - low) or least, 0.5 * size if narrow else 0.0)
    bottom = low - room if floor is None or low < floor else max(floor, low - room)
    top = high + room if ceiling is None or high > ceiling else min(ceiling, high + room)
    return bottom, top


def format_value(value: float) -> str:
    """Three decimals for numbers of the order of 1, three digits for others."""
    if not np.isfinite(value):
        return "not finite"
    if abs(value) >= LARGEST:
        return f"{'over' if value > 0 else 'under'} {digits(np.sign(value) * LARGEST, 1)}"
    return f"{value:z.3f}" if abs(value) < 10 else digits(value, 3)


def digits(value: float, count: int) -> str:
    """A number with so many significant digits, large ones as 4e5."""
    return f"{value:.{count}g}".replace("e+0", "e").replace("e+", "e")


def last_finite(x: FloatArray, y: FloatArray) -> tuple[float, float] | None:
    """The last point whose y is a number, or None."""
    places = np.flatnonzero(np.isfinite(y))
    return (float(x[places[-1]]), float(y[places[-1]])) if places.size else None


def isolated(y: FloatArray) -> NDArray[np.intp]:
    """Indices of values with no neighbour: a line through them alone would be invisible."""
    known = np.concatenate([[False], np.isfinite(y), [False]])
    return np.flatnonzero(known[1:-1] & ~known[:-2] & ~known[2:])


def thin_line(x: FloatArray, y: FloatArray, columns: int) -> tuple[FloatArray, FloatArray]:
    """Keep what a line shows when it is drawn over `columns` columns of pixels, and no more.

    Of each column's points the first and last, the lowest and highest and one gap, where there is
    one, are kept: every peak stays as high as it was and every gap stays a gap.
    """
    if x.size <= 4 * columns:
        return x, y
    kept: list[int] = []
    missing = np.isnan(y)
    # Where a gap is, it is neither the lowest nor the highest.
    low, high = np.where(missing, np.inf, y), np.where(missing, -np.inf, y)
    for start, stop in _columns(x, columns):
        picks = {start, stop - 1}
        gap = start + int(missing[start:stop].argmax())
        if missing[gap]:
            picks.add(gap)
        if not missing[start:stop].all():
            picks |= {start + int(low[start:stop].argmin()), start + int(high[start:stop].argmax())}
        kept.extend(sorted(picks))
    return x[kept], y[kept]


def thin_band(
    x: FloatArray, low: FloatArray, high: FloatArray, columns: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The band's outer edge in each of `columns` columns: never narrower than the data."""
    if x.size <= 2 * columns:
        return x, low, high
    spans = _columns(x, columns)

    def reduce(values: FloatArray, edge: Callable[[FloatArray], float]) -> FloatArray:
        parts = (values[start:stop] for start, stop in spans)
        return np.array([edge(p[~np.isnan(p)]) if not np.isnan(p).all() else np.nan for p in parts])

    return reduce(x, np.mean), reduce(low, np.min), reduce(high, np.max)


def _columns(x: FloatArray, columns: int) -> list[tuple[int, int]]:
    """Half-open index ranges of the points in each column; columns without points are left out."""
    edges = np.linspace(x[0], x[-1], columns + 1)
    cuts = np.unique(np.concatenate([[0], np.searchsorted(x, edges[1:-1]), [x.size]]))
    return list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))
