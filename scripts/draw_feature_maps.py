"""Rule draw_feature_maps: a protocol's figures of this kind."""

from pathlib import Path

import numpy as np

import job
from nnrepro.files import read_json
from nnrepro.plots.drawing import ProtocolFigures, save_each
from nnrepro.plots.map_figures import feature_map_drawings
from nnrepro.study.decisions import read_decisions

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study) as failures:
    decisions = read_decisions(snakemake.input.decisions)
    figures = ProtocolFigures(study, snakemake.wildcards.protocol, decisions)
    computed = [file for file in map(Path, snakemake.input.maps) if file.stat().st_size]
    maps = {file.stem: dict(np.load(file)) for file in computed}
    classes = read_json(snakemake.input.data_info)["classes"]
    named = figures.each("feature_maps", lambda one: feature_map_drawings(one, maps, classes))
    save_each(figures, named, Path(snakemake.output[0]), failures)
