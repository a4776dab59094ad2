"""Settings that are null in one section while a wider one has a value of them.

What is null is as if it were not said, so that the wider value would hold, where who writes null
most likely means that there be none. An overlay's null has taken the study's value with it before.
"""

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from nnrepro.study.defaults import section_of
from nnrepro.study.messages import shown
from nnrepro.study.schema import experiment_keys
from nnrepro.study.settings import ModelSpec

_SCOPED = "settings"
_INHERITED = ("model", "data", "metrics")
"""What a section of an experiment says beside settings, and others take over from it."""

_Said = dict[str, tuple[str, Any]]
"""Values by the settings' names, each with the section that has it."""


def emptied_problems(config: Mapping[str, Any], models: Mapping[str, ModelSpec]) -> Iterator[str]:
    """Such settings of a flat configuration that still has what is null, as messages."""
    study = yield from _scopes(_SCOPED, section_of(config, _SCOPED), {}, models)
    protocols: dict[str, _Said] = {}
    for name in section_of(config, "protocols"):
        section = section_of(section_of(config, "protocols"), name)
        key = f"protocols.{name}.{_SCOPED}"
        protocols[name] = yield from _scopes(key, section_of(section, _SCOPED), study, models)
    around = _all_of(study, *protocols.values())
    experiments = section_of(config, "experiments")
    for name in experiments:
        yield from _of_experiment(name, experiments, around)


def _of_experiment(name: str, experiments: Mapping[str, Any], around: _Said) -> Iterator[str]:
    key, section = f"experiments.{name}", section_of(experiments, name)
    said = {**around, **_taken_over(name, experiments, (name,))}
    said = yield from _layer(key, section, said)
    said = yield from _layer(f"{key}.parameters", section_of(section, "parameters"), said)
    for room in ("variants", "protocols"):
        for each in section_of(section, room):
            yield from _layer(
                f"{key}.{room}.{each}", section_of(section_of(section, room), each), said
            )


def _taken_over(name: str, experiments: Mapping[str, Any], through: tuple[str, ...]) -> _Said:
    """What an experiment takes over with the one that it selects from."""
    select = section_of(experiments, name).get("select")
    source = select.get("from") if isinstance(select, Mapping) else select
    named = isinstance(select, Mapping) and "parameters" in select
    if named or not isinstance(source, str) or source not in experiments or source in through:
        return {}
    own, key = section_of(experiments, source), f"experiments.{source}"
    return {
        **_taken_over(source, experiments, (*through, source)),
        **_values(key, own),
        **_values(f"{key}.parameters", section_of(own, "parameters")),
    }


def _scopes(
    key: str, scopes: Mapping[str, Any], around: _Said, models: Mapping[str, ModelSpec]
) -> Generator[str, None, _Said]:
    """Settings by scope: `all` is around an input, which is around a model of it."""
    told = {scope: _values(f"{key}.{scope}", section_of(scopes, scope)) for scope in scopes}
    for scope in scopes:
        wider = ["all", models[scope].input] if scope in models else ["all"]
        said = [told[name] for name in wider if name in told and name != scope]
        yield from _layer(f"{key}.{scope}", section_of(scopes, scope), _all_of(around, *said))
    return _all_of(around, *told.values())


def _layer(key: str, section: Mapping[str, Any], around: _Said) -> Generator[str, None, _Said]:
    for name, value in section.items():
        if value is None and name in around:
            where, wider = around[name]
            yield (
                f"{key}.{name}: null is no value, so that {shown(wider)} of {where} would hold; "
                f"give a value, or move {name} from {where} to those that are meant to have it"
            )
    return {**around, **_values(key, section)}


def _values(key: str, section: Mapping[str, Any]) -> _Said:
    apart = {*experiment_keys()} - {*_INHERITED}
    told = ((name, value) for name, value in section.items() if name not in apart)
    return {name: (key, value) for name, value in told if value is not None}


def _all_of(*said: _Said) -> _Said:
    return {name: value for each in said for name, value in each.items()}
