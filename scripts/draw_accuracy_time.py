"""Rule draw_accuracy_time: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.analysis.csvfile import read_csv
from nnrepro.analysis.extents import extent_by_table
from nnrepro.plots.accuracy_time_figures import accuracy_time_drawings
from nnrepro.plots.drawing import ProtocolFigures, save_drawings

study = job.start(snakemake)
decisions = job.read_decisions(snakemake.input.decisions)
figures = ProtocolFigures(study, snakemake.wildcards.protocol, decisions)
variants = read_csv(snakemake.input.variants)
extent = extent_by_table(study, read_csv(snakemake.input.runs)).comparable
save_drawings(study, accuracy_time_drawings(figures, variants), Path(snakemake.output[0]), extent)
