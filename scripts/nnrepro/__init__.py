"""nnrepro: from a declared study of neural-network experiments to its final report.

`nnrepro.load(folder)` gives the results of a study, see `nnrepro.api`.
"""

import importlib
from typing import Any

from nnrepro.project import SNAKEFILE

__version__ = "0.1.0"


def snakefile() -> str:
    """The path of the workflow's Snakefile, for a workflow that takes it as a module."""
    return str(SNAKEFILE)


def __getattr__(name: str) -> Any:
    """What the library offers by its own name: found when it is asked for, as importing costs."""
    if name == "load":
        return importlib.import_module("nnrepro.api").load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
