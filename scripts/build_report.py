"""Rule build_report: the final report."""

import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.failures import Failures, read_failures
from nnrepro.files import read_json
from nnrepro.models.registry import catalogue
from nnrepro.report.build import build_report
from nnrepro.report.source import Source
from nnrepro.study.config import load_study
from nnrepro.study.decisions import read_decisions, read_undecided
from nnrepro.study.paths import StudyPaths
from nnrepro.study.supplements import supplement_config

study = job.start(snakemake)
paths = StudyPaths.of(study)


def supplement_source(name: str) -> Source:
    """What the report shows of a supplement."""
    own = load_study(supplement_config(study, name, Path(snakemake.params.folder)), catalogue())
    places = StudyPaths.of(own)
    files = [file for protocol in own.protocols for file in places.decisions(own, protocol)]
    told = [file for file in map(Path, snakemake.input.supplements) if places.tells(file)]
    return Source(
        own,
        tables=places.root / "tables",
        figures=places.root / "figures",
        decisions=read_decisions(files),
        provenance=read_json(places.provenance),
        supplement=name,
        undecided=read_undecided(files),
        failures=read_failures(told),
    )


failures = Failures()
build_report(
    study,
    tables=paths.root / "tables",
    figures=paths.root / "figures",
    decisions=read_decisions(snakemake.input.decisions),
    provenance=read_json(snakemake.input.provenance),
    inventory=read_json(snakemake.input.reading),
    folders=paths.runs,
    architectures=next(map(Path, snakemake.input.architectures), None),
    logs=None if study.archive else paths.root / "logs/train_run",
    out=Path(snakemake.output.html),
    pdf=Path(snakemake.output.pdf),
    supplements=[supplement_source(name) for name in study.supplements],
    undecided=read_undecided(snakemake.input.decisions),
    unmade=read_failures(snakemake.input.failures),
    failures=failures,
)
job.settle(snakemake, failures)
