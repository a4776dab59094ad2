"""Rule train_run: one training job."""

import os
from pathlib import Path

import job
from nnrepro.data import load_dataset
from nnrepro.files import read_json
from nnrepro.study import Run, StudyPaths
from nnrepro.training import CheckpointPolicy, train_run

study = job.start(snakemake)
os.environ["KERAS_BACKEND"] = snakemake.params.backend  # before anything imports Keras
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # the log is for the run's progress
run = Run.from_dict(snakemake.params.run)
if run.selects_from:
    run = run.resolved(read_json(snakemake.input.decision))
prepared = read_json(snakemake.input.data_info)
train_run(
    run,
    load_dataset(Path(snakemake.input.data), run.settings),
    out_dir=Path(snakemake.output.history).parent,
    checkpoint_dir=StudyPaths.of(study).checkpoints(run.id),
    threads=snakemake.threads,
    data_provenance={key: prepared[key] for key in ("name", "source", "generated", "sha256")},
    code_sha256=snakemake.params.code,
    log=print,
    policy=CheckpointPolicy(every_seconds=study.resources.checkpoint_seconds),
)
