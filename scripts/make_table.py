"""Rule make_table: one table that the study asks for, over all protocols."""

import pandas as pd

import job
from nnrepro.analysis.archive import folds_of
from nnrepro.analysis.columns import rows_of
from nnrepro.analysis.csvfile import read_csv, write_csv
from nnrepro.analysis.predictions import read_answers
from nnrepro.analysis.table_kinds import make_table
from nnrepro.study import StudyPaths

study = job.start(snakemake)
paths = StudyPaths.of(study)
spec = study.tables[snakemake.wildcards.table]
decisions = job.read_decisions(snakemake.input.decisions)
variants = read_csv(snakemake.input.variants)
rows = [rows_of(variants, study.chosen(name, spec.runs, decisions)) for name in study.protocols]
# Their predictions are of a later epoch than the one at which they are compared.
shorter = snakemake.params.compared
selection = {name: protocol.selection_metric for name, protocol in study.protocols.items()}
write_csv(
    make_table(
        spec.kind,
        pd.concat(rows, ignore_index=True),
        spec.options,
        selection,
        runs=read_csv(snakemake.input.runs),
        answers=lambda run: None if run in shorter else read_answers(paths.run(run, "predictions")),
        folds=lambda run: folds_of(study.run(run), paths.runs, shorter.get(run)),
    ),
    snakemake.output[0],
)
