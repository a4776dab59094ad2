"""Rule prepare_data: a data set's arrays as training reads them."""

import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.data import soundness
from nnrepro.data.prepared import preparations_read
from nnrepro.files import read_json
from nnrepro.project import SCRIPTS
from nnrepro.study.paths import StudyPaths
from nnrepro.training.apart import try_models_apart

study = job.start(snakemake)
read = {
    reads: preparation
    for reads, preparation in preparations_read(study).items()
    if preparation.basename == snakemake.wildcards.prepared
}
preparation = next(iter(read.values()))
preparation.prepare(
    snakemake.params.source, Path(snakemake.output.arrays), Path(snakemake.output.info)
)
for remark in soundness.remarks(read_json(Path(snakemake.output.info))):
    print(f"note: {remark.message}")
# Only where models were built on earlier data: else the rule check_models does so, once.
if StudyPaths.of(study).models_checked.is_file():
    try_models_apart(SCRIPTS, snakemake.config, read)
