"""The tables and figures that a configuration asks for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnrepro.study.declared import Declared
from nnrepro.study.kinds import ROOMS, Kind, Kinds
from nnrepro.study.messages import undeclared
from nnrepro.study.options import Stated
from nnrepro.study.run import Run
from nnrepro.study.selectors import Selector
from nnrepro.study.study import Spec

_COMMON = ("kind", "question", "title", "runs")
_OWN_TABLES = (
    *("runs", "variants", "published", "published_offsets", "published_summary", "inconsistencies"),
    *("claims", "claim_parts", "printed_lists"),
)
"""Tables that every study has, or that published numbers and claims bring."""


def asked_problems(
    config: Mapping[str, Any], declared: Declared, kinds: Kinds, *, trained: bool
) -> Iterator[str]:
    """What is wrong with the tables and figures of a configuration, as messages.

    Where runs are not `trained`, what an archive holds can be shown as far as it goes.
    """
    for name in _OWN_TABLES:
        if name in config["tables"]:
            yield f"tables.{name}: a table of this name is made anyway; choose another name"
    left = config["only"].get("experiments", declared.variants)
    out = declared.variants.keys() - left
    for section in ROOMS:
        for name, spec in config[section].items():
            key = f"{section}.{name}"
            selectors = [
                own for own in map(Selector.parse, spec["runs"]) if own.experiment not in out
            ]
            if not selectors:
                continue  # nothing of it is left
            found = [
                f"{key}.runs: {problem}"
                for selector in selectors
                if (problem := selector.problem(declared.variants))
            ]
            stated = Stated(key, spec, kinds[section][spec["kind"]].options, declared)
            meanings = {n: o.meaning for n, o in stated.options.items() if o.meaning is not None}
            for option, meaning in meanings.items():
                found += meaning.misnamed(option, stated)
            if trained and not found:
                for option, meaning in meanings.items():
                    found += meaning.impossible(option, stated)
            yield from found


def misplaced(config: Mapping[str, Any]) -> list[str]:
    """Tables and figures of a question that is not declared, and those of no runs, as messages."""
    problems = []
    for section in ROOMS:
        for name, spec in config[section].items():
            key = f"{section}.{name}"
            if spec.get("question", "") not in ("", *config["questions"]):
                problems += undeclared(f"{key}.question", spec["question"], config["questions"])
            elif "runs" not in spec:
                problems.append(f"{key}: the key 'runs' is missing, here and for its question")
    return problems


def specs(
    section: str, config: Mapping[str, Any], declared: Declared, kept: Sequence[Run], kinds: Kinds
) -> dict[str, Spec]:
    """The tables or figures (`section`) that at least one of the kept runs is meant for."""
    present = list(dict.fromkeys(f"{run.experiment}/{run.variant}" for run in kept))
    found = {}
    for name, spec in config[section].items():
        options = _options(spec, kinds[section][spec["kind"]], declared, present)
        if options is not None:
            found[name] = Spec(
                name=name,
                kind=spec["kind"],
                question=spec.get("question", ""),
                title=spec["title"],
                runs=tuple(spec["runs"]),
                options=options,
            )
    return found


def _options(
    spec: Mapping[str, Any], kind: Kind, declared: Declared, present: Sequence[str]
) -> dict[str, Any] | None:
    """What a spec says beside its runs; None where a cut-down study has nothing left of it."""
    if not any(Selector.parse(selector).names_any(present) for selector in spec["runs"]):
        return None
    options = {key: value for key, value in spec.items() if key not in _COMMON}
    for name, parameter in kind.options.items():
        if name in options and parameter.meaning is not None:
            whole = parameter.meaning.resolved(options[name], declared)
            options[name] = parameter.meaning.kept(whole, present)
            if whole and not options[name]:
                return None
    return options
