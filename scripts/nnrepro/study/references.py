"""Checking that every name in the configuration refers to something that is declared."""

import itertools
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from nnrepro.study.expansion import Declared
from nnrepro.study.settings import BUDGET_SETTINGS, nearest, one_of
from nnrepro.study.study import SELECTED


def reference_problems(config: Mapping[str, Any], declared: Declared) -> list[str]:
    """Names in tables, figures, questions, protocols and budget that refer to nothing."""
    problems = []
    for section in ("tables", "figures"):
        for name, spec in config[section].items():
            key = f"{section}.{name}"
            problems += _named(f"{key}.question", spec["question"], config["questions"])
            problems += _spec_problems(key, spec, declared)
    for name, question in config["questions"].items():
        problems += _named(f"questions.{name}.part", question["part"], config["parts"])
    for setting in BUDGET_SETTINGS:
        caps = config["budget"].get(setting, {})
        if isinstance(caps, Mapping):
            for scope in caps:
                problems += _named(f"budget.{setting}", scope, declared.scopes)
    for name, protocol in config["protocols"].items():
        if protocol["selection"] == "selection":
            problems.append(f"protocols.{name}.selection: name the metric itself")
    return problems


def _spec_problems(key: str, spec: Mapping[str, Any], declared: Declared) -> list[str]:
    problems = [
        f"{key}: a {spec['kind']} needs the key '{option}'"
        for option in _NEEDED_OPTIONS.get(spec["kind"], ())
        if option not in spec
    ]
    for selector in spec["runs"]:
        problems += _selector_problems(f"{key}.runs", selector, declared)
    for selector in itertools.chain(*spec.get("pairs", [])):
        problems += _selector_problems(f"{key}.pairs", selector, declared)
    for option in ("rows", "columns", "facet"):
        if option in spec:
            problems += _parameter_problems(f"{key}.{option}", spec, spec[option], declared)
    return problems


_NEEDED_OPTIONS = {
    "ranking": ("metrics", "sort_by"),
    "cross": ("metrics", "rows", "columns"),
    "pairs": ("metrics", "pairs"),
    "heatmap": ("metric", "rows", "columns"),
    "accuracy_time": ("metric",),
    "feature_maps": ("images",),
}


def _selector_problems(key: str, selector: str, declared: Declared) -> list[str]:
    experiment, _, pattern = selector.partition("/")
    problems = _named(key, experiment, declared.variants)
    if problems or pattern in ("", SELECTED):
        return problems
    names = declared.variants[experiment]
    if any(fnmatchcase(name, pattern) for name in names):
        return []
    return [
        f"{key}: '{selector}' matches no variant of '{experiment}'{nearest(pattern, names)}; "
        f"variants: {one_of(names)}"
    ]


def _parameter_problems(
    key: str, spec: Mapping[str, Any], parameter: str, declared: Declared
) -> list[str]:
    for selector in spec["runs"]:
        swept = declared.swept.get(selector.partition("/")[0], {})
        if parameter not in swept:
            return [
                f"{key}: '{parameter}' is not swept by '{selector}'{nearest(parameter, swept)}; "
                f"swept: {one_of(swept) or 'nothing'}"
            ]
    return []


def _named(key: str, name: str, allowed: Iterable[str]) -> list[str]:
    allowed = list(allowed)
    if name in allowed:
        return []
    return [f"{key}: '{name}' is not declared{nearest(name, allowed)}; declared: {one_of(allowed)}"]
