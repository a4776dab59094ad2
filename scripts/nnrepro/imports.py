"""Which files a script's code lies in: what it imports of the library, and what that imports.

Followed are import statements, wherever they stand, name by name: of a package, only the module
that a name comes from counts, not everything that the package offers. What is imported by a name
that is made at run time (the registries of models and data) is not seen.
"""

import ast
from functools import cache
from pathlib import Path

from nnrepro.files import read_text

LIBRARY = "nnrepro"


def files_behind(script: Path, scripts: Path) -> list[Path]:
    """A script and the files of the library that its code lies in, sorted.

    Args:
        script: a Python file.
        scripts: the folder that the library lies in.

    Raises:
        OSError: a file cannot be read.
        SyntaxError: a file cannot be parsed.
    """
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            stat = file.stat()
            waiting += _imported(file, scripts, stat.st_mtime_ns, stat.st_size)
    return sorted(found)


@cache
def _imported(file: Path, scripts: Path, _modified: int, _size: int) -> tuple[Path, ...]:
    """The library's files that a file imports names from."""
    files = []
    for node in ast.walk(_parsed(file)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if _of_library(alias.name)]
            files += [_file(name, scripts) for name in names]
        elif isinstance(node, ast.ImportFrom) and node.module and _of_library(node.module):
            files += [_home(node.module, alias.name, scripts) for alias in node.names]
    return tuple(files)


def _home(module: str, name: str, scripts: Path) -> Path:
    """The file that a name imported from a module or package is defined in, or re-exported from."""
    own = _file(module, scripts)
    if own.name != "__init__.py":
        return own
    if (own.parent / f"{name}.py").is_file() or (own.parent / name).is_dir():
        return _file(f"{module}.{name}", scripts)
    for node in ast.walk(_parsed(own)):
        if isinstance(node, ast.ImportFrom) and node.module and _of_library(node.module):
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return _home(node.module, alias.name, scripts)
    return own


def _file(module: str, scripts: Path) -> Path:
    """The file of a module; a package's `__init__.py`."""
    place = scripts.joinpath(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _of_library(module: str) -> bool:
    return module.partition(".")[0] == LIBRARY


def _parsed(file: Path) -> ast.Module:
    return ast.parse(read_text(file), filename=str(file))
