"""Rule download_data: an official archive, resumed where it broke off, and checked."""

import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.data.download import download

job.start(snakemake)
asked = snakemake.params
download(asked.url, Path(snakemake.output[0]), accepted=asked.sums, size=asked.size)
