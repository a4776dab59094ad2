"""What a study need not say: its short form made the full one that all else reads.

    name: digits
    experiments:
      search: {model: mlp, epochs: 25, samples: 20, parameters: {units: {choice: [8, 16]}}}
      final: {select: search, seeds: 5}

says `parameters: {epochs: 25, ...}` of the first, and of the second that it takes from `search` the
parameters that differ between its variants, and all else that it does not give itself.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nnrepro.study.declared import splits_validation
from nnrepro.study.labels import titled
from nnrepro.study.messages import nearest, one_of
from nnrepro.study.metrics import ranked_by
from nnrepro.study.run import MODEL

ONLY_PROTOCOL = "main"
"""The name of the one protocol of a study that declares none; no text names it."""

NO_PART = ""
"""The part of questions that are of none."""

_KEPT_WHEN_NULL = ("parts", "questions", "tables", "figures", "supplements")
"""Sections that know themselves what takes with it what."""

_ASKING = ("questions", "tables", "figures")

_INHERITED = ("model", "data", "metrics", "parameters", "protocols")
"""What a section `select` without `parameters` takes over as it is, where it is not given anew."""


def likened(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with data sets that are `like` another saying all that this one says."""
    data = section_of(config, "data")

    def of(section: Any) -> Any:
        base = data.get(str(section.get("like"))) if isinstance(section, Mapping) else None
        return {**base, **section} if isinstance(base, Mapping) else section

    return {**config, **({"data": {name: of(data[name]) for name in data}} if data else {})}


def like_problems(config: Mapping[str, Any]) -> Iterator[str]:
    """Data sets that are to be like one that is not there, or that is like another itself."""
    data = section_of(config, "data")
    for name, section in data.items():
        like = section.get("like") if isinstance(section, Mapping) else None
        if isinstance(like, str) and (like == name or "like" in section_of(data, like)):
            yield f"data.{name}.like: '{like}' is like another itself; name a data set that is not"
        elif isinstance(like, str) and like not in data:
            yield (
                f"data.{name}.like: '{like}' is no data set of this study{nearest(like, data)}; "
                f"there are {one_of(own for own in data if own != name)}"
            )


def without_null(config: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """A flat configuration without what is null: so an overlay leaves out what it lies over has.

    With an experiment or a variant goes what is of its runs alone, with a protocol what experiments
    say of it. What is not among the `known` keys stays, to be told.
    """
    gone = {name for name, own in section_of(config, "protocols").items() if own is None}
    if gone:
        config = {**config, "experiments": _without_protocols(config.get("experiments"), gone)}
    out = set(_left_out(config))
    if out:
        config = {**config, **{room: _of_others(config.get(room), out) for room in _ASKING}}
    return {
        key: value if key in _KEPT_WHEN_NULL else _without_null(value)
        for key, value in config.items()
        if value is not None or key not in known
    }


def _without_protocols(experiments: Any, gone: Collection[str]) -> Any:
    """Experiments without what they say of protocols that are left out."""
    if not isinstance(experiments, Mapping):
        return experiments
    return {
        name: {
            **own,
            "protocols": {k: v for k, v in section_of(own, "protocols").items() if k not in gone},
        }
        if section_of(own, "protocols")
        else own
        for name, own in experiments.items()
    }


def _left_out(config: Mapping[str, Any]) -> Iterator[str]:
    """Experiments that are null, and variants, as experiment/variant."""
    for name, section in section_of(config, "experiments").items():
        if section is None:
            yield name
        for variant, own in section_of(section, "variants").items():
            if own is None:
                yield f"{name}/{variant}"


def section_of(of: Any, key: str) -> Mapping[str, Any]:
    """The section under a key; an empty one where there is none, or something else."""
    found = of.get(key) if isinstance(of, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _of_others(asked: Any, out: Collection[str]) -> Any:
    """Questions, tables or figures without what is about experiments and variants left out."""
    if not isinstance(asked, Mapping):
        return asked
    return {
        name: _about_others(spec, out) if isinstance(spec, Mapping) else spec
        for name, spec in asked.items()
    }


def _about_others(spec: Mapping[str, Any], out: Collection[str]) -> dict[str, Any] | None:
    """What is left of a question, table or figure; None for nothing."""

    def gone(selector: Any) -> bool:
        return isinstance(selector, str) and not {selector, selector.partition("/")[0]}.isdisjoint(
            out
        )

    left = dict(spec)
    for key, are_gone in (("runs", gone), ("pairs", lambda pair: any(map(gone, pair)))):
        if isinstance(spec.get(key), list) and any(map(are_gone, spec[key])):
            left[key] = [item for item in spec[key] if not are_gone(item)]
    for name, comparison in section_of(spec, "comparisons").items():
        factors = section_of(comparison, "factors")
        scored = [section_of(comparison, key) for key in ("from", "to")]
        scored += [section_of(factors, factor) for factor in factors]
        if any(gone(scoring.get("run")) for scoring in scored):
            left["comparisons"] = {k: v for k, v in left["comparisons"].items() if k != name}
    emptied = any(spec.get(key) and not left[key] for key in ("runs", "pairs", "comparisons"))
    return None if emptied or gone(spec.get("against")) else left


def _without_null(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        key: _without_null(item)
        for key, item in value.items()
        if item is not None or not isinstance(key, str)  # which is told
    }


def given_twice(config: Mapping[str, Any]) -> list[str]:
    """Settings that stand both in an experiment and among its parameters, as messages."""
    return [
        f"experiments.{name}.{key}: is given in 'parameters', too; leave out one of the two"
        for name, section in config["experiments"].items()
        for key in section
        if key in section["parameters"]
    ]


def filled(config: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """A configuration in its full form.

    The `keys` are those that a section of an experiment may have; others are its settings.
    """
    own = {
        name: _with_parameters(name, section, set(keys))
        for name, section in config["experiments"].items()
    }
    experiments = {name: _chained(name, own, ()) for name in own}
    full = {
        **config,
        "title": config.get("title", titled(config["name"])),
        "seeds": seed_list(config["seeds"]),
        "experiments": experiments,
    }
    protocols = config["protocols"] or {
        ONLY_PROTOCOL: {"title": "", "settings": {}, "reference": ""}
    }
    full["protocols"] = {
        name: {"title": titled(name), **section, "selection": _selections(full, section)}
        for name, section in protocols.items()
    }
    for room in ("tables", "figures", "questions"):
        full[room] = {
            name: section if section is None else {"title": titled(name), **section}
            for name, section in config[room].items()
        }
    for name, section in full["questions"].items():
        if section is not None and "part" not in section:
            full["questions"][name] = {**section, "part": NO_PART}
            full["parts"] = {**full["parts"], NO_PART: ""}
    return full


def seed_list(seeds: int | Sequence[int]) -> list[int]:
    """Seeds, where they are given as a list or as how many there are."""
    return list(range(seeds)) if isinstance(seeds, int) else list(seeds)


def _with_parameters(name: str, section: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    """An experiment with all its settings among its parameters; `stated` are those beside them."""
    stated = {key: value for key, value in section.items() if key not in keys}
    rest = {key: value for key, value in section.items() if key in keys}
    if "seeds" in rest:
        rest["seeds"] = seed_list(rest["seeds"])
    if isinstance(rest.get("select"), str):
        rest["select"] = {"from": rest["select"]}
    rungs = section.get("halving", {}).get("rungs")
    length = {"epochs": rungs[-1]} if rungs else {}
    return {
        "title": titled(name),
        **rest,
        "parameters": {**length, **stated, **section["parameters"]},
        "stated": tuple(stated),
    }


def _chained(
    name: str, sections: Mapping[str, Mapping[str, Any]], through: tuple[str, ...]
) -> dict[str, Any]:
    """An experiment with what it takes from the one that it selects from."""
    section = dict(sections[name])
    select = section.get("select")
    if not select or "parameters" in select:
        return section
    source = select["from"]
    if source not in sections or source in (name, *through):
        return {**section, "select": {**select, "parameters": []}}
    other = _chained(source, sections, (*through, name))
    given = {*section["parameters"], *(key for v in _variants(section) for key in v)}
    taken = [key for key in varied(other) if key not in given]
    inherited = {key: other[key] for key in _INHERITED if key in other}
    models = _models(other)
    if len(models) == 1 and models[0] is not None:
        inherited["model"] = models[0]
    else:  # which the selection tells
        inherited.pop("model", None)
    if _models(section) != [None]:
        taken = [key for key in taken if key != MODEL]
    fixed = {k: v for k, v in inherited["parameters"].items() if k not in varied(other)}
    return {
        **inherited,
        **section,
        "parameters": {**fixed, **section["parameters"]},
        "select": {**select, "parameters": taken},
    }


def _variants(section: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (section.get("variants") or {}).values()


def varied(section: Mapping[str, Any]) -> list[str]:
    """Parameters in which the variants of an experiment differ, in declared order.

    Those are what is given as a list or a distribution, what named variants give themselves, and
    what the experiment itself takes from a selection; and `model`, where they have several.
    """
    several = [k for k, v in section["parameters"].items() if isinstance(v, list | Mapping)]
    named = [k for v in _variants(section) for k in v if k not in ("label", MODEL)]
    taken = section.get("select", {}).get("parameters", ())
    models = [MODEL] if len(_models(section)) > 1 else []
    return list(dict.fromkeys([*models, *several, *named, *taken]))


def _models(section: Mapping[str, Any]) -> list[Any]:
    """The models that an experiment names; None among them where a variant has none."""
    own = section.get(MODEL)
    named = [variant.get(MODEL, own) for variant in _variants(section)] or [own]
    flat = [one for name in named for one in (name if isinstance(name, list) else [name])]
    return list(dict.fromkeys(flat))


def _selections(config: Mapping[str, Any], protocol: Mapping[str, Any]) -> dict[str, list[str]]:
    """The metrics that may select from each experiment, the first of which does.

    Where the protocol names none they are measured on held-out examples, if there are any, and
    means over the closing window, as the model at hand is that of the last epoch.
    """
    if "selection" in protocol:
        return {name: [protocol["selection"]] for name in config["experiments"]}
    mean = f"last_window_mean_{'validation' if any(_held_out(config)) else 'test'}_"
    return {
        name: [mean + metric for metric in ranked_by(config, section)]
        for name, section in config["experiments"].items()
    }


def _held_out(config: Mapping[str, Any]) -> Iterator[bool]:
    yield from map(splits_validation, config["data"].values())
    protocols = config["protocols"].values()
    settings = [config["settings"], *(own["settings"] for own in protocols)]
    sections = [scope for scopes in settings for scope in scopes.values()]
    for section in config["experiments"].values():
        sections += [section["parameters"], *_variants(section), *section["protocols"].values()]
    yield from (bool(section.get("validation_examples")) for section in sections)
