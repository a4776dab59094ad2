"""Rule select_variant: the variant of an experiment that a protocol chooses."""

import sys

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.failures import in_one_line
from nnrepro.files import write_json
from nnrepro.measures.runs import compared, read_runs
from nnrepro.study.decisions import no_decision
from nnrepro.study.paths import StudyPaths
from nnrepro.tables.csvfile import write_csv
from nnrepro.tables.selection import SelectionError, select, selection_table, selection_told
from nnrepro.tables.variants import variants_of

study = job.start(snakemake)
protocol, experiment = snakemake.wildcards.protocol, snakemake.wildcards.experiment
data, problems = read_runs(study.runs_of(protocol, experiment), StudyPaths.of(study).runs)
data = compared(data, snakemake.params.compared)
variants = variants_of(study, protocol, experiment, data, problems)
parameters, top = study.experiments[experiment].varied, study.experiments[experiment].top
metric = snakemake.params.metric
write_csv(selection_table(variants, metric, parameters), snakemake.output.scores)
try:
    decision = select(variants, metric, parameters, top)
    if told := selection_told(decision, top):
        job.tell(f"{protocol}/{experiment}: {told}")
except SelectionError as error:  # what depends on it is left out, and all else is made
    job.tell(error)
    decision = no_decision(in_one_line(error).removeprefix(f"{protocol}/{experiment}: "))
write_json(snakemake.output.decision, decision)
