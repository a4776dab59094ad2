"""Rule check_results: fails, with all made that can be, where something failed or is damaged."""

import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.failures import read_failures
from nnrepro.files import read_json, write_text
from nnrepro.measures.inventory import check_results, inventory
from nnrepro.measures.runs import read_runs
from nnrepro.study.paths import SUPPLEMENTS, StudyPaths

study = job.start(snakemake)
paths = StudyPaths.of(study)
problems, failures, undecided = [], {}, {}
if not snakemake.input.reading:
    problems = inventory(study, paths.runs, read_runs(study.runs, paths.runs)[1])["problems"]
for file in map(Path, snakemake.input.reading):
    owner = file.parent.relative_to(paths.root)
    found = read_json(file)
    problems += [{**item, "run": str(owner / item["run"])} for item in found["problems"]]
    undecided |= {str(owner / name): why for name, why in found["undecided"].items()}
for file in map(Path, snakemake.input.failures):
    inside = file.relative_to(paths.root)
    owner = Path(*inside.parts[:2]) if inside.parts[0] == SUPPLEMENTS else Path()
    failures |= {str(owner / part): why for part, why in read_failures([file]).items()}
lines = check_results(problems, failures, undecided, study.allow_gaps)
write_text(snakemake.output[0], "".join(f"{line}\n" for line in lines))
