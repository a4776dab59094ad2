"""Rule draw_comparison: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.measures.runs import extent_of, read_runs
from nnrepro.plots.comparison_figures import comparison_drawings
from nnrepro.plots.drawing import ProtocolFigures, save_each
from nnrepro.study.decisions import read_decisions
from nnrepro.study.paths import StudyPaths

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study) as failures:
    protocol = snakemake.wildcards.protocol
    figures = ProtocolFigures(study, protocol, read_decisions(snakemake.input.decisions))
    data, _ = read_runs(study.runs_of(protocol), StudyPaths.of(study).runs)
    extent = extent_of(study, data)
    named = figures.each("comparison", lambda one: comparison_drawings(one, data, extent))
    save_each(figures, named, Path(snakemake.output[0]), failures, extent, compared=True)
