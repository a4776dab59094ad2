# Claims: statements of reports, decided by code from the runs.
from nnrepro.claims.loading import load_claims

with errors_shown():
    CLAIMS = load_claims(STUDY.claims, STUDY) if STUDY.claims else None

CLAIM_TABLES = {
    "claims": str(PATHS.table("claims")),
    "parts": str(PATHS.table("claim_parts")),
    "lists": str(PATHS.table("printed_lists")),
}

if CLAIMS:
    TABLES += CLAIM_TABLES.values()
    FAILURES["tables"] += [failures(PATHS.table("claims"))]


rule decide_claims:
    input:
        claims=STUDY.claims or [],
        numbers=str(CLAIMS.published.path) if CLAIMS and CLAIMS.published else [],
        histories=lambda _: run_files("history"),
        records=lambda _: run_files("record"),
        predictions=lambda _: run_files("predictions"),
        decisions=DECISIONS,
        others=lambda _: supplement_evidence(),
    output:
        claims=report(
            CLAIM_TABLES["claims"],
            caption="../docs/captions/table.rst",
            category=shelf("Tables"),
            labels={"table": "Claims"},
        ),
        parts=report(
            CLAIM_TABLES["parts"],
            caption="../docs/captions/table.rst",
            category=shelf("Tables"),
            labels={"table": "Claims, part by part"},
        ),
        lists=report(
            CLAIM_TABLES["lists"],
            caption="../docs/captions/table.rst",
            category=shelf("Tables"),
            labels={"table": "Printed lists of runs below a limit"},
        ),
        failures=failures(PATHS.table("claims")),
    log:
        f"{ROOT}/logs/decide_claims.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        title="Claims decided from the runs",
        stamp=EXTENT.stamp(STUDY.runs),
        runs=lambda _: described(STUDY.runs),
        declared=value_fingerprint(dict(STUDY.declared_variants)),
        vouched=lambda _: vouched(STUDY.runs),
        folder=str(CONFIGURATION.folder),
        code=code("decide_claims.py"),
    message:
        "Deciding claims"
    script:
        "../scripts/decide_claims.py"
