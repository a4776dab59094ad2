"""Rule draw_accuracy_time: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.plots.accuracy_time_figures import accuracy_time_drawings
from nnrepro.plots.drawing import ProtocolFigures, save_each
from nnrepro.study.decisions import read_decisions
from nnrepro.study.paths import StudyPaths
from nnrepro.tables.compared import compared_tables, extent_by_table
from nnrepro.tables.csvfile import read_csv

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study) as failures:
    decisions = read_decisions(snakemake.input.decisions)
    figures = ProtocolFigures(study, snakemake.wildcards.protocol, decisions)
    extent = extent_by_table(study, read_csv(snakemake.input.runs))
    by_experiment = read_csv(snakemake.input.comparable), read_csv(snakemake.input.variants)

    def variants_of(runs):
        """The variants of a figure's runs."""
        folders = StudyPaths.of(study).runs
        return compared_tables(study, runs, extent, by_experiment, folders).variants

    named = figures.each("accuracy_time", lambda one: accuracy_time_drawings(one, variants_of))
    save_each(figures, named, Path(snakemake.output[0]), failures, extent, compared=True)
