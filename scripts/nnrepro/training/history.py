"""The history of a run: metrics per epoch, in Keras's names."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")


@dataclass
class History:
    """Metrics per epoch.

    `loss` and `accuracy` are those of training, averaged over the epoch's examples while the
    weights move; `val_*` those of the primary test set after the epoch, and `comparison_*` those of
    the comparison test set, empty without one.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    comparison_loss: list[float] = field(default_factory=list)
    comparison_accuracy: list[float] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """Number of epochs recorded."""
        return len(self.loss)

    def diverged_at(self) -> int | None:
        """The first epoch, counted from 1, with a loss that is not finite; None without one."""
        for epoch, losses in enumerate(zip(self.loss, self.val_loss, strict=True), start=1):
            if not all(math.isfinite(loss) for loss in losses):
                return epoch
        return None

    def to_json(self) -> dict[str, list[float | None]]:
        """The content of history.json.

        A loss that is not finite is null, so that JSON can carry it. Accuracies are always numbers:
        a network that has diverged still predicts something.
        """
        return {name: finite(getattr(self, name)) for name in METRICS}

    def comparison_to_json(self) -> dict[str, list[float | None]]:
        """The content of history_comparison.json."""
        return {
            "val_loss": finite(self.comparison_loss),
            "val_accuracy": finite(self.comparison_accuracy),
        }

    def to_dict(self) -> dict[str, list[float]]:
        """All lists, for `from_dict`."""
        return {name: list(values) for name, values in vars(self).items()}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The history that `to_dict` gave."""
        return cls(**{name: list(values) for name, values in value.items()})


def finite(values: Sequence[float]) -> list[float | None]:
    """`values` with None for whatever is not finite."""
    return [value if math.isfinite(value) else None for value in values]
