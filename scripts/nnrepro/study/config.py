"""Loading a study: every check of the configuration, then every run.

Mistakes are collected and reported together, each naming the key, the value, what is allowed and
the nearest valid spelling.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnrepro.errors import Mistakes
from nnrepro.study.archived import archived, seeds_with, strangers
from nnrepro.study.asked import asked_problems, misplaced, specs
from nnrepro.study.class_weights import in_text
from nnrepro.study.declared import Declared
from nnrepro.study.default_report import asks_nothing, default_report
from nnrepro.study.defaults import filled, given_twice, like_problems, likened, without_null
from nnrepro.study.emptied import emptied_problems
from nnrepro.study.expansion import expand, sweep_problems
from nnrepro.study.feasibility import collapse_problems, feasibility_problems
from nnrepro.study.folders import ArchivedRuns
from nnrepro.study.kinds import ROOMS, Kinds, kinds
from nnrepro.study.messages import nearest, undeclared
from nnrepro.study.metrics import SELECTION, in_settings, metrics_problems, recorded_by
from nnrepro.study.plugins import PluginError, put_in_force
from nnrepro.study.questions import PlacementError, completed, unfolded
from nnrepro.study.run import Run
from nnrepro.study.schema import experiment_keys, load_schema, normalised, shape_errors
from nnrepro.study.selections import selection_problems
from nnrepro.study.selectors import Selector
from nnrepro.study.settings import BUDGET_SETTINGS, ModelSpec
from nnrepro.study.sources import listed
from nnrepro.study.study import Experiment, Protocol, Question, Study, TrainingResources
from nnrepro.study.values import name_errors, path_errors


class ConfigError(Mistakes):
    """The configuration is wrong; every mistake names its key."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("the configuration has", problems)


def load_study(
    config: Mapping[str, Any],
    models: Mapping[str, ModelSpec],
    places: Mapping[str, str] | None = None,
) -> Study:
    """Check the merged configuration and resolve it to a `Study`.

    Args:
        config: what `read_configuration` merged, or plain values of the same form.
        models: the registered models by name (`nnrepro.models.catalogue()`); the plug-ins that the
            configuration names come into force among them.
        places: where each key stands, for the messages, as a `Configuration` has them.

    Raises:
        ConfigError: anything in the configuration is wrong.
        ArchiveError: the archive that it names cannot be read as a whole.
    """
    try:
        put_in_force(listed(config, "plugins"))
    except PluginError as error:
        raise ConfigError(placed([f"plugins: {error}"], places or {})) from error
    catalogue = {room: kinds(room) for room in ROOMS}
    schema = load_schema(catalogue, recorded_by(config))
    flat = likened(_flat(in_text(config)))
    full = normalised(without_null(flat, schema["properties"]), schema)
    trained = full.get("archive") is None
    problems = (
        [*like_problems(full)]
        or shape_errors(full, schema)
        or list(emptied_problems(flat, models))
        or list(path_errors(full))
        or given_twice(full)
    )
    if not problems and trained:
        problems += name_errors(full)
    if not problems:
        full = filled(full, experiment_keys())
        problems = [*metrics_problems(full)] or sweep_problems(full)
    if problems:
        raise ConfigError(placed(problems, places or {}))
    full = in_settings(full)
    asked = tuple(full["questions"])
    full = completed(full)
    problems = misplaced(full)
    if problems:
        raise ConfigError(placed(problems, places or {}))
    declared = _declared(full, models)
    if asks_nothing(full) and not declared.problems:
        full |= default_report(full, declared, catalogue)
    problems = [*declared.problems, *reference_problems(full, declared)]
    kept = _only(full["only"], declared, problems)
    problems += collapse_problems(kept)
    problems += asked_problems(full, declared, catalogue, trained=trained)
    problems += selection_problems(full, declared, kept, trained=trained)
    if trained:
        problems += feasibility_problems(kept, declared)
    if problems:
        raise ConfigError(placed(problems, places or {}))
    study = _study(full, declared, kept, asked, catalogue)
    return replace(study, kinds=catalogue, models=dict(models))


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return unfolded(config)
    except PlacementError as error:
        raise ConfigError([str(error)]) from error


def placed(problems: Iterable[str], places: Mapping[str, str]) -> list[str]:
    """Problems, each with the place of the key that it begins with, or of the section around it."""
    told = []
    for problem in problems:
        key = problem.partition(": ")[0]
        while key and key not in places:
            key = key.rpartition(".")[0]
        told.append(f"{problem} ({places[key]})" if key else problem)
    return told


def _declared(config: Mapping[str, Any], models: Mapping[str, ModelSpec]) -> Declared:
    """Every run that the configuration declares; with an archive, those that it holds of them."""
    if config.get("archive") is None:
        return expand(config, models)
    folders = ArchivedRuns.of(Path(config["archive"]))
    listed = folders.listed
    asked = {name: own.get("seeds", config["seeds"]) for name, own in config["experiments"].items()}
    experiments = {
        name: {**own, "seeds": seeds_with(asked[name], listed)}
        for name, own in config["experiments"].items()
    }
    declared = expand({**config, "experiments": experiments}, models)
    runs = archived(declared.runs, listed, asked)
    declared.strangers = strangers(runs, folders, asked)
    declared.runs[:] = [run for run in runs if run.id not in declared.strangers]
    return declared


def _only(only: Mapping[str, Any], declared: Declared, problems: list[str]) -> list[Run]:
    """The runs that the `only` section leaves; adds what it names in vain to `problems`."""
    protocols = only.get("protocols", declared.protocols)
    experiments = only.get("experiments", list(declared.variants))
    for key, names, allowed in (
        ("protocols", protocols, declared.protocols),
        ("experiments", experiments, declared.variants),
    ):
        problems += [p for name in names for p in undeclared(f"only.{key}", name, allowed)]
    variants = [f"{e}/{v}" for e, names in declared.variants.items() for v in names]
    patterns = [Selector.parse(pattern) for pattern in only.get("variants", [])]
    problems += [
        f"only.variants: '{pattern}' matches no variant{nearest(pattern, variants)}"
        for pattern in patterns
        if pattern.selected or not pattern.names_any(variants)
    ]

    def keep(run: Run) -> bool:
        own = [p for p in patterns if Selector(p.experiment).may_name(run.experiment, run.variant)]
        return (
            run.protocol in protocols
            and run.experiment in experiments
            and (not own or any(p.may_name(run.experiment, run.variant) for p in own))
        )

    kept = [run for run in declared.runs if keep(run)]
    if declared.runs and not kept and not problems:
        problems.append(
            "only: leaves no run at all; name protocols and experiments that go together"
        )
    return kept


def _study(
    config: Mapping[str, Any],
    declared: Declared,
    kept: Sequence[Run],
    questions: tuple[str, ...],
    catalogue: Kinds,
) -> Study:
    present = {(run.experiment, run.variant) for run in kept}
    experiments = {
        name: Experiment(
            name=name,
            title=section["title"],
            variants=tuple(v for v in declared.variants[name] if (name, v) in present),
            swept=declared.swept[name],
            selects_from=section.get("select", {}).get("from"),
            sampled=declared.sampled[name],
            varied=declared.varied[name],
            top=declared.top.get(name, 0),
            own_seeds="seeds" in section,
        )
        for name, section in config["experiments"].items()
        if any(run.experiment == name for run in kept)
    }
    protocols = {
        name: Protocol(name, section["title"], section["selection"], section["reference"])
        for name, section in config["protocols"].items()
        if any(run.protocol == name for run in kept)
    }
    tables, figures = (specs(room, config, declared, kept, catalogue) for room in ROOMS)
    published = config["published"] or {}
    return Study(
        **{key: config[key] for key in ("name", "title", "backend", "data", "parts", "about")},
        claims=config.get("claims"),
        archive=config.get("archive"),
        results=config.get("results"),
        seeds=tuple(dict.fromkeys(run.seed for run in kept)) or tuple(config["seeds"]),
        protocols=protocols,
        experiments=experiments,
        runs=tuple(kept),
        declared_runs=len(declared.runs),
        questions=_questions(config, {spec.question for spec in (tables | figures).values()}),
        tables=tables,
        figures=figures,
        resources=TrainingResources(**config["training"]),
        declared_protocols=declared.protocols,
        declared_variants={name: tuple(points) for name, points in declared.variants.items()},
        declared_questions=questions,
        published={k: published[k] for k in ("results", "inconsistencies") if k in published},
        published_shared=published.get("shared", False),
        own_test_examples={
            name: tuple(sizes) for name, sizes in published.get("own_test_examples", {}).items()
        },
        save_models=tuple(config["save_models"]),
        supplements={n: own for n, own in (config["supplements"] or {}).items() if own is not None},
        strangers=declared.strangers,
        allow_gaps=config["allow_gaps"],
        watts_per_core=config.get("energy", {}).get("watts_per_core"),
    )


def _questions(config: Mapping[str, Any], answered: Iterable[str]) -> dict[str, Question]:
    """The questions, but for those that a cut-down study has nothing left to say of."""
    specs = [*config["tables"].values(), *config["figures"].values()]
    dropped = {spec["question"] for spec in specs if "question" in spec} - set(answered)
    return {
        name: Question(
            name, section["part"], section["title"], section["text"], tuple(section.get("runs", ()))
        )
        for name, section in config["questions"].items()
        if name not in dropped
    }


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
        if [SELECTION] in protocol["selection"].values():
            problems.append(f"protocols.{name}.selection: name the metric itself")
    return problems
