"""Rule draw_overview: a protocol's overview of its variants."""

from pathlib import Path

import job
from nnrepro.analysis.csvfile import read_csv
from nnrepro.analysis.extents import extent_by_table
from nnrepro.analysis.variants_table import variants_table
from nnrepro.plots.drawing import ProtocolFigures, save_drawings
from nnrepro.plots.overview_figures import overview_drawings

study = job.start(snakemake)
decisions = job.read_decisions(snakemake.input.decisions)
figures = ProtocolFigures(study, snakemake.wildcards.protocol, decisions)
runs = read_csv(snakemake.input.runs)
extent = extent_by_table(study, runs)
published = snakemake.input.get("published")
compared = read_csv(published, text=("value",)) if published else None
drawings = overview_drawings(figures, variants_table(runs), extent, compared)
save_drawings(study, drawings, Path(snakemake.output[0]), extent)
