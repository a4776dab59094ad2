"""Rule select_rung: the variants of a halving that are trained beyond a rung."""

import sys

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.files import write_json
from nnrepro.measures.runs import read_runs
from nnrepro.study.halving import kept
from nnrepro.study.paths import StudyPaths
from nnrepro.tables.selection import going_on
from nnrepro.tables.variants import variants_of

study = job.start(snakemake)
protocol, experiment = snakemake.wildcards.protocol, snakemake.wildcards.experiment
rung = int(snakemake.wildcards.rung)
runs = study.runs_of(protocol, experiment)
read = read_runs(runs, StudyPaths.of(study).rung(rung))
variants = variants_of(study, protocol, experiment, *read)
count = kept(len(variants), runs[0].rungs, rung)
names = going_on(variants, snakemake.params.metric, count)
write_json(snakemake.output.decision, {"kept": names})
job.tell(
    f"{protocol}/{experiment}: {len(names)} of {len(variants)} variants go on from rung {rung}"
)
