"""Rules train_run and train_rung, and those of several seeds: one training job."""

import os
import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.environment import keras_environment
from nnrepro.study.run import Run
from nnrepro.training.job import train_unless_finished
from nnrepro.training.slots import take_slots
from nnrepro.training.stages import StageClock

clock = StageClock.from_process_start()
study = job.start(snakemake)
os.environ.update(keras_environment(snakemake.params.backend))  # before anything imports Keras
outcomes = train_unless_finished(
    [Run.from_dict({**snakemake.params.run, "seed": seed}) for seed in snakemake.params.seeds],
    study,
    Path(snakemake.input.data),
    snakemake.params.code,
    backend=snakemake.params.backend,
    threads=snakemake.threads,
    # Held until this process ends, because only then is its GPU memory free.
    slots=lambda: take_slots(
        snakemake.resources.gpu, study.resources.gpu_slots_per_device, log=print
    ),
    log=print,
    decision=Path(snakemake.input.decision) if snakemake.input.decision else None,
    rung=snakemake.params.rung,
    kept=Path(snakemake.input.kept) if snakemake.input.kept else None,
    clock=clock,
)
for outcome in outcomes.values():
    if outcome.failure:  # the others go on; the report and the last check name it
        job.tell(outcome.failure)
