"""nnrepro: from a declared study of neural-network experiments to its final report."""

from nnrepro.project import SNAKEFILE

__version__ = "0.1.0"


def snakefile() -> str:
    """The path of the workflow's Snakefile, for a workflow that takes it as a module."""
    return str(SNAKEFILE)
