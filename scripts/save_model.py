"""Rule save_model: the trained network of a run in Keras's own layers."""

import os
import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.environment import keras_environment
from nnrepro.errors import NnreproError
from nnrepro.export.models import foreign_layers, portable_model, write_keras
from nnrepro.measures.runs import read_runs
from nnrepro.study.paths import StudyPaths
from nnrepro.training.slots import hide_gpus

study = job.start(snakemake)
os.environ.update(keras_environment(snakemake.params.backend))  # before anything imports Keras
hide_gpus()  # nothing is computed but a few examples
with job.costs_only_itself(snakemake, study):
    data, problems = read_runs([study.run(snakemake.wildcards.run)], StudyPaths.of(study).runs)
    if not data:
        raise NnreproError(f"there is no network to save: {problems[0].message}")
    network = portable_model(data[0].run, Path(snakemake.input.data), Path(snakemake.input.weights))
    write_keras(network, Path(snakemake.output[0]))
    if foreign := foreign_layers(network):
        print(f"note: where it is loaded, it needs {', '.join(foreign)}")
