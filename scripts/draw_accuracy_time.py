"""Rule draw_accuracy_time: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.analysis.compared_tables import compared_tables
from nnrepro.analysis.csvfile import read_csv
from nnrepro.analysis.extents import extent_by_table
from nnrepro.plots.accuracy_time_figures import accuracy_time_drawings
from nnrepro.plots.drawing import ProtocolFigures, save_drawings
from nnrepro.study import StudyPaths

study = job.start(snakemake)
decisions = job.read_decisions(snakemake.input.decisions)
figures = ProtocolFigures(study, snakemake.wildcards.protocol, decisions)
extent = extent_by_table(study, read_csv(snakemake.input.runs))
by_experiment = read_csv(snakemake.input.comparable), read_csv(snakemake.input.variants)


def variants_of(runs):
    """The variants of a figure's runs."""
    folders = StudyPaths.of(study).runs
    return compared_tables(study, runs, extent, by_experiment, folders).variants


drawings = accuracy_time_drawings(figures, variants_of)
save_drawings(study, drawings, Path(snakemake.output[0]), extent, compared=True)
