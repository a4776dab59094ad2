# One training job per run.


def run_decision(wildcards):
    run = STUDY.run(wildcards.run)
    return decision(run.protocol, run.selects_from) if run.selects_from else []


def run_parameters(wildcards, input):
    """Everything that decides the run's result, the selected parameters filled in."""
    run = STUDY.run(wildcards.run)
    if run.selects_from:
        with open(str(input.decision)) as file:
            run = run.resolved(json.load(file))
    return run.for_training().to_dict()


def run_data(wildcards):
    return DATA_FILES[STUDY.run(wildcards.run).input]


rule train_run:
    input:
        data=lambda wildcards: run_data(wildcards)[0],
        data_info=lambda wildcards: run_data(wildcards)[1],
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
        "Training {wildcards.run}"
    script:
        "../scripts/train_run.py"
