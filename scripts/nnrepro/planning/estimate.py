"""How long a run will take, from the records of earlier ones, and how that was found."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from nnrepro.planning.code import code_of
from nnrepro.planning.machines import Record
from nnrepro.planning.operations import epoch_operations, passes
from nnrepro.study.optimizers import OPTIMIZER_SETTINGS, SCHEDULE_SETTINGS
from nnrepro.study.run import ANALYSIS_SETTINGS, Run, Scalar
from nnrepro.study.settings import SETTINGS

RECORDED = "recorded"
SCALED = "scaled"
UNKNOWN = "unknown"

_TIMED = ("optimizer", "momentum", "clipvalue", "clipnorm", "global_clipnorm", "use_ema")

_TIMELESS = (
    *("epochs", "layout", "loss", "on_divergence", "test_folds"),
    *("early_stopping", "early_stopping_metric", "label_smoothing", "class_weight"),
    *(name for name in OPTIMIZER_SETTINGS if name not in _TIMED),
    *SCHEDULE_SETTINGS,
    *ANALYSIS_SETTINGS,
)
"""Settings that do not change what an epoch takes."""

_COUNTS = ("train_examples", "test_examples", "comparison_test_examples", "validation_examples")
_NEAREST = 5

_DEFAULTS = {name: setting.default for name, setting in SETTINGS.items()}
"""Values that older records do not name."""

Work = tuple[str, frozenset[tuple[str, Scalar]]]
"""A model and the settings that decide what an epoch of it takes."""


@dataclass(frozen=True)
class Estimate:
    """What a run is expected to take.

    `basis` is `recorded` (runs of the same model and settings), `scaled` (runs of the same model,
    by floating-point operations of an epoch) or `unknown`; `setup_seconds` go up to the first step;
    `epoch_seconds`, training and evaluation of one epoch, are None when unknown; it rests on as
    many `records`.
    """

    basis: str
    setup_seconds: float = 0.0
    epoch_seconds: float | None = None
    records: int = 0

    def seconds(self, epochs: float) -> float | None:
        """Seconds for so many epochs; None when unknown."""
        if self.epoch_seconds is None:
            return None
        return self.setup_seconds + epochs * self.epoch_seconds


class Estimator:
    """Estimates from the records of one machine; runs of equal work share one.

    Where there are records of the present code, by `codes` as `training_codes` gives them, they
    count alone.
    """

    def __init__(self, records: Iterable[Record], codes: Mapping[str, str]):
        self._codes = codes
        self._by_model: dict[str, list[Record]] = {}
        self._by_work: dict[Work, list[Record]] = {}
        self._known: dict[Work, Estimate] = {}
        for record in records:
            self._by_model.setdefault(record.run.model, []).append(record)
            self._by_work.setdefault(_work(record.run), []).append(record)

    def estimate(self, run: Run) -> Estimate:
        """The estimate for a run whose settings are complete."""
        work = _work(run)
        if work not in self._known:
            self._known[work] = self._new_estimate(run, work)
        return self._known[work]

    def estimate_any(self, runs: Sequence[Run]) -> Estimate:
        """The middle one of the estimates for runs of which one is made; at best `scaled`."""
        found = [self.estimate(run) for run in runs]
        if len(found) == 1:
            return found[0]
        if not found or any(one.epoch_seconds is None for one in found):
            return Estimate(UNKNOWN)
        return Estimate(
            SCALED,
            median(one.setup_seconds for one in found),
            median(one.epoch_seconds for one in found if one.epoch_seconds is not None),
            max(one.records for one in found),
        )

    def _new_estimate(self, run: Run, work: Work) -> Estimate:
        same = self._by_work.get(work, [])
        code = code_of(run, self._codes) if run.model in self._codes else ""
        same = [record for record in same if record.code_sha256 == code] or same
        if same:
            return _summary(RECORDED, same, [record.epoch_seconds for record in same])
        nearest = _nearest(run, self._by_model.get(run.model, []))
        if not nearest:
            return Estimate(UNKNOWN)
        return _summary(
            SCALED,
            [record for record, _ in nearest],
            [record.epoch_seconds * factor for record, factor in nearest],
        )


def _summary(basis: str, records: Sequence[Record], epoch_seconds: Sequence[float]) -> Estimate:
    setup = median(record.setup_seconds for record in records)
    return Estimate(basis, setup, median(epoch_seconds), len(records))


def _work(run: Run) -> Work:
    """What decides how long an epoch of `run` takes."""
    kept = {
        name: value
        for name, value in run.settings.items()
        if name not in _TIMELESS and value != _DEFAULTS.get(name)
    }
    return run.model, frozenset(kept.items())


def _nearest(run: Run, records: Iterable[Record]) -> list[tuple[Record, float]]:
    """The records nearest to `run` in operations, each with the factor that leads to `run`."""
    factors = [(record, _factor(run, record.run)) for record in records]
    comparable = [(record, factor) for record, factor in factors if factor is not None]
    return sorted(comparable, key=lambda pair: abs(math.log(pair[1])))[:_NEAREST]


def _factor(run: Run, recorded: Run) -> float | None:
    """Work of an epoch of `run` over that of `recorded`; None if they cannot be compared.

    A model whose operations nobody counts is compared by its numbers of examples, so long as its
    own parameters are the same.
    """
    try:
        asked, done = epoch_operations(run), epoch_operations(recorded)
    except KeyError:  # recorded by another version of the model
        return None
    if asked is not None and done is not None:
        return asked / done
    if _without_counts(run) != _without_counts(recorded):
        return None
    return passes(run.settings) / passes(recorded.settings)


def _without_counts(run: Run) -> Work:
    model, settings = _work(run)
    return model, frozenset(item for item in settings if item[0] not in _COUNTS)
