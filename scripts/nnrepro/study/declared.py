"""What a configuration declares before anything is left out or cut down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnrepro.study.run import Run


@dataclass
class Declared:
    """All runs that a configuration declares, and what is wrong with the declarations.

    By experiment: the names of its variants, the parameters that it sweeps, with their values,
    those that it draws, with their distributions, all in which its variants differ, and how many
    of them go on into other experiments, where it is not the best alone. `strangers` are runs of an
    archive that pass for declared ones and are others, with the reason, by id.
    """

    protocols: tuple[str, ...]
    scopes: tuple[str, ...]
    variants: dict[str, list[str]] = field(default_factory=dict)
    swept: dict[str, dict[str, tuple[Any, ...]]] = field(default_factory=dict)
    sampled: dict[str, dict[str, str]] = field(default_factory=dict)
    varied: dict[str, tuple[str, ...]] = field(default_factory=dict)
    top: dict[str, int] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    strangers: Mapping[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    data: Mapping[str, Any] = field(default_factory=dict)

    def validated(self, run: Run) -> bool:
        """Whether a run has validation examples: held out of training, or split off its data."""
        if run.settings["validation_examples"]:
            return True
        sections = [self.data.get(run.data, {})] if run.data else self.data.values()
        return any(map(splits_validation, sections))


def splits_validation(data: Mapping[str, Any]) -> bool:
    """Whether a data set comes with a validation set of its own, by its section."""
    split = data.get("split")
    return isinstance(split, Mapping) and bool(split.get("validation"))
