# Trained networks as files that any Keras reads, of the runs that the study names.


rule save_model:
    input:
        data=run_data(0),
        data_info=run_data(1),
        record=f"{ROOT}/runs/{{run}}/run.json",
        weights=f"{ROOT}/runs/{{run}}/final.weights.h5",
    output:
        f"{ROOT}/runs/{{run}}/model.keras",
        failures=f"{ROOT}/failures/runs/{{run}}/model.json",
    log:
        f"{ROOT}/logs/save_model/{{run}}.log",
    conda:
        "../envs/cpu.yaml"
    params:
        backend=STUDY.backend,
        code=code("save_model.py", "models/layers"),
    message:
        "Saving the network of {wildcards.run}"
    script:
        "../scripts/save_model.py"
