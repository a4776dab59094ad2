"""Rule draw_feature_maps: a protocol's figures of this kind."""

from pathlib import Path

import job
from nnrepro.files import read_json
from nnrepro.plots.drawing import ProtocolFigures, save_drawings
from nnrepro.plots.map_figures import feature_map_drawings, read_feature_maps

study = job.start(snakemake)
decisions = job.read_decisions(snakemake.input.decisions)
figures = ProtocolFigures(study, snakemake.wildcards.protocol, decisions)
maps = {Path(file).stem: read_feature_maps(Path(file)) for file in snakemake.input.maps}
classes = read_json(snakemake.input.data_info)["classes"]
save_drawings(study, feature_map_drawings(figures, maps, classes), Path(snakemake.output[0]))
