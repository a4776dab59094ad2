"""The kinds of figure, read from their modules' headers without importing them."""

import ast
import functools
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from nnrepro.files import read_text

_LIBRARY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Kind:
    """A kind: its name, the first paragraph of its docstring, what it reads, and its file."""

    name: str
    summary: str
    reads: tuple[str, ...]
    path: Path

    def module(self) -> ModuleType:
        """The module, imported."""
        if self.path.is_relative_to(_LIBRARY):
            inside = self.path.relative_to(_LIBRARY.parent).with_suffix("")
            return importlib.import_module(".".join(inside.parts))
        spec = importlib.util.spec_from_file_location(self.path.stem, self.path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def function(self) -> Callable[..., Any]:
        """The function of the kind's name."""
        return getattr(self.module(), self.name)  # type: ignore[no-any-return]


@functools.cache
def kinds(room: str, more: tuple[Path, ...] = ()) -> Mapping[str, Kind]:
    """The kinds of a room by name."""
    found: dict[str, Kind] = {}
    for path in (*sorted((_LIBRARY / room).glob("*.py")), *more):
        for node in ast.parse(read_text(path)).body:
            if isinstance(node, ast.FunctionDef) and node.name == path.stem:
                summary = " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
                reads = tuple(argument.arg for argument in node.args.args)
                found[node.name] = Kind(node.name, summary, reads, path)
    return found
