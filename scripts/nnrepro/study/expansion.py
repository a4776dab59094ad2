"""From declarations to runs: layered settings, swept lists, budgets and seeds.

A run's settings are looked up from wide to narrow, the later winning: `settings` of the study, then
of the protocol (each by scope: all, input, model), the experiment's parameters, the variant's, and
the experiment's settings for that protocol. A budget then caps epochs and numbers of examples.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nnrepro.study.declared import Declared
from nnrepro.study.labels import told_apart
from nnrepro.study.messages import nearest, one_of, shown
from nnrepro.study.run import Run, Scalar, Variant
from nnrepro.study.selections import select_problems
from nnrepro.study.selectors import SELECTED
from nnrepro.study.settings import (
    BUDGET_SETTINGS,
    SETTINGS,
    ModelSpec,
    canonical,
    check_setting,
    known_settings,
)
from nnrepro.study.sizes import size_problems
from nnrepro.study.values import LONGEST_NAME, label_problem

MOST_RUNS = 100_000
"""More runs than Snakemake can plan; a slip of the hand makes millions."""
_RESERVED = ("label", "model")
_SAFE_VALUE = re.compile(r"[A-Za-z0-9.+-]+")


@dataclass(frozen=True)
class Declaration:
    """The sections of the configuration that runs come from, shape already checked."""

    config: Mapping[str, Any]
    models: Mapping[str, ModelSpec]

    @classmethod
    def of(cls, config: Mapping[str, Any], models: Mapping[str, ModelSpec]) -> "Declaration":
        """A declaration of a configuration whose defaults are filled in."""
        return cls(config, models)

    @property
    def scopes(self) -> dict[str, list[ModelSpec]]:
        """Allowed scopes of settings, each with the models that it covers."""
        scopes: dict[str, list[ModelSpec]] = {"all": list(self.models.values())}
        for model in self.models.values():
            scopes.setdefault(model.input, []).append(model)
        scopes.update({name: [model] for name, model in self.models.items()})
        return scopes


def sweep_problems(config: Mapping[str, Any]) -> list[str]:
    """What is wrong with declarations of more runs than can be worked with, without making them."""
    points: dict[str, int] = {}
    lists: dict[str, str] = {}
    for name, section in config["experiments"].items():
        named = section.get("variants") or {"": {}}
        swept = [
            {k: len(v) for k, v in {**section["parameters"], **own}.items() if isinstance(v, list)}
            for own in named.values()
        ]
        points[name] = sum(math.prod(lengths.values()) for lengths in swept)
        longest = max(swept, key=lambda lengths: math.prod(lengths.values()))
        lists[name] = " x ".join(f"{count:,} {parameter}" for parameter, count in longest.items())
    protocols, seeds = len(config["protocols"]), len(config["seeds"])
    runs = sum(points.values()) * protocols * seeds
    if runs <= MOST_RUNS:
        return []
    most = max(points, key=lambda name: points[name])
    detail = f" ({lists[most]})" if lists[most] else ""
    return [
        f"experiments.{most}: has {points[most]:,}{detail} of {sum(points.values()):,} variants, "
        f"which with protocols ({protocols}) and seeds ({seeds:,}) make {runs:,} runs, more than "
        f"{MOST_RUNS:,}; give shorter lists or fewer seeds"
    ]


def expand(declaration: Declaration) -> Declared:
    """Every run in declared order: protocol, experiment, variant, seed."""
    config = declaration.config
    declared = Declared(tuple(config["protocols"]), tuple(declaration.scopes))
    declared.problems += _scope_problems("settings", config["settings"], declaration)
    for name, protocol in config["protocols"].items():
        key = f"protocols.{name}.settings"
        declared.problems += _scope_problems(key, protocol["settings"], declaration)
    variants = {
        name: _variants(name, experiment, declaration, declared)
        for name, experiment in config["experiments"].items()
    }
    for name, experiment in config["experiments"].items():
        declared.problems += _experiment_problems(name, experiment, declaration, variants[name])
        if "select" in experiment:
            declared.problems += select_problems(
                name, config["experiments"], variants, declared.swept, declaration.models
            )
    if declared.problems:
        return declared
    for protocol in config["protocols"]:
        for experiment, points in variants.items():
            for variant in points:
                declared.runs += _runs(
                    protocol, experiment, variant, declaration, declared.problems
                )
    declared.problems[:] = dict.fromkeys(declared.problems)
    return declared


def _runs(
    protocol: str, experiment: str, variant: Variant, declaration: Declaration, problems: list[str]
) -> list[Run]:
    config = declaration.config
    section = config["experiments"][experiment]
    model = declaration.models[variant.model]
    layers = [
        *_by_scope(config["settings"], variant.model, model),
        *_by_scope(config["protocols"][protocol]["settings"], variant.model, model),
        variant.parameters,
        section["protocols"].get(protocol, {}),
    ]
    accepted = known_settings(model)
    settings: dict[str, Scalar] = {
        name: shared.default for name, shared in SETTINGS.items() if shared.default is not None
    }
    settings |= {
        name: parameter.default
        for name, parameter in model.parameters.items()
        if not parameter.required
    }
    for layer in layers:
        settings.update({k: canonical(k, v, model) for k, v in layer.items() if k in accepted})
    selected = tuple(section.get("select", {}).get("parameters", ()))
    settings = {name: value for name, value in settings.items() if name not in selected}
    missing = [name for name in accepted if name not in settings and name not in selected]
    if missing:
        problems.append(
            f"experiments.{experiment}: variant '{variant.name}' under protocol '{protocol}' has "
            f"no value for {one_of(missing)}; give it there or in a section 'settings'"
        )
        return []
    settings = {name: settings[name] for name in accepted if name in settings}
    settings, asked = _budgeted(settings, config["budget"], variant.model, model)
    problems += [
        f"experiments.{experiment}: variant '{variant.name}': {problem}"
        for problem in size_problems(settings)
    ]
    return [
        Run(
            protocol=protocol,
            experiment=experiment,
            variant=variant.name,
            seed=seed,
            label=variant.label,
            model=variant.model,
            input=model.input,
            settings=settings,
            protocol_settings=asked,
            selects_from=section.get("select", {}).get("from"),
            selected_parameters=selected,
        )
        for seed in config["seeds"]
    ]


def _by_scope(
    sections: Mapping[str, Mapping[str, Scalar]], name: str, model: ModelSpec
) -> Iterator[Mapping[str, Scalar]]:
    for scope in ("all", model.input, name):
        yield sections.get(scope, {})


def _budgeted(
    settings: Mapping[str, Scalar], budget: Mapping[str, Any], name: str, model: ModelSpec
) -> tuple[dict[str, Scalar], dict[str, Scalar]]:
    """Settings under the budget, and the values that it cut down."""
    capped: dict[str, Scalar] = dict(settings)
    asked: dict[str, Scalar] = {}
    for setting in BUDGET_SETTINGS:
        value = settings[setting]
        cap = _cap(budget.get(setting), name, model, of=int(value))
        if cap is not None and cap < int(value):
            capped[setting], asked[setting] = cap, value
    # The second test set is under the same cap; no larger than the first, it tells nothing more.
    comparison = int(capped["comparison_test_examples"])
    cap = _cap(budget.get("test_examples"), name, model, of=comparison)
    if cap is not None and comparison and cap < comparison:
        capped["comparison_test_examples"] = cap if cap > int(capped["test_examples"]) else 0
        asked["comparison_test_examples"] = comparison
    # Of fewer training examples the same share is held out.
    held_out = int(settings["validation_examples"])
    if held_out and "train_examples" in asked:
        share = held_out / int(asked["train_examples"])
        capped["validation_examples"] = max(1, round(share * int(capped["train_examples"])))
        asked["validation_examples"] = held_out
    return capped, asked


def _cap(caps: Any, name: str, model: ModelSpec, *, of: int) -> int | None:
    """The cap on a setting of value `of`; a number below 1 is a share of that value."""
    if isinstance(caps, Mapping):
        found = [caps[scope] for scope in ("all", model.input, name) if scope in caps]
        caps = found[-1] if found else None
    if caps is None:
        return None
    return int(caps) if caps >= 1 else max(1, round(caps * of))


def _variants(
    name: str, section: Mapping[str, Any], declaration: Declaration, declared: Declared
) -> list[Variant]:
    """The points of an experiment: each named variant, or one, times every swept list."""
    key = f"experiments.{name}"
    named = section.get("variants") or {"": {}}
    points: list[Variant] = []
    swept: dict[str, tuple[Any, ...]] = {}
    for variant, own in named.items():
        where = f"{key}.variants.{variant}" if variant else key
        model_name = own.get("model", section.get("model"))
        problem = _model_problem(where, model_name, declaration)
        parameters = {**section["parameters"], **_without_reserved(own)}
        places = {n: f"{where}.{n}" if n in own else f"{key}.parameters.{n}" for n in parameters}
        problem = problem or _parameter_problems(places, parameters, model_name, declaration)
        if problem:
            declared.problems += problem
            continue
        lists = {k: tuple(v) for k, v in parameters.items() if isinstance(v, list)}
        swept.update(lists)
        template = own.get("label", section.get("label"))
        for values in itertools.product(*lists.values()):
            chosen = {**parameters, **dict(zip(lists, values, strict=True))}
            suffix = "_".join(f"{k}-{_text(v)}" for k, v in zip(lists, values, strict=True))
            point = "_".join(part for part in (variant, suffix) if part) or "default"
            label = _label(where, template, point, chosen, declared.problems)
            if lists and variant and template:
                label = f"{label} ({', '.join(_text(v) for v in values)})"
            points.append(Variant(point, label, model_name, chosen))
    names = [point.name for point in points]
    # Twice: the label of one may be what another is called once its name stands beside its label.
    labels = told_apart([point.label for point in points], names, names)
    points = [replace(point, label=label) for point, label in zip(points, labels, strict=True)]
    for repeated in sorted(name for name, count in Counter(names).items() if count > 1):
        declared.problems.append(f"{key}: two variants are both called '{repeated}'; rename one")
    declared.problems += [
        f"{key}: a variant's name, which begins with '{point[:40]}', has {len(point)} characters, "
        f"more than {LONGEST_NAME}; use named variants"
        for point in names
        if len(point) > LONGEST_NAME
    ]
    if SELECTED in names:
        declared.problems.append(
            f"{key}: a variant cannot be called '{SELECTED}', which stands for the one that a "
            "selection picks; rename it"
        )
    declared.variants[name] = names
    declared.swept[name] = swept
    return points


def _without_reserved(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key not in _RESERVED}


def _label(
    where: str, template: Any, name: str, parameters: Mapping[str, Any], problems: list[str]
) -> str:
    if template is None:
        return name
    problem: object = label_problem(str(template))
    if problem is None:
        try:
            return " ".join(str(template).format(**parameters).split()) or name
        except (KeyError, IndexError, ValueError) as error:
            problem = error
    problems.append(
        f"{where}.label: '{template}' cannot be filled in ({problem}); "
        f"parameters: {one_of(parameters) or 'none'}"
    )
    return name


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _model_problem(where: str, name: Any, declaration: Declaration) -> list[str]:
    if name is None:
        return [f"{where}: names no model; allowed: {one_of(declaration.models)}"]
    if name not in declaration.models:
        hint = nearest(name, declaration.models)
        return [f"{where}.model: '{name}' is no model{hint}; allowed: {one_of(declaration.models)}"]
    return []


def _parameter_problems(
    places: Mapping[str, str],
    parameters: Mapping[str, Any],
    model_name: str,
    declaration: Declaration,
) -> list[str]:
    model = declaration.models[model_name]
    allowed = known_settings(model)
    problems = []
    for name, value in parameters.items():
        key = places[name]
        if name not in allowed:
            hint = nearest(name, allowed)
            problems.append(
                f"{key}: {shown(value)}: unknown setting of model '{model_name}'{hint}; "
                f"allowed: {one_of(allowed)}"
            )
            continue
        values = value if isinstance(value, list) else [value]
        for item in values:
            problem = check_setting(name, item, model)
            if problem:
                problems.append(f"{key}: {shown(item)} {problem}")
            elif isinstance(value, list) and not _SAFE_VALUE.fullmatch(_text(item)):
                problems.append(
                    f"{key}: {shown(item)} cannot be swept over, as it would not make a file name; "
                    "use named variants"
                )
    return problems


def _scope_problems(
    key: str, sections: Mapping[str, Mapping[str, Any]], declaration: Declaration
) -> list[str]:
    """Settings by scope: unknown scopes, settings that no model of the scope has, bad values."""
    problems = []
    scopes = declaration.scopes
    for scope, settings in sections.items():
        if scope not in scopes:
            problems.append(
                f"{key}.{scope}: unknown scope{nearest(scope, scopes)}; allowed: {one_of(scopes)}"
            )
            continue
        models = scopes[scope]
        allowed = dict.fromkeys(name for model in models for name in known_settings(model))
        for name, value in settings.items():
            if name not in allowed:
                hint = nearest(name, allowed)
                problems.append(
                    f"{key}.{scope}.{name}: {shown(value)}: unknown setting{hint}; "
                    f"allowed: {one_of(allowed)}"
                )
                continue
            owner = next(model for model in models if name in known_settings(model))
            problem = check_setting(name, value, owner)
            if problem:
                problems.append(f"{key}.{scope}.{name}: {shown(value)} {problem}")
    return problems


def _experiment_problems(
    name: str, section: Mapping[str, Any], declaration: Declaration, variants: list[Variant]
) -> list[str]:
    """What is wrong with an experiment's settings by protocol."""
    key = f"experiments.{name}"
    problems = []
    protocols = declaration.config["protocols"]
    models = [declaration.models[model] for model in {variant.model for variant in variants}]
    allowed = dict.fromkeys(setting for model in models for setting in known_settings(model))
    for protocol, settings in section["protocols"].items():
        where = f"{key}.protocols.{protocol}"
        if protocol not in protocols:
            hint = nearest(protocol, protocols)
            problems.append(f"{where}: not declared{hint}; declared: {one_of(protocols)}")
        for setting, value in settings.items():
            owner = next((m for m in models if setting in known_settings(m)), None)
            if owner is None:
                hint = nearest(setting, allowed)
                problems.append(
                    f"{where}.{setting}: {shown(value)}: unknown setting{hint}; "
                    f"allowed: {one_of(allowed)}"
                )
                continue
            problem = check_setting(setting, value, owner)
            if problem:
                problems.append(f"{where}.{setting}: {shown(value)} {problem}")
    return problems
