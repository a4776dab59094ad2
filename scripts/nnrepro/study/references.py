"""Checking that every name in the configuration refers to something that is declared."""

import itertools
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from nnrepro.study.comparisons import comparison_problems
from nnrepro.study.expansion import Declared
from nnrepro.study.settings import BUDGET_SETTINGS, nearest, one_of
from nnrepro.study.study import SELECTED

_OWN_TABLES = (
    "runs",
    "variants",
    "published",
    "published_summary",
    "inconsistencies",
    "claims",
    "claim_parts",
)
"""Tables that every study has, or that published numbers and claims bring."""


def reference_problems(config: Mapping[str, Any], declared: Declared) -> list[str]:
    """Names in tables, figures, questions, protocols and budget that refer to nothing."""
    problems = []
    for section in ("tables", "figures"):
        for name, spec in config[section].items():
            key = f"{section}.{name}"
            if "question" in spec:
                problems += _named(f"{key}.question", spec["question"], config["questions"])
            problems += _spec_problems(key, spec, declared)
    for name, question in config["questions"].items():
        problems += _named(f"questions.{name}.part", question["part"], config["parts"])
    for setting in BUDGET_SETTINGS:
        caps = config["budget"].get(setting, {})
        by_scope = caps if isinstance(caps, Mapping) else {"all": caps}
        for scope, cap in by_scope.items():
            problems += _named(f"budget.{setting}", scope, declared.scopes)
            if cap > 1 and cap != int(cap):
                problems.append(
                    f"budget.{setting}: {cap} must be a whole number, or below 1, a share of what "
                    "the protocol asks for"
                )
    for name in _OWN_TABLES:
        if name in config["tables"]:
            problems.append(
                f"tables.{name}: a table of this name is made anyway; choose another name"
            )
    if config["published"] and "results" not in config["published"]:
        problems.append("published: the key 'results' is missing")
    for name, protocol in config["protocols"].items():
        if protocol["selection"] == "selection":
            problems.append(f"protocols.{name}.selection: name the metric itself")
    return [*problems, *_validation_problems(config, declared), *_collapse_problems(declared)]


def _validation_problems(config: Mapping[str, Any], declared: Declared) -> list[str]:
    """Protocols that select by a validation metric from runs that hold nothing out."""
    problems = []
    specs = [*config["tables"].values(), *config["figures"].values()]
    parts = [selector.partition("/") for spec in specs for selector in spec["runs"]]
    selected = {experiment for experiment, _, pattern in parts if pattern == SELECTED}
    selected |= {e["select"]["from"] for e in config["experiments"].values() if "select" in e}
    for name, protocol in config["protocols"].items():
        if "validation" not in protocol["selection"]:
            continue
        lacking = {
            run.experiment
            for run in declared.runs
            if run.protocol == name
            and run.experiment in selected
            and not run.settings["validation_examples"]
        }
        problems += [
            f"protocols.{name}.selection: '{protocol['selection']}' is measured on held-out "
            f"training examples, and runs of '{experiment}' hold none out; set validation_examples "
            "for them above 0"
            for experiment in sorted(lacking)
        ]
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
    problems += comparison_problems(key, spec, declared)
    if spec["kind"] == "tests":
        problems += _test_problems(key, spec, declared)
    for option in ("rows", "columns", "facet"):
        if option in spec:
            problems += _parameter_problems(f"{key}.{option}", spec, spec[option], declared)
    return problems


def _test_problems(key: str, spec: Mapping[str, Any], declared: Declared) -> list[str]:
    """What is compared with what, where each has to be one variant of the table's runs."""
    if ("pairs" in spec) == ("against" in spec):
        return [f"{key}: a tests table needs one of the keys 'pairs' and 'against'"]
    if spec.get("against") == "best":
        return []
    option = "pairs" if "pairs" in spec else "against"
    where = f"{key}.{option}"
    problems = []
    for name in itertools.chain(*spec["pairs"]) if option == "pairs" else [spec[option]]:
        found = _selector_problems(where, name, declared) if option == "against" else []
        if not name.partition("/")[2] or set("*?[") & set(name):
            found = [
                f"{where}: '{name}' must name one variant, as experiment/variant or "
                f"experiment/{SELECTED}"
            ]
        elif not found and not any(_covers(selector, name) for selector in spec["runs"]):
            found = [f"{where}: '{name}' is not among the table's runs, {one_of(spec['runs'])}"]
        problems += found
    return problems


def _covers(selector: str, name: str) -> bool:
    """Whether a selector names the variant, or may name it where it is the selected one."""
    experiment, _, pattern = selector.partition("/")
    own, _, variant = name.partition("/")
    return experiment == own and (
        SELECTED in (pattern, variant) or pattern == "" or fnmatchcase(variant, pattern)
    )


def _collapse_problems(declared: Declared) -> list[str]:
    """Runs whose levels of a collapse are the wrong way round."""
    names = ("collapse_below", "collapse_above")
    levels = {tuple(float(run.settings[name]) for name in names) for run in declared.runs}
    return [
        f"settings: collapse_below: {low:g} must not exceed collapse_above, which is {high:g}"
        for low, high in sorted(levels)
        if low > high
    ]


_NEEDED_OPTIONS = {
    "ranking": ("metrics", "sort_by"),
    "cross": ("metrics", "rows", "columns"),
    "pairs": ("metrics", "pairs"),
    "tests": ("metrics",),
    "factors": ("comparisons",),
    "heatmap": ("metric", "rows", "columns"),
    "accuracy_time": ("metric",),
    "overview": ("metric",),
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
