"""Rule draw_overview: a protocol's overview of its variants."""

from pathlib import Path

import job
from nnrepro.failures import was_made
from nnrepro.plots.drawing import ProtocolFigures, save_each
from nnrepro.plots.overview_figures import overview_drawings
from nnrepro.study.decisions import read_decisions
from nnrepro.tables.compared import extent_by_table
from nnrepro.tables.csvfile import read_csv
from nnrepro.tables.variants import variants_table

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study) as failures:
    decisions = read_decisions(snakemake.input.decisions)
    figures = ProtocolFigures(study, snakemake.wildcards.protocol, decisions)
    runs = read_csv(snakemake.input.runs)
    extent = extent_by_table(study, runs)
    published = snakemake.input.get("published")
    there = published and was_made(published)
    compared = read_csv(published, text=("value",)) if there else None
    variants = variants_table(runs)
    named = figures.each("overview", lambda one: overview_drawings(one, variants, extent, compared))
    save_each(figures, named, Path(snakemake.output[0]), failures, extent)
