"""Rule build_report: the final report."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.failures import Failures, read_failures
from nnrepro.files import read_json
from nnrepro.report.build import build_report
from nnrepro.report.source import Source
from nnrepro.study.decisions import read_decisions, read_undecided
from nnrepro.study.paths import StudyPaths
from nnrepro.study.study import Study

study = job.start(snakemake)
paths = StudyPaths.of(study)


def source_of(own: Study, decided: Iterable[str | Path], **told: Any) -> Source:
    """What the report shows of a study, which lies where all that is made of it does."""
    places = StudyPaths.of(own)
    return Source(
        own,
        tables=places.root / "tables",
        figures=places.root / "figures",
        decisions=read_decisions(decided),
        provenance=read_json(places.provenance),
        undecided=read_undecided(decided),
        **told,
    )


def supplement_source(name: str) -> Source:
    """What the report shows of a supplement."""
    own = job.supplement(study, name, Path(snakemake.params.folder))
    places = StudyPaths.of(own)
    told = [file for file in map(Path, snakemake.input.supplements) if places.tells(file)]
    return source_of(
        own,
        places.decisions(own),
        supplement=name,
        folders=places.runs,
        architectures=places.architectures if places.architectures.is_file() else None,
        failures=read_failures(told),
    )


failures = Failures()
source = source_of(
    study,
    snakemake.input.decisions,
    inventory=read_json(snakemake.input.reading),
    folders=paths.runs,
    architectures=next(map(Path, snakemake.input.architectures), None),
    logs=None if study.archive else paths.root / "logs/train_run",
    failures=read_failures(snakemake.input.failures),
    supplements=[supplement_source(name) for name in study.supplements],
)
build_report(
    source,
    Path(snakemake.output.html),
    pdf=Path(snakemake.output.pdf),
    failures=failures,
)
job.settle(snakemake, failures)
