"""Checking that the sets which a run is trained and evaluated on have sizes that go together."""

from collections.abc import Mapping

from nnrepro.study.run import Scalar

MAX_FOLDS = 12
"""Largest number of test folds: they are split in halves in every way, 924 of them for 12."""


def size_problems(settings: Mapping[str, Scalar]) -> list[str]:
    """What is wrong with the sizes in a run's settings, as messages.

    Args:
        settings: resolved settings, each of its own type.
    """
    train, test = int(settings["train_examples"]), int(settings["test_examples"])
    second, held_out = (
        int(settings[name]) for name in ("comparison_test_examples", "validation_examples")
    )
    folds = int(settings["test_folds"])
    problems = []
    if 0 < second <= test:
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
