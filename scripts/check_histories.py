"""Rule check_histories: fails, with the report made, where damaged histories were left out."""

from pathlib import Path

import job
from nnrepro.analysis.reading import check_histories
from nnrepro.files import read_json, write_text
from nnrepro.study import StudyPaths

study = job.start(snakemake)
root = StudyPaths.of(study).root
found = []
for file in map(Path, snakemake.input.reading):
    owner = file.parent.relative_to(root)
    problems = read_json(file)["problems"]
    found += [{**problem, "run": str(owner / problem["run"])} for problem in problems]
lines = check_histories(found, study.allow_gaps)
write_text(snakemake.output[0], "".join(f"{line}\n" for line in lines))
