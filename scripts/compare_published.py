"""Rule compare_published: every published number beside the reproduced one, and a summary."""

import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.measures.runs import read_runs
from nnrepro.published.comparison import compare_published, published_offsets, published_summary
from nnrepro.published.numbers import load_published
from nnrepro.published.runs import StudyRuns
from nnrepro.study.decisions import read_decisions
from nnrepro.study.paths import StudyPaths
from nnrepro.tables.csvfile import read_csv, write_csv

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study):
    decisions = read_decisions(snakemake.input.decisions)
    data, _ = read_runs(study.runs, StudyPaths.of(study).runs)
    runs = StudyRuns(
        study, read_csv(snakemake.input.runs), {item.run.id: item for item in data}, decisions
    )
    numbers = load_published(Path(snakemake.input.results), study)
    compared = compare_published(numbers, runs)
    write_csv(compared, snakemake.output.compared)
    write_csv(published_offsets(numbers, runs), snakemake.output.offsets)
    write_csv(published_summary(compared), snakemake.output.summary)
