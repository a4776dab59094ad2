"""Where the workflow lies that this library belongs to, in a checkout and where it is installed."""

from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1]
"""The folder of the rules' scripts, and of the library."""

PROJECT = SCRIPTS.parent
SNAKEFILE = PROJECT / "Snakefile"
