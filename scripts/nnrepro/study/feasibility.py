"""Checking that runs can be carried out as they are asked for, before any is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from nnrepro.study.declared import Declared
from nnrepro.study.evaluation import TEST_EVALUATION, evaluation_problems
from nnrepro.study.messages import some_of
from nnrepro.study.optimizers import OPTIMIZER_SETTINGS, SCHEDULE_SETTINGS, optimizer_problems
from nnrepro.study.run import Run, Scalar
from nnrepro.study.selections import candidates
from nnrepro.study.stopping import stopping_problems
from nnrepro.study.values import LARGEST

_STOPPING = {"early_stopping", "early_stopping_metric", "validation_examples"}
_TOGETHER = {*OPTIMIZER_SETTINGS, *SCHEDULE_SETTINGS, *_STOPPING, TEST_EVALUATION}
"""Settings that must fit one another."""

MAX_FOLDS = 12
"""Largest number of test folds: they are split in halves in every way, 924 of them for 12."""


def feasibility_problems(runs: Sequence[Run], declared: Declared) -> list[str]:
    """What of the runs cannot be done, each mistake once with the experiments that it is in."""
    places: dict[str, list[str]] = {}
    for run in {(run.protocol, run.experiment, run.variant): run for run in runs}.values():
        found: list[str] = []
        open_yet = _TOGETHER & set(run.pending_parameters)
        for candidate in candidates(run, runs) if open_yet else [run]:
            found += _longer_than_training(candidate)
            found += optimizer_problems(candidate.settings)
            found += evaluation_problems(candidate.settings)
            found += stopping_problems(candidate.settings, held_out=declared.validated(candidate))
        for problem in found:
            places.setdefault(problem, []).append(f"'{run.protocol}/{run.experiment}'")
    return [f"settings: {problem} (in {some_of(names)})" for problem, names in places.items()]


def _longer_than_training(run: Run) -> Iterator[str]:
    """Spans of which a full-length run has not the epochs, cut short by a budget or not."""
    for name in ("window", "smoothing", "warmup_epochs", "step_epochs"):
        width = float(run.settings.get(name, 0))
        if width > run.protocol_epochs:
            yield (
                f"{name}: {width:g} must not exceed epochs, which is {run.protocol_epochs}; lower "
                "it, or train for longer"
            )


def size_problems(settings: Mapping[str, Scalar]) -> list[str]:
    """What is wrong with the sizes in a run's resolved settings, as messages."""
    train, test = (int(settings.get(f"{of}_examples", LARGEST)) for of in ("train", "test"))
    second, held_out = (
        int(settings[name]) for name in ("comparison_test_examples", "validation_examples")
    )
    folds = int(settings["test_folds"])
    problems = []
    if "test_examples" in settings and 0 < second <= test:
        problems.append(
            f"comparison_test_examples: {second} must exceed test_examples, which is {test}, "
            "or be 0"
        )
    if held_out >= train:
        problems.append(
            f"validation_examples: {held_out} must be less than train_examples, which is {train} "
            "and from which they are held out"
        )
    most = min(MAX_FOLDS, test)
    if folds % 2 or folds > most:
        problems.append(
            f"test_folds: {folds} must be an even number up to {most}, so that the folds can be "
            "split in halves, or 0"
        )
    return problems


def collapse_problems(runs: Iterable[Run]) -> list[str]:
    """Levels of a collapse that are the wrong way round, in runs that an archive may hold, too."""
    names = ("collapse_below", "collapse_above")
    levels = {tuple(float(run.settings[name]) for name in names) for run in runs}
    return [
        f"settings: collapse_below: {low:g} must not exceed collapse_above, which is {high:g}"
        for low, high in sorted(levels)
        if low > high
    ]
