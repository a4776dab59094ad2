# One job per protocol and kind of figure; each draws all figures of its kind.


rule draw_figures:
    input:
        unpack(figure_inputs),
    output:
        report(
            directory(f"{ROOT}/figures/{{protocol}}/{{kind}}"),
            patterns=["{figure,(?!narrow/).+}.svg"],
            caption="../docs/captions/figure.rst",
            category=shelf("Figures"),
            subcategory=lambda wildcards: wildcards.kind.replace(
                "_", " "
            ).capitalize(),
            labels={"protocol": "{protocol}", "figure": "{figure}"},
        ),
        failures=f"{ROOT}/failures/figures/{{protocol}}/{{kind}}.json",
    log:
        f"{ROOT}/logs/draw_figures/{{protocol}}/{{kind}}.log",
    wildcard_constraints:
        kind="|".join(KINDS),
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        summary=lambda wildcards: KINDS[wildcards.kind].summary,
        stamp=lambda wildcards: EXTENT.stamp(runs_drawn(wildcards)),
        vouched=lambda wildcards: vouched(runs_drawn(wildcards)),
        spec=figure_basis,
        code=lambda wildcards: kind_code("draw_figures.py", "figures", wildcards.kind),
    message:
        "Drawing figures of kind {wildcards.kind} ({wildcards.protocol})"
    script:
        "../scripts/draw_figures.py"


rule compute_feature_maps:
    input:
        data=lambda _: DATA_FILES["image"][0],
        data_info=lambda wildcards: DATA_FILES["image"][1],
        weights=feature_map_weights,
        decisions=figure_decisions,
    output:
        f"{ROOT}/{FEATURE_MAPS}/{{protocol}}/{{figure}}.npz",
        failures=f"{ROOT}/failures/{FEATURE_MAPS}/{{protocol}}/{{figure}}.json",
    log:
        f"{ROOT}/logs/compute_feature_maps/{{protocol}}/{{figure}}.log",
    wildcard_constraints:
        figure="|".join(spec.name for spec in figure_specs(STUDY, "feature_maps"))
        or "none",
    conda:
        "../envs/cpu.yaml"
    params:
        images=lambda wildcards: STUDY.figures[wildcards.figure].options["images"],
        backend=STUDY.backend,
        code=code("compute_feature_maps.py", "models", "training/feature_maps.py"),
    message:
        "Computing feature maps ({wildcards.protocol}, {wildcards.figure})"
    script:
        "../scripts/compute_feature_maps.py"
