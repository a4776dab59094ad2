"""Rule build_report: the final report."""

from pathlib import Path

import job
from nnrepro.files import read_json
from nnrepro.report import build_report
from nnrepro.study import StudyPaths

study = job.start(snakemake)
paths = StudyPaths.of(study)
build_report(
    study,
    tables=paths.root / "tables",
    figures=paths.root / "figures",
    decisions=job.read_decisions(snakemake.input.decisions),
    provenance=read_json(snakemake.input.provenance),
    reading=read_json(snakemake.input.reading),
    folders=paths.runs,
    logs=None if study.archive else paths.root / "logs/train_run",
    out=Path(snakemake.output.html),
    pdf=Path(snakemake.output.pdf),
)
