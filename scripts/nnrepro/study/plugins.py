"""A study's own models, data, losses, metrics and kinds: Python files beside its configuration.

Of a file, the functions that the library's decorators mark are read by their headers: what a
decorator and the parameters after the star need is carried out, the rest of the file only when such
a function is called. So a file may import Keras or Matplotlib at its top, and starting the workflow
loads neither. A file is imported under its own name, as Python does in its folder, and finds what
lies beside it; those of one study at a time are in force.
"""

import ast
import copy
import functools
import importlib
import importlib.machinery
import importlib.util
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

from nnrepro.definitions import Statement, needed, statements
from nnrepro.errors import NnreproError
from nnrepro.files import FileError, from_here, read_text
from nnrepro.python import imports_in
from nnrepro.registry import REGISTRIES
from nnrepro.study.messages import nearest

_METRICS = "nnrepro.metrics.registry"
_DOORS = (
    "nnrepro.models.registry",
    "nnrepro.data.registry",
    "nnrepro.metrics.losses",
    _METRICS,
)
"""The modules whose decorators and functions register definitions."""

_METRIC_NAME = re.compile(r"[a-z][a-z0-9_]*")
"""What can stand in a measure such as `max_validation_<metric>`."""

_KINDS = "nnrepro.study.kinds"
"""The one whose decorators mark kinds, which are read there."""

_in_force: list[tuple[Path, int, int]] = []


class PluginError(NnreproError):
    """A file of a study's own cannot be used; the message names it, and the line."""


def plugin_files() -> tuple[Path, ...]:
    """The files in force."""
    return tuple(file for file, _, _ in _in_force)


def plugin_folders() -> tuple[Path, ...]:
    """The folders that they lie in, and import from."""
    return tuple(dict.fromkeys(file.parent for file in plugin_files()))


def put_in_force(files: Iterable[str | Path]) -> None:
    """Have the definitions of these files, and of no others, beside and before the library's.

    Raises:
        PluginError: one is not there, cannot be read or carried out, or defines nothing.
    """
    wanted = [*map(_state, files)]
    if wanted == _in_force:
        return
    _forget()
    _in_force[:] = wanted
    importlib.invalidate_caches()
    try:
        for file in plugin_files():
            _check_name(file)
        for file in plugin_files():
            _read_headers(file)
    except BaseException:
        _forget()
        raise


def imported(file: Path) -> ModuleType:
    """The module of a file that is in force, or of any other file, imported.

    Raises:
        PluginError: its code fails.
    """
    name = file.stem if file in plugin_files() else str(file)
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None  # as it ends in .py
    sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses look there
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(sys.modules[name])
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PluginError(_told(file, error)) from error
    finally:
        sys.dont_write_bytecode = writes
    return sys.modules[name]


def replacements() -> list[str]:
    """Notes on definitions in force that stand in the place of the library's."""
    return [
        f"{registry.word} '{name}' is the study's own, of {registry.own()[name]}.py, in place of "
        "the library's"
        for registry in REGISTRIES
        for name in registry.replaced()
    ]


def _state(given: str | Path) -> tuple[Path, int, int]:
    """A file's path with its time and size, by which a changed one is noticed."""
    path = Path(given)
    try:
        stat = path.stat()
    except (OSError, ValueError) as error:
        there = [each.name for each in path.parent.glob("*.py")] if path.parent.is_dir() else []
        hint = nearest(path.name, there)
        reason = getattr(error, "strerror", None) or error
        raise PluginError(f"{path}: {reason}{hint}") from error
    if not path.is_file() or path.suffix != ".py" or not path.stem.isidentifier():
        raise PluginError(
            f"{path}: is no Python file with a name of letters, digits and _ before .py"
        )
    return path.resolve(), stat.st_mtime_ns, stat.st_size


def _check_name(file: Path) -> None:
    """Refuse a file's name that means another module, and have what lies beside it found."""
    same = [other for other in plugin_files() if other.stem == file.stem]
    if len(same) > 1:
        raise PluginError(
            f"{from_here(same[1])}: another, {from_here(same[0])}, has this name; rename one"
        )
    folder = str(file.parent)
    if (place := _place(file)) < len(sys.path) and folder in sys.path:
        sys.path.remove(folder)
    if folder not in sys.path:
        sys.path.insert(place, folder)
    spec = importlib.util.find_spec(file.stem)
    if spec is not None and (spec.origin is None or Path(spec.origin).resolve() != file):
        raise PluginError(
            f"{from_here(file)}: '{file.stem}' is the name of another module, "
            f"{spec.origin or 'a folder'}; rename the file"
        )


def _place(file: Path) -> int:
    """Where a file's folder goes in the search path: at its end, so that it hides no library.

    A notebook searches its working folder first. A file of the same name there, as beside the
    archive of a study, is not meant, and comes after it.
    """
    here = Path.cwd()
    found = [at for at, place in enumerate(sys.path) if Path(place).resolve() == here]
    others = [place for place in sys.path if Path(place).resolve() not in (here, file.parent)]
    spec = importlib.machinery.PathFinder.find_spec(file.stem, others)
    library = file.stem in sys.modules or (spec is not None and spec.origin is not None)
    return len(sys.path) if library or not found or here == file.parent else found[0]


def _forget() -> None:
    """Nothing is in force."""
    folders = set(plugin_folders())
    modules = {name for name, module in sys.modules.items() if _lies_in(folders, name, module)}
    modules |= {file.stem for file in plugin_files()}
    for registry in REGISTRIES:
        registry.forget(modules)
    for name in modules:
        sys.modules.pop(name, None)
    sys.path[:] = [place for place in sys.path if Path(place) not in folders]
    _in_force.clear()


def _lies_in(folders: Iterable[Path], name: str, module: ModuleType) -> bool:
    """Whether a module was imported by its name from one of some folders."""
    file = getattr(module, "__file__", None)
    places = [folder.joinpath(*name.split(".")) for folder in folders] if file else []
    return any(
        Path(file) in (place.with_suffix(".py"), place / "__init__.py") for place in places if file
    )


# ---------------------------------------------------------------------------------------- headers
def _read_headers(file: Path) -> None:
    """Register what a file defines, as far as its headers tell."""
    try:
        tree = ast.parse(read_text(file), filename=str(file))
    except SyntaxError as error:
        raise PluginError(f"{from_here(file)}, line {error.lineno}: {error.msg}") from error
    except (FileError, OSError, ValueError) as error:
        raise PluginError(f"{from_here(file)}: cannot be read: {error}") from error
    found = statements(tree)
    doors, kinds = _bound_by(tree, _DOORS), _bound_by(tree, (_KINDS,))
    marked = [each.node for each in found if each.marks & doors]
    functions = [node for node in marked if isinstance(node, ast.FunctionDef)]
    calls = [each for each in found if _calls(each, doors)]
    if not functions and not calls and not any(each.marks & kinds for each in found):
        raise PluginError(
            f"{from_here(file)}: defines no model, data set, loss, metric, table or figure; "
            "decorate what it defines, or leave it out: what a file imports from beside it need "
            "not be named"
        )
    names = [node.name for node in functions]
    for node in functions:
        if names.count(node.name) > 1:
            raise PluginError(
                f"{from_here(file)}, line {node.lineno}: '{node.name}' is defined twice"
            )
    metrics = _bound_by(tree, (_METRICS,))
    for each in found:
        own = each.node if each.marks & metrics else None
        if isinstance(own, ast.FunctionDef) and not _METRIC_NAME.fullmatch(own.name):
            raise PluginError(
                f"{from_here(file)}, line {own.lineno}: metric {own.name}: a metric's name is of "
                "small letters a to z, digits and underscores, a letter first; rename the function"
            )
    _carry_out(file, found, functions, calls, doors)


def _carry_out(
    file: Path,
    found: Sequence[Statement],
    functions: Sequence[ast.FunctionDef],
    calls: Sequence[Statement],
    doors: Iterable[str],
) -> None:
    """Do what headers need and what registers by a call, then have the decorators register."""
    headers = [_header(node) for node in functions]
    decorators = [
        [each for each in node.decorator_list if _root(each) in doors] for node in functions
    ]
    heads: list[ast.AST] = [*headers, *chain.from_iterable(decorators)]
    names = {each.id for node in heads for each in ast.walk(node) if isinstance(each, ast.Name)}
    basis, _ = needed(found, names.union(*(each.uses for each in calls)))
    first = {id(each.node): each.node for each in (*basis, *calls)}
    module: dict[str, Any] = {"__name__": file.stem, "__file__": str(file)}
    line = 0
    try:
        for each in found:
            if id(each.node) in first:
                exec(compile(ast.Module([each.node], []), str(file), "exec"), module)
        for node, marks in zip(headers, decorators, strict=True):
            exec(compile(ast.Module([node], []), str(file), "exec"), module)
            late = _late(file, module[node.name])
            line = node.lineno
            for mark in reversed(marks):
                eval(compile(ast.Expression(mark), str(file), "eval"), module)(late)
    except (Exception, SystemExit) as error:
        raise PluginError(_told(file, error, line)) from error


def _header(node: ast.FunctionDef) -> ast.FunctionDef:
    """A function without its body, and of its annotations those of keyword-only parameters."""
    header = copy.deepcopy(node)
    args = header.args
    for each in (*args.posonlyargs, *args.args, args.vararg, args.kwarg):
        if each is not None:
            each.annotation = None
    header.body = [ast.Expr(ast.Constant(ast.get_docstring(node) or ""))]
    header.decorator_list, header.returns = [], None
    return ast.fix_missing_locations(header)


def _late(file: Path, header: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a file that is imported when it is called."""

    @functools.wraps(header)
    def function(*given: Any, **named: Any) -> Any:
        return getattr(imported(file), header.__name__)(*given, **named)

    return function


def _bound_by(tree: ast.Module, modules: Sequence[str]) -> set[str]:
    """What a file calls some modules, and what it imports from them."""
    return {
        item.bound.partition(".")[0]
        for item in imports_in(tree)
        if item.module in modules or f"{item.module}.{item.name}" in modules
    }


def _calls(statement: Statement, doors: set[str]) -> bool:
    """Whether a statement that defines no function or class calls something of the doors."""
    if isinstance(statement.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    return any(
        isinstance(each, ast.Call) and _root(each.func) in doors
        for each in ast.walk(statement.node)
    )


def _root(node: ast.AST) -> str:
    """The name that an expression such as `a.b(c)` begins with; empty where there is none."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def _told(file: Path, error: BaseException, line: int = 0) -> str:
    """What went wrong in a file, and where: the last line carried out, or a given one."""
    if isinstance(error, SyntaxError):
        return f"{from_here(Path(error.filename or file))}, line {error.lineno}: {error.msg}"
    if isinstance(error, PluginError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(file)]
    at = lines[-1] if lines else line
    words = str(error) or "stopped"
    if not isinstance(error, NnreproError):
        words = f"{type(error).__name__}: {words}"
    return f"{from_here(file)}, line {at}: {words}" if at else f"{from_here(file)}: {words}"
