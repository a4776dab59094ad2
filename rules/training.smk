# Training jobs, and before the first of them a look at what would fail in all.
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


# A run each, or several seeds of a combination; in a halving also to the end of every earlier rung.
for TRAINING in training_rules():

    rule:
        name:
            TRAINING.name
        input:
            data=run_data(0),
            data_info=run_data(1),
            decision=run_decision,
            before=TRAINING.before,
            kept=rung_decision,
            again=TRAINING.again,
            # That models can be built is no part of what a run is: a new file retrains nothing.
            models=ancient(str(MODELS_CHECKED)),
        output:
            **TRAINING.output(),
        log:
            TRAINING.log,
        wildcard_constraints:
            **TRAINING.constraints,
        priority: TRAINING.priority
        conda:
            "../envs/cpu.yaml"
        threads: STUDY.resources.threads
        resources:
            gpu=STUDY.resources.gpus,
            mem_mb=lambda wildcards, attempt: STUDY.resources.mem_mb * attempt,
            runtime=TRAINING.runtime,
        params:
            run=run_parameters,
            seeds=TRAINING.seeds,
            rung=rung_of,
            backend=STUDY.backend,
            code=run_code,
        message:
            TRAINING.message
        script:
            "../scripts/train_run.py"


# Successive halving: all runs have their jobs, and those that are left behind do nothing in them.
if any(run.rungs for run in STUDY.runs):

    rule select_rung:
        input:
            lambda wildcards: [
                file
                for run in STUDY.runs_of(wildcards.protocol, wildcards.experiment)
                for file in rung_files(run, int(wildcards.rung))
            ],
        output:
            decision=f"{ROOT}/selection/{{protocol}}/{{experiment}}.rung{{rung}}.json",
        log:
            f"{ROOT}/logs/select_rung/{{protocol}}/{{experiment}}.rung{{rung}}.log",
        wildcard_constraints:
            rung=r"\d+",
        priority: AHEAD_OF_TRAINING
        localrule: True
        conda:
            "../envs/cpu.yaml"
        params:
            metric=lambda wildcards: STUDY.selection_metric(
                wildcards.protocol, [wildcards.experiment]
            ),
            runs=selection_basis,
            code=code("select_rung.py"),
        message:
            "Deciding which variants of {wildcards.experiment} go on from rung {wildcards.rung}"
        script:
            "../scripts/select_rung.py"
