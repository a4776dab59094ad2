"""Inconsistencies of a report, shown by the numbers that it prints.

The file lists items: a statement, and either rules that numbers of the published file bear out, or
`shown_by: text` where only the report's wording shows it. A rule names a relation (see `relations`)
and groups of rows; a group is chosen by columns of the published file, with `*` and `?` as
wildcards. No number of the file is typed again: what is shown is looked up.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nnrepro.published.numbers import PublishedError, PublishedNumber
from nnrepro.published.relations import RELATIONS, Group
from nnrepro.study.messages import nearest, one_of
from nnrepro.yamlfile import YamlError, read_yaml

TEXT = "text"
KINDS = ("inconsistency", "check")
_WILDCARD = re.compile(r"[*?\[]")
_KEYS = ("id", "protocol", "kind", "statement", "shown_by", "rules")
_RULE_KEYS = ("relation", "rows")
_OPTIONS = ("limit", "constant", "of", "tolerance", "by", "value")


@dataclass(frozen=True)
class Rule:
    """A relation between groups of published numbers."""

    relation: str
    groups: tuple[Group, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Inconsistency:
    """Something about a report that does not fit together, or a check that its numbers pass.

    Attributes:
        name: its id.
        protocol: whose report; empty for one about several.
        kind: `inconsistency` or `check`.
        statement: what it is, in words.
        rules: what shows it; none where the text alone does.
    """

    name: str
    protocol: str
    kind: str
    statement: str
    rules: tuple[Rule, ...]


def load_inconsistencies(path: Path, numbers: Sequence[PublishedNumber]) -> list[Inconsistency]:
    """Read and check a file of inconsistencies, in the file's order.

    Args:
        path: the YAML file.
        numbers: the published numbers that its rules choose from.

    Raises:
        PublishedError: the file cannot be read, or an item is wrong; all mistakes are listed.
    """
    try:
        items = read_yaml(path)
    except (OSError, YamlError) as error:
        raise PublishedError([f"{path}: cannot be read as YAML ({error})"]) from error
    if not isinstance(items, list):
        raise PublishedError([f"{path}: must be a list of items"])
    problems: list[str] = []
    found: list[Inconsistency] = []
    for position, item in enumerate(items, start=1):
        where = f"{path}, item {position}"
        if isinstance(item, Mapping):
            where = f"{path}, {item.get('id', f'item {position}')}"
            problems += [f"{where}: {problem}" for problem in _item_problems(item, numbers)]
        else:
            problems.append(f"{where}: must be a section with keys")
    names = [str(item["id"]) for item in items if isinstance(item, Mapping) and "id" in item]
    problems += [
        f"{path}: two items have the id '{n}'" for n in sorted(set(names)) if names.count(n) > 1
    ]
    if problems:
        raise PublishedError(problems)
    for item in items:
        rules = tuple(_rule(rule, item, numbers) for rule in item.get("rules", ()))
        found.append(
            Inconsistency(
                str(item["id"]),
                str(item.get("protocol", "")),
                str(item.get("kind", KINDS[0])),
                " ".join(str(item["statement"]).split()),
                rules,
            )
        )
    return found


def _rule(
    rule: Mapping[str, Any], item: Mapping[str, Any], numbers: Sequence[PublishedNumber]
) -> Rule:
    groups = tuple(_matching(chosen, item, numbers) for chosen in _filters(rule))
    return Rule(rule["relation"], groups, {k: v for k, v in rule.items() if k not in _RULE_KEYS})


def _filters(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = rule["rows"]
    return list(rows) if isinstance(rows, list) else [rows]


def _matching(
    chosen: Mapping[str, Any], item: Mapping[str, Any], numbers: Sequence[PublishedNumber]
) -> list[PublishedNumber]:
    """Numbers that a group's filter names; it is about the item's protocol unless it says so."""
    wanted = {**({"protocol": item["protocol"]} if item.get("protocol") else {}), **chosen}
    return [
        number
        for number in numbers
        if all(_fits(number.cells.get(name, ""), value) for name, value in wanted.items())
    ]


def _fits(cell: str, wanted: Any) -> bool:
    patterns = map(str, wanted if isinstance(wanted, list) else [wanted])
    return any(
        fnmatchcase(cell, pattern) if _WILDCARD.search(pattern) else cell == pattern
        for pattern in patterns
    )


def _item_problems(item: Mapping[str, Any], numbers: Sequence[PublishedNumber]) -> Iterator[str]:
    for key in item:
        if key not in _KEYS:
            yield f"unknown key '{key}'{nearest(key, _KEYS)}; allowed: {one_of(_KEYS)}"
    for key in ("id", "statement"):
        if not item.get(key):
            yield f"the key '{key}' is missing"
    kind = item.get("kind", KINDS[0])
    if kind not in KINDS:
        yield f"kind: '{kind}' is not allowed{nearest(kind, KINDS)}; allowed: {one_of(KINDS)}"
    protocols = sorted({number.protocol for number in numbers})
    if item.get("protocol", protocols[0] if protocols else "") not in protocols:
        hint = nearest(item["protocol"], protocols)
        yield f"protocol: '{item['protocol']}' prints no number{hint}; known: {one_of(protocols)}"
    rules = item.get("rules", [])
    if bool(rules) == (item.get("shown_by") == TEXT):
        yield f"give either rules or 'shown_by: {TEXT}'"
    if not isinstance(rules, list):
        yield "rules: must be a list"
        return
    for position, rule in enumerate(rules, start=1):
        for problem in _rule_problems(rule, item, numbers):
            yield f"rule {position}: {problem}"


def _rule_problems(
    rule: Any, item: Mapping[str, Any], numbers: Sequence[PublishedNumber]
) -> Iterator[str]:
    if not isinstance(rule, Mapping) or not {"relation", "rows"} <= set(rule):
        yield "needs the keys 'relation' and 'rows'"
        return
    allowed = (*_RULE_KEYS, *_OPTIONS)
    for key in rule:
        if key not in allowed:
            yield f"unknown key '{key}'{nearest(key, allowed)}; allowed: {one_of(allowed)}"
    name = rule["relation"]
    if name not in RELATIONS:
        yield f"relation: '{name}' is unknown{nearest(name, RELATIONS)}; known: {one_of(RELATIONS)}"
        return
    relation, groups = RELATIONS[name], _filters(rule)
    for option in relation.options:
        if option not in rule:
            yield f"the relation '{name}' needs the key '{option}'"
    if len(groups) < 2 if relation.groups == 0 else len(groups) != relation.groups:
        count = relation.groups or "two or more"
        yield f"rows: the relation '{name}' takes {count} groups, there are {len(groups)}"
        return
    yield from _group_problems(name, groups, item, numbers)


def _group_problems(
    name: str,
    groups: Sequence[Any],
    item: Mapping[str, Any],
    numbers: Sequence[PublishedNumber],
) -> Iterator[str]:
    columns = list(numbers[0].cells) if numbers else []
    sizes = []
    for position, chosen in enumerate(groups, start=1):
        if not isinstance(chosen, Mapping):
            yield f"rows, group {position}: must be a section of columns"
            return
        for column in chosen:
            if column not in columns:
                hint = nearest(column, columns)
                yield (
                    f"rows, group {position}: no column '{column}'{hint}; "
                    f"columns: {one_of(columns)}"
                )
        sizes.append(len(_matching(chosen, item, numbers)))
        if sizes[-1] == 0:
            yield f"rows, group {position}: {dict(chosen)} matches no row"
        elif RELATIONS[name].single and sizes[-1] != 1:
            yield f"rows, group {position}: {dict(chosen)} matches {sizes[-1]} rows, expected one"
    if RELATIONS[name].aligned and len(set(sizes)) > 1:
        yield f"rows: the groups of '{name}' have {one_of(map(str, sizes))} rows, expected as many"
