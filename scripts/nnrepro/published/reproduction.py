"""What the reproduced runs give for a published number: one value per seed, and what limits it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from nnrepro.measures.runs import RunData
from nnrepro.published.aggregation import RATIO, Combine, common, rule_of
from nnrepro.published.numbers import PublishedNumber
from nnrepro.published.run_values import Measured, RunEvidence, measure_of
from nnrepro.published.variants import Decisions, Variant, declared_variants
from nnrepro.study import Study
from nnrepro.tables.columns import COMPARISON_PREFIX, metric_columns

TIMES = ("train_seconds", "seconds_per_epoch")

NO_RULE = "no rule"
LEFT_OUT = "left out"
MISSING = "missing"
FOUND = "found"

_LISTED = 3


@dataclass(frozen=True)
class Reproduction:
    """What the runs give for a published number.

    Attributes:
        state: `found`; `missing` where no seed has all its runs, or none of them gives the number;
            `left out` where the study leaves runs out; `no rule` where no program can tell.
        reason: why there is no value.
        values: one value per seed that gives one, in the order of the seeds.
        seeds: seeds that have all the runs.
        epochs: epochs of the shortest run; None without any.
        short: in what runs fall short of their protocol.
        unsettled: why seeds that have their runs give no value.
        lacking: runs that are missing.
        deviation: sampling error of the value on its test set, for accuracies.
        exact: whether every run gives the same value.
        other_settings: settings that differ from those that the file's row names.
        machines_differ: whether times from different machines meet.
        busy: whether a time was taken while other work took the processors.
        generated: whether a run is made on generated data.
    """

    state: str
    reason: str = ""
    values: tuple[float, ...] = ()
    seeds: int = 0
    epochs: int | None = None
    short: str = ""
    unsettled: str = ""
    lacking: str = ""
    deviation: float | None = None
    exact: bool = False
    other_settings: str = ""
    machines_differ: bool = False
    busy: bool = False
    generated: bool = False


@dataclass(frozen=True, eq=False)
class Evidence:
    """The reproduced runs.

    Attributes:
        study: the study.
        runs: the runs table.
        data: the runs that could be read, by id.
        decisions: what each protocol selected, by (protocol, experiment).
    """

    study: Study
    runs: pd.DataFrame
    data: Mapping[str, RunData]
    decisions: Decisions = field(default_factory=dict)

    @cached_property
    def metrics(self) -> frozenset[str]:
        """Metrics of the runs table, those on the comparison test set under their plain names."""
        names = metric_columns(self.runs)
        return frozenset(name.removeprefix(COMPARISON_PREFIX) for name in names)

    @cached_property
    def rows(self) -> Mapping[str, Mapping[str, Any]]:
        """Rows of the runs table by run id."""
        records = self.runs.to_dict("records")
        return {str(row["run_id"]): {str(k): v for k, v in row.items()} for row in records}

    @cached_property
    def by_variant(self) -> Mapping[tuple[str, str, str], Mapping[int, RunEvidence]]:
        """Runs by protocol, experiment and variant, then by seed."""
        found: dict[tuple[str, str, str], dict[int, RunEvidence]] = {}
        for run in self.study.runs:
            if run.id in self.rows:
                item = RunEvidence(run, self.rows[run.id], self.data.get(run.id))
                key = (run.protocol, run.experiment, run.variant)
                found.setdefault(key, {})[run.seed] = item
        return found


def reproduce(number: PublishedNumber, evidence: Evidence) -> Reproduction:
    """What the runs give for a published number."""
    if not number.runs:
        return Reproduction(NO_RULE, "it belongs to no run")
    protocol = evidence.study.protocols.get(number.protocol)
    combined = rule_of(number, protocol.selection_metric if protocol else "mean_test_accuracy")
    if isinstance(combined, str):
        return Reproduction(NO_RULE, combined)
    metric, combine = combined
    measure = measure_of(metric, number, evidence.metrics)
    if measure is None:
        return Reproduction(NO_RULE, _no_measure(metric, number))
    variants, against = (
        declared_variants(evidence.study, number.protocol, selectors, evidence.decisions)
        for selectors in (number.runs, number.baseline)
    )
    if isinstance(variants, str) or isinstance(against, str):
        return Reproduction(MISSING, variants if isinstance(variants, str) else str(against))
    needed = [*variants, *against]
    absent = [v for v in needed if (number.protocol, *v) not in evidence.by_variant]
    if absent:
        return Reproduction(LEFT_OUT, f"this study leaves out {_some('/'.join(v) for v in absent)}")
    if not against:
        # Sorted, so that the last bit does not depend on the order in which variants are declared.
        variants = sorted(variants)
    return _over_seeds(number, evidence, (variants, against), combine, lambda e: measure(number, e))


def _over_seeds(
    number: PublishedNumber,
    evidence: Evidence,
    groups: tuple[Sequence[Variant], Sequence[Variant]],
    combine: Combine,
    measure: Callable[[RunEvidence], Measured],
) -> Reproduction:
    variants, against = groups
    if against and len(against) not in (1, len(variants)):
        return Reproduction(
            NO_RULE, f"{len(variants)} runs and {len(against)} baselines make no pairs"
        )
    values: list[float] = []
    deviations, used, lacking, problems, shorts = [], [], [], [], set()
    needed = [evidence.by_variant[number.protocol, *v] for v in (*variants, *against)]
    for seed in sorted({seed for runs in needed for seed in runs}):
        runs = [by_seed[seed] for by_seed in needed if seed in by_seed]
        absent = [item.run.id for item in runs if not item.found]
        if len(runs) < len(needed):
            absent.append(f"seed {seed} of some variants")
        lacking += absent
        if absent:
            continue
        used += runs
        measured = [measure(item) for item in runs]
        shorts |= {item.short for item in measured if item.short}
        wrong = [item.problem for item in measured if item.value is None]
        if wrong:
            problems.append(f"seed {seed} {wrong[0]}")
            continue
        value, deviation = combine(measured[: len(variants)], measured[len(variants) :])
        if math.isnan(value):
            problems.append(f"seed {seed} has a baseline of 0")
            continue
        values.append(value)
        deviations.append(deviation)
    timed = number.metric.removesuffix(RATIO) in TIMES
    gaps = ([f"missing: {_some(lacking)}"] if lacking else []) + problems
    return Reproduction(
        state=FOUND if values else MISSING,
        reason="" if values else "; ".join(gaps),
        values=tuple(values),
        seeds=len({item.run.seed for item in used}),
        epochs=min((int(item.row["epochs_completed"]) for item in used), default=None),
        short="; ".join(sorted(shorts)),
        unsettled="; ".join(problems),
        lacking=_some(lacking),
        deviation=common(deviations),
        exact=number.metric == "parameter_count",
        other_settings=_other_settings(number, used),
        machines_differ=timed and _several_machines(used),
        busy=timed and any(i.data is not None and i.data.timed_on_a_busy_machine for i in used),
        generated=evidence.study.generated_data or any(map(_on_generated_data, used)),
    )


def _other_settings(number: PublishedNumber, used: Iterable[RunEvidence]) -> str:
    """Selected parameters that the number's row names with other values than the runs have."""
    differing: dict[str, None] = {}
    for item in used:
        for name in item.run.selected_parameters:
            own, printed = item.row.get(name), number.cells.get(name, "").strip()
            if own is not None and not pd.isna(own) and printed and not _same(own, printed):
                differing[f"{name} = {own} where the report has {printed}"] = None
    return ", ".join(differing)


def _same(own: Any, printed: str) -> bool:
    try:
        return float(own) == float(printed)
    except ValueError:
        return str(own) == printed


def _several_machines(used: Iterable[RunEvidence]) -> bool:
    machines: set[tuple[Any, ...] | None] = set()
    for item in used:
        record = item.data.record if item.data else None
        if record is None:
            machines.add(None)
        else:
            device = record.get("device", {})
            machines.add((device.get("kind"), device.get("name"), record.get("threads")))
    return len(machines) > 1


def _on_generated_data(found: RunEvidence) -> bool:
    return found.data is not None and bool(found.data.generated)


def _no_measure(metric: str, number: PublishedNumber) -> str:
    if any(word in metric for word in ("level", "peak", "rise", "steep")):
        return "read off a plot, and its words give no rule for a program"
    if metric == "parameter_count":
        return "runs record the parameters of the whole model only"
    return f"nnrepro knows no metric '{metric}'"


def _some(names: Iterable[str]) -> str:
    """Names in words, of many only the first."""
    listed = list(dict.fromkeys(names))
    rest = len(listed) - _LISTED
    return ", ".join(listed[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")
