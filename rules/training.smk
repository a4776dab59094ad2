# One training job per run, and before the first of them a look at what would fail in all.
with errors_shown():
    check_backend()


# Of a study that has been trained before, `try_changed_models` looks at what is new.
if not MODELS_CHECKED.is_file():

    rule check_models:
        input:
            arrays=[arrays for arrays, _ in DATA_FILES.values()],
            info=[info for _, info in DATA_FILES.values()],
        output:
            str(MODELS_CHECKED),
        log:
            f"{ROOT}/logs/check_models.log",
        priority: AHEAD_OF_TRAINING
        localrule: True
        conda:
            "../envs/cpu.yaml"
        params:
            basis=lambda _: trial_basis(),
        message:
            "Building every model once"
        script:
            "../scripts/check_models.py"


rule train_run:
    input:
        data=run_data(0),
        data_info=run_data(1),
        decision=run_decision,
        again=train_again,
        # That models can be built is no part of what a run is: a new file retrains nothing.
        models=ancient(str(MODELS_CHECKED)),
    # Not deleted beforehand: a run that nothing has changed for is kept, not trained again.
    output:
        history=update(f"{ROOT}/runs/{{run}}/history.json"),
        record=update(f"{ROOT}/runs/{{run}}/run.json"),
        predictions=update(f"{ROOT}/runs/{{run}}/predictions.npz"),
        weights=update(f"{ROOT}/runs/{{run}}/final.weights.h5"),
    log:
        f"{ROOT}/logs/train_run/{{run}}.log",
    benchmark:
        f"{ROOT}/benchmarks/train_run/{{run}}.tsv"
    priority: run_priority
    conda:
        "../envs/cpu.yaml"
    threads: STUDY.resources.threads
    resources:
        gpu=STUDY.resources.gpus,
        mem_mb=lambda wildcards, attempt: STUDY.resources.mem_mb * attempt,
        runtime=lambda wildcards, attempt: STUDY.resources.runtime * attempt,
    params:
        run=run_parameters,
        backend=STUDY.backend,
        code=lambda wildcards: code_of(STUDY.run(wildcards.run), model_codes()),
    message:
        "Training {wildcards.run}: {threads} threads, {resources.gpu} GPUs, log {log}"
    script:
        "../scripts/train_run.py"
