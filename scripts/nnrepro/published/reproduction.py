"""What the reproduced runs give for a published number: one value per seed, and what limits it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nnrepro.measures.names import without_window
from nnrepro.published.numbers import PublishedNumber
from nnrepro.published.rules import Combination, common
from nnrepro.published.runs import StudyRun, StudyRuns
from nnrepro.published.variants import (
    LeftOut,
    NotSelected,
    Variant,
    declared_variants,
    left_out,
    selected_by,
)
from nnrepro.statistics.grid import Spread
from nnrepro.study.messages import some_of

TIMES = ("train_seconds", "seconds_per_epoch")
EXACT_METRIC = "parameter_count"
"""A number that every run gives alike."""

MEAN = "mean_test_accuracy"
"""By which a protocol selects that the study at hand leaves out."""

NO_RULE = "no rule"
LEFT_OUT = "left out"
MISSING = "missing"
FOUND = "found"


@dataclass(frozen=True)
class Reproduction:
    """What the runs give for a published number.

    Attributes:
        state: `found`; `missing` where no seed has all its runs, or none of them gives the number;
            `left out` where the study leaves runs out; `no rule` where no program can tell.
        reason: why there is no value.
        values: one value per seed that gives one, in the order of the seeds.
        epochs: epochs of the shortest run; None without any.
        short: in what runs fall short of their protocol.
        unsettled: why seeds that have their runs give no value.
        lacking: runs that are missing.
        deviation: sampling error of the value on its test set, for accuracies.
        examples: size of that test set, where all runs have the same.
        spread: of one run by the grid of single runs, where no seeds tell it.
        own_sample: examples that the number was measured on, of a draw of the report's own; None
            where they are ours.
        metric: the metric of one run, as it is called where the window is not known.
        single: whether it is of one run, with the settings that the file's row names.
        exact: whether every run gives the same value.
        other_settings: settings that differ from those that the file's row names.
        machines_differ: whether times from different machines meet.
        busy: whether a time was taken while other work took the processors.
        generated: whether a run is made on generated data.
    """

    state: str
    reason: str = ""
    values: tuple[float, ...] = ()
    epochs: int | None = None
    short: str = ""
    unsettled: str = ""
    lacking: str = ""
    deviation: float | None = None
    examples: int | None = None
    spread: Spread | None = None
    own_sample: int | None = None
    metric: str = ""
    single: bool = False
    exact: bool = False
    other_settings: str = ""
    machines_differ: bool = False
    busy: bool = False
    generated: bool = False


def reproduce(number: PublishedNumber, runs: StudyRuns) -> Reproduction:
    """What the runs give for a published number."""
    known = number.protocol in runs.study.protocols
    by = runs.study.selection_metric(number.protocol, number.runs) if known else MEAN
    combine = Combination.of(number, by)
    unruled = ""
    if not number.runs:
        unruled = "it belongs to no run"
    elif combine.against and not number.baseline:
        unruled = "its row names no baseline to compare with"
    elif runs.measured(combine.metric, number, ()) is None:
        unruled = _no_measure(combine.metric)
    if unruled:
        return Reproduction(NO_RULE, unruled)
    chosen = selected_by(number.protocol, runs.decisions)
    try:
        variants = declared_variants(runs.study, number.runs, chosen)
        against = declared_variants(runs.study, number.baseline, chosen)
    except NotSelected as reason:
        return Reproduction(LEFT_OUT if isinstance(reason, LeftOut) else MISSING, str(reason))
    absent = [v for v in (*variants, *against) if (number.protocol, *v) not in runs.by_variant]
    if absent:
        return Reproduction(LEFT_OUT, left_out(map("/".join, absent)))
    if not against:
        # Sorted, so that the last bit does not depend on the order in which variants are declared.
        variants = sorted(variants)
    elif len(against) not in (1, len(variants)):
        pairs = f"{len(variants)} runs and {len(against)} baselines make no pairs"
        return Reproduction(NO_RULE, pairs)
    return _over_seeds(number, runs, (variants, against), combine)


def _over_seeds(
    number: PublishedNumber,
    runs: StudyRuns,
    groups: tuple[Sequence[Variant], Sequence[Variant]],
    combine: Combination,
) -> Reproduction:
    variants, against = groups
    values: list[float] = []
    deviations, used, lacking, problems, shorts = [], [], [], [], set()
    sizes: set[int | None] = set()
    needed = [runs.by_variant[number.protocol, *v] for v in (*variants, *against)]
    for seed in sorted({seed for by_seed in needed for seed in by_seed}):
        here = [by_seed[seed] for by_seed in needed if seed in by_seed]
        absent = [item.run.id for item in here if not item.found]
        if len(here) < len(needed):
            absent.append(f"seed {seed} of some variants")
        lacking += absent
        if absent:
            continue
        used += here
        measured = runs.measured(combine.metric, number, here) or []
        shorts |= {item.short for item in measured if item.short}
        sizes |= {item.examples for item in measured}
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
    timed = combine.metric in TIMES
    other = _other_settings(number, used)
    gaps = ([f"missing: {some_of(lacking)}"] if lacking else []) + problems
    return Reproduction(
        state=FOUND if values else MISSING,
        reason="" if values else "; ".join(gaps),
        values=tuple(values),
        epochs=min((int(item.row["epochs_completed"]) for item in used), default=None),
        short="; ".join(sorted(shorts)),
        unsettled="; ".join(problems),
        lacking=some_of(lacking),
        deviation=common(deviations),
        **({} if against else _sampled(number, runs, combine.metric, used, sizes)),
        metric=without_window(combine.metric)[0],
        single=len(variants) == 1 and not other,
        exact=number.metric == EXACT_METRIC,
        other_settings=other,
        machines_differ=timed and len({item.data.machine for item in used if item.data}) > 1,
        busy=timed and any(i.data is not None and i.data.timed_on_a_busy_machine for i in used),
        generated=runs.study.generated_data or any(i.data and i.data.generated for i in used),
    )


def _sampled(
    number: PublishedNumber,
    runs: StudyRuns,
    metric: str,
    used: Sequence[StudyRun],
    sizes: set[int | None],
) -> dict[str, Any]:
    """On which examples a number was measured and reproduced, and how single runs differ."""
    if len(sizes) != 1 or not used:
        return {}
    (examples,) = sizes
    samples = {runs.own_sample(number, metric, item) for item in used}
    own_sample = samples.pop() if len(samples) == 1 else None
    # A further run is one on the report's sample, however many examples the level is read on.
    spreads = [runs.spread(number, metric, item, own_sample or examples) for item in used]
    known = [spread for spread in spreads if spread is not None]
    spread = None
    if known and len(known) == len(spreads):
        variance = math.fsum(own.deviation**2 for own in known) / len(known)
        degrees = min(own.degrees for own in known)
        count = len({(item.run.experiment, item.run.variant) for item in used})
        spread = Spread(math.sqrt(variance / count), degrees, known[0].kind)
    return {"examples": examples, "own_sample": own_sample, "spread": spread}


def _other_settings(number: PublishedNumber, used: Iterable[StudyRun]) -> str:
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


def _no_measure(metric: str) -> str:
    if any(word in metric for word in ("level", "peak", "rise", "steep")):
        return "read off a plot, and its words give no rule for a program"
    if metric == EXACT_METRIC:
        return "runs record the parameters of the whole model only"
    return f"nnrepro knows no metric '{metric}'"
