"""How a published metric is read off runs: as data, a row per rule.

A metric that the runs table has is that column. Of the others, `RULES` says which measure of a run
they are, and `COMBINED` how the values of several runs become the one number that a report prints.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nnrepro.measures.expressions import Reading, parse_measure
from nnrepro.published.numbers import PublishedNumber

CURVE = "((?:train|test)_(?:accuracy|loss))"

RULES: tuple[tuple[str, str, str], ...] = (
    (f"{CURVE}_level", "start|first epoch", "mean({0}, 1, 1)"),
    (f"{CURVE}_level", r"by epoch (\d+)", "near({0}, {1})"),
    (f"{CURVE}_level", r"within (\d+) epochs", "near({0}, {1})"),
    (f"{CURVE}_level", r"from epoch (\d+) on", "mean({0}, {1})"),
    (f"{CURVE}_level", r"by epoch (\d+) and after", "mean({0}, {1})"),
    (f"{CURVE}_level", r"epochs (\d+) to (\d+)", "mean({0}, {1}, {2})"),
    (f"{CURVE}_level", "at convergence", "settled({0})"),
    (f"{CURVE}_level", "end of the run|end of training|rest of the run", "tail({0})"),
    (f"{CURVE}_level", "constant for the whole run", "overall({0})"),
    (f"{CURVE}_rise_epoch", ".*", "rise_epoch(smooth({0}))"),
    ("parameter_count", "|(?:total|trainable).*", "parameters"),
)
"""Metric, a remark on it (empty for none at all), and the measure that they say."""


def reading_of(metric: str, remarks: Sequence[str]) -> Reading | None:
    """What a published metric is read off a run by; None where no clear rule exists.

    Args:
        metric: name in the published file.
        remarks: what is said about the number; words after a comma do not matter.
    """
    for pattern, words, measure in RULES:
        named = re.fullmatch(pattern, metric)
        for remark in remarks or ("",):
            said = re.fullmatch(words, remark.partition(",")[0].strip())
            if named and said:
                found = parse_measure(measure.format(*named.groups(), *said.groups()))
                return found.readings[0]
    return None


@dataclass(frozen=True)
class Measured:
    """One run's value.

    Attributes:
        value: the value; None where the run does not give it.
        short: in what it falls short of what the protocol asks for; empty for nothing.
        problem: why there is no value, as the end of a sentence about a run.
        deviation: sampling error on the test set, for accuracies on one.
        examples: size of that test set.
    """

    value: float | None
    short: str = ""
    problem: str = ""
    deviation: float | None = None
    examples: int | None = None


def _gain(changed: float, base: float) -> float:
    return 100 * (changed - base)


def _ratio(changed: float, base: float) -> float:
    return changed / base if base else float("nan")


Against = Callable[[float, float], float]

COMBINED: tuple[tuple[str, str, Against | None, float], ...] = (
    (r".*_average", "", None, 1),
    (r"accuracy_gain_percent", "mean_test_accuracy", _gain, 100),
    (r"(.*)_ratio", r"\1", _ratio, 0),
)
"""Endings of metrics that say more: the metric of one run (empty for that by which the protocol
selects), how a run is put against its baseline, and the factor of its sampling error."""

EXTREMES = {"lower end of a range": min, "upper end of a range": max}
"""What several pairs of run and baseline give, by remark; their mean without one."""


@dataclass(frozen=True)
class Combination:
    """How the values of runs, and of their baselines, become one number.

    Attributes:
        metric: the metric of one run.
        against: puts a run's value against its baseline's; None without baselines.
        scale: what the sampling error of the difference is multiplied by; 0 for no such error.
        join: makes one number of several.
    """

    metric: str
    against: Against | None
    scale: float
    join: Callable[[Sequence[float]], float]

    @classmethod
    def of(cls, number: PublishedNumber, selection_metric: str) -> "Combination":
        """That of a published number, whose protocol selects by a metric."""
        for pattern, one, against, scale in COMBINED:
            match = re.fullmatch(pattern, number.metric)
            if match:
                remark = next((r for r in number.remarks if r in EXTREMES), "")
                join = EXTREMES.get(remark, _mean) if against else _mean
                return cls(match.expand(one) or selection_metric, against, scale, join)
        return cls(number.metric, None, 1, _mean)

    def __call__(
        self, runs: Sequence[Measured], baselines: Sequence[Measured]
    ) -> tuple[float, float | None]:
        """The number and its sampling error; one baseline serves all runs."""
        values = [_known(run) for run in runs]
        if self.against is None:
            return self.join(values), common([run.deviation for run in runs])
        partners = list(baselines) * len(runs) if len(baselines) == 1 else list(baselines)
        pairs = list(zip(runs, partners, strict=True))
        value = self.join([self.against(_known(a), _known(b)) for a, b in pairs])
        return value, common([self._spread(a, b) for a, b in pairs])

    def _spread(self, changed: Measured, base: Measured) -> float | None:
        if not self.scale or changed.deviation is None or base.deviation is None:
            return None
        return self.scale * float(np.hypot(changed.deviation, base.deviation))


def common(deviations: Sequence[float | None]) -> float | None:
    """One sampling error for several accuracies on the same examples: their mean, at most.

    Errors on the same examples go together, so that averaging does not make them smaller.
    """
    known = [item for item in deviations if item is not None]
    return _mean(known) if known and len(known) == len(deviations) else None


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(np.asarray(values, dtype=np.float64)))


def _known(item: Measured) -> float:
    assert item.value is not None
    return item.value
