"""Checking the comparisons of tables of kind `factors`."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from nnrepro.study.expansion import Declared
from nnrepro.study.settings import nearest, one_of

_PRIMARY = "primary"


def comparison_problems(key: str, spec: Mapping[str, Any], declared: Declared) -> list[str]:
    """What is wrong with the comparisons of a table.

    Args:
        key: the table's key, `tables.<name>`.
        spec: the table's section of the configuration.
        declared: all runs that the configuration declares.
    """
    problems = []
    for name, comparison in spec.get("comparisons", {}).items():
        where = f"{key}.comparisons.{name}"
        first = {"test_set": _PRIMARY, **comparison["from"]}
        missing = [option for option in ("run", "metric") if option not in first]
        if missing:
            problems.append(f"{where}.from: the key {one_of(missing)} is missing")
            continue
        for part, scoring in scorings(comparison):
            problems += _scoring_problems(f"{where}.{part}", {**first, **scoring}, spec, declared)
        for factor, scoring in comparison["factors"].items():
            problems += _step_problems(
                f"{where}.factors.{factor}", first, scoring, {**first, **comparison["to"]}
            )
    return problems


def scorings(comparison: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Everything that a comparison scores, with its key."""
    yield "from", comparison["from"]
    for name, scoring in comparison["factors"].items():
        yield f"factors.{name}", scoring
    yield "to", comparison["to"]


def _scoring_problems(
    key: str, scoring: Mapping[str, Any], spec: Mapping[str, Any], declared: Declared
) -> list[str]:
    problems = []
    if scoring["metric"] == "selection":
        problems.append(f"{key}.metric: name the metric itself")
    run = scoring["run"]
    known = [f"{e}/{v}" for e, variants in declared.variants.items() for v in variants]
    if run not in known:
        problems.append(f"{key}.run: '{run}' is not declared{nearest(run, known)}")
    elif not any(_covers(selector, run) for selector in spec["runs"]):
        problems.append(f"{key}.run: '{run}' is not among the table's runs, {one_of(spec['runs'])}")
    elif scoring["test_set"] != _PRIMARY and not _has_second_test_set(run, declared):
        problems.append(
            f"{key}.test_set: '{run}' has no second test set; set its 'comparison_test_examples'"
        )
    return problems


def _covers(selector: str, run: str) -> bool:
    return fnmatchcase(run, selector if "/" in selector else f"{selector}/*")


def _has_second_test_set(run: str, declared: Declared) -> bool:
    """Whether it is asked for; a budget may have cut it away."""
    asked = "comparison_test_examples"
    runs = [item for item in declared.runs if f"{item.experiment}/{item.variant}" == run]
    return any(r.settings[asked] or r.protocol_settings.get(asked) for r in runs) or not runs


def _step_problems(
    key: str, first: Mapping[str, Any], factor: Mapping[str, Any], last: Mapping[str, Any]
) -> list[str]:
    """A factor must lead from the first way of working towards the last."""
    changed = [
        name
        for name in ("run", "metric", "test_set")
        if factor.get(name) not in (None, first[name])
    ]
    if not changed:
        return [f"{key}: changes nothing of 'from'"]
    if "metric" in changed and _quantity(factor["metric"]) != _quantity(first["metric"]):
        return [f"{key}.metric: '{factor['metric']}' is of another kind than '{first['metric']}'"]
    return [
        f"{key}.{name}: '{factor[name]}' is neither that of 'from' nor that of 'to', '{last[name]}'"
        for name in changed
        if name != "run" and factor[name] != last[name]
    ]


def _quantity(metric: str) -> str:
    """`accuracy`, `loss` or `seconds`."""
    return metric.rpartition("_")[2]
