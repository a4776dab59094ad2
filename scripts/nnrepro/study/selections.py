"""Checking that a selection can give what is asked of it, before anything is trained."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nnrepro.metrics.registry import LOSS
from nnrepro.study.declared import Declared
from nnrepro.study.evaluation import TEST_EVALUATION, has_metric, tested
from nnrepro.study.halving import finalists
from nnrepro.study.messages import choice, nearest, one_of
from nnrepro.study.metrics import has_recorded, in_common, recorded_by_run
from nnrepro.study.run import ANALYSIS_SETTINGS, MODEL, Run, Variant
from nnrepro.study.selectors import Selector
from nnrepro.study.settings import (
    BUDGET_SETTINGS,
    SIZE_SETTINGS,
    ModelSpec,
    known_settings,
    setting,
)

NEVER_SELECTED = (*BUDGET_SETTINGS, *SIZE_SETTINGS, *ANALYSIS_SETTINGS)
"""Settings that a study has to know of every run before any is trained."""


def selection_problems(
    config: Mapping[str, Any], declared: Declared, kept: Sequence[Run], *, trained: bool
) -> list[str]:
    """What is wrong with the selections that a study makes, as messages; `kept` are its runs."""
    selected = _selected_from(config)
    problems = [
        *_left_out(config, kept),
        *_too_few(kept),
        *dict.fromkeys(_not_evaluated(config, declared, selected)),
    ]
    return [*problems, *_swept_readings(declared, selected)] if trained else problems


def _selected_from(config: Mapping[str, Any]) -> list[str]:
    """The experiments from which a variant is selected."""
    specs = (*config["tables"].values(), *config["figures"].values())
    selectors = [Selector.parse(selector) for spec in specs for selector in spec["runs"]]
    named = [selector.experiment for selector in selectors if selector.selected]
    named += [e["select"]["from"] for e in config["experiments"].values() if "select" in e]
    return list(dict.fromkeys(named))


def _left_out(config: Mapping[str, Any], kept: Sequence[Run]) -> Iterator[str]:
    """Runs that take parameters from an experiment which the study does not run."""
    present = {(run.protocol, run.experiment) for run in kept}
    lacking = {
        (run.experiment, run.selects_from)
        for run in kept
        if run.selects_from and (run.protocol, run.selects_from) not in present
    }
    for experiment, source in sorted(lacking):
        parameters = one_of(config["experiments"][experiment]["select"]["parameters"])
        yield (
            f"experiments.{experiment}.select.from: '{source}' is left out by the section "
            f"'only'; keep it, or give {parameters} as parameters in place of 'select'"
        )


def _too_few(kept: Sequence[Run]) -> Iterator[str]:
    """Selections of more variants than there are to select among."""
    asked: dict[tuple[str, str, str], int] = {}
    for run in kept:
        if run.rank and run.selects_from:
            key = (run.protocol, run.experiment, run.selects_from)
            asked[key] = max(run.rank, asked.get(key, 0))
    there: dict[tuple[str, str], dict[str, Run]] = {}
    for run in kept:
        there.setdefault((run.protocol, run.experiment), {})[run.variant] = run
    told: dict[str, None] = {}
    for (protocol, experiment, source), top in asked.items():
        variants = there.get((protocol, source), {})
        rungs = next((run.rungs for run in variants.values()), ())
        count = finalists(len(variants), rungs)
        if variants and top > count:
            which = f"that reach the last rung of '{source}'" if rungs else f"of '{source}'"
            told[
                f"experiments.{experiment}.select.top: {top} are more than the variants {which}, "
                f"which are {count}; lower it"
            ] = None
    yield from told


def _not_evaluated(
    config: Mapping[str, Any], declared: Declared, selected: Sequence[str]
) -> Iterator[str]:
    """Protocols that select by a metric which the runs selected from do not know."""
    for run in declared.runs:
        if run.experiment not in selected:
            continue
        metric = in_common([config["protocols"][run.protocol]["selection"][run.experiment]])
        by = f"protocols.{run.protocol}.selection: '{metric}' is"
        if "validation" in metric and not declared.validated(run):
            yield (
                f"{by} measured on held-out training examples, and runs of '{run.experiment}' hold "
                "none out; set validation_examples for them above 0"
            )
        recorded = recorded_by_run(config, run)
        if not has_recorded(metric, recorded):
            yield (
                f"{by} of no metric that runs of '{run.experiment}' record, which are "
                f"{one_of([*recorded, LOSS])}; select by one that they record"
            )
        if config.get("data") and not has_metric(run.settings, metric):  # else that is told first
            yield (
                f"{by} not known of runs of '{run.experiment}', which have {TEST_EVALUATION}: "
                f"{tested(run.settings)}; select by validation examples, or set {TEST_EVALUATION}: "
                "every_epoch for them"
            )


def _swept_readings(declared: Declared, selected: Sequence[str]) -> Iterator[str]:
    """Experiments that are selected from and sweep what is no part of training."""
    for experiment in selected:
        for parameter in declared.swept.get(experiment, {}):
            if parameter in ANALYSIS_SETTINGS:
                yield (
                    f"experiments.{experiment}.parameters.{parameter}: decides how a history is "
                    "read, not what is trained, so that no variant can be selected by it; give it "
                    "one value"
                )


def select_problems(
    name: str,
    experiments: Mapping[str, Mapping[str, Any]],
    variants: Mapping[str, Sequence[Variant]],
    varied: Mapping[str, Sequence[str]],
    models: Mapping[str, ModelSpec],
) -> list[str]:
    """What is wrong with the section `select` of an experiment.

    `varied` are the parameters in which the variants of each experiment differ.
    """
    select = experiments[name]["select"]
    source = select["from"]
    key = f"experiments.{name}.select"
    if source not in experiments or source == name:
        others = [other for other in experiments if other != name]
        return [
            f"{key}.from: '{source}' is no other experiment{choice(source, others, 'declared')}"
        ]
    if name in _sources(source, experiments):
        return [
            f"{key}.from: '{source}' itself selects from '{name}'; one of the two has to be first"
        ]
    if not select["parameters"]:
        return [
            f"{key}.from: the variants of '{source}' differ in nothing that could be selected; "
            "give its settings here in place of 'select'"
        ]
    whole = MODEL in select["parameters"]
    problems = [*_several_inputs(f"{key}.from", source, variants[source], models)] if whole else []
    for parameter in select["parameters"]:
        problem = _not_given(parameter, source, experiments[source], varied[source])
        if problem is None:
            fit = [
                *_lacking(parameter, source, variants[source], models),
                *_not_taken(parameter, source, variants, name, models),
            ]
            # A model that is selected comes with its own parameters.
            found = [*([] if whole else fit), *_given_twice(parameter, experiments[name])]
        else:
            found = [problem]
        problems += [f"{key}.parameters: '{parameter}' {problem}" for problem in found]
    return list(dict.fromkeys(problems))


def sources_first(experiments: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The experiments, each after the one that it selects from, where there is no circle."""
    told: set[str] = set()
    for name in experiments:
        for each in reversed([name, *_sources(name, experiments)]):
            if each in experiments and each not in told:
                told.add(each)
                yield each


def _sources(name: str, experiments: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The experiments that an experiment selects from, and that those select from in turn."""
    found: list[str] = []
    while name in experiments and "select" in experiments[name] and name not in found:
        found.append(name)
        name = experiments[name]["select"]["from"]
    return [*found[1:], name]


def _several_inputs(
    key: str,
    source: str,
    variants: Sequence[Variant],
    models: Mapping[str, ModelSpec],
) -> Iterator[str]:
    """Models that read different inputs, of which a selection cannot choose."""
    names = dict.fromkeys(name for variant in variants for name in variant.possible_models)
    inputs = dict.fromkeys(models[name].input for name in names)
    if len(inputs) > 1:
        yield (
            f"{key}: the models of '{source}' read {one_of(inputs)}, and results on different "
            "inputs are not selected among; make it an experiment for each"
        )


def _not_given(
    parameter: str, source: str, section: Mapping[str, Any], varied: Sequence[str]
) -> str | None:
    """Why the selection cannot tell a parameter, whichever variant it picks."""
    if parameter in NEVER_SELECTED:
        return (
            "has to be known before any run is trained, so that no selection can decide it; give "
            "it in a section 'settings' or as a parameter"
        )
    if parameter in varied:
        return None
    if parameter in section["parameters"]:
        return (
            f"is the same in all variants of '{source}', {section['parameters'][parameter]!r}, so "
            "that no selection decides it; give it as a parameter here, too"
        )
    return (
        f"is the same in all variants of '{source}'{nearest(parameter, varied)}; they differ in "
        f"{one_of(varied) or 'nothing'}"
    )


def _lacking(
    parameter: str, source: str, variants: Sequence[Variant], models: Mapping[str, ModelSpec]
) -> Iterator[str]:
    """Variants that may be picked and do not have the parameter."""
    for variant in variants:
        for model in variant.possible_models:
            if parameter not in known_settings(models[model]):
                yield (
                    f"is no setting of model '{model}', of which '{source}' has the variant "
                    f"'{variant.name}': were it selected, there would be no value"
                )


def _not_taken(
    parameter: str,
    source: str,
    variants: Mapping[str, Sequence[Variant]],
    name: str,
    models: Mapping[str, ModelSpec],
) -> Iterator[str]:
    """Models that have no use for the parameter, or not for all values that it may get."""
    offered = [v.parameters[parameter] for v in variants[source] if parameter in v.parameters]
    for model in dict.fromkeys(m for v in variants[name] for m in v.possible_models):
        if parameter not in known_settings(models[model]):
            yield f"is no setting of model '{model}', which is to be trained with it"
            continue
        for value in dict.fromkeys(offered):
            problem = setting(parameter, models[model]).problem(value)
            if problem:
                yield f"may be selected as {value!r}, but for model '{model}' it {problem}"


def _given_twice(parameter: str, section: Mapping[str, Any]) -> Iterator[str]:
    """Where the experiment itself gives what it also takes from the selection."""
    places = {
        "parameters": section["parameters"],
        **{f"variants.{name}": own for name, own in (section.get("variants") or {}).items()},
        **{f"protocols.{name}": own for name, own in section["protocols"].items()},
    }
    for place, given in places.items():
        if parameter in given:
            yield f"is given in '{place}', too; leave out one of the two"


def candidates(run: Run, runs: Sequence[Run]) -> list[Run]:
    """A run with each set of parameters that the selection may give it, in declared order.

    One that takes nothing from a selection is its only candidate; `runs` are all of the study.
    """
    if not run.pending_parameters:
        return [run]
    found: dict[tuple[Any, ...], Run] = {}
    variants = {
        other.variant: other
        for other in runs
        if (other.protocol, other.experiment) == (run.protocol, run.selects_from)
    }
    for one in variants.values():
        for other in candidates(one, runs):
            decision = decided(other, run.selected_parameters)
            found.setdefault(tuple(decision.values()), run.resolved(decision))
    return list(found.values())


def decided(run: Run, names: Iterable[str]) -> dict[str, Any]:
    """What a selection of a run's variant tells of parameters; None for one that it has not."""
    known = {**run.settings, MODEL: run.model}
    return {name: known.get(name) for name in names}
