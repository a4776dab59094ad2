"""What models are made of, layer by layer, as it was found when each was built once."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from nnrepro.files import FileError, read_json
from nnrepro.study.run import Scalar

ARCHITECTURES = "architectures"
"""The key under which a file has them."""


@dataclass(frozen=True)
class Layer:
    """A layer of a model.

    Attributes:
        name: its name in the model.
        kind: its class.
        output: the shape of what it gives for one example; None stands for any length.
        parameters: how many numbers it holds, trained or not.
    """

    name: str
    kind: str
    output: tuple[int | None, ...]
    parameters: int


@dataclass(frozen=True)
class Architecture:
    """A model as it was built with one set of its own parameters.

    Attributes:
        model: its name.
        settings: its own parameters by name.
        trained: how many numbers training changes.
        layers: its layers, in their order.
        combinations: what it was built for, as `<protocol>/<experiment>/<variant>`; where a
            selection decides parameters, with each set that it may give.
    """

    model: str
    settings: Mapping[str, Scalar]
    trained: int
    layers: tuple[Layer, ...]
    combinations: tuple[str, ...]

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """What `to_dict` gave.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: it is something else.
        """
        layers = tuple(
            Layer(
                str(layer["name"]),
                str(layer["kind"]),
                tuple(None if size is None else int(size) for size in layer["output"]),
                int(layer["parameters"]),
            )
            for layer in value["layers"]
        )
        settings = dict(value["settings"].items())
        combinations = tuple(map(str, value["combinations"]))
        return cls(str(value["model"]), settings, int(value["trained"]), layers, combinations)

    def to_dict(self) -> dict[str, Any]:
        """It as JSON has it."""
        return asdict(self)

    def is_of(self, combination: str, record: Mapping[str, Any]) -> bool:
        """Whether the run of a combination with this record was one of such a model."""
        run = record.get("run", {})
        settings = run.get("settings", {})
        return (
            combination in self.combinations
            and run.get("model") == self.model
            and record.get("parameters", self.trained) == self.trained
            and all(settings.get(name, own) == own for name, own in self.settings.items())
        )


def read_architectures(path: Path) -> list[Architecture]:
    """The architectures in a file; none where it was written before they were told.

    Raises:
        FileError: the file is damaged.
    """
    content = read_json(path)
    try:
        return [Architecture.of(each) for each in content.get(ARCHITECTURES, ())]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise FileError(path, "does not say what models are made of; remove it") from error


def united(architectures: Iterable[Architecture]) -> list[Architecture]:
    """Each of some architectures once, with all that it was built for."""
    found: dict[tuple[Any, ...], Architecture] = {}
    for each in architectures:
        key = (each.model, *sorted(each.settings.items()), each.trained, each.layers)
        known = found.get(key, each)
        combinations = dict.fromkeys((*known.combinations, *each.combinations))
        found[key] = replace(known, combinations=tuple(combinations))
    return list(found.values())
