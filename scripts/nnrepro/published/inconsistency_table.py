"""Inconsistencies as a table: what each item says, and the printed numbers that show it."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from nnrepro.published.inconsistencies import TEXT, Inconsistency
from nnrepro.published.relations import RELATIONS, Group

NUMBERS = "numbers"
COLUMNS = (
    *("id", "protocol", "kind", "statement", "shown_by", "relation", "shown", "confirmed", "lines"),
)

_SEVERAL = 6
_BEFORE = ("protocol", "part", "question", "variant")
_KNOWN = (*_BEFORE, "metric", "value", "note", "runs", "test_set", "baseline")
_WORDS = {"part": "part {}", "question": "question {}"}
"""How entries of these columns are said; parameters are told by their name, others as they are."""


def inconsistencies_table(items: Sequence[Inconsistency]) -> pd.DataFrame:
    """One row per item: what it says, the numbers that show it, and whether they do.

    Returns:
        Columns `COLUMNS`. `shown` lists the numbers of each rule and what follows from them,
        `confirmed` is blank for items that only text shows, `lines` are those of the published
        file.
    """
    rows = [_row(item) for item in items]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="object")


def _row(item: Inconsistency) -> dict[str, Any]:
    outcomes = [RELATIONS[rule.relation].decide(rule.groups, rule.options) for rule in item.rules]
    shown = [
        "; ".join(filter(None, (_listed(rule.groups), outcome.derived)))
        for rule, outcome in zip(item.rules, outcomes, strict=True)
    ]
    lines = {number.line for rule in item.rules for group in rule.groups for number in group}
    return {
        "id": item.name,
        "protocol": item.protocol,
        "kind": item.kind,
        "statement": item.statement,
        "shown_by": NUMBERS if item.rules else TEXT,
        "relation": " | ".join(rule.relation for rule in item.rules),
        "shown": " | ".join(shown),
        "confirmed": all(outcome.holds for outcome in outcomes) if outcomes else None,
        "lines": " ".join(map(str, sorted(lines))),
    }


def _listed(groups: Sequence[Group]) -> str:
    """The numbers of a rule as printed, each with what tells it from the others."""
    numbers = [number for group in groups for number in group]
    others = [name for name in numbers[0].cells if name not in _KNOWN]
    parameters = [name for name in others if any(n.cells[name].isdecimal() for n in numbers)]
    telling = [
        name
        for name in (*_BEFORE, *parameters, "metric")
        if len({number.cells.get(name, "") for number in numbers}) > 1
    ]
    common = "" if "metric" in telling else f"{numbers[0].metric}: "
    if len(numbers) > _SEVERAL:
        values = sorted(numbers, key=lambda number: number.value)
        return f"{common}{len(numbers)} numbers from {values[0].printed} to {values[-1].printed}"
    shown = []
    for number in numbers:
        words = [
            f"{name} = {cell}" if name in parameters else _WORDS.get(name, "{}").format(cell)
            for name in telling
            if (cell := number.cells.get(name, ""))
        ]
        shown.append(" ".join([*words, number.printed]))
    return common + ", ".join(shown)
