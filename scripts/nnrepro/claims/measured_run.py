"""One run, ready to be measured."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nnrepro.claims.conditions import Untestable
from nnrepro.measures.curves import RunCurves, first_epoch_at
from nnrepro.measures.expressions import Reading
from nnrepro.measures.runs import RunData
from nnrepro.measures.spans import Span
from nnrepro.study.evaluation import AT_END, NEVER, tested


class Unmeasured(Exception):
    """A run is there, but a measure of it has no value; the message says why."""


@dataclass(frozen=True, eq=False)
class MeasuredRun:
    """A run with its curves on one test set.

    Attributes:
        data: the run.
        larger: whether the test curves are those on the larger test set, where the run has one.
        by_processor: whether its times are the seconds that its threads had a processor, in place
            of those that passed.
    """

    data: RunData
    larger: bool
    by_processor: bool = False

    @property
    def test_examples(self) -> int | None:
        """Size of the test set that is read."""
        name = "comparison_test_examples" if self._second else "test_examples"
        value = self.data.run.settings.get(name)
        return None if value is None else int(value)

    @cached_property
    def curves(self) -> RunCurves:
        """The curves by name."""
        if self._second and self.data.comparison is None:
            raise Untestable(f"{self.data.run.id} lacks its curves on the larger test set")
        return self.data.curves(larger=self._second)

    @property
    def shortened(self) -> str:
        """Why the run is less than its protocol asks for; empty where it is not."""
        run, epochs = self.data.run, self.data.history.epochs
        if epochs < run.protocol_epochs:
            return f"{epochs} of {run.protocol_epochs} epochs"
        asked = self._not_as_asked
        return ", ".join(
            f"{run.settings.get(name)} of {asked[name]} {name.replace('_', ' ')}"
            for name in sorted(asked)
        )

    @property
    def broke_off(self) -> str:
        """That it diverged and stopped, in words; empty where it did not."""
        run, epochs = self.data.run, self.data.history.epochs
        stopped = self.data.done.protocol_epochs == epochs < run.protocol_epochs
        diverged = self.data.status == "diverged"
        return f"diverged and stopped at epoch {epochs}" if diverged and stopped else ""

    @property
    def lacks_epochs_alone(self) -> bool:
        """Whether the run is the beginning of one as its protocol asks for."""
        return not self._not_as_asked.keys() - {"epochs"}

    @property
    def _not_as_asked(self) -> Mapping[str, Any]:
        """Settings that its protocol asks for otherwise, as asked for."""
        run = self.data.run
        return {k: v for k, v in run.protocol_settings.items() if run.settings.get(k) != v}

    def read(self, reading: Reading) -> Span:
        """The value of a reading."""
        if not reading.curve:
            return Span.point(self._quantity(reading.function))
        value = reading.span(self.curves)
        if value is None:
            why = self._diverged or self._unseen(reading)
            raise Unmeasured(f"{reading} of {self.data.run.id} has no value{why}")
        return value

    def first_epoch_at(self, curve: str, level: float) -> Span:
        """The first epoch at which a curve is at a level or above."""
        values = self.curves.curves.get(curve)
        if values is None:
            raise Unmeasured(f"{curve} of {self.data.run.id} was not evaluated after every epoch")
        if not np.isfinite(values).all():
            raise Unmeasured(f"{curve} of {self.data.run.id} is not finite{self._diverged}")
        epoch = first_epoch_at(values, level)
        return Span(len(values) + 1, math.inf) if epoch is None else Span.point(epoch)

    def noise_variance(self, reading: Reading) -> float:
        """Variance of a closing mean by the noise from epoch to epoch; 0 of anything else."""
        if reading.function != "tail":
            return 0.0
        error = Reading("noise", reading.curve).value(self.curves)
        return error**2 if math.isfinite(error) else 0.0

    @property
    def _second(self) -> bool:
        return self.larger and int(self.data.run.settings.get("comparison_test_examples", 0)) > 0

    @property
    def _diverged(self) -> str:
        return ": the run diverged" if self.data.status == "diverged" else ""

    def _unseen(self, reading: Reading) -> str:
        when = {AT_END: "once, at the end", NEVER: "never"}.get(tested(self.data.run.settings))
        of_test = reading.curve.startswith("test_")
        return f": the test set was evaluated {when}" if when and of_test else ""

    def _quantity(self, name: str) -> float:
        """What is known of the run beside its curves."""
        record: Mapping[str, Any] = self.data.record or {}
        seconds = self.data.cpu_seconds if self.by_processor else self.data.train_seconds
        told = {
            "epochs": self.curves.epochs,
            # Of training and evaluation together, as the reports timed the whole loop.
            "train_seconds": seconds,
            "parameters": record.get("parameters"),
        }[name]
        if told is None:
            what = "time" if name == "train_seconds" else f"number of {name}"
            raise Untestable(f"the {what} of {self.data.run.id} is not recorded")
        return float(told)
