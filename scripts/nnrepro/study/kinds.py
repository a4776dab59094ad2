"""The kinds of table and figure, read from their files' headers without importing them.

A kind is a function with a docstring that is decorated as one, in a module directly in
`nnrepro.tables` or `nnrepro.figures` or in a plug-in of the study:

    @table
    def gap(variants: pd.DataFrame, *, above: Share = 0.5) -> pd.DataFrame:

Its positional parameters are what it reads, its keyword-only parameters the options that a
configuration gives it, annotated with what `nnrepro.study.options` offers. So the workflow knows
all kinds and loads neither pandas nor Matplotlib.
"""

import ast
import functools
import importlib
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, overload

from nnrepro.errors import NnreproError
from nnrepro.files import read_text
from nnrepro.study import options
from nnrepro.study.options import Parameter, SignatureError, parameters_of, said_of
from nnrepro.study.plugins import imported, plugin_files

_LIBRARY = Path(__file__).resolve().parents[1]

ROOMS = {"tables": "table", "figures": "figure"}
"""The sections of a configuration that ask for something of a kind, and the word for one of it."""

_MARKS = {**ROOMS, "data/sources": "source"}
"""The decorator that marks a kind, by the folder of the library that holds its like."""

Function = TypeVar("Function", bound=Callable[..., Any])


Given = Callable[[Mapping[str, Any]], Iterable[Any]]
"""What follows from the options that a section of the configuration gives."""


def source(*, inputs: str | Given, problems: Given | None = None) -> Callable[[Function], Function]:
    """Mark a function as a source of data, under its own name; see `nnrepro.data.sources`.

    Args:
        inputs: the input that it gives, or what tells several by the options.
        problems: tells what is wrong with how options go together, each beginning with a key.
    """

    def decorate(function: Function) -> Function:
        vars(function).update(
            inputs=(lambda options: (inputs,)) if isinstance(inputs, str) else inputs,
            problems=problems or (lambda options: ()),
        )
        return function

    return decorate


def table(function: Function) -> Function:
    """Mark a function as a kind of table, under its own name."""
    return function


def shows(kind: Callable[..., Any]) -> Callable[[Function], Function]:
    """Mark a function as what shows tables of a kind in the report."""

    def decorate(function: Function) -> Function:
        vars(kind)["show"] = function
        return function

    return decorate


@overload
def figure(function: Function) -> Function: ...


@overload
def figure(*, reading: str, published: str = "") -> Callable[[Function], Function]: ...


def figure(function: Any = None, *, reading: str = "", published: str = "") -> Any:
    """Mark a function as a kind of figure, under its own name.

    Args:
        function: the function, where nothing else is given.
        reading: how to read such a figure, for its caption; `{metric}` in it stands for what runs
            are judged by.
        published: what stands for `{published}` in that where numbers were published.
    """

    def decorate(function: Function) -> Function:
        vars(function).update(reading=reading, published_reading=published)
        return function

    return decorate if function is None else decorate(function)


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
        said: what its docstring says of these, as far as it does.
        path: its module's file.
    """

    name: str
    summary: str
    reads: tuple[str, ...]
    options: Mapping[str, Parameter]
    said: Mapping[str, str]
    path: Path

    @property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """The shape of each option's values, with what is said of it, as JSON schemas."""
        return {
            name: option.schema | ({"description": self.said[name]} if name in self.said else {})
            for name, option in self.options.items()
        }

    def function(self) -> Callable[..., Any]:
        """The function, imported."""
        return getattr(self.module(), self.name)

    def module(self) -> ModuleType:
        """The module that it is in, imported."""
        if self.shipped:
            inside = self.path.relative_to(_LIBRARY.parent).with_suffix("")
            return importlib.import_module(".".join(inside.parts))
        return imported(self.path)

    @property
    def shipped(self) -> bool:
        """Whether it is the library's."""
        return self.path.is_relative_to(_LIBRARY)


Kinds = Mapping[str, Mapping[str, Kind]]
"""Kinds by room and name."""


def kinds(room: str, files: Iterable[Path] | None = None) -> Mapping[str, Kind]:
    """The kinds of `tables` or `figures`, or `data/sources`, by name, one's own before others'.

    One's own are in `files`; without them, in the plug-ins in force. Raises KindError where a kind
    is declared wrongly, or two files have one of the same name.
    """
    return _kinds(room, plugin_files() if files is None else tuple(files))


@functools.cache
def _kinds(room: str, files: tuple[Path, ...]) -> Mapping[str, Kind]:
    found = {
        kind.name: kind for file in (_LIBRARY / room).glob("*.py") for kind in _read(file, room)
    }
    own: dict[str, Kind] = {}
    for kind in (kind for file in files for kind in _read(file, room)):
        if kind.name in own:
            raise KindError(
                f"{kind.path}: there is a kind '{kind.name}' already, in {own[kind.name].path}; "
                "rename one of the two"
            )
        own[kind.name] = kind
    return dict(sorted({**found, **own}.items()))


def replaced_kinds() -> list[str]:
    """Notes on kinds of the plug-ins in force that stand in the place of the library's."""
    return [
        f"the kind of {word} '{name}' is the study's own, of {kind.path.name}, in place of the "
        "library's"
        for room, word in ROOMS.items()
        for name, kind in kinds(room).items()
        if not kind.shipped and name in kinds(room, ())
    ]


def _read(path: Path, room: str) -> Iterator[Kind]:
    """The kinds in a file."""
    word = _MARKS[room]
    try:
        text = read_text(path)
        body = ast.parse(text).body if f"@{word}" in text else []  # to parse takes time
    except (OSError, SyntaxError, ValueError) as error:
        raise KindError(f"{path}: cannot be read: {error}") from error
    for node in body:
        if isinstance(node, ast.FunctionDef) and word in map(_mark, node.decorator_list):
            if not ast.get_docstring(node):
                raise KindError(
                    f"{path}, line {node.lineno}: '{node.name}' has no docstring; say what it is"
                )
            yield _kind(node, path)


def _mark(decorator: ast.expr) -> str:
    """The name of a decorator."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _kind(node: ast.FunctionDef, path: Path) -> Kind:
    """A kind of its function; all but name and keyword-only parameters is taken from `node`."""
    docstring = ast.get_docstring(node) or ""
    reads = tuple(argument.arg for argument in (*node.args.posonlyargs, *node.args.args))
    node.args.posonlyargs, node.args.args, node.args.defaults = [], [], []
    node.body, node.decorator_list, node.returns = [ast.Pass(lineno=1, col_offset=0)], [], None
    names: dict[str, Any] = {**vars(typing), **vars(options)}
    try:
        exec(compile(ast.Module([node], []), path, "exec"), names)
        parameters = parameters_of(names[node.name])
    except (NameError, TypeError, AttributeError, SignatureError) as error:
        raise KindError(
            f"{path}, line {node.lineno}: the options of '{node.name}' cannot be read: {error}; "
            "annotate them with what nnrepro.study.options has"
        ) from error
    told = {name: words for name, words in said_of(docstring).items() if name in parameters}
    return Kind(node.name, docstring.partition("\n")[0], reads, parameters, told, path)
