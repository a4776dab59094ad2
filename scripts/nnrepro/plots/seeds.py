"""The seeds of a variant as one line: mean, range over the seeds, and smoothed mean.

A seed that diverged has no value from some epoch on. Mean and range are then those of the others,
which the words for the range say.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter

import numpy as np

from nnrepro.measures.convergence import (
    convergence,
    settling,
    smooth,
)
from nnrepro.measures.curves import Window, windows
from nnrepro.measures.expressions import Reading
from nnrepro.measures.runs import RunData
from nnrepro.metrics.registry import LOSS
from nnrepro.plots.series import FloatArray, Series
from nnrepro.statistics.intervals import summarise

TEST, VALIDATION = "test", "validation"

Members = Sequence[RunData]
"""The runs of one variant, one per seed."""


def by_variant(data: Iterable[RunData]) -> dict[tuple[str, str], Members]:
    """Runs grouped by experiment and variant, in the order in which these first occur."""
    groups: dict[tuple[str, str], list[RunData]] = {}
    for item in data:
        groups.setdefault((item.run.experiment, item.run.variant), []).append(item)
    return dict(groups)


def main_metric(members: Members) -> str:
    """The metric that a variant is judged by: the first that its runs recorded."""
    return members[0].history.metrics[0]


def judged(members: Members) -> str:
    """The set of examples whose curves are shown beside those of training.

    That is the test set, or the validation set where the former is not evaluated after an epoch.
    """
    tested = any(item.history.judged_each_epoch for item in members)
    return TEST if tested or all(item.validation is None for item in members) else VALIDATION


def series_of(judged: str, metric: str) -> str:
    """The name that `seed_series` knows a metric on the test or the validation set by."""
    return f"val_{metric}" if judged == TEST else f"{VALIDATION}_{metric}"


def widest_windows(members: Members) -> tuple[Window, Window]:
    """The widest closing window and the widest smoothing among runs."""
    both = [windows(item.run, item.history.epochs) for item in members]
    closing, smoothing = (max(found, key=attrgetter("used")) for found in zip(*both, strict=True))
    return closing, smoothing


def seed_series(members: Members, metric: str, smoothing: Window, key: str, label: str) -> Series:
    """A metric of a variant as a line, with a band where there are several seeds.

    Args:
        members: the variant's runs.
        metric: name of a series of the history, or as `series_of` has it.
        smoothing: width of the moving mean; 1 leaves the line as it is.
        key: decides the style.
        label: name of the line.
    """
    values = _values(members, metric)
    several = len(members) > 1
    mean = _mean(values)
    return Series(
        key=key,
        label=label,
        epochs=np.arange(1, values.shape[1] + 1, dtype=np.float64),
        mean=mean,
        low=np.fmin.reduce(values, axis=0) if several else None,
        high=np.fmax.reduce(values, axis=0) if several else None,
        smoothed=_smooth_between_gaps(mean, smoothing.used) if smoothing.used > 1 else None,
        planned=max(int(item.run.settings["epochs"]) for item in members),
    )


def converged_at(members: Members, metric: str, tolerance: float) -> int | None:
    """The epoch by which half of the seeds have converged, as `tables.convergence` has it.

    None where they do not, where a run was cut short, which tells nothing of the epochs
    that it was to have, and where one blew up: what it falls to is no limit of learning, however
    level it is.
    """
    if any(item.history.epochs < item.run.protocol_epochs or item.blown_up for item in members):
        return None
    window, width = widest_windows(members)
    curves = [values for values in _values(members, metric) if np.isfinite(values).any()]
    found = [convergence(values, window.used, width.used, tolerance) for values in curves]
    epoch = settling(each.epoch if each.converged else None for each in found)
    return None if epoch is None else round(epoch)


def closing_range(members: Members) -> float:
    """Largest minus smallest value of the main metric on the test set in the closing window.

    It is the mean over the seeds that have it, as `window_range_test_accuracy` in the variants
    table.
    """
    curve = f"test_{main_metric(members)}"
    ranges = [Reading("range", curve).value(item.curves()) for item in members]
    return summarise(np.array(ranges, dtype=np.float64)).mean


def band_words(groups: Sequence[Members]) -> str:
    """What the bands of a figure are; empty where no variant has several seeds."""
    several = [members for members in groups if len(members) > 1]
    if not several:
        return ""
    counts = sorted({len(members) for members in several})
    words = f"smallest to largest of {' to '.join(map(str, counts[:1] + counts[1:][-1:]))} seeds"
    gaps = any(
        np.isnan(_values(members, metric)).any()
        for members in several
        for of in [judged(members)]
        for metric in (LOSS, series_of(of, LOSS), series_of(of, main_metric(members)))
    )
    return f"{words}, fewer where one has no value" if gaps else words


def smoothing_words(smoothing: Window) -> str:
    """What the smoothed lines of a figure are; empty without them."""
    return f"mean of {smoothing.used} epochs" if smoothing.used > 1 else ""


def _values(members: Members, metric: str) -> FloatArray:
    """The metric of all seeds, shape [seeds, epochs]; NaN after the end of a shorter history."""
    epochs = max(item.history.epochs for item in members)
    values = np.full((len(members), epochs), np.nan)
    for row, item in zip(values, members, strict=True):
        held_out = metric.startswith(VALIDATION)
        told = item.validation if held_out else item.history
        name = metric.replace(VALIDATION, "val", 1) if held_out else metric
        row[: item.history.epochs] = np.nan if told is None else told.series.get(name, np.nan)
    return values


def _mean(values: FloatArray) -> FloatArray:
    """Mean over the seeds that have a value, shape [epochs]; NaN where none has."""
    counts = np.isfinite(values).sum(axis=0)
    with np.errstate(over="ignore"):
        sums = np.nansum(values, axis=0)
    means = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    # Sums of huge losses may be none where their mean is one.
    shares = np.nansum(values / np.maximum(counts, 1), axis=0)
    return np.where(np.isinf(means), shares, means)


def _smooth_between_gaps(values: FloatArray, width: int) -> FloatArray:
    """The moving mean of the values that there are, so that a line ends where its values end."""
    known = np.isfinite(values)
    if known.all():
        return smooth(values, width)
    sums = smooth(np.where(known, values, 0.0), width)
    shares = smooth(known.astype(np.float64), width)
    return np.divide(sums, shares, out=np.full(len(values), np.nan), where=known)
