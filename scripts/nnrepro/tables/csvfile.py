"""Tables as CSV files: the same table always gives the same bytes, and reads back as it was."""

import csv
import io
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.errors import NnreproError
from nnrepro.failures import was_made
from nnrepro.files import FileError, read_text, write_text

TEXT_COLUMNS = ("run_id", "protocol", "experiment", "variant", "label", "model", "input", "status")
"""Columns that stay text even where all their entries look like numbers."""

# What a spreadsheet takes for a formula, at the start of a cell or, where it splits cells at other
# signs than commas, behind such a sign: the signs of a formula (some are fullwidth).
_FORMULA = re.compile(r"((?:^|[;\t\r\n])\s*)('*)(?=[=+@\-\uff1d\uff0b\uff20\uff0d])")

_WHOLE = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?([0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?|inf)")


class TableError(NnreproError):
    """A table that cannot be made or read; the message says why."""


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table, atomically and without its index.

    Floats are written with the fewest digits that read back as the same float64, truth values as
    `true` and `false`, missing values as nothing. Text that a spreadsheet would run as a formula
    gets an apostrophe before it, which `read_csv` takes away; text that is a number does not.
    """
    buffer = io.StringIO()
    # Python puts only what ends its lines in quotation marks, and a reader ends one at "\r", too.
    writer = csv.writer(_UnixLines(buffer), lineterminator="\r\n")
    writer.writerow([_defused(str(name)) for name in frame.columns])
    columns = [[_text(value) for value in frame[name].astype(object)] for name in frame.columns]
    writer.writerows(zip(*columns, strict=True))
    write_text(path, buffer.getvalue())


class _UnixLines:
    """Rows that end in CR and LF, written with LF alone at their end."""

    def __init__(self, out: io.StringIO) -> None:
        self._out = out

    def write(self, row: str) -> None:
        """Write a row."""
        self._out.write(row.removesuffix("\r\n") + "\n")


def read_csv(path: Path, text: Collection[str] = ()) -> pd.DataFrame:
    """Read a table that `write_csv` wrote, with the types that `tidy_types` gives.

    The columns of `text` stay text, beside those that always do.

    Raises:
        TableError: the file is missing, empty or no CSV table.
    """
    try:
        if not was_made(path):
            raise TableError(
                f"{path}: the table is empty, as it could not be made; see its job's log"
            )
        lines = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
        header, *rows = ([*map(_as_it_was, row)] for row in lines)
        # Parsed here and not by pandas, whose numbers may differ in the last digit.
        columns = {
            name: _parsed([row[index] for row in rows], name in {*TEXT_COLUMNS, *text})
            for index, name in enumerate(header)
        }
    except FileNotFoundError as error:
        raise TableError(f"{path}: there is no such table") from error
    except FileError as error:
        raise TableError(str(error)) from error
    except (csv.Error, ValueError, IndexError) as error:
        raise TableError(f"{path}: not a CSV table with a header ({error})") from error
    return tidy_types(pd.DataFrame(columns, dtype="object"))


def tidy_types(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with types that follow from its entries alone.

    Truth values become `boolean`, whole numbers `Int64`, numbers with a fraction or without any
    entry `float64`, text `str`; the first two can hold missing entries. A column that mixes kinds
    stays as objects.
    """
    columns = {
        name: _tidy(column.tolist(), str(name) in TEXT_COLUMNS) for name, column in frame.items()
    }
    return pd.DataFrame(columns, index=frame.index)


def _tidy(entries: list[Any], text: bool) -> Any:
    """A column's entries as an array, which pandas makes far faster than a Series."""
    values = [None if pd.isna(value) else value for value in entries]
    kinds = {_kind(value) for value in values if value is not None}
    if text or kinds == {"text"}:
        return pd.Series(values, dtype="str").array
    if kinds == {"truth"}:
        return pd.array(values, dtype="boolean")
    if kinds == {"whole"}:
        return pd.array(values, dtype="Int64")
    if kinds <= {"whole", "number"}:
        return np.array(values, dtype=np.float64)
    return pd.Series(values, dtype="object").array


def _kind(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "truth"
    if isinstance(value, int | np.integer):
        return "whole"
    if isinstance(value, float | np.floating):
        return "number"
    return "text" if isinstance(value, str) else "other"


def _parsed(entries: list[str], text: bool) -> list[Any]:
    """Entries of a column as values of the narrowest kind that fits them all."""
    present = {entry for entry in entries if entry}
    read: Callable[[str], Any] = str
    if text or not present:
        return [entry or None for entry in entries]
    if present <= {"true", "false"}:
        read = "true".__eq__
    elif all(_WHOLE.fullmatch(entry) for entry in present):
        read = int
    elif all(_NUMBER.fullmatch(entry) for entry in present):
        read = float
    return [read(entry) if entry else None for entry in entries]


def _text(value: Any) -> str:
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return repr(float(value))
    return _defused(str(value))


def _defused(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1\2'", text)


def _as_it_was(cell: str) -> str:
    """The text of a cell before `_defused`."""
    return _FORMULA.sub(lambda found: found[1] + found[2][1:], cell)
