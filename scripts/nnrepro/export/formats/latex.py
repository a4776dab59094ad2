"""Tables for LaTeX."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from nnrepro.files import write_text

_DIGITS = 4
_LONG = ("runs", "curves", "variants")
"""Tables with a hundred columns or thousands of rows, which no page holds."""


def latex(tables: Mapping[str, pd.DataFrame], *, to: Path) -> list[Path]:
    r"""The tables that the study asks for as LaTeX, for `\input` with the package booktabs."""
    written = []
    for name, table in tables.items():
        if name not in _LONG:
            written.append(to / f"{name}.tex")
            write_text(written[-1], tabular(table))
    return written


def tabular(table: pd.DataFrame) -> str:
    """A table as a `tabular`: numbers to four significant digits and right-aligned, text escaped.

    Columns without any entry are left out.
    """
    shown = table.dropna(axis=1, how="all").reset_index(drop=True)
    numbers = [pd.api.types.is_numeric_dtype(kind) for kind in shown.dtypes]
    named = shown.astype(object).rename(columns=lambda name: str(name).replace("_", " "))
    styled = named.style.hide(axis="index").format(_cell, escape="latex")
    return styled.format_index(escape="latex", axis="columns").to_latex(
        column_format="".join("r" if number else "l" for number in numbers), hrules=True
    )


def _cell(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value)
    return " ".join(str(value).split())


def _number(value: float) -> str:
    text = f"{value:.{_DIGITS}g}"
    mantissa, exponent, power = text.partition("e")
    return rf"${mantissa} \cdot 10^{{{int(power)}}}$" if exponent else f"${text}$"
