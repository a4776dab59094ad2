# One training job per run.


rule train_run:
    input:
        data=run_data(0),
        data_info=run_data(1),
        decision=run_decision,
    output:
        history=f"{ROOT}/runs/{{run}}/history.json",
        record=f"{ROOT}/runs/{{run}}/run.json",
        predictions=f"{ROOT}/runs/{{run}}/predictions.npz",
        weights=f"{ROOT}/runs/{{run}}/final.weights.h5",
    log:
        f"{ROOT}/logs/train_run/{{run}}.log",
    benchmark:
        f"{ROOT}/benchmarks/train_run/{{run}}.tsv"
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
        code=code("train_run.py", "models", "training", "data/dataset.py"),
    message:
        "Training {wildcards.run}: {threads} threads, {resources.gpu} GPUs, log {log}"
    script:
        "../scripts/train_run.py"
