"""nnrepro: from a declared study of neural-network experiments to its final report.

`nnrepro.load(folder)` gives the results of a study, see `nnrepro.api`.
"""

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    """What the library offers by its own name: found when it is asked for, as importing costs."""
    if name == "load":
        return importlib.import_module("nnrepro.api").load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
