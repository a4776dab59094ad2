"""Values of measures from reproduced runs, and what stands in the way of believing them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeGuard

import numpy as np

from nnrepro.claims.conditions import Crossing, Quantity, Term, Untestable
from nnrepro.claims.margins import propagated
from nnrepro.claims.measured_run import MeasuredRun, Unmeasured
from nnrepro.measures.expressions import Measure, Reading
from nnrepro.measures.predictions import AnswersOf, common_answers
from nnrepro.measures.runs import RunData
from nnrepro.measures.spans import Span, mean
from nnrepro.published.variants import NotSelected, declared_variants, left_out, selected_by
from nnrepro.statistics.grid import Spread, as_grid, residual_spread
from nnrepro.statistics.paired import discordant, paired_error
from nnrepro.study.decisions import Decisions
from nnrepro.study.study import Study


def variants_named(
    selectors: Iterable[str], study: Study, selected: Mapping[str, str]
) -> tuple[str, ...]:
    """The declared variants that selectors name, as `experiment/variant`."""
    try:
        return tuple(map("/".join, declared_variants(study, selectors, selected)))
    except NotSelected as reason:
        raise Untestable(str(reason)) from reason


@dataclass(frozen=True, eq=False)
class RunEvidence:
    """The runs of one protocol as evidence for its claims.

    Attributes:
        study: the study that declares them.
        selected: the variant that the protocol selected, by experiment.
        runs: runs by seed, by `experiment/variant`.
        answers: gives a run's answers on the test examples, where there are any.
    """

    study: Study
    selected: Mapping[str, str]
    runs: Mapping[str, Mapping[int, MeasuredRun]]
    answers: AnswersOf | None = None
    _values: dict[Any, Span] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        data: Iterable[RunData],
        study: Study,
        decisions: Decisions,
        protocol: str,
        *,
        larger: bool = False,
        answers: AnswersOf | None = None,
    ) -> "RunEvidence":
        """The evidence that runs give under a protocol.

        `larger`: whether to read the larger test set where runs have one.
        """
        runs: dict[str, dict[int, MeasuredRun]] = {}
        for item in data:
            if item.run.protocol == protocol:
                name = f"{item.run.experiment}/{item.run.variant}"
                runs.setdefault(name, {})[item.run.seed] = MeasuredRun(item, larger)
        return cls(study, selected_by(protocol, decisions), runs, answers)

    @cached_property
    def by_processor(self) -> "RunEvidence":
        """The same runs, timed by the seconds that they had a processor.

        Other work on a CPU adds to the seconds that pass, and hardly to these.
        """
        runs = {
            variant: {seed: replace(run, by_processor=True) for seed, run in seeds.items()}
            for variant, seeds in self.runs.items()
        }
        return replace(self, runs=runs, _values={})

    @cached_property
    def _asked(self) -> frozenset[str]:
        """The variants that the study runs."""
        return frozenset(f"{run.experiment}/{run.variant}" for run in self.study.runs)

    def variants(self, selectors: Sequence[str]) -> tuple[str, ...]:
        """The variants that selectors name; see `Evidence`."""
        return variants_named(selectors, self.study, self.selected)

    def seeds(self, variants: Iterable[str]) -> list[int]:
        """Seeds for which there is a run of every variant."""
        variants = list(variants)
        missing = [variant for variant in variants if not self.runs.get(variant)]
        if cut := [variant for variant in missing if variant not in self._asked]:
            raise Untestable(left_out(cut))
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise Untestable(f"there is no run of {missing[0]}{more}")
        common = set.intersection(*(set(self.runs[variant]) for variant in variants))
        if not common:
            raise Untestable("the runs have no seed in common")
        return sorted(common)

    def over_seeds(self, measure: Measure, variant: str) -> Span:
        """A measure's mean over all seeds of a variant; see `Evidence`."""
        seeds = self.seeds([variant])
        return mean([self.value_of(measure, variant, seed) for seed in seeds])

    def value(self, quantity: Quantity, seed: int) -> Span:
        """A quantity at a seed."""
        if isinstance(quantity, Crossing):
            level = self.value_of(quantity.level, quantity.reference, seed)
            if not level.known:
                raise Unmeasured(f"{quantity.level.text} of {quantity.reference} is not known")
            run = self.runs[quantity.variant][seed]
            return run.first_epoch_at(quantity.curve, level.low)
        return mean([self.value_of(quantity.measure, v, seed) for v in quantity.variants])

    def value_of(self, measure: Measure, variant: str, seed: int) -> Span:
        """A measure of one run."""
        key = (measure.text, variant, seed)
        if key not in self._values:
            self._values[key] = measure.value(self.runs[variant][seed].read)
        return self._values[key]

    def sampling_variance(self, quantity: Quantity, seed: int) -> float | None:
        """Variance of a quantity by the test set's sampling error; None where it has none.

        Errors of several runs on one test set are taken as independent, which for differences is
        on the safe side: runs tend to be wrong on the same examples.
        """
        if isinstance(quantity, Crossing) or not quantity.measure.share_of_test_set:
            return None
        measure, count = quantity.measure, len(quantity.variants)
        variances = []
        for variant in quantity.variants:
            run = self.runs[variant][seed]
            examples = run.test_examples
            if examples is None:
                return None
            of_readings = []
            for reading in measure.readings:
                own = [0.0]
                if reading.curve.startswith("test_"):
                    own = [share_variance(run.read(reading).low, examples)]
                    own.append(run.noise_variance(reading))
                of_readings.append(own)
            if measure.scaled:
                variances.append(_scaled_variance(measure, run, [*map(sum, of_readings)]))
            else:
                variances += [variance for own in of_readings for variance in own]
        return sum(sorted(variances)) / count**2

    def grid_spread(self, quantity: Quantity, seed: int) -> Spread | None:
        """The spread of a quantity by the residuals of the grid that its runs stand in.

        None where they stand in none, and where not every run of it has a value.
        """
        if isinstance(quantity, Crossing):
            return None
        experiments = {variant.partition("/")[0] for variant in quantity.variants}
        cells = [v for v in sorted(self.runs) if v.partition("/")[0] in experiments]
        declared = sum(len(self.study.declared_variants.get(name, ())) for name in experiments)
        if len(experiments) != 1 or len(cells) != declared:
            return None
        if any(seed not in self.runs[variant] for variant in cells):
            return None
        places = as_grid([self.runs[variant][seed].data.run.settings for variant in cells])
        try:
            spans = [self.value_of(quantity.measure, variant, seed) for variant in cells]
        except (Unmeasured, Untestable):
            return None
        if places is None or not all(span.known for span in spans):
            return None
        found = residual_spread(np.array([span.low for span in spans])[np.array(places)])
        count = len(quantity.variants)
        return found and replace(found, deviation=found.deviation / math.sqrt(count))

    def paired_variance(self, quantities: Sequence[Quantity], seed: int) -> float | None:
        """Variance of the difference of two runs' shares of right answers, example by example.

        None unless each quantity is one share of right answers of one run, and it is known which
        examples both answered right in their last epoch.
        """
        shares = [(self.runs[q.variants[0]][seed], q) for q in quantities if _is_single_share(q)]
        if self.answers is None or len(shares) < 2:
            return None
        examples, others = (run.test_examples for run, _ in shares)
        one, other = (self.answers(run.data.run.id) for run, _ in shares)
        if examples is None or examples != others:
            return None
        pair = common_answers(one, other, examples)
        if pair is None:
            return None
        noise = [run.noise_variance(term.measure.readings[0]) for run, term in shares]
        return paired_error(*discordant(*pair), examples) ** 2 + sum(sorted(noise))


def _scaled_variance(measure: Measure, run: MeasuredRun, variances: Sequence[float]) -> float:
    """Variance of a measure that multiplies or divides, given those of its readings."""

    def combine(values: Sequence[Span]) -> Span:
        return measure.value(dict(zip(measure.readings, values, strict=True)).__getitem__)

    values = [run.read(reading).low for reading in measure.readings]
    return propagated(combine, values, variances) ** 2


def _is_single_share(quantity: Quantity) -> TypeGuard[Term]:
    """Whether it is one share of right answers of one run."""
    return (
        isinstance(quantity, Term)
        and len(quantity.variants) == 1
        and quantity.measure.share_of_test_set
        and isinstance(quantity.measure.expression, Reading)
    )


def share_variance(share: float, examples: int) -> float:
    """Variance of a share of right answers, by Agresti and Coull's estimate of the true share.

    It does not vanish at 0 and 1 (A. Agresti, B. A. Coull, The American Statistician 52, 1998,
    119-126).
    """
    centre = (share * examples + 2) / (examples + 4)
    return centre * (1 - centre) / (examples + 4) if 0 <= centre <= 1 else math.nan
