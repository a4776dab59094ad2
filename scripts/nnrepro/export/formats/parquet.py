"""Tables as Parquet."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from nnrepro.export.registry import needed
from nnrepro.files import atomic_write


def parquet(tables: Mapping[str, pd.DataFrame], *, to: Path) -> list[Path]:
    """All tables, and the curves of all runs, as Parquet files (needs pyarrow)."""
    needed("pyarrow", "pyarrow", "Parquet")
    written = []
    for name, table in tables.items():
        mixed = [column for column in table.columns if table[column].dtype == "object"]
        written.append(to / f"{name}.parquet")
        with atomic_write(written[-1]) as temporary:
            # A column of a Parquet file has one type: what mixes several is text there.
            table.astype(dict.fromkeys(mixed, "str")).to_parquet(temporary, index=False)
    return written
