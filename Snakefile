# nnrepro: from config.yaml to the final report.
#
#   snakemake --cores all                                 the whole study of config.yaml
#   snakemake --cores all --configfile budgets/smoke.yaml the same study, a few epochs only
#   snakemake --cores all tables                          stop at the tables (or: figures, training)
#   snakemake --cores all --config archive=archive results=results/archive
#                                                         all but the training, from an archive
#
# Everything of a study lies below results/<name>/:
#   data/<data set>.npz                            prepared arrays
#   runs/<run id>/                                 one training job: history.json, run.json, ...
#   selection/<protocol>/<experiment>.json         the variant that a protocol picked
#   tables/<table>.csv                             tables/runs.csv has one row per run
#   figures/<protocol>/<kind>/**.svg and .png      figures
#   report/index.html and report.pdf               the report
#   report/details/ and details.pdf                its appendix
#   failures/**.json                               what could not be made, and why
#   ro-crate-metadata.json                         what lies there, for programs
# A run id is <protocol>/<experiment>/<variant>/seed<k>.
from snakemake.utils import min_version

min_version("9.27")


include: "rules/source.smk"


report: "docs/captions/study.rst"


if not IS_MODULE:

    configfile: str(CONFIGURATION.file)


# Scripts get what is checked; a workflow that takes this one as a module keeps its own.
config = CONFIGURATION.values


include: "rules/common.smk"
include: "rules/storage.smk"
include: "rules/containers.smk"
include: "rules/inputs.smk"


# An archive stands in for data and training.
if not ARCHIVED:

    include: "rules/data.smk"
    include: "rules/training.smk"
    include: "rules/models.smk"


include: "rules/analysis.smk"
include: "rules/figures.smk"
include: "rules/published.smk"
include: "rules/claims.smk"
include: "rules/supplements.smk"
include: "rules/report.smk"


onstart:
    begin()


onsuccess:
    succeed()


onerror:
    fail()


# Snakemake passes over these of a module.
if IS_MODULE and not IS_SUPPLEMENT:
    workflow._onstart = with_this_study(workflow._onstart, begin)
    workflow._onsuccess = with_this_study(workflow._onsuccess, succeed)
    workflow._onerror = with_this_study(workflow._onerror, fail)


rule all:
    default_target: True
    input:
        trained_files,
        MODELS,
        REPORT,
        CRATE,
        TABLES,
        FIGURES,
        checked("all"),
    message:
        "Everything is made"


rule training:
    input:
        trained_files,
        MODELS,
        checked("training"),
    message:
        "Every run is trained"


rule tables:
    input:
        trained_files,
        TABLES,
        checked("tables"),
    message:
        "Every table is made"


rule figures:
    input:
        trained_files,
        FIGURES,
        checked("figures"),
    message:
        "Every figure is drawn"
