"""Rule make_table: one table that the study asks for, over all protocols."""

import sys

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.study.decisions import read_decisions
from nnrepro.tables.csvfile import write_csv
from nnrepro.tables.sources import Sources, make_table, marked

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study):
    spec = study.tables[snakemake.wildcards.table]
    decisions = read_decisions(snakemake.input.decisions)
    sources = Sources(study, spec, decisions, dict(snakemake.input.items()))
    table = make_table(study.kinds["tables"][spec.kind], spec.options, sources)
    write_csv(marked(table, sources.listed, sources.extent), snakemake.output[0])
