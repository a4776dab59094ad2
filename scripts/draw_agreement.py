"""Rule draw_agreement: a protocol's published numbers against the reproduced ones."""

from pathlib import Path

import job
from nnrepro.plots.drawing import ProtocolFigures, save_drawings
from nnrepro.plots.published_figures import agreement_drawings
from nnrepro.tables.compared import extent_by_table
from nnrepro.tables.csvfile import read_csv

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study):
    figures = ProtocolFigures(study, snakemake.wildcards.protocol, {})
    compared = read_csv(snakemake.input.published, text=("value",))
    extent = extent_by_table(study, read_csv(snakemake.input.runs))
    save_drawings(study, agreement_drawings(figures, compared), Path(snakemake.output[0]), extent)
