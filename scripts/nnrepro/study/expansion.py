"""From declarations to runs: layered settings, swept lists, budgets and seeds.

A run's settings are looked up from wide to narrow, the later winning: `settings` of the study, then
of the protocol (each by scope: all, input, model), the experiment's parameters, the variant's, and
the experiment's settings for that protocol. A budget then caps epochs and numbers of examples.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nnrepro.study.declared import Declared
from nnrepro.study.defaults import varied
from nnrepro.study.feasibility import size_problems
from nnrepro.study.halving import halving_problems, rungs_of, under_budget
from nnrepro.study.labels import told_apart
from nnrepro.study.messages import as_written, choice, nearest, one_of, shown, undeclared
from nnrepro.study.run import MODEL, Run, Scalar, Variant
from nnrepro.study.sampling import points
from nnrepro.study.schema import experiment_keys
from nnrepro.study.selections import NEVER_SELECTED, select_problems, sources_first
from nnrepro.study.selectors import SELECTED
from nnrepro.study.settings import (
    BUDGET_SETTINGS,
    CLOSING,
    SETTINGS,
    ModelSpec,
    canonical,
    known_settings,
    setting,
    setting_problems,
)
from nnrepro.study.values import LONGEST_NAME, label_problem

MOST_RUNS = 100_000
"""More runs than Snakemake can plan; a slip of the hand makes millions."""
ALL = 0
"""All examples that there are, whose number only the data tell."""
_RESERVED = ("label", MODEL)
_TOP = "top"
_MOVE = "is said of a whole experiment, not of some of its runs; move it there"
_OF_EXPERIMENTS = {
    "data": "an experiment reads one data set, so that its variants are compared on the same "
    "examples; make an experiment for each data set, which may say the same otherwise",
}
_MOST_SHOWN = 4
"""Drawn values that stand in the label of a point."""
_SAFE_VALUE = re.compile(r"[A-Za-z0-9.+-]+")


def sweep_problems(config: Mapping[str, Any]) -> list[str]:
    """What is wrong with declarations of more runs than can be worked with, without making them."""
    counts: dict[str, int] = {}
    seeds: dict[str, int] = {}
    lists: dict[str, str] = {}
    for name, section in config["experiments"].items():
        named = section.get("variants") or {"": {}}
        swept = [
            {k: len(v) for k, v in {**section["parameters"], **own}.items() if isinstance(v, list)}
            for own in named.values()
        ]
        select, model = section.get("select", {}), section.get(MODEL)
        further = {_TOP: select[_TOP]} if _TOP in select else {}
        further |= {MODEL: len(model)} if isinstance(model, list) else {}
        swept = [{**further, **lengths} for lengths in swept]
        if "samples" in section:
            swept = [{**lengths, "samples": section["samples"]} for lengths in swept]
        counts[name] = sum(math.prod(lengths.values()) for lengths in swept)
        seeds[name] = len(section.get("seeds", config["seeds"]))
        longest = max(swept, key=lambda lengths: math.prod(lengths.values()))
        lists[name] = " x ".join(f"{count:,} {parameter}" for parameter, count in longest.items())
    protocols = len(config["protocols"])
    runs = sum(counts[name] * seeds[name] for name in counts) * protocols
    if runs <= MOST_RUNS:
        return []
    most = max(counts, key=lambda name: counts[name] * seeds[name])
    detail = f" ({lists[most]})" if lists[most] else ""
    return [
        f"experiments.{most}: has {counts[most]:,}{detail} of {sum(counts.values()):,} variants, "
        f"which with protocols ({protocols}) and seeds ({seeds[most]:,}) make {runs:,} runs, more "
        f"than {MOST_RUNS:,}; give shorter lists or fewer seeds"
    ]


def expand(config: Mapping[str, Any], models: Mapping[str, ModelSpec]) -> Declared:
    """Every run in declared order: protocol, experiment, variant, seed."""
    scopes = _scopes(models)
    declared = Declared(tuple(config["protocols"]), tuple(scopes), data=config["data"])
    problems = [
        f"model '{name}': its parameter '{own}' is a setting of training, too; rename it"
        for name, model in models.items()
        for own in model.parameters
        if own in SETTINGS
    ]
    problems += _scope_problems("settings", config["settings"], scopes)
    for name, protocol in config["protocols"].items():
        problems += _scope_problems(f"protocols.{name}.settings", protocol["settings"], scopes)
    found: dict[str, list[Variant]] = {}
    for name in sources_first(config["experiments"]):
        wrong: list[str] = []
        section = config["experiments"][name]
        chosen = _possible_models(section, found)
        found[name] = _variants(f"experiments.{name}", section, models, chosen, wrong)
        problems += wrong if _kept(config, "experiments", name) else []
    variants = {name: found[name] for name in config["experiments"]}
    for name, section in config["experiments"].items():
        declared.variants[name] = [own.name for own in variants[name]]
        declared.swept[name] = _swept(section, variants[name])
        declared.sampled[name] = _sampled(section)
        declared.varied[name] = tuple(varied(section)) if variants[name] else ()
    for name, section in config["experiments"].items():
        if not _kept(config, "experiments", name):
            continue
        if "data" in section:
            problems += undeclared(f"experiments.{name}.data", section["data"], config["data"])
        own = [
            models[m] for m in dict.fromkeys(m for v in variants[name] for m in v.possible_models)
        ]
        for protocol, settings in section["protocols"].items():
            where = f"experiments.{name}.protocols.{protocol}"
            problems += undeclared(where, protocol, _declared_protocols(config))
            problems += setting_problems(where, settings, own) if own else []
        if "halving" in section:
            problems += halving_problems(f"experiments.{name}", section, variants[name])
        if "select" in section:
            problems += select_problems(
                name, config["experiments"], variants, declared.varied, models
            )
    if not problems:
        for protocol, experiment in itertools.product(config["protocols"], variants):
            kept = _kept(config, "protocols", protocol) and _kept(config, "experiments", experiment)
            for variant in variants[experiment]:
                declared.runs += _runs(
                    protocol,
                    experiment,
                    variant,
                    config=config,
                    models=models,
                    problems=problems if kept else [],
                )
        _note_selected(declared)
    declared.problems += dict.fromkeys(problems)
    return declared


def _possible_models(
    section: Mapping[str, Any], variants: Mapping[str, Sequence[Variant]]
) -> tuple[str, ...]:
    """The models of which a selection decides in an experiment; none where it names its own."""
    select = section.get("select", {})
    if MODEL not in select.get("parameters", ()):
        return ()
    source = variants.get(select["from"], ())
    return tuple(dict.fromkeys(name for variant in source for name in variant.possible_models))


def _note_selected(declared: Declared) -> None:
    """Have selections tell all that runs take from them, and of as many variants."""
    for run in declared.runs:
        source = run.selects_from
        if source in declared.varied:
            if MODEL in run.selected_parameters:  # with what else differs between models
                names = (*declared.varied[source], *run.selected_parameters)
                declared.varied[source] = tuple(dict.fromkeys(names))
            if run.rank:
                declared.top[source] = max(run.rank, declared.top.get(source, 0))


def _declared_protocols(config: Mapping[str, Any]) -> list[str]:
    """The protocols that a configuration declares: that of a study without any has no title."""
    return [name for name, section in config["protocols"].items() if section["title"]]


def _kept(config: Mapping[str, Any], section: str, name: str) -> bool:
    """Whether the section `only` leaves a protocol or an experiment; others are not looked at."""
    return name in config["only"].get(section, (name,))


def _scopes(models: Mapping[str, ModelSpec]) -> dict[str, list[ModelSpec]]:
    """Allowed scopes of settings, each with the models that it covers."""
    scopes: dict[str, list[ModelSpec]] = {"all": list(models.values())}
    for model in models.values():
        scopes.setdefault(model.input, []).append(model)
    return scopes | {name: [model] for name, model in models.items()}


def _scope_problems(
    key: str, sections: Mapping[str, Mapping[str, Any]], scopes: Mapping[str, Sequence[ModelSpec]]
) -> list[str]:
    """What is wrong with settings by scope."""
    problems = []
    for scope, settings in sections.items():
        if scope in scopes:
            problems += setting_problems(f"{key}.{scope}", settings, scopes[scope])
        else:
            problems.append(f"{key}.{scope}: unknown scope{choice(scope, scopes)}")
    return problems


def _runs(
    protocol: str,
    experiment: str,
    variant: Variant,
    *,
    config: Mapping[str, Any],
    models: Mapping[str, ModelSpec],
    problems: list[str],
) -> list[Run]:
    section = config["experiments"][experiment]
    where = f"experiments.{experiment}: variant '{variant.name}'"
    taken = tuple(section.get("select", {}).get("parameters", ()))
    each: dict[str, tuple[dict[str, Scalar], dict[str, Scalar]]] = {}
    rungs: tuple[int, ...] = ()
    for name in variant.possible_models:
        model = models[name]
        layers = [
            *_by_scope(config["settings"], name, model),
            *_by_scope(config["protocols"][protocol]["settings"], name, model),
            variant.parameters,
            section["protocols"].get(protocol, {}),
        ]
        settings, missing = _layered(layers, model, taken)
        if missing:
            problems.append(
                f"{where} under protocol '{protocol}' has no value for {one_of(missing)}; give it "
                "there or in a section 'settings'"
            )
            return []
        if "halving" in section:
            rungs = rungs_of(section["halving"], int(settings["epochs"]))
        each[name] = _budgeted(settings, config["budget"], name, model)
    settings, asked = next(iter(each.values()))
    if not variant.model:
        several = [own for own, _ in each.values()]
        settings = {k: v for k, v in settings.items() if all(own.get(k) == v for own in several)}
        differ = [k for k in dict.fromkeys(k for own in several for k in own) if k not in settings]
        unknowable = [name for name in differ if name in NEVER_SELECTED]
        if unknowable:
            problems.append(
                f"{where} may get one of the models {one_of(each)}, which differ in "
                f"{one_of(unknowable)}, and these have to be known before any run is trained; give "
                "them here"
            )
            return []
        taken = tuple(dict.fromkeys((*taken, *differ)))
    seeds = section.get("seeds", config["seeds"])
    problems += [f"{where}: {problem}" for problem in size_problems(settings)]
    return [
        Run(
            protocol=protocol,
            experiment=experiment,
            variant=variant.name,
            seed=seed,
            label=variant.label,
            model=variant.model,
            input=models[variant.possible_models[0]].input,
            settings=settings,
            protocol_settings=asked,
            selects_from=section.get("select", {}).get("from"),
            selected_parameters=taken,
            rungs=under_budget(rungs, int(settings["epochs"])) if rungs else (),
            data=section.get("data", ""),
            rank=variant.rank,
        )
        for seed in seeds
    ]


def _layered(
    layers: Iterable[Mapping[str, Any]], model: ModelSpec, selected: Collection[str]
) -> tuple[dict[str, Scalar], list[str]]:
    """The settings of a run of a model, the later layers winning; names of those that lack a value.

    What is `selected` is left open.
    """
    accepted = known_settings(model)
    settings: dict[str, Scalar] = {
        name: SETTINGS[name].default
        for name in accepted
        if name in SETTINGS and SETTINGS[name].default is not None
    }
    settings |= {
        name: parameter.default
        for name, parameter in model.parameters.items()
        if not parameter.required
    }
    for layer in layers:
        settings.update({k: canonical(k, v, model) for k, v in layer.items() if k in accepted})
    settings = {name: value for name, value in settings.items() if name not in selected}
    for name in CLOSING:
        if name not in settings and name not in selected:
            settings[name] = max(1, int(settings["epochs"]) // 10)
    missing = [
        name
        for name in accepted
        if name not in settings and name not in selected and setting(name, model).required
    ]
    return {name: settings[name] for name in accepted if name in settings}, missing


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
    for size in BUDGET_SETTINGS:
        value = int(settings.get(size, ALL))
        cap = _cap(budget.get(size), name, model, of=value)
        if cap is not None and (cap < value or value == ALL):
            capped[size], asked[size] = cap, value
    # The second test set is under the same cap; no larger than the first, it tells nothing more.
    comparison = int(capped["comparison_test_examples"])
    cap = _cap(budget.get("test_examples"), name, model, of=comparison)
    if cap is not None and comparison and cap < comparison:
        first = int(capped.get("test_examples", ALL))
        capped["comparison_test_examples"] = cap if cap > first else 0
        asked["comparison_test_examples"] = comparison
    # Of fewer training examples the same share is held out.
    held_out = int(settings["validation_examples"])
    if held_out and asked.get("train_examples", ALL) != ALL:
        share = held_out / int(asked["train_examples"])
        capped["validation_examples"] = max(1, round(share * int(capped["train_examples"])))
        asked["validation_examples"] = held_out
    return capped, asked


def _cap(caps: Any, name: str, model: ModelSpec, *, of: int) -> int | None:
    """The cap on a setting of value `of`; a number below 1 is a share of that value.

    No share can be taken of all examples, whose number is not known yet.
    """
    if isinstance(caps, Mapping):
        found = [caps[scope] for scope in ("all", model.input, name) if scope in caps]
        caps = found[-1] if found else None
    if caps is None or (caps < 1 and of == ALL):
        return None
    return int(caps) if caps >= 1 else max(1, round(caps * of))


def _variants(
    key: str,
    section: Mapping[str, Any],
    models: Mapping[str, ModelSpec],
    possible: tuple[str, ...],
    problems: list[str],
) -> list[Variant]:
    """The points of an experiment: each named variant, or one, times each list and sample.

    Those that name no model get one of the `possible` ones from a selection.
    """
    found: list[Variant] = []
    stated = section["stated"]
    beside = {name: section["parameters"][name] for name in stated}
    if wrong := setting_problems(key, beside, [*models.values()], experiment_keys()):
        problems += wrong
        return []
    for variant, own in (section.get("variants") or {"": {}}).items():
        where = f"{key}.variants.{variant}" if variant else key
        model = own.get(MODEL, section.get(MODEL))
        named = model if isinstance(model, list) else [model]
        given = {name: value for name, value in own.items() if name not in _RESERVED}
        shared = {name: v for name, v in section["parameters"].items() if name not in given}
        wrong = [] if model is None and possible else _model_problems(where, named, models, section)
        if not wrong:
            owners = [models[name] for name in (possible if model is None else named)]
            wrong += _swept_problems(key, {k: v for k, v in shared.items() if k in stated}, owners)
            within = {k: v for k, v in shared.items() if k not in stated}
            wrong += _swept_problems(f"{key}.parameters", within, owners)
            wrong += _swept_problems(where, given, owners)
        parameters = {**section["parameters"], **given}
        wrong = wrong or _sampling_problems(key, where, section, parameters)
        if wrong:
            problems += wrong
            continue
        top = section.get("select", {}).get(_TOP, 0)
        lists = {_TOP: [*range(1, top + 1)]} if top else {}
        lists |= {MODEL: model} if isinstance(model, list) else {}
        lists |= {name: values for name, values in parameters.items() if isinstance(values, list)}
        drawn, lacking = _drawn(key, section, parameters)
        problems += lacking
        template = own.get("label", section.get("label"))
        for *values, sample in itertools.product(*lists.values(), drawn):
            chosen = {**parameters, **dict(zip(lists, values, strict=True)), **sample}
            words = [as_written(value) for value in values]
            suffix = [f"{name}-{word}" for name, word in zip(lists, words, strict=True)]
            if sample:
                suffix.append(f"p{drawn.index(sample)}")
                words += map(as_written, sample.values())
            point = "_".join(filter(None, (variant, *suffix))) or "default"
            label = _label(where, template, point, chosen, problems)
            if (lists or sample) and variant and template:
                label = f"{label} ({', '.join(words)})"
            elif point == "default" and not template:
                label = section["title"]
            elif sample and not template and len(sample) <= _MOST_SHOWN:
                label = f"{point} ({', '.join(map(as_written, sample.values()))})"
            rank = chosen.pop(_TOP) if top else 0
            name = chosen.pop(MODEL, model) or ""
            found.append(Variant(point, label, name, chosen, () if name else possible, rank))
    names = [point.name for point in found]
    problems += _name_problems(key, names)
    # Twice: the label of one may be what another is called once its name stands beside its label.
    labels = told_apart([point.label for point in found], names, names)
    return [replace(point, label=label) for point, label in zip(found, labels, strict=True)]


def _sampling_problems(
    key: str, where: str, section: Mapping[str, Any], parameters: Mapping[str, Any]
) -> list[str]:
    """Distributions without a number of samples, and the other way round."""
    distributions = [name for name, value in parameters.items() if isinstance(value, Mapping)]
    if distributions and "samples" not in section:
        return [
            f"{key}: {one_of(distributions)} is drawn from a distribution, and nothing says how "
            "often; give a number of samples, for example samples: 20"
        ]
    if not distributions and "samples" in section:
        return [
            f"{where}: has samples, and no parameter is drawn from a distribution; give one, for "
            "example learning_rate: {log_uniform: [1e-4, 1e-1]}, or leave samples out"
        ]
    return []


def _drawn(
    key: str, section: Mapping[str, Any], parameters: Mapping[str, Any]
) -> tuple[list[dict[str, Scalar]], list[str]]:
    """The samples of an experiment, one of nothing where it has none; that there are too few."""
    distributions = {name: v for name, v in parameters.items() if isinstance(v, Mapping)}
    if not distributions:
        return [{}], []
    asked = section["samples"]
    drawn = points(distributions, asked, sampler=section["sampler"], seed=section["search_seed"])
    if len(drawn) == asked:
        return drawn, []
    return drawn, [
        f"{key}.samples: {asked} are more than there are different points, {len(drawn)}; lower it "
        "to that, or give lists, which are swept over"
    ]


def _swept(section: Mapping[str, Any], points: Sequence[Variant]) -> dict[str, tuple[Any, ...]]:
    """The parameters of an experiment that are given as lists, with their values."""
    named = section.get("variants") or {"": {}}
    layers = [{**section["parameters"], **own} for own in named.values()] if points else []
    return {
        name: tuple(values)
        for layer in layers
        for name, values in layer.items()
        if isinstance(values, list)
    }


def _sampled(section: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of an experiment that are drawn, each with its distribution's name."""
    layers = [section["parameters"], *(section.get("variants") or {}).values()]
    return {
        name: next(iter(value))
        for layer in layers
        for name, value in layer.items()
        if isinstance(value, Mapping)
    }


def _model_problems(
    where: str,
    names: Sequence[Any],
    models: Mapping[str, ModelSpec],
    section: Mapping[str, Any],
) -> list[str]:
    allowed = one_of(models)
    if None in names and "select" in section:
        return [
            f"{where}: names no model, and 'model' is not among the parameters selected from "
            f"'{section['select']['from']}'; allowed: {allowed}"
        ]
    if None in names:
        return [f"{where}: names no model; allowed: {allowed}"]
    return [
        f"{where}.model: '{name}' is no model{nearest(name, models)}; allowed: {allowed}"
        for name in names
        if name not in models
    ]


def _swept_problems(
    key: str, settings: Mapping[str, Any], models: Sequence[ModelSpec]
) -> list[str]:
    """What is wrong with settings of which some are lists, whose items make names of folders.

    Each of the models has to take them all.
    """
    taken = {name for model in models for name in known_settings(model)}
    misplaced = [name for name in settings if name in experiment_keys() and name not in taken]
    if misplaced:
        return [f"{key}.{name}: {_OF_EXPERIMENTS.get(name, _MOVE)}" for name in misplaced]
    wrong = dict.fromkeys(p for model in models for p in setting_problems(key, settings, [model]))
    return [*wrong] or [
        f"{key}.{name}: {shown(item)} cannot be swept over, as it would not make a file name; "
        "use named variants"
        for name, value in settings.items()
        for item in (value if isinstance(value, list) else ())
        if not _SAFE_VALUE.fullmatch(as_written(item))
    ]


def _name_problems(key: str, names: Sequence[str]) -> list[str]:
    """What is wrong with the names of an experiment's variants."""
    problems = [
        f"{key}: two variants are both called '{name}'; rename one"
        for name, count in sorted(Counter(names).items())
        if count > 1
    ]
    problems += [
        f"{key}: a variant's name, which begins with '{name[:40]}', has {len(name)} characters, "
        f"more than {LONGEST_NAME}; use named variants"
        for name in names
        if len(name) > LONGEST_NAME
    ]
    if SELECTED in names:
        problems.append(
            f"{key}: a variant cannot be called '{SELECTED}', which stands for the one that a "
            "selection picks; rename it"
        )
    return problems


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
