"""Where the parts of nnrepro lie: the library, the workflow that carries studies out, its schemas.

In a checkout the workflow's files lie around the library; an installed package has them inside.
"""

from pathlib import Path

LIBRARY = Path(__file__).resolve().parent
"""The folder of this package."""

_INSTALLED = LIBRARY / "workflow"
PROJECT = _INSTALLED if _INSTALLED.is_dir() else LIBRARY.parents[1]
"""The folder of the workflow's files: Snakefile, rules, scripts, schemas, envs, profiles."""

SCRIPTS = PROJECT / "scripts"
SNAKEFILE = PROJECT / "Snakefile"
