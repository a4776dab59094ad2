"""Rule decide_claims: the verdict on every claim, and on every part of it."""

import sys
from pathlib import Path

sys.path.insert(0, snakemake.scriptdir)  # before any other copy of the library

import job
from nnrepro.claims.decide import OtherStudy, decide_claims
from nnrepro.claims.lists import printed_lists
from nnrepro.claims.loading import load_claims
from nnrepro.measures.inventory import certain_decisions
from nnrepro.measures.predictions import usable_answers
from nnrepro.measures.runs import read_runs
from nnrepro.study.decisions import read_decisions
from nnrepro.study.paths import StudyPaths
from nnrepro.tables.csvfile import write_csv


def _other(name: str) -> OtherStudy:
    """A supplement with its runs."""
    own = job.supplement(study, name, Path(snakemake.params.folder))
    files = StudyPaths.of(own).decisions(own)
    made = read_decisions([file for file in files if file.is_file()])
    found, _ = read_runs([own.resolved(run, made) for run in own.runs], StudyPaths.of(own).runs)
    return OtherStudy(f"the supplement {name}", own, found, made)


study = job.start(snakemake)
with job.costs_only_itself(snakemake, study):
    folders = StudyPaths.of(study).runs
    decisions = certain_decisions(study, folders, read_decisions(snakemake.input.decisions))
    data, _ = read_runs([study.resolved(run, decisions) for run in study.runs], folders)
    asked = load_claims(study.claims, study)
    claims, parts = decide_claims(
        asked,
        data,
        study,
        decisions,
        answers=lambda run: usable_answers(run, folders),
        others=[_other(name) for name in study.supplements],
    )
    write_csv(claims, snakemake.output.claims)
    write_csv(parts, snakemake.output.parts)
    write_csv(printed_lists(asked, data, study, decisions), snakemake.output.lists)
