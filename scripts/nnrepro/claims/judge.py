"""The verdict on one part of a claim from reproduced runs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnrepro.claims.conditions import (
    FAILS,
    HOLDS,
    NOT_TESTABLE,
    UNDECIDED,
    Condition,
    Untestable,
)
from nnrepro.claims.evidence import RunEvidence
from nnrepro.claims.language import STEPWISE, Of, Overall
from nnrepro.claims.margins import Margin, of_one_seed, over_seeds, propagated
from nnrepro.claims.measured_run import MeasuredRun, Unmeasured
from nnrepro.claims.tree import Part, opposite
from nnrepro.measures.curves import ROUNDING
from nnrepro.measures.expressions import Operation, operands
from nnrepro.measures.spans import Span
from nnrepro.statistics.grid import GRID
from nnrepro.statistics.intervals import agree

GENERATED = "generated data"
SHORT = "short runs"
TIMES = "times"
NOISE = "noise"
ONE_SEED = "one seed"
NO_NUMBER = "no number"
TIE = "a tie: "
"""How the reason of a tie begins."""
CAUSES = (SHORT, NOISE, TIMES, ONE_SEED, NO_NUMBER, GENERATED)
"""Why a part is undecided: its runs were cut short, the difference is not clear of the noise or a
tie, times cannot be compared, one seed tells nothing of the spread, a number cannot be had, or the
data is made up."""

_BEYOND = "a number that counts lies beyond the end of a run"


@dataclass(frozen=True)
class Finding:
    """What reproduced runs say about a part.

    Attributes:
        verdict: one of `nnrepro.claims.conditions.VERDICTS`.
        reason: why, in words.
        cause: of an undecided part, one of `CAUSES`; empty otherwise.
        margin: by how much the part is met, negative where it is not; None where nothing could be
            computed.
        subject: what the smallest margin is of.
        value: the number that was compared with the threshold; NaN where it is not known.
        runs: the variants used.
        seeds: the seeds used.
        holding: number of seeds at which the part is met.
    """

    verdict: str
    reason: str
    margin: Margin | None = None
    subject: str = ""
    value: float = math.nan
    runs: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    holding: int = 0
    cause: str = ""


def judge(part: Part, evidence: RunEvidence) -> Finding:
    """Decide a part.

    It is `not testable here` where a run or a record is missing, and `undecided` where runs are
    shorter than their protocol and further epochs could change the verdict, have no value, were
    timed on different machines, judged on different test sets, or where the margin's interval
    covers 0. Where other work took the processors from any of the runs, times are the seconds that
    the runs had a processor.
    """
    variants: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    try:
        conditions = part.conditions(evidence)
        if not conditions:
            raise Untestable("there is nothing to compare with")
        needed = _variants(conditions)
        common = tuple(evidence.seeds(needed))
        if part.timed and _by_processor(_runs(evidence, needed, common)):
            evidence = evidence.by_processor
            conditions = part.conditions(evidence)
        variants, seeds = needed, common
        values = [
            [[evidence.value(q, seed) for q in condition.quantities] for seed in seeds]
            for condition in conditions
        ]
    except Untestable as problem:
        return Finding(NOT_TESTABLE, str(problem), runs=variants, seeds=seeds)
    except Unmeasured as problem:
        return Finding(UNDECIDED, str(problem), runs=variants, seeds=seeds, cause=NO_NUMBER)
    return _weighed(part, conditions, values, evidence, seeds)


def _weighed(
    part: Part,
    conditions: Sequence[Condition],
    values: Sequence[Sequence[Sequence[Span]]],
    evidence: RunEvidence,
    seeds: tuple[int, ...],
) -> Finding:
    """The finding, given each condition's quantities at each seed."""
    variants = _variants(conditions)
    margins = [
        [condition.margin(at_seed) for at_seed in of_condition]
        for condition, of_condition in zip(conditions, values, strict=True)
    ]
    if not all(span.bounded for spans in margins for span in spans):
        reason = "the number that the condition is about cannot be computed"
        return Finding(UNDECIDED, reason, runs=variants, seeds=seeds, cause=NO_NUMBER)
    about = len({condition.number for condition in conditions})
    errors = [
        _sampling_error(c, v[0], evidence, seeds[0]) if len(seeds) == 1 or _agree(m) else None
        for c, v, m in zip(conditions, values, margins, strict=True)
    ]
    single = [spans[0] for spans in margins]
    if len(seeds) > 1:
        margin = over_seeds(margins, about)
        # Seeds whose scores are the same by chance tell nothing of how others would differ.
        if margin.kind and margin.low == margin.high and None not in errors:
            margin = of_one_seed(single, errors, about)
    else:
        margin = of_one_seed(single, errors, about)
        by_grid = _grid_errors(conditions, [v[0] for v in values], evidence, seeds[0])
        if not margin.kind and by_grid is not None:
            margin = of_one_seed(single, by_grid[0], about, kind=GRID, freedom=by_grid[1])
    weakest = conditions[margin.weakest]
    numbers = [weakest.combine(at_seed) for at_seed in values[margin.weakest]]
    met = [_met(conditions, [spans[i] for spans in margins]) for i in range(len(seeds))]
    holding = met.count(FAILS if part.negated else HOLDS)
    inclusive = all(condition.bound.inclusive for condition in conditions)
    word, reason, cause = _from_margin(margin, inclusive, part, met)
    runs = _runs(evidence, variants, seeds)
    final = _final(word, conditions, margin)
    obstacle = _obstacle(part, evidence, runs, final=final)
    if final and any(run.shortened for run in runs):
        reason += "; further epochs cannot change it"
    if obstacle is not None:
        word, (reason, cause) = UNDECIDED, obstacle
    elif part.timed and _by_processor(runs):
        reason += (
            f"; in processor seconds, as other work took the processors from {_busy(runs)} of "
            f"{len(runs)} runs"
        )
    if part.negated:
        word = opposite(word)
        margin = replace(margin, effect=-margin.effect, low=-margin.high, high=-margin.low)
    return Finding(
        word,
        reason,
        margin,
        weakest.subject,
        _mean(numbers),
        variants,
        seeds,
        holding,
        cause,
    )


def _agree(spans: Sequence[Span]) -> bool:
    """Whether a margin is the same at every seed, but for rounding."""
    return all(span.known for span in spans) and agree(np.array([span.low for span in spans]))


def _runs(
    evidence: RunEvidence, variants: Sequence[str], seeds: Sequence[int]
) -> list[MeasuredRun]:
    """The runs of variants at seeds."""
    return [evidence.runs[variant][seed] for variant in variants for seed in seeds]


def _variants(conditions: Sequence[Condition]) -> tuple[str, ...]:
    """Every variant that any condition takes a value from."""
    return tuple(sorted({v for condition in conditions for v in condition.variants}))


def _met(conditions: Sequence[Condition], margins: Sequence[Span]) -> str:
    """Whether all conditions are met at a seed."""
    words = {condition.bound.met(span) for condition, span in zip(conditions, margins, strict=True)}
    return FAILS if FAILS in words else UNDECIDED if UNDECIDED in words else HOLDS


def _from_margin(
    margin: Margin, inclusive: bool, part: Part, met_at: Sequence[str]
) -> tuple[str, str, str]:
    """Verdict, reason and, if undecided, its cause by the margin alone, before any negation."""
    word, cause = UNDECIDED, NOISE
    sides = ("claim's side", "other side")[:: -1 if part.negated else 1]
    if margin.censored and (len(set(met_at)) > 1 or not margin.kind):
        reason, cause = _BEYOND, NO_NUMBER
    elif not margin.kind:
        reason, cause = "one seed tells nothing of the spread of this measure", ONE_SEED
    elif abs(margin.effect) < part.tie * (1 - ROUNDING):
        reason = f"{TIE}the margin is less than {part.tie:g}"
    elif margin.low > 0 or (margin.low == 0 and inclusive):
        word, reason = HOLDS, f"the interval by {margin.kind} lies on the {sides[0]}"
    elif margin.high < 0 or (margin.high == 0 and not inclusive):
        word, reason = FAILS, f"the interval by {margin.kind} lies on the {sides[1]}"
    elif margin.censored:
        reason, cause = _BEYOND, NO_NUMBER
    else:
        reason = f"inside the noise: the interval by {margin.kind} covers the threshold"
    return word, reason, cause if word == UNDECIDED else ""


def _final(word: str, conditions: Sequence[Condition], margin: Margin) -> bool:
    """Whether a verdict stands however long the runs go on.

    A peak only rises: where it is above a limit, it stays there. So one condition that fails and
    can only fail by more is enough, while all that are met must stay so.
    """
    if word == FAILS:
        return _drift(conditions[margin.weakest]) < 0
    return word == HOLDS and all(_drift(condition) > 0 for condition in conditions)


def _drift(condition: Condition) -> int:
    """1 where further epochs can only add to a condition's margin, -1 where only take from it."""
    of = condition.expression
    whole = isinstance(of, Of) and not of.curve
    return condition.bound.sign * of.measure.growth if whole else 0


def _obstacle(
    part: Part, evidence: RunEvidence, runs: Sequence[MeasuredRun], *, final: bool
) -> tuple[str, str] | None:
    """What forbids a verdict whatever the numbers say, and its cause; None for nothing.

    `final`: whether further epochs could not change the verdict.
    """
    if evidence.study.generated_data or any(run.data.generated for run in runs):
        return "the data is generated", GENERATED
    broken = [f"{run.data.run.id} {run.broke_off}" for run in runs if run.broke_off]
    if broken and not final:
        more = f" ({len(broken) - 1} more did so)" if len(broken) > 1 else ""
        return f"{broken[0]}{more}", NO_NUMBER
    short = {
        f"{run.data.run.id} has {run.shortened}": None
        for run in runs
        if run.shortened and not (final and run.lacks_epochs_alone)
    }
    if short:
        others = len(short) - 1
        more = f" ({others} more {'run is' if others == 1 else 'runs are'} short)" if others else ""
        return f"{next(iter(short))}{more}", SHORT
    if part.timed and (why := _untimed(runs)):
        return why, TIMES
    if any(measure.of_test_set for measure in part.measures):
        sizes = sorted({size for run in runs if (size := run.test_examples) is not None})
        if len(sizes) > 1:
            counts = " and ".join(map(str, sizes))
            return f"the runs were judged on test sets of {counts} examples", NO_NUMBER
    return None


def _untimed(runs: Sequence[MeasuredRun]) -> str:
    """Why the times of runs cannot be compared; empty where they can."""
    machines = {run.data.machine for run in runs}
    if None in machines:
        return "device and threads of a timed run are not recorded"
    if len(machines) > 1:
        return "the runs were timed on different devices or with different numbers of threads"
    busy = _busy(runs)
    if busy and not _by_processor(runs):
        return f"{busy} of {len(runs)} runs were timed while other work took the processors"
    return ""


def _busy(runs: Sequence[MeasuredRun]) -> int:
    """From how many of the runs other work took the processors."""
    return sum(run.data.timed_on_a_busy_machine for run in runs)


def _by_processor(runs: Sequence[MeasuredRun]) -> bool:
    """Whether runs must be timed by the seconds that they had a processor, and can be."""
    return _busy(runs) > 0 and all(run.data.cpu_seconds is not None for run in runs)


def _sampling_error(
    condition: Condition, values: Sequence[Span], evidence: RunEvidence, seed: int
) -> float | None:
    """Standard error of a condition's number by the test set; None where one seed tells none."""
    if _stepwise(condition) or not all(value.known for value in values):
        return None
    match condition.expression:
        case Operation("-", Of(), Of()):
            paired = evidence.paired_variance(condition.quantities, seed)
            if paired is not None:
                return math.sqrt(paired)
    variances = [evidence.sampling_variance(q, seed) for q in condition.quantities]
    known = [variance for variance in variances if variance is not None]
    if len(known) < len(variances):
        return None
    return propagated(condition.combine, [value.low for value in values], known)


def _stepwise(condition: Condition) -> bool:
    """Whether errors of its quantities tell none of a condition's number, to first order."""
    return any(
        isinstance(o, Overall) and o.function in STEPWISE for o in operands(condition.expression)
    )


def _grid_errors(
    conditions: Sequence[Condition],
    values: Sequence[Sequence[Span]],
    evidence: RunEvidence,
    seed: int,
) -> tuple[list[float], int] | None:
    """Standard errors of conditions' numbers by residuals of grids, and their degrees of freedom.

    None where some number is of a run that stands in no grid, or a rank.
    """
    errors, degrees = [], []
    for condition, spans in zip(conditions, values, strict=True):
        spreads = [evidence.grid_spread(quantity, seed) for quantity in condition.quantities]
        known = [spread for spread in spreads if spread is not None]
        if (
            _stepwise(condition)
            or len(known) < len(spreads)
            or not all(span.known for span in spans)
        ):
            return None
        variances = [spread.deviation**2 for spread in known]
        errors.append(propagated(condition.combine, [span.low for span in spans], variances))
        degrees += [spread.degrees for spread in known]
    return errors, min(degrees)


def _mean(numbers: Sequence[Span]) -> float:
    if not all(span.known for span in numbers):
        return math.nan
    return math.fsum(span.low for span in numbers) / len(numbers)
