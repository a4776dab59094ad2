"""Rule draw_feature_maps: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.failures import was_made
from nnrepro.files import read_json
from nnrepro.plots.drawing import ProtocolFigures, save_each
from nnrepro.plots.map_figures import feature_map_drawings, read_feature_maps
from nnrepro.study.decisions import read_decisions

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study) as failures:
    decisions = read_decisions(snakemake.input.decisions)
    figures = ProtocolFigures(study, snakemake.wildcards.protocol, decisions)
    computed = filter(was_made, map(Path, snakemake.input.maps))
    maps = {file.stem: read_feature_maps(file) for file in computed}
    classes = read_json(snakemake.input.data_info)["classes"]
    named = figures.each("feature_maps", lambda one: feature_map_drawings(one, maps, classes))
    save_each(figures, named, Path(snakemake.output[0]), failures)
