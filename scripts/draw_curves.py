"""Rule draw_curves: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.measures.runs import extent_of, read_runs
from nnrepro.plots.curves_figures import curves_by_variant
from nnrepro.plots.drawing import ProtocolFigures, save_each
from nnrepro.published.levels import curve_levels
from nnrepro.published.numbers import load_published
from nnrepro.study.decisions import read_decisions
from nnrepro.study.paths import StudyPaths

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study) as failures:
    protocol = snakemake.wildcards.protocol
    decisions = read_decisions(snakemake.input.decisions)
    figures = ProtocolFigures(study, protocol, decisions)
    data, _ = read_runs(study.runs_of(protocol), StudyPaths.of(study).runs)
    file = snakemake.input.get("published")
    numbers = load_published(Path(file), study) if file else []
    levels = curve_levels(numbers, study, protocol, decisions)
    named = curves_by_variant(figures, data, levels)
    save_each(figures, named, Path(snakemake.output[0]), failures, extent_of(study, data))
