"""Rule draw_heatmap: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.analysis.csvfile import read_csv
from nnrepro.analysis.extents import extent_by_table
from nnrepro.plots.drawing import ProtocolFigures, save_drawings
from nnrepro.plots.heatmap_figures import heatmap_drawings

study = job.start(snakemake)
decisions = job.read_decisions(snakemake.input.decisions)
figures = ProtocolFigures(study, snakemake.wildcards.protocol, decisions)
variants = read_csv(snakemake.input.variants)
extent = extent_by_table(study, read_csv(snakemake.input.runs))
drawings = heatmap_drawings(figures, variants)
save_drawings(study, drawings, Path(snakemake.output[0]), extent, compared=True)
