"""How tables of kinds that do not show themselves are shown: with their columns as they are."""

import numbers
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.study.kinds import Kind
from nnrepro.tables.content import Shown, TableContent, TableContext

_NAMES = ("experiment", "variant", "label")


def show_table(kind: Kind, context: TableContext) -> TableContent:
    """What a table of a kind shows: as its file's function `show` says, or its columns."""
    return getattr(kind.function(), "show", show)(context)


def show(context: TableContext) -> TableContent:
    """The table of one protocol: the variant, where rows are about variants, and each column."""
    frame = context.frame
    named = set(_NAMES) <= set(frame.columns)
    is_number = {
        str(name): pd.api.types.is_numeric_dtype(frame[name])
        and not pd.api.types.is_bool_dtype(frame[name])
        for name in frame.columns
        if name != "protocol" and not (named and name in _NAMES)
    }
    columns = [Column(_heading(name), number=number) for name, number in is_number.items()]
    rows = []
    for row in context.rows():
        cells = [Cell(_text(row[name]), number=number) for name, number in is_number.items()]
        if named:
            name = f"{row['experiment']}/{row['variant']}"
            cells.insert(0, context.linked_cell(name, str(row["label"])))
        rows.append(Row(tuple(cells)))
    if named:
        columns.insert(0, Column("Variant", number=False))
    return TableContent((Shown(Grid(tuple(columns), tuple(rows))),))


def _heading(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _text(value: Any) -> str:
    if pd.isna(value):
        return wording.EMPTY
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        return wording.plain(float(f"{value:.4g}"))
    return wording.plain(value)
