# Archived studies whose parts the report shows after its own: this same workflow, once for each.
from nnrepro.study.supplements import supplement_config

with errors_shown():
    SUPPLEMENT_CONFIGS = {
        name: supplement_config(STUDY, name, CONFIGURATION.folder)
        for name in STUDY.supplements
    }
    SUPPLEMENTARY = {
        name: load_study(own, catalogue()) for name, own in SUPPLEMENT_CONFIGS.items()
    }


for supplement, supplement_configuration in SUPPLEMENT_CONFIGS.items():
    prefix = f"{supplement}_"

    module:
        name: supplement
        snakefile:
            "../Snakefile"
        config:
            supplement_configuration

    use rule * from supplement as prefix*


def supplement_figures(study):
    """Folders of the figures of a supplement's questions."""
    paths = StudyPaths.of(study)
    return dict.fromkeys(
        paths.figures(protocol, figure.kind)
        for protocol in study.protocols
        for figure in study.figures.values()
        if not unavailable(study, study.kinds["figures"][figure.kind].reads)
        and study.select(protocol, figure.runs)
    )


def supplement_failures(study):
    """What tells which of a supplement's tables and figures could not be made."""
    paths = StudyPaths.of(study)
    made = [*map(paths.table, study.tables), *supplement_figures(study)]
    return [str(paths.failures(path)) for path in made]


def supplement_evidence():
    """What claims are decided from in supplements: their histories, and what was selected."""
    folders = {name: StudyPaths.of(own).runs for name, own in SUPPLEMENTARY.items()}
    histories = [
        str(folders[name].folder(run.id) / RUN_FILES["history"])
        for name, study in SUPPLEMENTARY.items()
        for run in study.runs
        if folders[name].has(run.id)
    ]
    decided = [
        file
        for study in SUPPLEMENTARY.values()
        for file in StudyPaths.of(study).decisions(study)
    ]
    return [*decided, *histories]


def supplement_files(study):
    """What the report shows of a supplement: tables, the figures of its questions, its models."""
    paths = StudyPaths.of(study)
    return [
        *([paths.architectures] if paths.architectures.is_file() else []),
        *(paths.table(name) for name in ("runs", "variants", *study.tables)),
        *supplement_figures(study),
        *supplement_failures(study),
        *paths.decisions(study),
        paths.provenance,
        paths.reading,
    ]


SUPPLEMENT_READINGS = [StudyPaths.of(study).reading for study in SUPPLEMENTARY.values()]
SUPPLEMENT_FAILURES = [
    file for study in SUPPLEMENTARY.values() for file in supplement_failures(study)
]
