"""Rule draw_figures: a protocol's figures of one kind."""

import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.figures.asked import figures_asked
from nnrepro.figures.drawing import draw_figures
from nnrepro.figures.sources import Sources
from nnrepro.study.decisions import read_decisions

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study) as failures:
    protocol, name = snakemake.wildcards.protocol, snakemake.wildcards.kind
    decisions = read_decisions(snakemake.input.decisions)
    sources = Sources(study, protocol, decisions, dict(snakemake.input.items()))
    figures = figures_asked(study, protocol, name, decisions, sources.extent)
    draw_figures(
        study.kinds["figures"][name], figures, sources, Path(snakemake.output[0]), failures
    )
