"""Checking that every name in the configuration refers to something that is declared."""

from collections.abc import Iterator, Mapping
from typing import Any

from nnrepro.study.asked import selected_from
from nnrepro.study.declared import Declared
from nnrepro.study.messages import undeclared
from nnrepro.study.run import ANALYSIS_SETTINGS
from nnrepro.study.settings import BUDGET_SETTINGS


def reference_problems(config: Mapping[str, Any], declared: Declared) -> list[str]:
    """Names in questions, protocols and budget that refer to nothing."""
    problems = []
    for name, question in config["questions"].items():
        problems += undeclared(f"questions.{name}.part", question["part"], config["parts"])
    for setting in BUDGET_SETTINGS:
        caps = config["budget"].get(setting, {})
        by_scope = caps if isinstance(caps, Mapping) else {"all": caps}
        for scope, cap in by_scope.items():
            problems += undeclared(f"budget.{setting}", scope, declared.scopes)
            if cap > 1 and cap != int(cap):
                problems.append(
                    f"budget.{setting}: {cap} must be a whole number, or below 1, a share of what "
                    "the protocol asks for"
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
    selected = selected_from(config)
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


def _collapse_problems(declared: Declared) -> list[str]:
    """Runs whose levels of a collapse are the wrong way round."""
    names = ("collapse_below", "collapse_above")
    levels = {tuple(float(run.settings[name]) for name in names) for run in declared.runs}
    return [
        f"settings: collapse_below: {low:g} must not exceed collapse_above, which is {high:g}"
        for low, high in sorted(levels)
        if low > high
    ]


def swept_readings(config: Mapping[str, Any], declared: Declared) -> Iterator[str]:
    """Experiments that are selected from and sweep what is no part of training."""
    for experiment in selected_from(config):
        for parameter in declared.swept.get(experiment, {}):
            if parameter in ANALYSIS_SETTINGS:
                yield (
                    f"experiments.{experiment}.parameters.{parameter}: decides how a history is "
                    "read, not what is trained, so that no variant can be selected by it; give it "
                    "one value"
                )
