"""The forms that results can be written in: one file in `formats` for each, found by its name.

A file defines a function of its name. Its positional parameters say what it reads of the results:
`runs`, `variants`, `curves` and `tables` (data frames, the last by name) or the `model` of one run
(its network); its keyword-only parameter `to` is the folder to write into, and it gives
the files that it wrote. What a form needs beyond the library is imported inside the function.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from nnrepro.errors import NnreproError


class ExportError(NnreproError):
    """Something cannot be written in another form; the message says why."""


def needed(module: str, package: str, what: str) -> ModuleType:
    """A module that only a form of export needs.

    Raises ExportError, with the command that installs its package, where it is not there.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == module.partition(".")[0]:
            raise ExportError(
                f"{what} needs '{package}', which is not installed: pip install {package}"
            ) from error
        raise ExportError(f"{what}: '{package}' cannot be imported ({error})") from error


OF_A_RUN = "model"
"""What is read of one run."""


@dataclass(frozen=True)
class Format:
    """A form of export: the first line of its function's docstring, and what that one reads."""

    name: str
    summary: str
    reads: tuple[str, ...]
    function: Callable[..., list[Path]]

    @property
    def of_a_run(self) -> bool:
        """Whether it is a form of one run."""
        return OF_A_RUN in self.reads

    def write(self, sources: Mapping[str, Callable[[], Any]], to: Path) -> list[Path]:
        """Write into a folder; what is read of the results is made by the sources of that name."""
        to.mkdir(parents=True, exist_ok=True)
        return self.function(*(sources[name]() for name in self.reads), to=to)


def formats() -> dict[str, Format]:
    """All forms by name."""
    package = importlib.import_module("nnrepro.export.formats")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: _format(name) for name in names}


def _format(name: str) -> Format:
    function = getattr(importlib.import_module(f"nnrepro.export.formats.{name}"), name)
    parameters = inspect.signature(function).parameters.values()
    reads = tuple(each.name for each in parameters if each.kind is not each.KEYWORD_ONLY)
    return Format(name, (inspect.getdoc(function) or "").partition("\n")[0], reads, function)
