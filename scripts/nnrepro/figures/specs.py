"""Which figures a study has: those of its configuration, and two that nobody has to ask for."""

from collections.abc import Mapping

from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.study import Spec, Study

CURVES = "curves"
AGREEMENT = "agreement"

_ALWAYS: Mapping[str, tuple[str, str]] = {
    CURVES: ("every variant", ""),
    AGREEMENT: ("published", "Published numbers against reproduced ones"),
}
"""Name and title of the figures, by their kinds, that a study has anyway, of all its runs."""

NEEDED_OF_RUNS = {
    "maps": "Feature maps are computed from the weights of a trained network. This archive holds "
    "none; the study itself draws them.",
    "samples": "Samples are drawn from the prepared data. An archive of histories holds none; the "
    "study itself draws them.",
}
"""What kinds read that an archive of histories does not hold, and what is said instead."""


def figure_specs(study: Study, kind: str) -> list[Spec]:
    """The figures of a kind; the one of all runs comes last."""
    specs = [spec for spec in study.figures.values() if spec.kind == kind]
    if kind in _ALWAYS:
        name, title = _ALWAYS[kind]
        specs.append(Spec(name, kind, "", title, tuple(study.experiments)))
    return specs


def figure_runs(study: Study, protocol: str, kind: str) -> list[Run]:
    """Runs of a protocol that its figures of a kind may show."""
    selectors = [s for spec in figure_specs(study, kind) for s in spec.runs]
    return study.select(protocol, selectors)


def unavailable(study: Study, reads: tuple[str, ...]) -> str:
    """Why nothing of a kind that reads this can be drawn from the study's archive, if it cannot."""
    if study.archive is None:
        return ""
    held = {"maps"} if StudyPaths.of(study).feature_maps.is_dir() else set()
    lacking = (name for name in reads if name in NEEDED_OF_RUNS and name not in held)
    return next((NEEDED_OF_RUNS[name] for name in lacking), "")
