# From official files, or generated ones, to the arrays that training reads.


rule download_data:
    output:
        "results/downloads/{archive}",
    log:
        "results/downloads/logs/{archive}.log",
    wildcard_constraints:
        archive="|".join(map(re.escape, DOWNLOADS)) or "none",
    priority: AHEAD_OF_TRAINING
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        url=lambda wildcards: DOWNLOADS[wildcards.archive].url,
        sums=lambda wildcards: sorted(DOWNLOADS[wildcards.archive].archive_sums),
        size=lambda wildcards: DOWNLOADS[wildcards.archive].archive_bytes,
    message:
        "Downloading {wildcards.archive}"
    script:
        "../scripts/download_data.py"


rule generate_data:
    output:
        directory(f"{ROOT}/generated/{{dataset}}"),
    log:
        f"{ROOT}/logs/generate_data/{{dataset}}.log",
    wildcard_constraints:
        dataset="|".join(generated_data_sets()) or "none",
    priority: AHEAD_OF_TRAINING
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        size=lambda wildcards: STUDY.data[wildcards.dataset]["generate"],
        code=code(
            "generate_data.py",
            "data/generated.py",
            "data/_generated_images.py",
            "data/_generated_text.py",
        ),
    message:
        "Generating data in the form of {wildcards.dataset}"
    script:
        "../scripts/generate_data.py"


rule prepare_data:
    input:
        lambda wildcards: nameable(SOURCES[wildcards.prepared][1]),
    output:
        arrays=f"{ROOT}/data/{{prepared}}.npz",
        info=f"{ROOT}/data/{{prepared}}.json",
    log:
        f"{ROOT}/logs/prepare_data/{{prepared}}.log",
    wildcard_constraints:
        prepared="|".join(PREPARED),
    priority: AHEAD_OF_TRAINING
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        source=lambda wildcards: SOURCES[wildcards.prepared][0],
        content=raw_content,
        code=lambda wildcards: preparation_code(wildcards.prepared),
    message:
        "Preparing {wildcards.prepared}"
    script:
        "../scripts/prepare_data.py"
