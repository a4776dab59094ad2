"""Rule generate_data: made-up data in a data set's official form, for demonstrations."""

from pathlib import Path

import job
from nnrepro.data.registry import origin

job.start(snakemake)
origin(snakemake.wildcards.dataset).generate(Path(snakemake.output[0]), **snakemake.params.size)
