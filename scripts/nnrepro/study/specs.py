"""Checking that tables and figures can be made of the runs that they name, before any training."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from nnrepro.study.expansion import Declared
from nnrepro.study.run import ANALYSIS_SETTINGS, Run
from nnrepro.study.settings import nearest, one_of
from nnrepro.study.study import SELECTED

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "ranking": ("metrics", "sort_by", "stable_below", "test_set"),
    "cross": ("metrics", "rows", "columns", "test_set"),
    "pairs": ("metrics", "pairs", "test_set"),
    "convergence": (),
    "factors": ("comparisons",),
    "tests": ("metrics", "pairs", "against", "test_set"),
    "stability": ("accuracies",),
    "optimism": (),
    "curves": (),
    "comparison": ("epochs", "facet", "stable_below"),
    "accuracy_time": ("metric",),
    "overview": ("metric",),
    "heatmap": ("metric", "rows", "columns"),
    "feature_maps": ("images",),
}
"""What each kind of table and figure takes, beside its kind, question, title and runs."""

_COMMON = ("kind", "question", "title", "runs")


def spec_problems(config: Mapping[str, Any], declared: Declared) -> list[str]:
    """Tables and figures that would fail when all is trained.

    Args:
        config: the configuration, each of whose names is known to refer to something.
        declared: every run that it declares.
    """
    problems: list[str] = []
    for section in ("tables", "figures"):
        for name, spec in config[section].items():
            key = f"{section}.{name}"
            problems += _option_problems(key, spec)
            problems += _grid_problems(key, spec, declared)
            problems += _metric_problems(key, spec, config["protocols"], declared)
            if spec["kind"] == "pairs":
                problems += _pair_problems(key, spec)
            if spec["kind"] == "feature_maps":
                problems += _image_problems(key, spec, declared)
    return [*problems, *_swept_readings(config, declared)]


def _option_problems(key: str, spec: Mapping[str, Any]) -> Iterator[str]:
    """Options that a kind does not take; a kind of one's own takes what it likes."""
    if spec["kind"] not in OPTIONS:
        return
    allowed = OPTIONS[spec["kind"]]
    for option in spec:
        if option not in (*_COMMON, *allowed):
            yield (
                f"{key}.{option}: a {spec['kind']} has no such option"
                f"{nearest(option, allowed)}; allowed: {one_of(allowed) or 'none'}"
            )


def _grid_problems(key: str, spec: Mapping[str, Any], declared: Declared) -> Iterator[str]:
    """Grids over two parameters in which a variant has no cell, or shares one."""
    if spec["kind"] not in ("cross", "heatmap") or not {"rows", "columns"} <= set(spec):
        return
    rows, columns = spec["rows"], spec["columns"]
    experiments = [selector.partition("/")[0] for selector in spec["runs"]]
    if not all({rows, columns} <= set(declared.swept.get(name, ())) for name in experiments):
        return  # named among what is not swept
    if rows == columns:
        yield f"{key}.columns: '{columns}' is the parameter of the rows, too; name another"
        return
    for name, parameter in (("rows", rows), ("columns", columns)):
        if parameter in ANALYSIS_SETTINGS:
            yield (
                f"{key}.{name}: '{parameter}' decides how a history is read, not what is trained; "
                "a grid is over what is trained"
            )
            return
    for protocol in declared.protocols:
        found: dict[tuple[Any, Any], str] = {}
        for run in _certain(declared.runs, protocol, spec["runs"]):
            variant = f"{run.experiment}/{run.variant}"
            lacking = [name for name in (rows, columns) if name not in run.settings]
            if lacking:
                yield (
                    f"{key}.runs: '{variant}' has no '{lacking[0]}', so that it has no place in a "
                    f"grid over {rows} and {columns}; leave it out"
                )
                return
            cell = (run.settings[rows], run.settings[columns])
            if found.setdefault(cell, variant) != variant:
                yield (
                    f"{key}.runs: '{found[cell]}' and '{variant}' share the cell {rows} = "
                    f"{cell[0]}, {columns} = {cell[1]}; name variants that have one each"
                )
                return


def _metric_problems(
    key: str, spec: Mapping[str, Any], protocols: Mapping[str, Any], declared: Declared
) -> Iterator[str]:
    """Metrics on held-out examples of runs that all hold none out."""
    asked = dict.fromkeys((*spec.get("metrics", ()), spec.get("metric"), spec.get("sort_by")))
    for metric in asked:
        if metric is None or "validation" not in metric:
            continue
        runs = [run for name in protocols for run in _named(declared.runs, name, spec["runs"])]
        if runs and not any(run.settings["validation_examples"] for run in runs):
            yield (
                f"{key}: '{metric}' is measured on held-out training examples, and none of its "
                "runs holds any out; set validation_examples for them above 0"
            )


def _pair_problems(key: str, spec: Mapping[str, Any]) -> Iterator[str]:
    """Pairs are of variants that are certain to be among the table's runs."""
    for name in dict.fromkeys(name for pair in spec.get("pairs", ()) for name in pair):
        experiment, _, variant = name.partition("/")
        if variant in ("", SELECTED) or set("*?[") & set(variant):
            yield f"{key}.pairs: '{name}' must name one variant, as experiment/variant"
        elif not any(_covers(selector, experiment, variant) for selector in spec["runs"]):
            yield f"{key}.pairs: '{name}' is not among the table's runs, {one_of(spec['runs'])}"


def _image_problems(key: str, spec: Mapping[str, Any], declared: Declared) -> Iterator[str]:
    for protocol in declared.protocols:
        for run in _named(declared.runs, protocol, spec["runs"])[:1]:
            if spec.get("images", 0) > int(run.settings["test_examples"]):
                yield (
                    f"{key}.images: {spec['images']} exceeds the test_examples of "
                    f"'{run.protocol}/{run.experiment}', {run.settings['test_examples']}"
                )


def _swept_readings(config: Mapping[str, Any], declared: Declared) -> Iterator[str]:
    """Experiments that are selected from and sweep what is no part of training."""
    specs = [*config["tables"].values(), *config["figures"].values()]
    parts = [selector.partition("/") for spec in specs for selector in spec["runs"]]
    selected = [experiment for experiment, _, pattern in parts if pattern == SELECTED]
    selected += [e["select"]["from"] for e in config["experiments"].values() if "select" in e]
    for experiment in dict.fromkeys(selected):
        for parameter in declared.swept.get(experiment, {}):
            if parameter in ANALYSIS_SETTINGS:
                yield (
                    f"experiments.{experiment}.parameters.{parameter}: decides how a history is "
                    "read, not what is trained, so that no variant can be selected by it; give it "
                    "one value"
                )


def _named(runs: Sequence[Run], protocol: str, selectors: Sequence[str]) -> list[Run]:
    """Runs of a protocol that selectors name or may come to name."""
    return [
        run
        for selector in selectors
        for run in runs
        if run.protocol == protocol and _covers(selector, run.experiment, run.variant, SELECTED)
    ]


def _certain(runs: Sequence[Run], protocol: str, selectors: Sequence[str]) -> list[Run]:
    """Runs of a protocol that selectors name whatever a selection decides."""
    return _named(runs, protocol, [s for s in selectors if s.partition("/")[2] != SELECTED])


def _covers(selector: str, experiment: str, variant: str, *whole: str) -> bool:
    own, _, pattern = selector.partition("/")
    return own == experiment and (pattern in ("", *whole) or fnmatchcase(variant, pattern))
