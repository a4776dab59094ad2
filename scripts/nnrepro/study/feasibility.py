"""Checking that runs can be carried out as they are asked for, before any is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from nnrepro.study.run import Run, Scalar
from nnrepro.study.selections import candidates

_OPTIMIZER = {"optimizer", "momentum"}
_NAMED = 3
"""Experiments that a message names before it counts the others."""


def feasibility_problems(runs: Sequence[Run]) -> list[str]:
    """What of the runs cannot be done, each mistake once with the experiments that it is in.

    Args:
        runs: the runs of a study that trains them.
    """
    places: dict[str, list[str]] = {}
    for run in {(run.protocol, run.experiment, run.variant): run for run in runs}.values():
        found = [*_longer_than_training(run)]
        open_yet = _OPTIMIZER & set(run.pending_parameters)
        for candidate in candidates(run, runs) if open_yet else [run]:
            found += _optimizer_problems(candidate.settings)
        for problem in found:
            places.setdefault(problem, []).append(f"{run.protocol}/{run.experiment}")
    return [f"settings: {problem} (in {_listed(names)})" for problem, names in places.items()]


def _longer_than_training(run: Run) -> Iterator[str]:
    """Windows of which a full-length run has not the epochs; a budget shortens both alike."""
    for name in ("window", "smoothing"):
        width = int(run.settings[name])
        if width > run.protocol_epochs:
            yield (
                f"{name}: {width} must not exceed epochs, which is {run.protocol_epochs}; lower "
                "it, or train for longer"
            )


def _optimizer_problems(settings: Mapping[str, Scalar]) -> Iterator[str]:
    momentum, optimizer = float(settings["momentum"]), settings["optimizer"]
    if momentum and optimizer != "sgd":
        yield (
            f"momentum: {momentum:g} is for optimizer 'sgd'; with optimizer '{optimizer}' it must "
            "be 0"
        )


def _listed(names: Iterable[str]) -> str:
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(f"'{name}'" for name in names[:_NAMED]) + more
