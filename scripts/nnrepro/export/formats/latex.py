"""Tables for LaTeX."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from nnrepro.files import write_text

_ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
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
    shown = table.dropna(axis=1, how="all")
    numbers = [pd.api.types.is_numeric_dtype(shown[name].dtype) for name in shown.columns]
    columns = "".join("r" if number else "l" for number in numbers)
    heading = (escaped(str(name).replace("_", " ")) for name in shown.columns)
    rows = (" & ".join(map(_cell, row)) for row in shown.astype(object).itertuples(index=False))
    lines = [
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        rf"{' & '.join(heading)} \\",
        r"\midrule",
        *(rf"{row} \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text in which no sign is a command of LaTeX."""
    return "".join(_ESCAPED.get(sign, sign) for sign in " ".join(text.split()))


def _cell(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value)
    return escaped(str(value))


def _number(value: float) -> str:
    text = f"{value:.{_DIGITS}g}"
    mantissa, exponent, power = text.partition("e")
    return rf"${mantissa} \cdot 10^{{{int(power)}}}$" if exponent else f"${text}$"
