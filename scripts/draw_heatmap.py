"""Rule draw_heatmap: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.plots.drawing import ProtocolFigures, save_each
from nnrepro.plots.heatmap_figures import heatmap_drawings
from nnrepro.study.decisions import read_decisions
from nnrepro.tables.compared import extent_by_table
from nnrepro.tables.csvfile import read_csv

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study) as failures:
    decisions = read_decisions(snakemake.input.decisions)
    figures = ProtocolFigures(study, snakemake.wildcards.protocol, decisions)
    variants = read_csv(snakemake.input.variants)
    extent = extent_by_table(study, read_csv(snakemake.input.runs))
    named = figures.each("heatmap", lambda one: heatmap_drawings(one, variants))
    save_each(figures, named, Path(snakemake.output[0]), failures, extent, compared=True)
