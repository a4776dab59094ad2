"""When a run evaluates the test set: after every epoch, once with its final weights, or never."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nnrepro.study.stopping import watched

TEST_EVALUATION = "test_evaluation"
EVERY_EPOCH, AT_END, NEVER = CHOICES = ("every_epoch", "at_end", "never")

OF_A_SET = re.compile("_(?:validation|test)_")
"""What stands in the name of a metric that is of a set of examples."""


def tested(settings: Mapping[str, Any]) -> str:
    """When a run with these settings evaluates the test set, of `CHOICES`."""
    return str(settings.get(TEST_EVALUATION, EVERY_EPOCH))


def has_metric(settings: Mapping[str, Any], metric: str) -> bool:
    """Whether a run with these settings evaluates what a metric is read off.

    After its end a run knows of the test set what its final weights reach, and no more.
    """
    if "test_" not in metric or tested(settings) == EVERY_EPOCH:
        return True
    return tested(settings) == AT_END and metric.startswith("final_test_")


def tested_by_all(runs: Iterable[Mapping[str, Any]]) -> str:
    """When all runs with some settings evaluate the test set: as seldom as any of them."""
    found = set(map(tested, runs))
    return next((when for when in (NEVER, AT_END) if when in found), EVERY_EPOCH)


def on_test_set(metric: str, when: str) -> str:
    """What tells of the test set what a metric tells of its own examples, so far as it is known.

    A metric of neither set stays, as does any where the runs never evaluate the test set.
    """
    if when == NEVER or not OF_A_SET.search(metric):
        return metric
    how, _, name = OF_A_SET.sub("|", metric, count=1).partition("|")
    return f"{how if when == EVERY_EPOCH else 'final'}_test_{name}"


def evaluation_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a run that does not evaluate the test set after every epoch."""
    if tested(settings) == EVERY_EPOCH:
        return
    said = f"{TEST_EVALUATION}: {tested(settings)}"
    if "early_stopping" in settings and watched(settings)[0] == "test":
        yield (
            f"{said} leaves early_stopping_metric: {settings['early_stopping_metric']} without "
            "values; stop by the validation set"
        )
    if settings.get("test_folds"):
        yield f"{said} leaves test_folds nothing to count after an epoch; leave out one of the two"
