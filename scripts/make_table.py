"""Rule make_table: one table that the study asks for, over all protocols."""

import pandas as pd

import job
from nnrepro.measures.predictions import usable_answers
from nnrepro.measures.runs import folds_of
from nnrepro.study.decisions import read_decisions
from nnrepro.study.paths import StudyPaths
from nnrepro.tables.columns import rows_of
from nnrepro.tables.compared import compared_tables, extent_by_table
from nnrepro.tables.csvfile import read_csv, write_csv
from nnrepro.tables.kinds import make_table

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study):
    paths = StudyPaths.of(study)
    spec = study.tables[snakemake.wildcards.table]
    decisions = read_decisions(snakemake.input.decisions)
    chosen = {name: study.chosen(name, spec.runs, decisions) for name in study.protocols}
    tables = compared_tables(
        study,
        [run for own in chosen.values() for run in own],
        extent_by_table(study, read_csv(snakemake.input.lengths)),
        (read_csv(snakemake.input.runs), read_csv(snakemake.input.variants)),
        paths.runs,
    )
    rows = [rows_of(tables.variants, own) for own in chosen.values()]
    selection = {name: protocol.selection_metric for name, protocol in study.protocols.items()}

    def answers(run):
        """What a run predicted, unless that is of a later epoch than it is compared at."""
        return None if run in tables.shorter else usable_answers(run, paths.runs)

    table = make_table(
        spec.kind,
        spec.options,
        variants=pd.concat(rows, ignore_index=True),
        runs=tables.runs,
        selection=selection,
        answers=answers,
        folds=lambda run: folds_of(study.run(run), paths.runs, tables.shorter.get(run)),
    )
    write_csv(table, snakemake.output[0])
