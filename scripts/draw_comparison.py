"""Rule draw_comparison: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.analysis.archive import compared, read_runs
from nnrepro.analysis.extents import extent_of
from nnrepro.plots.comparison_figures import comparison_drawings
from nnrepro.plots.drawing import ProtocolFigures, save_drawings
from nnrepro.study import StudyPaths

study = job.start(snakemake)
protocol = snakemake.wildcards.protocol
figures = ProtocolFigures(study, protocol, job.read_decisions(snakemake.input.decisions))
data, _ = read_runs(study.runs_of(protocol), StudyPaths.of(study).runs)
data = compared(data, snakemake.params.compared)
save_drawings(
    study, comparison_drawings(figures, data), Path(snakemake.output[0]), extent_of(study, data)
)
