"""What this room raises."""

import importlib
from types import ModuleType

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
