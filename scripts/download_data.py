"""Rule download_data: an official archive, resumed where it broke off, and checked."""

from pathlib import Path

import job
from nnrepro.data.download import download

job.start(snakemake)
archive = snakemake.wildcards.archive
sums = dict(text.split(":") for text in snakemake.params.sums[archive])
download(
    snakemake.params.urls[archive],
    Path(snakemake.output[0]),
    sha256=sums.get("sha256"),
    md5=sums.get("md5"),
)
