"""The questions, tables and figures of a study that asks for none.

They are declarations as a study writes them, made from its experiments: each is a question, with
its variants ranked, their curves, what the swept or drawn parameters do, tests, and times.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnrepro.metrics.registry import CLASSIFICATION, REGRESSION, known
from nnrepro.study.declared import Declared
from nnrepro.study.defaults import NO_PART
from nnrepro.study.evaluation import NEVER, on_test_set, tested_by_all
from nnrepro.study.kinds import ROOMS, Kinds
from nnrepro.study.labels import titled
from nnrepro.study.metrics import tasks_of
from nnrepro.study.run import ANALYSIS_SETTINGS

_MOST_CURVES = 4
"""Variants up to which each has a panel of curves."""
_MOST_DOTS = 40
"""Variants up to which all are shown side by side on the first screen."""
_MOST_TESTED = 30
"""Variants up to which each is tested against the selected one."""

_METRIC = "selection"

Section = Mapping[str, Any]


def asks_nothing(config: Section) -> bool:
    """Whether a study leaves it to others what its report shows."""
    return not any(config[room] for room in ("questions", *ROOMS))


def default_report(config: Section, declared: Declared, catalogue: Kinds) -> dict[str, Any]:
    """The sections `questions`, `tables`, `figures` and `parts` of such a study."""
    report: dict[str, Any] = {room: {} for room in ("questions", *ROOMS)}
    names = config["only"].get("experiments", [*declared.variants])
    for number, name in enumerate((n for n in declared.variants if n in names), 1):
        section = config["experiments"][name]
        report["questions"][str(number)] = {
            "part": NO_PART,
            "title": section["title"],
            "text": _text(config, name, declared),
            "runs": [name],
        }
        for room in ROOMS:
            for kind, spec in _EXHIBITS[room](name, config, declared):
                if kind in catalogue[room]:
                    report[room][f"{name}_{kind}"] = {
                        "question": str(number),
                        "kind": kind,
                        "runs": [name],
                        **spec,
                    }
    if len(names) > 1 and sum(map(len, declared.variants.values())) <= _MOST_DOTS:
        report["figures"]["overview"] = {
            "kind": "overview",
            "title": "All variants",
            "runs": names,
            "metric": _METRIC,
        }
    return {**report, "parts": {NO_PART: ""}}


def _text(config: Section, name: str, declared: Declared) -> str:
    """What an experiment is, in a sentence or two."""
    section, drawn = config["experiments"][name], declared.sampled[name]
    said = []
    if "select" in section:
        source = config["experiments"][section["select"]["from"]]["title"]
        said.append(f"The variant selected from \u201c{source}\u201d, trained anew.")
    if drawn:
        said.append(
            f"{section['samples']} points drawn from distributions. In brackets after a "
            f"point\u2019s name are its values of {_listed(drawn)}."
        )
    swept = [own for own in declared.swept[name] if own not in ANALYSIS_SETTINGS]
    if swept:
        said.append(f"Every combination of the values of {_listed(swept)}.")
    return " ".join(said)


def _listed(names: Sequence[str] | Mapping[str, Any]) -> str:
    *before, last = (titled(name).lower() for name in names)
    return f"{', '.join(before)} and {last}" if before else last


def _tables(name: str, config: Section, declared: Declared) -> Iterator[tuple[str, Section]]:
    """The tables of an experiment."""
    count = len(declared.variants[name])
    selections = {own["selection"][name][0] for own in config["protocols"].values()}
    when = _evaluated(name, declared)
    on_test = sorted({on_test_set(metric, when) for metric in selections})
    if count == 1:
        metrics = [*on_test, "train_seconds"]
        yield (
            "ranking",
            {"title": "What it reaches", "metrics": metrics, "sort_by": on_test[0]},
        )
    else:
        beside = [] if selections == set(on_test) else on_test
        metrics = [_METRIC, *beside, "train_seconds"]
        yield "ranking", {"title": "Variants ranked", "metrics": metrics, "sort_by": _METRIC}
    compared = on_test
    if len(config["experiments"][name].get("seeds", config["seeds"])) == 1:
        # By single runs only shares of right answers are tested, example by example.
        shares = [m for m in on_test if known(m.rpartition("_test_")[2]).share]
        compared = [m.replace("last_window_mean", "final") for m in shares]
        compared = [] if when == NEVER else compared
    if compared and 1 < count <= _MOST_TESTED:
        title = "The others against the selected one, tested"
        yield "tests", {"title": title, "metrics": compared, "against": f"{name}/selected"}
    tasks = tasks_of(config, config["experiments"][name])
    closely = {"runs": [_shown(name, config, declared)]}
    if when != NEVER:
        yield "constant_answer", {"title": "Beside one answer for all examples", **closely}
    if when != NEVER and tasks != {REGRESSION}:
        yield "per_class", {"title": "Class by class", **closely}
    if when != NEVER and tasks == {CLASSIFICATION}:
        yield "most_wrong", {"title": "Test examples most often wrong", **closely}
    if _selected_on_test(name, config, declared):
        yield "optimism", {"title": "What selecting on the test set adds"}


def _figures(name: str, config: Section, declared: Declared) -> Iterator[tuple[str, Section]]:
    """The figures of an experiment."""
    count = len(declared.variants[name])
    section = config["experiments"][name]
    swept = {p: v for p, v in declared.swept[name].items() if p not in ANALYSIS_SETTINGS}
    numeric = [p for p, values in swept.items() if all(map(_is_number, values))]
    named = bool(section.get("variants"))
    if count <= _MOST_CURVES and not declared.sampled[name]:
        yield "curves", {"title": "Loss and metrics by epoch"}
    if count > 1:
        yield "comparison", {"title": "All variants by epoch"}
    if len(numeric) == len(swept) == 2 and not named and not declared.sampled[name]:
        rows, columns = numeric
        title = f"{titled(rows)} and {titled(columns).lower()}"
        yield (
            "heatmap",
            {"title": title, "rows": rows, "columns": columns, "metric": _METRIC},
        )
    elif declared.sampled[name] or numeric:
        yield "sweep", {"title": "What each parameter does", "metric": _METRIC}
    if count > 1:
        yield "accuracy_time", {"title": "Beside the time of training", "metric": _METRIC}
    if _evaluated(name, declared) == NEVER:
        return
    closely = {"runs": [_shown(name, config, declared)]}
    if tasks_of(config, section) == {REGRESSION}:
        yield "residuals", {"title": "Predicted against true", **closely}
    else:
        yield "confusion", {"title": "What is taken for what", **closely}


_EXHIBITS = {"tables": _tables, "figures": _figures}


def _shown(name: str, config: Section, declared: Declared) -> str:
    """The one variant of an experiment that is looked at closely, as a selector."""
    variants = declared.variants[name]
    return f"{name}/{variants[0]}" if len(variants) == 1 else f"{name}/selected"


def _selected_on_test(name: str, config: Section, declared: Declared) -> bool:
    """Whether an experiment's variants are many, and selected among by right test answers."""
    selections = [own["selection"][name][0] for own in config["protocols"].values()]
    sources = [own.get("select", {}).get("from") for own in config["experiments"].values()]
    several = len(declared.variants[name]) > 1
    return (
        name in sources
        and several
        and any(metric.endswith("_test_accuracy") for metric in selections)
    )


def _evaluated(name: str, declared: Declared) -> str:
    """When all runs of an experiment evaluate the test set."""
    return tested_by_all(run.settings for run in declared.runs if run.experiment == name)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
