"""Which metrics a study records, and by what names its tables, figures and selections may ask.

    metrics: [accuracy, f1_macro]

stands in the study, or in an experiment for its runs; without it, each run records what its task
has by default. A measure of a run is named by how it is read off the curve, the set and the metric:
`max_validation_f1_macro`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nnrepro.metrics.registry import (
    CLASSIFICATION,
    DEFAULTS,
    LOSS,
    MULTI_LABEL,
    REGRESSION,
    TASKS,
    catalogue,
    known,
    parsed,
)
from nnrepro.study.evaluation import OF_A_SET
from nnrepro.study.messages import choice, one_of
from nnrepro.study.run import Run

SELECTION = "selection"
"""Stands for the metric by which a protocol selects."""

DECLARED = "declared"
"""Stands for the order in which a table's runs are declared."""

TIME = "train_seconds"

METRIC_WORDS = ("metric", "sort_by")
"""Words of the schema that list metrics of runs."""

ALL_DEFAULTS = tuple(dict.fromkeys(name for names in DEFAULTS.values() for name in names))

_SETS = ("test", "validation")
_TASK_KEYS = {"label": CLASSIFICATION, "labels": MULTI_LABEL, "target": REGRESSION}
"""Keys of a data set that tell its task."""


def measure_names(metrics: Iterable[str]) -> list[str]:
    """The measures of test and validation sets that variants may be ranked by, of some metrics."""
    return [
        f"{how}_{of}_{metric}"
        for metric in metrics
        for of in _SETS
        for how in ("last_window_mean", _best(metric), "mean", "final")
    ]


def _best(metric: str) -> str:
    return "min" if known(metric).lower_is_better else "max"


def schema_of(metrics: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What the configuration's schema has on metrics of runs, given those that are recorded."""
    names = [*measure_names([*dict.fromkeys(metrics), LOSS]), TIME]
    return {
        "metric": {"description": "A metric of a run.", "enum": [SELECTION, *names]},
        "sort_by": {"enum": [DECLARED, SELECTION, *names]},
    }


def recorded_by(config: Mapping[str, Any]) -> list[str]:
    """The metrics that a study's runs may record, by a configuration that is not checked yet."""
    sections = [config, *_sections(config.get("experiments"))]
    given = [section["metrics"] for section in sections if isinstance(section.get("metrics"), list)]
    found = [name for names in given for name in names if isinstance(name, str)]
    if not isinstance(config.get("metrics"), list):
        found += [name for task in _possible_tasks(config) for name in DEFAULTS[task]]
    return list(dict.fromkeys(found))


def ranked_by(config: Mapping[str, Any], section: Mapping[str, Any]) -> list[str]:
    """What an experiment's variants may be ranked by where a study does not say, the best first.

    It is what its runs record, whichever of the data sets they read, and at last the loss.
    """
    defaults = [DEFAULTS[task or CLASSIFICATION] for task in tasks_of(config, section)]
    common = [name for name in recorded_in(config, section) if all(name in d for d in defaults)]
    return [*(section.get("metrics") or config.get("metrics") or common), LOSS]


def in_common(lists: Iterable[Sequence[str]]) -> str:
    """The first metric of the first of some lists that is in all of them.

    So is told by what several experiments are ranked together, each of which has such a list.
    """
    first, *others = lists
    return next(name for name in first if all(name in own for own in others))


def recorded_in(config: Mapping[str, Any], section: Mapping[str, Any]) -> list[str]:
    """The metrics that an experiment's runs record, or may, as far as the configuration tells."""
    given = section.get("metrics") or config.get("metrics")
    tasks = [task for each in tasks_of(config, section) for task in ([each] if each else TASKS)]
    defaults = [name for task in TASKS if task in tasks for name in DEFAULTS[task]]
    return list(given or dict.fromkeys(defaults))


def recorded_by_run(config: Mapping[str, Any], run: Run) -> list[str]:
    """The metrics that a run records, or may, with those of the study among its settings."""
    given = parsed(str(run.settings.get("metrics", "")))
    return [*given] or recorded_in({"data": config["data"]}, {"data": run.data})


def has_recorded(measure: str, metrics: Iterable[str]) -> bool:
    """Whether a measure can be read off curves of these metrics and the loss, or off none."""
    _, found, metric = OF_A_SET.sub("|", measure, count=1).partition("|")
    return not found or metric not in catalogue() or metric in metrics


def task_of(data: Mapping[str, Any]) -> str | None:
    """The task of a data set, as far as its section tells; None where only its arrays can."""
    for key, task in _TASK_KEYS.items():
        if key in data:
            return task
    if data.get("task") in TASKS:
        return str(data["task"])
    return None if data.get("source") == "npz" else CLASSIFICATION


def main_metrics(runs: Iterable[Run], data: Mapping[str, Any]) -> list[str]:
    """The metrics that a study's runs are judged by, each the first that some of them record."""
    named = (parsed(str(run.settings.get("metrics", ""))) for run in runs)
    (unsaid, *_) = ranked_by({"data": data}, {})
    return list(dict.fromkeys(names[0] if names else unsaid for names in named))


def tasks_of(config: Mapping[str, Any], section: Mapping[str, Any]) -> set[str | None]:
    """The tasks that an experiment may be of, as far as the configuration tells."""
    sections, named = config.get("data") or {}, section.get("data")
    chosen = [sections[named]] if named in sections else [*sections.values()]
    return {task_of(data) for data in chosen}


def in_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with its lists of metrics among the settings, as one text each."""
    full = {key: value for key, value in config.items() if key != "metrics"}
    if config.get("metrics"):
        everywhere = {**full["settings"].get("all", {}), "metrics": ",".join(config["metrics"])}
        full["settings"] = {**full["settings"], "all": everywhere}
    full["experiments"] = {name: _own(section) for name, section in full["experiments"].items()}
    return full


def _own(section: Mapping[str, Any]) -> Mapping[str, Any]:
    if not section.get("metrics"):
        return section
    others = {key: value for key, value in section.items() if key != "metrics"}
    own = {**section["parameters"], "metrics": ",".join(section["metrics"])}
    return {**others, "parameters": own}


def metrics_problems(config: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the lists of metrics of a study and its experiments."""
    tasks = _possible_tasks(config)
    yield from _list_problems("metrics", config.get("metrics") or (), tasks)
    for name, section in config["experiments"].items():
        own = section.get("metrics") or ()
        yield from _list_problems(f"experiments.{name}.metrics", own, tasks)


def _list_problems(key: str, names: Iterable[str], tasks: Iterable[str]) -> Iterator[str]:
    allowed = {name: one for name, one in catalogue().items() if set(one.tasks) & set(tasks)}
    for name in names:
        if name in allowed:
            continue
        one = catalogue().get(name)
        told = (
            f"is for {one_of(one.tasks)}, and the data are for {one_of(tasks)}"
            if one
            else "is no metric"
        )
        yield f"{key}: '{name}' {told}{choice(name, allowed, where='docs/reference/keys.md')}"


def _possible_tasks(config: Mapping[str, Any]) -> list[str]:
    found = [task_of(section) for section in _sections(config.get("data"))]
    tasks = [task for each in found for task in ([each] if each else TASKS)]
    return list(dict.fromkeys(tasks)) or [CLASSIFICATION]


def _sections(value: Any) -> list[Mapping[str, Any]]:
    """The sections within a section, whatever it is."""
    sections = value.values() if isinstance(value, Mapping) else ()
    return [section for section in sections if isinstance(section, Mapping)]
