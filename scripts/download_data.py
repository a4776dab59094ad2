"""Rule download_data: an official archive, resumed where it broke off, and checked."""

from pathlib import Path

import job
from nnrepro.data.download import download

job.start(snakemake)
asked = snakemake.params
download(asked.url, Path(snakemake.output[0]), accepted=asked.sums, size=asked.size)
