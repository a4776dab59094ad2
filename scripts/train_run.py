"""Rule train_run: one training job."""

import os
from pathlib import Path

import job
from nnrepro.data import load_dataset
from nnrepro.files import read_json
from nnrepro.locks import wait_for_lock
from nnrepro.study import Run, StudyPaths
from nnrepro.training import CheckpointPolicy, StageClock, is_finished, take_slots, train_run

clock = StageClock.from_process_start()
study = job.start(snakemake)
os.environ["KERAS_BACKEND"] = snakemake.params.backend  # before anything imports Keras
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # the log is for the run's progress
run = Run.from_dict(snakemake.params.run)
if run.selects_from:
    run = run.resolved(read_json(snakemake.input.decision))
prepared = read_json(snakemake.input.data_info)
identity = {
    "data_provenance": {key: prepared[key] for key in ("name", "source", "generated", "sha256")},
    "code_sha256": snakemake.params.code,
}
folder = Path(snakemake.output.history).parent
clock.mark("start")
# A training that outlived its killed Snakemake may still be at it; then this one finds it finished.
lock = wait_for_lock(
    StudyPaths.of(study).lock(run.id),
    waiting=lambda holder: print(f"waiting: {holder} is training this run"),
)
if is_finished(folder, run, **identity, backend=snakemake.params.backend):
    print("finished already with the same settings, data, code and versions: kept as it is")
else:
    # Held until this process ends, because only then is its GPU memory free.
    slots = take_slots(snakemake.resources.gpu, study.resources.gpu_slots_per_device, log=print)
    clock.skip()
    dataset = load_dataset(Path(snakemake.input.data), run.settings)
    clock.mark("data")
    train_run(
        run,
        dataset,
        out_dir=folder,
        checkpoint_dir=StudyPaths.of(study).checkpoints(run.id),
        threads=snakemake.threads,
        log=print,
        policy=CheckpointPolicy(every_seconds=study.resources.checkpoint_seconds),
        slots=slots,
        clock=clock,
        **identity,
    )
