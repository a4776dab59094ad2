"""Rule prepare_data: a data set's arrays as training reads them."""

from pathlib import Path

import job
from nnrepro.data.registry import preparations

study = job.start(snakemake)
preparation = preparations()[snakemake.wildcards.prepared]
preparation.prepare(
    snakemake.params.source, Path(snakemake.output.arrays), Path(snakemake.output.info)
)
job.try_models_again(study, snakemake.config, preparation.input)
