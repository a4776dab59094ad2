"""Rule check_histories: fails, with the report made, where damaged histories were left out."""

import job
from nnrepro.analysis.reading import check_histories
from nnrepro.files import read_json, write_text

study = job.start(snakemake)
found = read_json(snakemake.input.reading)["problems"]
lines = check_histories(found, study.allow_gaps)
write_text(snakemake.output[0], "".join(f"{line}\n" for line in lines))
