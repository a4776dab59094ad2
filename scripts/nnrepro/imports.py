"""Which files a script's code lies in: what it imports of the library, and what that imports.

Followed are import statements, wherever they stand, name by name: of a package, only the module
that a name comes from counts, not everything that the package offers. What is imported by a name
that is made at run time (the registries of models and data) is not seen.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from nnrepro.python import Import, code_of

LIBRARY = "nnrepro"


def files_behind(
    *scripts: Path, root: Path, counts: Callable[[Path], bool] = lambda file: True
) -> list[Path]:
    """Python files and those of the library, which lies in `root`, that their code lies in.

    A file that does not count is left out with what it alone imports. Raises OSError and
    SyntaxError where a file cannot be read or parsed.
    """
    found: set[Path] = set()
    waiting = list(scripts)
    while waiting:
        file = waiting.pop()
        if file not in found and counts(file):
            found.add(file)
            stat = file.stat()
            waiting += _imported(file, root, stat.st_mtime_ns, stat.st_size)
    return sorted(found)


@cache
def _imported(file: Path, root: Path, _modified: int, _size: int) -> tuple[Path, ...]:
    """The files of the library that a file's imports lead to, each once."""
    homes = (home(item.module, item.name, root) for item in _of_library(file))
    return tuple(dict.fromkeys(homes))


def home(module: str, name: str, root: Path) -> Path:
    """The file that a name imported from a module or package is defined in, or re-exported from."""
    own = file_of(module, root)
    if not name or own.name != "__init__.py":
        return own
    if (own.parent / f"{name}.py").is_file() or (own.parent / name).is_dir():
        return file_of(f"{module}.{name}", root)
    for item in _of_library(own):
        if item.name and item.bound == name:
            return home(item.module, item.name, root)
    return own


def _of_library(file: Path) -> list[Import]:
    """What a file imports of the library."""
    return [item for item in code_of(file).imports if of_library(item.module)]


def of_library(module: str) -> bool:
    """Whether a module is one of the library, by its name."""
    return module.partition(".")[0] == LIBRARY


def file_of(module: str, root: Path) -> Path:
    """The file of a module of the library; a package's `__init__.py`."""
    place = root.joinpath(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
