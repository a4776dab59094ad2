"""Rule download_data: an official archive, resumed where it broke off, and checked."""

from pathlib import Path

import job
from nnrepro.data.download import download
from nnrepro.data.registry import official_archives

job.start(snakemake)
official = official_archives()[snakemake.wildcards.archive]
sums = dict(text.split(":") for text in official.archive_sums)
download(
    official.url,
    Path(snakemake.output[0]),
    sha256=sums.get("sha256"),
    md5=sums.get("md5"),
    size=official.archive_bytes,
)
