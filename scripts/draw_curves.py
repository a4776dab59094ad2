"""Rule draw_curves: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.analysis.archive import read_runs
from nnrepro.analysis.extents import extent_of
from nnrepro.plots.curves_figures import curve_drawings
from nnrepro.plots.drawing import ProtocolFigures, save_drawings
from nnrepro.published.levels import curve_levels
from nnrepro.published.numbers import load_published
from nnrepro.study import StudyPaths

study = job.start(snakemake)
protocol = snakemake.wildcards.protocol
decisions = job.read_decisions(snakemake.input.decisions)
figures = ProtocolFigures(study, protocol, decisions)
data, _ = read_runs(study.runs_of(protocol), StudyPaths.of(study).runs)
file = snakemake.input.get("published")
numbers = load_published(Path(file), study) if file else []
levels = curve_levels(numbers, study, protocol, decisions)
drawings = curve_drawings(figures, data, levels)
save_drawings(study, drawings, Path(snakemake.output[0]), extent_of(study, data))
