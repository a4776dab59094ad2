"""A table of a kind that the report knows nothing of is shown with its columns as they are."""

from types import SimpleNamespace
from typing import Any

import pandas as pd

from nnrepro.document.grid import Cell
from nnrepro.document.wording import EMPTY
from nnrepro.tables.content import Record, records, show_columns
from nnrepro.tables.csvfile import tidy_types


def shown(frame: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of a table."""

    def named_cell(row: Record) -> Cell:
        return Cell(row["label"], href=f"#{row['variant']}", header=True)

    frame = tidy_types(frame)
    context: Any = SimpleNamespace(frame=frame, rows=lambda: records(frame), named_cell=named_cell)
    grid = show_columns(context).shown[0].grid
    return [column.heading for column in grid.columns], [
        [cell.text for cell in row.cells] for row in grid.rows
    ]


def test_variants_are_named_once_and_every_column_is_shown() -> None:
    frame = pd.DataFrame(
        {
            "protocol": ["tan", "tan"],
            "experiment": ["text", "text"],
            "variant": ["a", "b"],
            "label": ["A", "B"],
            "closing_gap": [0.123456, None],
            "seeds": [3, 12000],
            "remark": ["none", None],
            "stable": [True, None],
        }
    )
    headings, rows = shown(frame)
    assert headings == ["Variant", "Closing gap", "Seeds", "Remark", "Stable"]
    assert rows == [["A", "0.1235", "3", "none", "yes"], ["B", EMPTY, "12000", EMPTY, EMPTY]]


def test_a_table_without_variants_or_rows_is_shown() -> None:
    assert shown(pd.DataFrame({"protocol": ["tan"], "label": ["A"]})) == (["Label"], [["A"]])
    assert shown(pd.DataFrame({"protocol": [], "x": []})) == (["X"], [])
