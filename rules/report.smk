# The report: everything that a reader opens.


rule build_report:
    input:
        tables=TABLES,
        figures=FIGURES,
        failures=[*FAILURES["tables"], *FAILURES["figures"]],
        provenance=rules.tabulate_runs.output.provenance,
        decisions=DECISIONS,
        reading=READING,
        histories=lambda _: run_files("history", DETAILED),
        records=lambda _: run_files("record", DETAILED),
        architectures=architectures,
        supplements=[
            file
            for study in SUPPLEMENTARY.values()
            for file in supplement_files(study)
        ],
    output:
        html=report(
            str(PATHS.report),
            caption="../docs/captions/report.rst",
            category=shelf("Report"),
            labels={"form": "for the screen"},
        ),
        pdf=report(
            str(PATHS.beside_report("report.pdf")),
            caption="../docs/captions/report_pdf.rst",
            category=shelf("Report"),
            labels={"form": "for print"},
        ),
        details=directory(PATHS.beside_report("details")),
        details_pdf=PATHS.beside_report("details.pdf"),
        in_short=PATHS.beside_report("in_short.txt"),
        zip=PATHS.beside_report("report.zip"),
        failures=failures(PATHS.report),
    log:
        f"{ROOT}/logs/build_report.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        study=value_fingerprint({k: v for k, v in config.items() if k != "training"}),
        runs=lambda _: described(STUDY.runs),
        vouched=vouched(DETAILED),
        supplements=value_fingerprint(SUPPLEMENT_CONFIGS),
        folder=str(CONFIGURATION.folder),
        code=code("build_report.py"),
        templates=code_fingerprint(report_templates()),
    message:
        "Building the report"
    script:
        "../scripts/build_report.py"


rule describe_results:
    input:
        report=REPORT,
        tables=TABLES,
        figures=FIGURES,
        provenance=rules.tabulate_runs.output.provenance,
        reading=READING,
    output:
        CRATE,
        f"{ROOT}/README.md",
        f"{ROOT}/workflow/Snakefile",
        f"{ROOT}/workflow/config.json",
    log:
        f"{ROOT}/logs/describe_results.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        config=value_fingerprint(config),
        workflow=code_fingerprint([PROJECT / "Snakefile"]),
        code=code("describe_results.py"),
    message:
        "Describing the results for programs"
    script:
        "../scripts/describe_results.py"


rule check_results:
    input:
        made=stage_outputs,
        reading=stage_readings,
        failures=stage_failures,
    output:
        checked("{stage}"),
    log:
        f"{ROOT}/logs/check_results/{{stage}}.log",
    wildcard_constraints:
        stage="all|training|tables|figures",
    # What failed stays so, however often it is looked at.
    retries: 0
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        allow_gaps=STUDY.allow_gaps,
        code=code("check_results.py"),
    message:
        "Checking that nothing failed and no history was damaged ({wildcards.stage})"
    script:
        "../scripts/check_results.py"
