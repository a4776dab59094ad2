"""A program of the documents, as a test runs it: what it would do is checked, and not done.

Called as `stand_in.py <program> <arguments>`. Snakemake makes a dry run; Python's programs check
their arguments; programs of a site that is not here say nothing.
"""

import argparse
import hashlib
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

ELSEWHERE = {
    "git": "clones from an address that only the reader knows",
    "pip": "asks a package index",
    "uv": "asks a package index",
    "pip-audit": "asks a package index",
    "rocrate-validator": "tests/crate validates a results folder",
    "mkdocs": "make docs runs it",
    "ruff": "make check runs it",
    "snakefmt": "make check runs it",
    "mypy": "make check runs it",
    "kubectl": "needs a Kubernetes",
    "docker": "needs a Docker; tests/workflow/test_containers.py looks at what it builds",
    "apptainer": "needs an Apptainer; tests/workflow/test_containers.py has a stand-in",
    **dict.fromkeys(("salloc", "squeue", "slurmctld", "munged"), "needs a Slurm"),
}
"""Programs that cannot run in a test, and why."""

NO_DRY_RUN = {
    "--report": "needs finished results; tests/workflow/test_complete_study.py makes one",
    "--lint": "make check runs it",
    "--sdm": "needs conda or Apptainer",
    "--default-storage-provider": "needs a plugin and a storage; test_storage.py has both",
}
"""Options with which Snakemake makes no dry run, or none here, and why."""


def main(program: str, arguments: list[str]) -> None:
    """Check what a program is called with."""
    if program in ELSEWHERE:
        _check_files(arguments)
    elif program == "snakemake":
        _snakemake(arguments)
    elif program == "python" and arguments[:2] == ["-m", "pytest"]:
        if not any(argument.startswith("tests") for argument in arguments):
            arguments += ["tests/test_files.py"]
        _run(sys.executable, *arguments, "--collect-only", "--numprocesses", "0")
    elif program == "python":
        _check_arguments(arguments)
    elif program == "nnrepro":
        _check_arguments(["-m", "nnrepro", *arguments])
    else:
        sys.exit(f"{program}: the documents name a program that nothing stands in for")


def _snakemake(arguments: list[str]) -> None:
    if not set(NO_DRY_RUN) & set(arguments):
        asked = [each for each in arguments if each not in ("--dry-run", "-n")]
        _run(sys.executable, "-m", "snakemake", *asked, "--dry-run", "--quiet")
    from snakemake.cli import parse_args

    parse_args(arguments)


def _run(*command: str) -> None:
    """Run a command, unless it succeeded before: many pages tell the same ones."""
    done = Path(".succeeded") / hashlib.sha256(repr(command).encode()).hexdigest()
    if not done.exists():
        subprocess.run(command, check=True)
        done.parent.mkdir(exist_ok=True)
        done.touch()
    sys.exit(0)


def _check_files(arguments: list[str]) -> None:
    """Files of the project that are named must be there."""
    for argument in arguments:
        if Path(argument).suffix in (".lock", ".yaml", ".toml") and not Path(argument).exists():
            sys.exit(f"there is no file {argument}")


def _check_arguments(arguments: list[str]) -> None:
    """Let a script or a module read its arguments, and end before it does anything."""

    def parse_args(parser: argparse.ArgumentParser, given: Any = None, space: Any = None) -> Any:
        _, unknown = parser.parse_known_args(given, space)
        if unknown:
            parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        sys.exit(0)

    argparse.ArgumentParser.parse_args = parse_args  # type: ignore[assignment, method-assign]
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
        runpy.run_path(arguments[0], run_name="__main__")
    sys.exit(f"{' '.join(arguments)}: it read no arguments")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
