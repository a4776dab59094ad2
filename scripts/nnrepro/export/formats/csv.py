"""Tables as CSV."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from nnrepro.tables.csvfile import write_csv


def csv(tables: Mapping[str, pd.DataFrame], *, to: Path) -> list[Path]:
    """All tables, and the curves of all runs, as CSV files."""
    written = []
    for name, table in tables.items():
        written.append(to / f"{name}.csv")
        write_csv(table, written[-1])
    return written
