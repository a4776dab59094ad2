"""Inconsistencies of a report, shown by the numbers that it prints.

The file lists items: a statement, and either rules that numbers of the published file bear out, or
`shown_by: text` where only the report's wording shows it. A rule names a relation (see `relations`)
and groups of rows; a group is chosen by columns of the published file, with `*` and `?` as
wildcards. No number of the file is typed again: what is shown is looked up.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nnrepro.published.numbers import PublishedError, PublishedNumber
from nnrepro.published.relations import RELATIONS, Group
from nnrepro.study.messages import nearest, one_of
from nnrepro.study.schema import file_errors
from nnrepro.yamlfile import YamlError, read_yaml

TEXT = "text"
KINDS = ("inconsistency", "check")
_WILDCARD = re.compile(r"[*?\[]")
_PLACE = re.compile(r"(\d+)(?:\.|: )")


@dataclass(frozen=True)
class Rule:
    """A relation between groups of published numbers."""

    relation: str
    groups: tuple[Group, ...]
    options: Mapping[str, Any]


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

    Raises:
        PublishedError: the file cannot be read, or an item is wrong; all mistakes are listed.
    """
    try:
        items = read_yaml(path)
    except (OSError, YamlError) as error:
        raise PublishedError([f"{path}: cannot be read as YAML ({error})"]) from error
    problems = file_errors("inconsistencies", items)
    if problems:
        raise PublishedError([f"{path}, {_PLACE.sub(_named(items), p, count=1)}" for p in problems])
    names = [item["id"] for item in items]
    problems = [
        f"{path}: two items have the id '{n}'" for n in sorted(set(names)) if names.count(n) > 1
    ]
    found = []
    for item in items:
        rules = [
            Rule(
                rule["relation"],
                tuple(_matching(chosen, item, numbers) for chosen in _filters(rule)),
                {key: value for key, value in rule.items() if key not in ("relation", "rows")},
            )
            for rule in item.get("rules", ())
        ]
        problems += [f"{path}, {item['id']}: {p}" for p in _problems(item, rules, numbers)]
        found.append(
            Inconsistency(
                item["id"],
                item.get("protocol", ""),
                item.get("kind", KINDS[0]),
                " ".join(item["statement"].split()),
                tuple(rules),
            )
        )
    if problems:
        raise PublishedError(problems)
    return found


def _named(items: Sequence[Any]) -> Callable[[re.Match[str]], str]:
    """Puts an item's id in the place of its number in the file."""

    def name(at: re.Match[str]) -> str:
        item = items[int(at[1])]
        known = item.get("id") if isinstance(item, Mapping) else None
        return f"{known or f'item {int(at[1]) + 1}'}: "

    return name


def _filters(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = rule["rows"]
    return list(rows) if isinstance(rows, list) else [rows]


def _matching(
    chosen: Mapping[str, Any], item: Mapping[str, Any], numbers: Sequence[PublishedNumber]
) -> list[PublishedNumber]:
    """Numbers that a group's filter names; it is about the item's protocol unless it says so."""
    wanted = {**({"protocol": item["protocol"]} if item.get("protocol") else {}), **chosen}
    found = list(numbers)
    for name, value in wanted.items():
        cells = {number.cells.get(name, "") for number in found}
        fitting = {cell for cell in cells if _fits(cell, value)}
        found = [number for number in found if number.cells.get(name, "") in fitting]
    return found


def _fits(cell: str, wanted: Any) -> bool:
    patterns = map(str, wanted if isinstance(wanted, list) else [wanted])
    return any(
        fnmatchcase(cell, pattern) if _WILDCARD.search(pattern) else cell == pattern
        for pattern in patterns
    )


def _problems(
    item: Mapping[str, Any], rules: Sequence[Rule], numbers: Sequence[PublishedNumber]
) -> Iterator[str]:
    """What is wrong with an item whose shape is right."""
    protocols = sorted({number.protocol for number in numbers})
    protocol = item.get("protocol")
    if protocol is not None and protocol not in protocols:
        hint = nearest(protocol, protocols)
        yield f"protocol: '{protocol}' prints no number{hint}; known: {one_of(protocols)}"
    if bool(rules) == (item.get("shown_by") == TEXT):
        yield f"give either rules or 'shown_by: {TEXT}'"
    columns = list(numbers[0].cells) if numbers else []
    for at, rule in enumerate(rules):
        for chosen in _filters(item["rules"][at]):
            for column in chosen:
                if column not in columns:
                    hint = nearest(column, columns)
                    yield f"rules.{at}.rows: no column '{column}'{hint}; columns: {one_of(columns)}"
        for problem in _unfit(rule):
            yield f"rules.{at}: {problem}"


def _unfit(rule: Rule) -> Iterator[str]:
    """How a rule's options and groups do not fit its relation."""
    name = rule.relation
    if name not in RELATIONS:
        yield f"relation: '{name}' is unknown{nearest(name, RELATIONS)}; known: {one_of(RELATIONS)}"
        return
    relation, sizes = RELATIONS[name], [len(group) for group in rule.groups]
    for option in relation.options:
        if option not in rule.options:
            yield f"the relation '{name}' needs the key '{option}'"
    if len(sizes) < 2 if relation.groups == 0 else len(sizes) != relation.groups:
        count = relation.groups or "two or more"
        yield f"rows: the relation '{name}' takes {count} groups, there are {len(sizes)}"
    for place, size in enumerate(sizes):
        if size == 0:
            yield f"rows.{place}: matches no row"
        elif relation.single and size != 1:
            yield f"rows.{place}: matches {size} rows, expected one"
    if relation.aligned and len(set(sizes)) > 1:
        yield f"rows: the groups of '{name}' have {one_of(sizes)} rows, expected as many"
