# One training job per run.


rule train_run:
    input:
        data=run_data(0),
        data_info=run_data(1),
        decision=run_decision,
        again=train_again,
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
        code=lambda wildcards: model_codes()[STUDY.run(wildcards.run).model],
    message:
        "Training {wildcards.run}: {threads} threads, {resources.gpu} GPUs, log {log}"
    script:
        "../scripts/train_run.py"
