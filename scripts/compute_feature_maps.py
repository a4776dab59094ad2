"""Rule compute_feature_maps: what a trained network's layers make of the first test images."""

import os
import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.data.dataset import load_dataset
from nnrepro.environment import keras_environment
from nnrepro.errors import NnreproError
from nnrepro.study.decisions import read_decisions
from nnrepro.study.paths import StudyPaths
from nnrepro.training.feature_maps import compute_feature_maps, write_feature_maps
from nnrepro.training.slots import hide_gpus

study = job.start(snakemake)
os.environ.update(keras_environment(snakemake.params.backend))  # before anything imports Keras
hide_gpus()  # a few images: not worth a GPU, and none is taken
with job.costs_only_itself(snakemake, study):
    spec = study.figures[snakemake.wildcards.figure]
    decisions = read_decisions(snakemake.input.decisions)
    chosen = study.chosen(snakemake.wildcards.protocol, spec.runs, decisions)
    if not chosen:
        raise NnreproError("nothing was selected whose feature maps it could show")
    run = chosen[0].for_training()
    maps = compute_feature_maps(
        run,
        load_dataset(Path(snakemake.input.data), run.settings),
        StudyPaths.of(study).run(run.id, "weights"),
        images=snakemake.params.images,
    )
    write_feature_maps(Path(snakemake.output[0]), maps)
