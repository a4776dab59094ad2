# Published numbers beside the reproduced ones, and the inconsistencies among them.
with errors_shown():
    NUMBERS = published_numbers()
    PUBLISHED = published_files(NUMBERS)

COMPARED = PATHS.table("published")
DRAWN = [str(PATHS.figures(name, AGREEMENT)) for name in STUDY.protocols]

if PUBLISHED:
    TABLES += [
        str(COMPARED),
        *(str(PATHS.table(f"published_{of}")) for of in ("offsets", "summary")),
    ]
    FIGURES += DRAWN
    FAILURES["tables"] += [failures(COMPARED)]
    FAILURES["figures"] += map(failures, DRAWN)
if "inconsistencies" in PUBLISHED:
    TABLES += [str(PATHS.table("inconsistencies"))]
    FAILURES["tables"] += [failures(PATHS.table("inconsistencies"))]


rule compare_published:
    input:
        results=PUBLISHED.get("results", []),
        runs=PATHS.table("runs"),
        histories=lambda _: run_files("history"),
        records=lambda _: run_files("record"),
        decisions=DECISIONS,
    output:
        compared=report(
            COMPARED,
            caption="../docs/captions/table.rst",
            category=shelf("Tables"),
            labels={"table": "Published beside reproduced"},
        ),
        offsets=report(
            PATHS.table("published_offsets"),
            caption="../docs/captions/table.rst",
            category=shelf("Tables"),
            labels={"table": "Published beside reproduced, shared offsets"},
        ),
        summary=report(
            PATHS.table("published_summary"),
            caption="../docs/captions/table.rst",
            category=shelf("Tables"),
            labels={"table": "Published beside reproduced, summary"},
        ),
        failures=failures(COMPARED),
    log:
        f"{ROOT}/logs/compare_published.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        title="Published numbers beside the reproduced ones",
        stamp=EXTENT.stamp(STUDY.runs),
        runs=lambda _: described(STUDY.runs),
        vouched=lambda _: vouched(STUDY.runs),
        code=code("compare_published.py"),
    message:
        "Comparing with the published numbers"
    script:
        "../scripts/compare_published.py"


rule list_inconsistencies:
    input:
        results=PUBLISHED.get("results", []),
        inconsistencies=PUBLISHED.get("inconsistencies", []),
    output:
        report(
            PATHS.table("inconsistencies"),
            caption="../docs/captions/table.rst",
            category=shelf("Tables"),
            labels={"table": "Inconsistencies of the published numbers"},
        ),
        failures=failures(PATHS.table("inconsistencies")),
    log:
        f"{ROOT}/logs/list_inconsistencies.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        title="Inconsistencies of the published numbers",
        stamp="published numbers alone",
        code=code("list_inconsistencies.py"),
    message:
        "Listing inconsistencies of the published numbers"
    script:
        "../scripts/list_inconsistencies.py"
