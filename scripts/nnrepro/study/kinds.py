"""The kinds of table and figure, read from their modules' headers without importing them.

A kind is a module directly in `nnrepro.tables` or `nnrepro.figures`, or a file of one's own, that
defines a function of the module's own name with a docstring. Its positional parameters are what it
reads, its keyword-only parameters the options that a configuration gives it, annotated with what
`nnrepro.study.options` offers. So the workflow knows all kinds and loads neither pandas nor
Matplotlib.
"""

import ast
import functools
import importlib
import importlib.util
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from nnrepro.errors import NnreproError
from nnrepro.files import read_text
from nnrepro.study import options
from nnrepro.study.options import Parameter, SignatureError, parameters_of

_LIBRARY = Path(__file__).resolve().parents[1]

ROOMS = {"tables": "table", "figures": "figure"}
"""The sections of a configuration that ask for something of a kind, and the word for one of it."""


class KindError(NnreproError):
    """A kind is declared wrongly; the message names its file."""


@dataclass(frozen=True)
class Kind:
    """A kind of table or figure.

    Attributes:
        name: the function's name, which a configuration uses.
        summary: first line of its docstring.
        reads: what it reads, by the names of its positional parameters.
        options: what a configuration gives it.
        path: its module's file.
    """

    name: str
    summary: str
    reads: tuple[str, ...]
    options: Mapping[str, Parameter]
    path: Path

    def module(self) -> ModuleType:
        """The module, imported."""
        if self.path.is_relative_to(_LIBRARY):
            inside = self.path.relative_to(_LIBRARY.parent).with_suffix("")
            return importlib.import_module(".".join(inside.parts))
        name = str(self.path)
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, self.path)
            assert spec is not None and spec.loader is not None  # as it ends in .py
            sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses look there
            try:
                spec.loader.exec_module(sys.modules[name])
            except BaseException:
                del sys.modules[name]
                raise
        return sys.modules[name]

    def function(self) -> Callable[..., Any]:
        """The function of the kind's name."""
        return getattr(self.module(), self.name)


Kinds = Mapping[str, Mapping[str, Kind]]
"""Kinds by room and name."""


@functools.cache
def kinds(room: str, more: tuple[Path, ...] = ()) -> Mapping[str, Kind]:
    """The kinds of `tables` or `figures` by name.

    Args:
        room: the one or the other.
        more: files with kinds of one's own, and folders with such files.

    Raises:
        KindError: a kind is declared wrongly, or two have the same name.
    """
    found: dict[str, Kind] = {}
    for kind in (*_in_folder(_LIBRARY / room), *(own for place in more for own in _at(place))):
        if kind.name in found:
            raise KindError(
                f"{kind.path}: there is a kind '{kind.name}' already, in {found[kind.name].path}; "
                "rename one of the two, file and function"
            )
        found[kind.name] = kind
    return found


def _at(place: Path) -> Iterator[Kind]:
    if place.is_dir():
        yield from _in_folder(place)
        return
    kind = _read(place)
    if kind is None:
        raise KindError(
            f"{place}: defines no function '{place.stem}', of the file's own name, with a docstring"
        )
    yield kind


def _in_folder(folder: Path) -> Iterator[Kind]:
    """The kinds among a folder's modules; those that are none are helpers."""
    return filter(None, map(_read, sorted(folder.glob("*.py"))))


def _read(path: Path) -> Kind | None:
    try:
        text = read_text(path)
        body = ast.parse(text).body if f"def {path.stem}(" in text else []  # to parse takes time
    except (OSError, SyntaxError, ValueError) as error:
        raise KindError(f"{path}: cannot be read: {error}") from error
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == path.stem:
            return _kind(node, path) if ast.get_docstring(node) else None
    return None


def _kind(node: ast.FunctionDef, path: Path) -> Kind:
    """A kind of its function; all but name and keyword-only parameters is taken from `node`."""
    summary = (ast.get_docstring(node) or "").partition("\n")[0]
    reads = tuple(argument.arg for argument in (*node.args.posonlyargs, *node.args.args))
    node.args.posonlyargs, node.args.args, node.args.defaults = [], [], []
    node.body, node.decorator_list, node.returns = [ast.Pass(lineno=1, col_offset=0)], [], None
    names: dict[str, Any] = {**vars(typing), **vars(options)}
    try:
        exec(compile(ast.Module([node], []), path, "exec"), names)
        parameters = parameters_of(names[node.name])
    except (NameError, TypeError, AttributeError, SignatureError) as error:
        raise KindError(
            f"{path}: the options of '{node.name}' cannot be read: {error}; annotate them with "
            "what nnrepro.study.options has"
        ) from error
    return Kind(node.name, summary, reads, parameters, path)
