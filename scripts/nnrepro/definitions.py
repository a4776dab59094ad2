"""Single definitions in Python files, so that each has a fingerprint of its own.

A definition is what a module's top level gives a name: a function, a class, a constant. It lies in
the statements that bind the name, in those that bind or change the names that these use, and so on;
of modules beside its own, in what it takes of them by name. Statements that bind nothing, such as a
call, may act on everything and belong to every definition of their file, and a file that looks
names up at run time (`globals`, `eval`, `exec`, `vars`) is one definition as a whole.
"""

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from nnrepro.imports import of_library
from nnrepro.python import Code, Import, code_of, imports_in, kept_code, parsed

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_INNER = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_LOOK_UP = {"globals", "eval", "exec", "vars"}


class Statement(NamedTuple):
    """A statement of a module's top level.

    Attributes:
        node: the statement.
        binds: names that it gives a meaning, or changes the meaning of.
        uses: names that it mentions, wherever in it.
        marks: names that its decorators mention.
    """

    node: ast.stmt
    binds: frozenset[str]
    uses: frozenset[str]
    marks: frozenset[str]


class Behind(NamedTuple):
    """What a definition lies in.

    Attributes:
        text: the code of it and of what it uses of the files beside it.
        imports: what that imports of the library.
    """

    text: bytes
    imports: tuple[Import, ...]


def statements(tree: ast.Module) -> list[Statement]:
    """The statements of a module's top level, but for what runs as a program only."""
    return [
        Statement(
            node,
            frozenset(_bound(node)),
            frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name)),
            frozenset(
                each.id
                for decorator in getattr(node, "decorator_list", ())
                for each in ast.walk(decorator)
                if isinstance(each, ast.Name)
            ),
        )
        for node in tree.body
        if not _is_main(node)
    ]


def needed(
    found: Sequence[Statement], names: Iterable[str]
) -> tuple[list[Statement], frozenset[str]]:
    """Those statements that the names rest on, in their order, and all names that these use."""
    used: set[str] = set()
    kept: set[int] = set()
    waiting = set(names)
    while waiting:
        used |= waiting
        new = {at for at, each in enumerate(found) if each.binds & waiting} - kept
        kept |= new
        waiting = set().union(*(found[at].uses for at in new)) - used
    return [found[at] for at in sorted(kept)], frozenset(used)


def home_of(function: Callable[..., Any]) -> tuple[Path, str]:
    """The file that a function is written in, and its name there."""
    own = inspect.unwrap(function)
    return Path(own.__code__.co_filename), own.__name__


def behind(file: Path, name: str, folders: Iterable[Path] = ()) -> Behind:
    """What a definition lies in.

    It is all of the file where that defines none of the name; modules of one's own are imported
    from `folders`. Raises OSError and SyntaxError where a file cannot be read or parsed.
    """
    folders = tuple(folders)
    parts: dict[tuple[Path, str], bytes] = {}
    library: dict[Import, None] = {}
    waiting = [(file, name)]
    while waiting:
        place = waiting.pop()
        if place in parts:
            continue
        stat = place[0].stat()
        parts[place], imports = _part(*place, stat.st_mtime_ns, stat.st_size)
        for item in imports:
            if not item.level and of_library(item.module):
                library[item] = None
            elif home := _beside(item, place[0], folders):
                waiting.append(home)
    texts = sorted(f"{at.name}\0{own}\0".encode() + text for (at, own), text in parts.items())
    return Behind(b"\0".join(texts), tuple(library))


def files_behind(files: Iterable[Path], folders: Iterable[Path] = ()) -> list[Path]:
    """Files of one's own, and all those beside them that they import.

    Raises OSError and SyntaxError where one cannot be read or parsed.
    """
    folders = tuple(folders)
    found: dict[Path, None] = {}
    waiting = [*files]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found[file] = None
            homes = [_beside(item, file, folders) for item in code_of(file).imports]
            waiting += [home[0] for home in homes if home]
    return sorted(found)


@cache
def _part(file: Path, name: str, _modified: int, _size: int) -> Code:
    """A definition's code in its own file, and what that imports."""
    return kept_code(file, name, lambda: _definition(file, name)) if name else code_of(file)


def _definition(file: Path, name: str) -> Code:
    found = statements(parsed(file))
    every = [each for each in found if not each.binds or "*" in each.binds]
    own = [each for each in found if name in each.binds]
    if not own or any(each.uses & _LOOK_UP for each in found):
        return code_of(file)
    about = [each for each in found if name in each.marks]
    names = set().union({name}, *(each.uses for each in every), *(each.binds for each in about))
    kept, used = needed(found, names)
    lines: list[str] = []
    imports: list[Import] = []
    for each in sorted([*kept, *every], key=lambda each: each.node.lineno):
        taken = [*imports_in(each.node)]
        if isinstance(each.node, ast.Import | ast.ImportFrom):
            taken = [item for item in taken if item.bound.partition(".")[0] in {*used, "*"}]
            lines += sorted(map(str, taken))
        else:
            lines.append(ast.unparse(each.node))
        imports += taken
    return Code("\n".join(lines).encode(), tuple(imports))


def _beside(item: Import, file: Path, folders: Sequence[Path]) -> tuple[Path, str] | None:
    """The file of a module of one's own, and what is taken of it; None for any other module."""
    for folder in [file.parents[item.level - 1]] if item.level else folders:
        place = folder.joinpath(*item.module.split(".")) if item.module else folder
        if item.name and (place / f"{item.name}.py").is_file():
            return place / f"{item.name}.py", ""
        for module in (place.with_suffix(".py"), place / "__init__.py"):
            if module.is_file():
                return module, "" if item.name == "*" else item.name
    return None


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, _SCOPES):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Starred):
        if isinstance(node.ctx, ast.Store | ast.Del):
            yield from _root(node)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        if isinstance(node.value.func, ast.Attribute):  # `table.update(...)` changes the table
            yield from _root(node.value.func)
    elif not isinstance(node, _INNER):
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)


def _root(node: ast.AST) -> Iterator[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def _is_main(node: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == ...`."""
    return isinstance(node, ast.If) and any(
        isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node.test)
    )
