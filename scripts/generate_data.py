"""Rule generate_data: made-up data in a data set's official form, for demonstrations."""

import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.data.registry import origin

study = job.start(snakemake)
dataset = snakemake.wildcards.dataset
origin(dataset, study.data[dataset]).generate(Path(snakemake.output[0]), **snakemake.params.size)
