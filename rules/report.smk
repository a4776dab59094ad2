# The report: everything that a reader opens.
REPORT = str(PATHS.report)


rule build_report:
    input:
        tables=TABLES,
        figures=FIGURES,
        provenance=rules.tabulate_runs.output.provenance,
        decisions=DECISIONS,
    output:
        REPORT,
    log:
        f"{ROOT}/logs/build_report.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        study=value_fingerprint(
            {
                key: config.get(key)
                for key in (
                    "title",
                    "parts",
                    "questions",
                    "tables",
                    "figures",
                    "protocols",
                )
            }
        ),
        runs=described(STUDY.runs),
        code=code("build_report.py", "report"),
        templates=code_fingerprint((SCRIPTS / "nnrepro/report/templates").glob("*")),
    message:
        "Building the report"
    script:
        "../scripts/build_report.py"
