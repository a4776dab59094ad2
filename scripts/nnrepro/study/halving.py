"""Successive halving: variants are trained in rungs, and at each the better ones alone go on.

After Jamieson and Talwalkar (2016), "Non-stochastic best arm identification and hyperparameter
optimization": of n variants, as many go on from a rung as could be trained to the next at the cost
of n up to the first. The runs are known in advance; which of them go on, a decision file says.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnrepro.study.run import Variant

FACTOR, MIN_EPOCHS = 3, 1


def rungs_of(halving: Mapping[str, Any], epochs: int) -> tuple[int, ...]:
    """The epochs at the end of each rung, rising; those of the last are a full training's.

    Args:
        halving: `rungs` themselves; or `min_epochs` of the first, of which each further one has
            `factor` times as many as the one before.
        epochs: a full training where `rungs` are not given.
    """
    if "rungs" in halving:
        return tuple(halving["rungs"])
    factor, rung = int(halving.get("factor", FACTOR)), int(halving.get("min_epochs", MIN_EPOCHS))
    rungs = []
    while rung < epochs:
        rungs.append(rung)
        rung *= factor
    return (*rungs, epochs)


def under_budget(rungs: Sequence[int], epochs: int) -> tuple[int, ...]:
    """Rungs of a training that is cut down to so many epochs: the same shares of it."""
    return tuple(sorted({max(1, round(rung * epochs / rungs[-1])) for rung in rungs}))


def kept(variants: int, rungs: Sequence[int], rung: int) -> int:
    """How many of so many variants go on from a rung, counted from 1; at least one."""
    return max(1, variants * rungs[0] // rungs[rung]) if rung < len(rungs) else 0


def finalists(variants: int, rungs: Sequence[int]) -> int:
    """How many of so many variants come to the last rung; all of them without any."""
    return kept(variants, rungs, len(rungs) - 1) if len(rungs) > 1 else variants


def expected_epochs(variants: int, rungs: Sequence[int]) -> float:
    """The mean number of epochs that a variant is trained for."""
    trained = variants * rungs[0]
    for rung in range(1, len(rungs)):
        trained += kept(variants, rungs, rung) * (rungs[rung] - rungs[rung - 1])
    return trained / variants


def reached(rungs: Sequence[int], epochs: int) -> int:
    """The rung, counted from 1, that a run of so many epochs has reached the end of; at least 1."""
    return max(1, sum(rung <= epochs for rung in rungs))


def halving_problems(
    key: str, section: Mapping[str, Any], variants: Sequence[Variant]
) -> Iterator[str]:
    """What is wrong with the section `halving` of an experiment, which stands at `key`."""
    halving = section["halving"]
    rungs = halving.get("rungs", ())
    others = [name for name in ("factor", "min_epochs") if name in halving]
    if rungs and others:
        yield f"{key}.halving: give either 'rungs' or 'factor' and 'min_epochs'"
    if list(rungs) != sorted(set(rungs)):
        yield f"{key}.halving.rungs: {list(rungs)} must rise, as each rung goes on from the last"
    layers = [*(variant.parameters for variant in variants), *section["protocols"].values()]
    if rungs and any(layer.get("epochs", rungs[-1]) != rungs[-1] for layer in layers):
        yield (
            f"{key}.halving.rungs: its last, {rungs[-1]}, is the length of a full training; leave "
            "out 'epochs'"
        )
    if len(variants) < 2:
        yield f"{key}.halving: there is one variant, of which none can be left behind; leave it out"
    if any("early_stopping" in variant.parameters for variant in variants):
        yield f"{key}.halving: decides itself how long runs are; leave out 'early_stopping'"
