"""Values of measures from reproduced runs, and what stands in the way of believing them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from nnrepro.claims.conditions import Crossing, Quantity, Term, Untestable
from nnrepro.claims.measured_run import MeasuredRun, Unmeasured
from nnrepro.measures.expressions import Measure, Reading
from nnrepro.measures.predictions import AnswersOf, common_answers
from nnrepro.measures.runs import RunData
from nnrepro.measures.spans import Span, mean
from nnrepro.statistics.paired import discordant, paired_error
from nnrepro.study.study import SELECTED, Study

Decisions = Mapping[tuple[str, str], Mapping[str, Any]]
COMPARISON = "comparison"


def matching(selectors: Iterable[str], study: Study, selected: Mapping[str, str]) -> list[str]:
    """The declared variants that selectors name, as `experiment/variant`, in declared order.

    Args:
        selectors: as in the configuration.
        study: the study that declares them.
        selected: the selected variant by experiment.

    Raises:
        Untestable: `<experiment>/selected` is named and nothing has been selected.
    """
    found: dict[str, None] = {}
    for selector in selectors:
        experiment, _, pattern = selector.partition("/")
        if pattern == SELECTED:
            if experiment not in selected:
                raise Untestable(f"no variant of {experiment} has been selected")
            found[f"{experiment}/{selected[experiment]}"] = None
            continue
        for variant in study.declared_variants[experiment]:
            if not pattern or fnmatchcase(variant, pattern):
                found[f"{experiment}/{variant}"] = None
    return list(found)


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

        Args:
            data: runs, of this protocol and of others.
            study: the study that declares them.
            decisions: what each protocol selected, by (protocol, experiment).
            protocol: name of the protocol.
            larger: whether to read the larger test set where runs have one.
            answers: see the attribute.
        """
        runs: dict[str, dict[int, MeasuredRun]] = {}
        for item in data:
            if item.run.protocol == protocol:
                name = f"{item.run.experiment}/{item.run.variant}"
                runs.setdefault(name, {})[item.run.seed] = MeasuredRun(item, larger)
        selected = {
            experiment: str(decision["variant"])
            for (owner, experiment), decision in decisions.items()
            if owner == protocol
        }
        return cls(study, selected, runs, answers)

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

    def variants(self, selectors: Sequence[str]) -> tuple[str, ...]:
        """The variants that selectors name; see `Evidence`."""
        return tuple(matching(selectors, self.study, self.selected))

    def seeds(self, variants: Iterable[str]) -> list[int]:
        """Seeds for which there is a run of every variant.

        Raises:
            Untestable: a variant has no run, or no seed has one of all.
        """
        variants = list(variants)
        missing = [variant for variant in variants if not self.runs.get(variant)]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise Untestable(f"there is no run of {missing[0]}{more}")
        common = set.intersection(*(set(self.runs[variant]) for variant in variants))
        if not common:
            raise Untestable("the runs have no seed in common")
        return sorted(common)

    def level(self, measure: Measure, variant: str) -> Span:
        """A measure's mean over all seeds of a variant; see `Evidence`."""
        seeds = self.seeds([variant])
        return mean([self.value_of(measure, variant, seed) for seed in seeds])

    def value(self, quantity: Quantity, seed: int) -> Span:
        """A quantity at a seed.

        Raises:
            Untestable: something was not recorded.
            Unmeasured: it has no value.
        """
        if isinstance(quantity, Crossing):
            level = self.value_of(quantity.measure, quantity.reference, seed)
            if not level.known:
                raise Unmeasured(f"{quantity.measure.text} of {quantity.reference} is not known")
            run = self.runs[quantity.variants[0]][seed]
            return run.first_epoch_at(quantity.curve, level.low)
        return mean([self.value_of(quantity.measure, v, seed) for v in quantity.variants])

    def value_of(self, measure: Measure, variant: str, seed: int) -> Span:
        """A measure of one run.

        Raises:
            Untestable, Unmeasured: as `value`.
        """
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
        count = len(quantity.variants)
        variances = []
        for variant in quantity.variants:
            run = self.runs[variant][seed]
            examples = run.test_examples
            if examples is None:
                return None
            for reading in quantity.measure.readings:
                if reading.curve == "test_accuracy":
                    variances.append(share_variance(run.read(reading).low, examples))
                    variances.append(run.noise_variance(reading))
        return sum(sorted(variances)) / count**2

    def paired_variance(self, one: Quantity, other: Quantity, seed: int) -> float | None:
        """Variance of the difference of two runs' shares of right answers, example by example.

        None unless each quantity is one share of right answers of one run, and it is known which
        examples both answered right in their last epoch.
        """
        if self.answers is None or not all(_single_share(q) for q in (one, other)):
            return None
        first, second = (self.runs[q.variants[0]][seed] for q in (one, other))
        examples = first.test_examples
        if examples is None or examples != second.test_examples:
            return None
        found = self.answers(first.data.run.id), self.answers(second.data.run.id)
        pair = common_answers(*found, examples)
        if pair is None:
            return None
        noise = [
            run.noise_variance(q.measure.readings[0]) for run, q in ((first, one), (second, other))
        ]
        return paired_error(*discordant(*pair), examples) ** 2 + sum(sorted(noise))


def _single_share(quantity: Quantity) -> bool:
    """Whether it is one share of right answers of one run."""
    measure = quantity.measure
    return (
        isinstance(quantity, Term)
        and len(quantity.variants) == 1
        and measure.share_of_test_set
        and isinstance(measure.expression, Reading)
    )


def share_variance(share: float, examples: int) -> float:
    """Variance of a share of right answers, by Agresti and Coull's estimate of the true share.

    It does not vanish at 0 and 1 (A. Agresti, B. A. Coull, The American Statistician 52, 1998,
    119-126).
    """
    centre = (share * examples + 2) / (examples + 4)
    return centre * (1 - centre) / (examples + 4) if 0 <= centre <= 1 else math.nan
