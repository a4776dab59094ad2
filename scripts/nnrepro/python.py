"""Python files as data: what one does and what it imports, each file parsed once."""

import ast
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from nnrepro.files import read_text

_STATEMENTS = ("body", "cases", "handlers", "orelse", "finalbody")
"""Fields of a statement that hold further ones, in the order in which they follow one another."""


class Import(NamedTuple):
    """An imported name.

    Attributes:
        module: the module or package that is named.
        name: what is taken of it; empty where it is imported as a whole.
        bound: what the file calls it.
        level: how many dots stand before the module's name.
    """

    module: str
    name: str
    bound: str
    level: int = 0


class Code(NamedTuple):
    """A file's code without comments, docstrings and formatting, and what it imports anywhere."""

    text: bytes
    imports: tuple[Import, ...]


def code_of(file: Path) -> Code:
    """What a Python file does and imports.

    Raises OSError and SyntaxError where it cannot be read or parsed.
    """
    stat = file.stat()
    return _code(file, stat.st_mtime_ns, stat.st_size)


@cache
def _code(file: Path, _modified: int, _size: int) -> Code:
    tree = parsed(file)
    return Code(ast.unparse(tree).encode(), tuple(imports_in(tree)))


def parsed(file: Path) -> ast.Module:
    """A Python file's syntax tree without comments, docstrings and other bare strings.

    Raises OSError and SyntaxError where it cannot be read or parsed.
    """
    tree = ast.parse(read_text(file), filename=str(file))
    for node in _statements(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [item for item in body if not _is_text(item)]
    return tree


def imports_in(tree: ast.AST) -> Iterator[Import]:
    """What is imported anywhere in a part of a program."""
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, "", alias.asname or alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                bound = alias.asname or alias.name
                yield Import(node.module or "", alias.name, bound, node.level)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """A part of a program and all statements within it, as `ast.walk` without expressions."""
    waiting = deque([tree])
    while waiting:
        node = waiting.popleft()
        yield node
        for name in _STATEMENTS:
            found = getattr(node, name, None)
            if isinstance(found, list):
                waiting.extend(found)


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is a bare string, as docstrings are."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
