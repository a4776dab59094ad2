"""Rule tabulate_runs: one row per run, one per variant, and where everything came from."""

import sys

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.archive.provenance import provenance
from nnrepro.files import read_json, write_json
from nnrepro.measures.inventory import certain_decisions, inventory
from nnrepro.measures.runs import compared, damaged_predictions, read_runs
from nnrepro.study.decisions import read_decisions, read_undecided
from nnrepro.study.paths import StudyPaths
from nnrepro.tables.csvfile import write_csv
from nnrepro.tables.runs import runs_table
from nnrepro.tables.variants import variants_table

study = job.start(snakemake)
decisions = read_decisions(snakemake.input.decisions)
folders = StudyPaths.of(study).runs
sure = certain_decisions(study, folders, decisions)
runs = [study.resolved(run, sure) for run in study.runs]
data, problems = read_runs(runs, folders)
problems += damaged_predictions(data, folders)
for problem in problems:
    print(f"{problem.run_id}: {problem.message}")
table = runs_table(data, problems, runs, study.accuracy_levels)
write_csv(table, snakemake.output.runs)
alike = table
if snakemake.params.compared:
    data_alike = compared(data, snakemake.params.compared)
    alike = runs_table(data_alike, problems, runs, study.accuracy_levels)
write_csv(alike, snakemake.output.comparable)
write_csv(variants_table(alike), snakemake.output.variants)
prepared = {meta["name"]: meta for meta in map(read_json, snakemake.input.data)}
write_json(snakemake.output.provenance, provenance(data, problems, prepared, study.data_notes))
undecided = read_undecided(snakemake.input.decisions)
write_json(snakemake.output.reading, inventory(study, folders, problems, undecided))
