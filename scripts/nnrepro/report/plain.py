"""Tables of kinds that have no page of their own: their columns, as they are."""

import numbers
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.tables.content import TableContent, TableContext

_NAMES = ("experiment", "variant", "label")


def plain_content(context: TableContext) -> TableContent:
    """The table of one protocol: the variant, where rows are about variants, and each column."""
    frame = context.frame
    named = set(_NAMES) <= set(frame.columns)
    shown = [
        str(name) for name in frame.columns if name != "protocol" and not (named and name in _NAMES)
    ]
    columns = [Column(_heading(name), number=_is_number(frame[name])) for name in shown]
    rows = []
    for _, row in frame.iterrows():
        cells = [Cell(_text(row[name]), number=_is_number(frame[name])) for name in shown]
        if named:
            cells = [context.label_cell(*(str(row[name]) for name in _NAMES)), *cells]
        rows.append(Row(tuple(cells)))
    variant = [Column("Variant", number=False)] if named else []
    return TableContent((("", Grid((*variant, *columns), tuple(rows))),))


def _heading(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _text(value: Any) -> str:
    if pd.isna(value):
        return wording.EMPTY
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        return wording.plain(float(f"{value:.4g}"))
    return wording.plain(value)
