# One job per protocol and kind of figure; each draws all figures of its kind.


rule draw_curves:
    input:
        histories=figure_histories("curves"),
        published=published_levels,
        decisions=figure_decisions,
    output:
        report(
            directory(f"{ROOT}/figures/{{protocol}}/curves"),
            patterns=["{experiment}/{variant}.svg"],
            caption="../docs/captions/curves.rst",
            category=shelf("Figures"),
            subcategory="Cost and accuracy of each variant",
            labels={
                "protocol": "{protocol}",
                "experiment": "{experiment}",
                "variant": "{variant}",
            },
        ),
        failures=f"{ROOT}/failures/figures/{{protocol}}/curves.json",
    log:
        f"{ROOT}/logs/draw_curves/{{protocol}}.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        stamp=figure_stamp("curves"),
        vouched=figure_vouched("curves"),
        spec=figure_spec("curves"),
        code=code("draw_curves.py"),
    message:
        "Drawing cost and accuracy curves ({wildcards.protocol})"
    script:
        "../scripts/draw_curves.py"


rule draw_comparison:
    input:
        histories=figure_histories("comparison"),
        decisions=figure_decisions,
    output:
        report(
            directory(f"{ROOT}/figures/{{protocol}}/comparison"),
            patterns=["{figure}.svg"],
            caption="../docs/captions/comparison.rst",
            category=shelf("Figures"),
            subcategory="Comparisons",
            labels={"protocol": "{protocol}", "figure": "{figure}"},
        ),
        failures=f"{ROOT}/failures/figures/{{protocol}}/comparison.json",
    log:
        f"{ROOT}/logs/draw_comparison/{{protocol}}.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        stamp=figure_stamp("comparison"),
        vouched=figure_vouched("comparison"),
        spec=figure_spec("comparison"),
        code=code("draw_comparison.py"),
    message:
        "Drawing comparisons of variants ({wildcards.protocol})"
    script:
        "../scripts/draw_comparison.py"


rule draw_heatmap:
    input:
        runs=PATHS.table("runs"),
        variants=PATHS.table("variants"),
        decisions=figure_decisions,
    output:
        report(
            directory(f"{ROOT}/figures/{{protocol}}/heatmap"),
            patterns=["{figure}.svg"],
            caption="../docs/captions/heatmap.rst",
            category=shelf("Figures"),
            subcategory="Grids",
            labels={"protocol": "{protocol}", "figure": "{figure}"},
        ),
        failures=f"{ROOT}/failures/figures/{{protocol}}/heatmap.json",
    log:
        f"{ROOT}/logs/draw_heatmap/{{protocol}}.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        stamp=figure_stamp("heatmap"),
        spec=figure_spec("heatmap"),
        code=code("draw_heatmap.py"),
    message:
        "Drawing heat maps ({wildcards.protocol})"
    script:
        "../scripts/draw_heatmap.py"


rule draw_accuracy_time:
    input:
        runs=PATHS.table("runs"),
        comparable=COMPARABLE,
        variants=PATHS.table("variants"),
        decisions=figure_decisions,
    output:
        report(
            directory(f"{ROOT}/figures/{{protocol}}/accuracy_time"),
            patterns=["{figure}.svg"],
            caption="../docs/captions/accuracy_time.rst",
            category=shelf("Figures"),
            subcategory="Accuracy and time",
            labels={"protocol": "{protocol}", "figure": "{figure}"},
        ),
        failures=f"{ROOT}/failures/figures/{{protocol}}/accuracy_time.json",
    log:
        f"{ROOT}/logs/draw_accuracy_time/{{protocol}}.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        stamp=figure_stamp("accuracy_time"),
        spec=figure_spec("accuracy_time"),
        code=code("draw_accuracy_time.py"),
    message:
        "Drawing accuracy and training time ({wildcards.protocol})"
    script:
        "../scripts/draw_accuracy_time.py"


rule draw_overview:
    input:
        runs=PATHS.table("runs"),
        published=lambda _: COMPARED if PUBLISHED else [],
        decisions=figure_decisions,
    output:
        report(
            directory(f"{ROOT}/figures/{{protocol}}/overview"),
            patterns=["{figure}.svg"],
            caption="../docs/captions/overview.rst",
            category=shelf("Figures"),
            subcategory="Overview",
            labels={"protocol": "{protocol}", "figure": "{figure}"},
        ),
        failures=f"{ROOT}/failures/figures/{{protocol}}/overview.json",
    log:
        f"{ROOT}/logs/draw_overview/{{protocol}}.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        stamp=figure_stamp("overview"),
        spec=figure_spec("overview"),
        code=code("draw_overview.py"),
    message:
        "Drawing the overview ({wildcards.protocol})"
    script:
        "../scripts/draw_overview.py"


rule compute_feature_maps:
    input:
        data=lambda _: DATA_FILES["image"][0],
        data_info=lambda wildcards: DATA_FILES["image"][1],
        weights=feature_map_weights,
        decisions=figure_decisions,
    output:
        f"{ROOT}/feature_maps/{{protocol}}/{{figure}}.npz",
        failures=f"{ROOT}/failures/feature_maps/{{protocol}}/{{figure}}.json",
    log:
        f"{ROOT}/logs/compute_feature_maps/{{protocol}}/{{figure}}.log",
    wildcard_constraints:
        figure="|".join(spec.name for spec in figure_specs("feature_maps")) or "none",
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


rule draw_feature_maps:
    input:
        decisions=figure_decisions,
        data_info=DATA_FILES["image"][1] if "image" in DATA_FILES else [],
        maps=lambda wildcards: feature_map_files(wildcards.protocol),
    output:
        report(
            directory(f"{ROOT}/figures/{{protocol}}/feature_maps"),
            patterns=["{figure}.svg"],
            caption="../docs/captions/feature_maps.rst",
            category=shelf("Figures"),
            subcategory="Feature maps",
            labels={"protocol": "{protocol}", "figure": "{figure}"},
        ),
        failures=f"{ROOT}/failures/figures/{{protocol}}/feature_maps.json",
    log:
        f"{ROOT}/logs/draw_feature_maps/{{protocol}}.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        stamp=figure_stamp("feature_maps"),
        spec=figure_spec("feature_maps"),
        code=code("draw_feature_maps.py"),
    message:
        "Drawing feature maps ({wildcards.protocol})"
    script:
        "../scripts/draw_feature_maps.py"
