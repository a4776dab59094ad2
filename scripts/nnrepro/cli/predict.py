"""Say what the network of a run answers to inputs of yours, as CSV.

The inputs are prepared as those were that it was trained on. Of a table or of texts they are a CSV
file with the columns of the training's, written as that was (the answers may be missing), of images
a file with a path on each line.

  nnrepro predict results/flowers --run default/seed0 --input new.csv > answers.csv
"""

import argparse
import sys
import warnings
from pathlib import Path

import pandas as pd

from nnrepro.api import load
from nnrepro.data.errors import DataError
from nnrepro.data.inputs import InputsWarning
from nnrepro.data.prepared import preparations_read
from nnrepro.data.table import read_table
from nnrepro.files import read_text
from nnrepro.study.run import Run
from nnrepro.study.study import Study

SUMMARY = "what a trained network says of new inputs, as CSV"

_WRITTEN = ("separator", "encoding", "decimal")
"""Keys of a data set that say how its CSV file is written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    add = parser.add_argument
    add("results", type=Path, help="a results folder, for example results/flowers")
    add("--run", required=True, help="the run: its id, or a part of it that no other has")
    add("--input", type=Path, required=True, help="a CSV file, or a list of images' paths")
    add("--config", type=Path, nargs="+", help="the study's configuration, where it is not there")


def run(arguments: argparse.Namespace) -> int:
    """Print a row per input."""
    results = load(arguments.results, arguments.config)
    run = results.run(arguments.run)
    file = arguments.input
    if not file.exists():
        raise DataError(f"--input: there is no file '{file}'")
    inputs = _paths(file) if run.input == "image" else _table(file, results.study, run)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InputsWarning)
        answers = results.predict(run.id, inputs)
    for each in caught:
        if issubclass(each.category, InputsWarning):
            print(f"warning: {each.message}", file=sys.stderr)
    answers.to_csv(sys.stdout, index=False)
    return 0


def _paths(file: Path) -> list[Path]:
    """Paths on the lines of a file, which are meant from its folder on."""
    return [file.parent / line.strip() for line in read_text(file).splitlines() if line.strip()]


def _table(file: Path, study: Study, run: Run) -> pd.DataFrame:
    """A CSV file, read as the training's was; the preparation says which values are numbers."""
    section = study.data[preparations_read(study)[run.reads].dataset]
    written = {key: section[key] for key in _WRITTEN if key in section}
    return pd.DataFrame(read_table(file, **written).columns)
