# From histories to tables: selections, one row per run, and the tables that the study asks for.


rule select_variant:
    input:
        histories=lambda wildcards: run_files(
            "history", STUDY.runs_of(wildcards.protocol, wildcards.experiment)
        ),
    output:
        decision=f"{ROOT}/selection/{{protocol}}/{{experiment}}.json",
        scores=f"{ROOT}/selection/{{protocol}}/{{experiment}}_scores.csv",
    log:
        f"{ROOT}/logs/select_variant/{{protocol}}/{{experiment}}.log",
    priority: AHEAD_OF_TRAINING
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        metric=lambda wildcards: STUDY.selection_metric(
            wildcards.protocol, [wildcards.experiment]
        ),
        runs=selection_basis,
        compared=lambda wildcards: compared_epochs(
            STUDY.runs_of(wildcards.protocol, wildcards.experiment)
        ),
        vouched=lambda wildcards: vouched(
            STUDY.runs_of(wildcards.protocol, wildcards.experiment)
        ),
        code=code("select_variant.py"),
    message:
        "Selecting the best variant of {wildcards.experiment} as {wildcards.protocol} does"
    script:
        "../scripts/select_variant.py"


rule tabulate_runs:
    input:
        histories=lambda _: run_files("history"),
        records=lambda _: run_files("record"),
        data=[info for _, info in DATA_FILES.values()],
        decisions=DECISIONS,
    output:
        runs=report(
            PATHS.table("runs"),
            caption="../docs/captions/table.rst",
            category=shelf("Tables"),
            labels={"table": "All runs"},
        ),
        variants=report(
            PATHS.table("variants"),
            caption="../docs/captions/table.rst",
            category=shelf("Tables"),
            labels={"table": "All variants"},
        ),
        comparable=COMPARABLE,
        provenance=PATHS.provenance,
        reading=READING,
    log:
        f"{ROOT}/logs/tabulate_runs.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        title="Every run, and every variant over its seeds",
        stamp=EXTENT.stamp(STUDY.runs),
        runs=lambda _: described(STUDY.runs),
        levels=STUDY.accuracy_levels,
        compared=lambda _: compared_epochs(STUDY.runs),
        vouched=lambda _: vouched(STUDY.runs),
        archive=sorted(FOLDERS.placed) if ARCHIVED else [],
        code=code("tabulate_runs.py"),
    message:
        "Tabulating all runs"
    script:
        "../scripts/tabulate_runs.py"


rule make_table:
    input:
        runs=COMPARABLE,
        lengths=PATHS.table("runs"),
        variants=PATHS.table("variants"),
        predictions=table_predictions,
        data=table_data,
        decisions=DECISIONS,
    output:
        report(
            f"{ROOT}/tables/{{table}}.csv",
            caption="../docs/captions/table.rst",
            category=shelf("Tables"),
            labels=lambda wildcards: {
                "table": as_written(STUDY.tables[wildcards.table].title)
            },
        ),
        failures=f"{ROOT}/failures/tables/{{table}}.json",
    log:
        f"{ROOT}/logs/make_table/{{table}}.log",
    wildcard_constraints:
        table="|".join(STUDY.tables) or "none",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        title=lambda wildcards: STUDY.tables[wildcards.table].title,
        stamp=EXTENT.stamp(STUDY.runs),
        spec=lambda wildcards: value_fingerprint(STUDY.tables[wildcards.table].__dict__),
        code=lambda wildcards: kind_code(
            "make_table.py", "tables", STUDY.tables[wildcards.table].kind
        ),
    message:
        "Making table {wildcards.table}"
    script:
        "../scripts/make_table.py"
