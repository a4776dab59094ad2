"""Write what came of a study in the form of another program.

nnrepro export results/digits --format parquet --to digits-tables
nnrepro export results/digits --format onnx --run default/seed0 --to digits-net
"""

import argparse
import sys
from pathlib import Path

from nnrepro.api import load
from nnrepro.export.models import foreign_layers
from nnrepro.export.registry import formats

SUMMARY = "results as CSV, Parquet, LaTeX, TensorBoard or MLflow, networks as Keras or ONNX"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    known = formats()
    listed = "; ".join(f"{name}: {form.summary.rstrip('.')}" for name, form in known.items())
    add = parser.add_argument
    add("results", type=Path, help="a results folder or an archive, for example results/digits")
    add("--format", required=True, choices=sorted(known), help=listed.replace("%", "%%"))
    add("--to", type=Path, required=True, help="the folder to write into")
    add("--run", help="the run whose network is written: its id, or a part of it that no other has")
    add("--config", type=Path, nargs="+", help="the study's configuration, where it is not there")
    add("--plugins", type=Path, nargs="+", default=[], help="Python files of an archive, to be run")


def run(arguments: argparse.Namespace) -> int:
    """Write the files, and say where they are."""
    results = load(arguments.results, arguments.config, plugins=arguments.plugins)
    for path in results.export(arguments.format, arguments.to, arguments.run):
        print(path)
    if arguments.run and formats()[arguments.format].of_a_run:
        needed = foreign_layers(results.model(arguments.run))
        if needed and arguments.format == "keras":
            told = ", ".join(needed)
            print(f"note: where it is loaded, it needs {told}", file=sys.stderr)
    return 0
