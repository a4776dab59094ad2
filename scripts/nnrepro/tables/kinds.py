"""The kinds of table that a configuration can ask for, and how one is made and shown."""

import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pandas as pd

from nnrepro.study.settings import nearest, one_of
from nnrepro.tables import (
    convergence,
    cross,
    factors,
    optimism,
    pairs,
    plain,
    ranking,
    stability,
    tests,
)
from nnrepro.tables.content import TableContent, TableContext
from nnrepro.tables.csvfile import TableError

TABLE_KINDS: Mapping[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module
    for module in (ranking, cross, pairs, convergence, tests, stability, factors, optimism)
}
"""The kinds of table by the name that a configuration gives them."""


def make_table(kind: str, options: Mapping[str, Any], **readable: Any) -> pd.DataFrame:
    """Make the table of a kind.

    Args:
        kind: a key of `TABLE_KINDS`.
        options: what the configuration says of the table, apart from its runs.
        readable: what a kind may be made from: `variants` (rows of the variants table, in the order
            in which the table declares them), `runs` (the runs table), `selection` (the metric by
            which each protocol selects), `answers` and `folds` (give a run's answers on the test
            examples, and its right answers by folds, by its id).

    Raises:
        TableError: no such kind, an option that the kind does not have, or what the kind raises.
    """
    if kind not in TABLE_KINDS:
        raise TableError(
            f"there is no kind of table '{kind}'{nearest(kind, TABLE_KINDS)}; "
            f"allowed: {one_of(TABLE_KINDS)}"
        )
    function = getattr(TABLE_KINDS[kind], kind)
    parameters = inspect.signature(function).parameters.values()
    allowed = [item.name for item in parameters if item.kind is item.KEYWORD_ONLY]
    unknown = [name for name in options if name not in allowed]
    if unknown:
        raise TableError(f"a table of kind '{kind}' has no option '{unknown[0]}'")
    reads = [item.name for item in parameters if item.name not in allowed]
    return function(**{name: readable[name] for name in reads}, **options)


def show_table(context: TableContext) -> TableContent:
    """What a table shows; one of a kind that does not show itself, its columns as they are."""
    return getattr(TABLE_KINDS.get(context.spec.kind), "show", plain.show)(context)
