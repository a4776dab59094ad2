"""Put the finished runs of a study into an archive, from which its report can be made again.

The study is that of config.yaml in this folder.

  nnrepro archive results/digits --to archive
  snakemake --cores all --config archive=archive results=results/archive
"""

import argparse
from pathlib import Path

from nnrepro.archive.build import Outcome, make_archive
from nnrepro.errors import NnreproError
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.messages import choice
from nnrepro.study.sources import paths_moved, read_configuration

SUMMARY = "finished runs into an archive, from which the report can be made again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add = parser.add_argument
    add("sources", nargs="+", type=Path, help="results folders, for example results/full")
    add("--to", type=Path, default=Path("archive"), help="the archive's folder (archive)")
    add("--predictions", action="store_true", help="keep the predictions and feature maps, too")
    add("--replace", action="store_true", help="replace different histories of the same length")
    add("--compress", action="store_true", help="store histories as history.json.gz")
    add(
        "--data-note",
        type=_data_note,
        action="append",
        default=[],
        metavar="DATASET=TEXT",
        help="a remark on the data that these runs were trained on, kept with each",
    )
    add("--configfile", nargs="+", action="extend", default=[], help="overlays on the study")


def run(asked: argparse.Namespace) -> int:
    """Make the archive, and say what is in it."""
    configuration = read_configuration(map(Path, asked.configfile))
    study = load_study(configuration.values, catalogue(), configuration.places)
    for name, _ in asked.data_note:
        if name not in study.data:
            raise NnreproError(
                f"--data-note: there is no data set '{name}'{choice(name, study.data, 'there are')}"
            )
    outcome = make_archive(
        asked.sources,
        asked.to,
        study=study,
        config=paths_moved(configuration.values, Path(), configuration.folder),
        notes=dict(asked.data_note),
        predictions=asked.predictions,
        replace=asked.replace,
        compress=asked.compress,
    )
    print(_told(outcome, asked.to))
    return 0


def _told(outcome: Outcome, archive: Path) -> str:
    """What was done, a line per kind."""
    counts = {
        **{fate.value: len(placed) for fate, placed in outcome.merged.items()},
        "left out, as they are unfinished": len(outcome.unfinished),
        "of variants that the study does not declare, or no more": outcome.undeclared,
        "at seeds that the study does not ask for, which its report counts, too": outcome.further,
        "on other data or, at such seeds, of other settings than the study's other runs, which its "
        "report leaves out": outcome.strangers,
    }
    lines = [f"{archive}: {outcome.runs} runs, {outcome.bytes / 1e6:.1f} MB"]
    return "\n".join([*lines, *(f"  {count} {words}" for words, count in counts.items() if count)])


def _data_note(text: str) -> tuple[str, str]:
    """A data set and the remark on it, as the command line has them."""
    name, _, note = text.partition("=")
    if not note.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form DATASET=TEXT")
    return name, note
