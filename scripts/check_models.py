"""Rule check_models: every model built once, and the examples counted, before any training."""

import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.data.prepared import prepared_arrays
from nnrepro.files import write_json
from nnrepro.study.architectures import ARCHITECTURES
from nnrepro.training.trial import trial

study = job.start(snakemake)
built = trial(study, prepared_arrays(study))
print(f"{len(built)} models can be built")
told = {ARCHITECTURES: [each.to_dict() for each in built]}
write_json(Path(snakemake.output[0]), {**snakemake.params.basis, **told})
