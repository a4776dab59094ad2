"""Checking that every name in the configuration refers to something that is declared."""

from collections.abc import Mapping
from typing import Any

from nnrepro.study.declared import Declared
from nnrepro.study.messages import undeclared
from nnrepro.study.selectors import Selector
from nnrepro.study.settings import BUDGET_SETTINGS


def reference_problems(config: Mapping[str, Any], declared: Declared) -> list[str]:
    """Names in questions, protocols, budget and saved models that refer to nothing."""
    problems = []
    for name, question in config["questions"].items():
        problems += undeclared(f"questions.{name}.part", question["part"], config["parts"])
        for asked in question.get("runs", ()):
            if problem := Selector.parse(asked).problem(declared.variants):
                problems.append(f"questions.{name}.runs: {problem}")
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
    for selector in map(Selector.parse, config["save_models"]):
        problem = selector.problem(declared.variants)
        if selector.selected:
            problem = f"'{selector}': what is selected is known after training; name variants"
        if problem:
            problems.append(f"save_models: {problem}")
    if config["published"] and "results" not in config["published"]:
        problems.append("published: the key 'results' is missing")
    for name, protocol in config["protocols"].items():
        if protocol["selection"] == "selection":
            problems.append(f"protocols.{name}.selection: name the metric itself")
    return problems
