"""Rule draw_comparison: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.analysis.archive import read_runs
from nnrepro.analysis.extents import extent_of
from nnrepro.plots.comparison_figures import comparison_drawings
from nnrepro.plots.drawing import ProtocolFigures, save_drawings
from nnrepro.study import StudyPaths

study = job.start(snakemake)
protocol = snakemake.wildcards.protocol
figures = ProtocolFigures(study, protocol, job.read_decisions(snakemake.input.decisions))
data, _ = read_runs(study.runs_of(protocol), StudyPaths.of(study).runs)
extent = extent_of(study, data)
drawings = comparison_drawings(figures, data, extent)
save_drawings(study, drawings, Path(snakemake.output[0]), extent, compared=True)
