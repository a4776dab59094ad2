# From official files, or generated ones, to the arrays that training reads.
from nnrepro.data.registry import inputs, origin

try:
    PREPARATIONS = inputs(STUDY.data)
    NEEDED = {run.input for run in STUDY.runs}
    for missing in NEEDED - set(PREPARATIONS):
        raise NnreproError(
            f"data: no data set gives the input '{missing}', which the models of this study read"
        )
    PREPARED = {p.basename: p for name, p in PREPARATIONS.items() if name in NEEDED}
    ORIGINS = {p.dataset: origin(p.dataset) for p in PREPARED.values()}
    for name, known in ORIGINS.items():
        known.check(STUDY.data[name]["source"])
except NnreproError as error:
    raise WorkflowError(str(error)) from None

DATA_FILES = {
    p.input: (
        str(PATHS.data(f"{p.basename}.npz")),
        str(PATHS.data(f"{p.basename}.json")),
    )
    for p in PREPARED.values()
}
DOWNLOADS = {
    o.official.archive: o.official
    for name, o in ORIGINS.items()
    if STUDY.data[name]["source"] == "download"
}


def prepared_from(basename):
    """A prepared input's source as `prepare` takes it, and the files that it depends on."""
    name = PREPARED[basename].dataset
    section = STUDY.data[name]
    source = {key: section[key] for key in ("sha256",) if key in section}
    if section["source"] == "download":
        path = f"results/downloads/{ORIGINS[name].official.archive}"
        return {**source, "source": "archive", "path": path}, [path]
    if section["source"] == "generated":
        path = f"{ROOT}/generated/{name}"
        return {"source": "generated", "path": path}, [path]
    path = section["path"]
    files = [path]
    if section["source"] == "folder":
        try:
            files = [str(file) for file in ORIGINS[name].files(Path(path))]
        except NnreproError as error:
            raise WorkflowError(str(error)) from None
    return {**source, "source": section["source"], "path": path}, files


rule download_data:
    output:
        "results/downloads/{archive}",
    log:
        "results/downloads/logs/{archive}.log",
    wildcard_constraints:
        archive="|".join(map(re.escape, DOWNLOADS)) or "none",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        urls={name: official.url for name, official in DOWNLOADS.items()},
        sums={
            name: sorted(official.archive_sums) for name, official in DOWNLOADS.items()
        },
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
        dataset="|".join(ORIGINS),
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
        lambda wildcards: prepared_from(wildcards.prepared)[1],
    output:
        arrays=f"{ROOT}/data/{{prepared}}.npz",
        info=f"{ROOT}/data/{{prepared}}.json",
    log:
        f"{ROOT}/logs/prepare_data/{{prepared}}.log",
    wildcard_constraints:
        prepared="|".join(PREPARED),
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        source=lambda wildcards: prepared_from(wildcards.prepared)[0],
        code=code("prepare_data.py", "data"),
    message:
        "Preparing {wildcards.prepared}"
    script:
        "../scripts/prepare_data.py"
