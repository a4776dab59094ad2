"""Rule list_inconsistencies: where published numbers do not fit each other."""

import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.published.inconsistencies import load_inconsistencies
from nnrepro.published.inconsistency_table import inconsistencies_table
from nnrepro.published.numbers import load_published
from nnrepro.tables.csvfile import write_csv

study = job.start(snakemake)
with job.costs_only_itself(snakemake, study):
    numbers = load_published(Path(snakemake.input.results), study)
    items = load_inconsistencies(Path(snakemake.input.inconsistencies), numbers)
    write_csv(inconsistencies_table(items), snakemake.output[0])
