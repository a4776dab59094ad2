"""Try what a study's own files define, and its data, before anything is trained.

Looked at are the configuration, and the claims, printed numbers and supplements that it names; each
data set, prepared twice; what the runs ask of the data; each model of the study, built with the
smallest and the largest of its parameters, and trained for a moment on every backend that is
installed; each metric, table and figure of its plug-ins. A line each says what was found.

  nnrepro check
  nnrepro check --configfile small.yaml --backend tensorflow
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from nnrepro.claims.loading import load_claims
from nnrepro.data.conduct import Prepared, data_findings
from nnrepro.errors import Mistakes, NnreproError
from nnrepro.figures.sources import Sources as FigureSources
from nnrepro.imports import of_library
from nnrepro.metrics import registry as metrics
from nnrepro.metrics.conduct import metric_problems
from nnrepro.models.registry import catalogue
from nnrepro.published.inconsistencies import load_inconsistencies
from nnrepro.published.numbers import load_published
from nnrepro.study.config import load_study
from nnrepro.study.kinds import ROOMS, Kind, replaced_kinds
from nnrepro.study.messages import choice
from nnrepro.study.plugins import PluginError, replacements
from nnrepro.study.sources import Configuration, read_configuration
from nnrepro.study.study import Study
from nnrepro.study.supplements import supplement_config
from nnrepro.tables.sources import Sources as TableSources
from nnrepro.training.conduct import Finding, findings_apart
from nnrepro.training.installed import BACKENDS, backend_problem

SUMMARY = "try a study's own models, data, metrics, tables and figures, before any training"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add = parser.add_argument
    add("--configfile", nargs="+", action="extend", default=[], help="overlays on the study")
    add("--config", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="as YAML")
    add(
        "--backend",
        nargs="+",
        choices=BACKENDS,
        help="train on these alone; by default on all that are installed",
    )


def run(asked: argparse.Namespace) -> int:
    """Print what is found, a line each; 1 where anything is wrong."""
    configuration = read_configuration(map(Path, asked.configfile), asked.config)
    study = load_study(configuration.values, catalogue(), configuration.places)
    backends = asked.backend or [name for name in BACKENDS if backend_problem(name) is None]
    failed = 0
    for finding in _findings(study, configuration, backends):
        failed += bool(finding.problem)
        told = f"failed  {finding.what}: {finding.problem}" if finding.problem else finding.what
        print(told if finding.problem else f"ok      {told}", flush=True)
    print(f"{failed} of these failed" if failed else "nothing failed")
    return 1 if failed else 0


def _findings(
    study: Study, configuration: Configuration, backends: Iterable[str]
) -> Iterator[Finding]:
    yield Finding(f"configuration: {len(study.runs)} runs of study '{study.name}'")
    for note in (*replacements(), *replaced_kinds()):
        yield Finding(f"note: {note}")
    yield from _of_metrics()
    for room, word in ROOMS.items():
        for kind in study.kinds[room].values():
            if not kind.shipped:
                yield Finding(f"kind of {word} {kind.name}", _kind_problem(kind, room))
    with tempfile.TemporaryDirectory() as folder:
        data: list[Prepared] = []
        for found in data_findings(study, Path(folder)):
            data.append(found)
            yield Finding(found.what, found.problem)
            yield from (Finding(f"note: {remark}") for remark in found.remarks)
        arrays = {found.reads: found.arrays for found in data if found.reads}
        for backend in backends:
            for finding in findings_apart(configuration.values, arrays, backend):
                yield Finding(f"{backend}: {finding.what}", finding.problem)
    yield from _of_files(study, configuration.folder)


def _of_files(study: Study, folder: Path) -> Iterator[Finding]:
    """Of the files beside the data that a study names, supplements last: their plug-ins stay."""
    if study.claims:
        yield _read(f"claims of {study.claims}", partial(load_claims, study.claims, study))
    if study.published:
        yield _read(f"printed numbers of {study.published['results']}", partial(_printed, study))
    for name in study.supplements:
        yield _read(f"supplement {name}", partial(_supplement, study, name, folder))


def _supplement(study: Study, name: str, folder: Path) -> None:
    load_study(supplement_config(study, name, folder), catalogue())


def _printed(study: Study) -> None:
    numbers = load_published(Path(study.published["results"]), study)
    if "inconsistencies" in study.published:
        load_inconsistencies(Path(study.published["inconsistencies"]), numbers)


def _read(what: str, read: Callable[[], object]) -> Finding:
    try:
        read()
    except Mistakes as error:
        return Finding(what, "; ".join(error.problems))
    except NnreproError as error:
        return Finding(what, str(error))
    return Finding(what)


def _of_metrics() -> Iterator[Finding]:
    """Of the metrics that are not the library's."""
    for metric in metrics.catalogue().values():
        if metric.function is not None and not of_library(metric.function.__module__):
            problems = "; ".join(f"it {problem}" for problem in metric_problems(metric))
            yield Finding(f"metric {metric.name}", problems)


def _kind_problem(kind: Kind, room: str) -> str:
    """Why a kind of a plug-in cannot be made; empty where nothing is known to be wrong."""
    sources = TableSources if room == "tables" else FigureSources
    there = [name for name in dir(sources) if not name.startswith("_")]
    reads = kind.reads[1:] if room == "figures" else kind.reads
    for name in reads:
        if name not in there:
            return f"it reads '{name}'{choice(name, there, 'there is')}"
    try:
        kind.function()
    except PluginError as error:
        return str(error)
    return ""
