"""Rule describe_results: the results folder as an RO-Crate."""

import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.crate.build import write_crate
from nnrepro.files import read_json
from nnrepro.project import SNAKEFILE

study = job.start(snakemake)
write_crate(
    study,
    snakefile=SNAKEFILE,
    config=snakemake.config,
    provenance=read_json(snakemake.input.provenance),
    reading=read_json(snakemake.input.reading),
    tables=[*map(Path, snakemake.input.tables)],
    figures=[*map(Path, snakemake.input.figures)],
    snakemake_version=version("snakemake"),
)
