"""Rule make_table: one table that the study asks for, over all protocols."""

import pandas as pd

import job
from nnrepro.analysis.columns import rows_of
from nnrepro.analysis.csvfile import read_csv, write_csv
from nnrepro.analysis.table_kinds import make_table

study = job.start(snakemake)
spec = study.tables[snakemake.wildcards.table]
decisions = job.read_decisions(snakemake.input.decisions)
variants = read_csv(snakemake.input.variants)
rows = [rows_of(variants, study.chosen(name, spec.runs, decisions)) for name in study.protocols]
selection = {name: protocol.selection_metric for name, protocol in study.protocols.items()}
write_csv(
    make_table(spec.kind, pd.concat(rows, ignore_index=True), spec.options, selection),
    snakemake.output[0],
)
