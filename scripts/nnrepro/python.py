"""Python files as data: what one does and what it imports, each content of a file parsed once."""

import ast
import atexit
import contextlib
import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from nnrepro.errors import NnreproError
from nnrepro.files import read_bytes, read_text, write_bytes

_MOST_KEPT = 3000
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
    def work_out() -> Code:
        tree = parsed(file)
        return Code(ast.unparse(tree).encode(), tuple(imports_in(tree)))

    return kept_code(file, "", work_out)


def kept_code(file: Path, name: str, work_out: Callable[[], Code]) -> Code:
    """What is worked out of a file under a name: anew where its content has not been seen before.

    To parse all files takes a third of the time in which a workflow starts.
    """
    basis = b"\0".join([_workings(), name.encode(), read_bytes(file)])
    return _kept().of(sha256(basis).hexdigest(), work_out)


class _Kept:
    """What has been worked out of files, from one process to the next; the latest in use is last.

    Its file may be missing, damaged or written by others at any time: what is not found is worked
    out, and of two that write at once one is kept.
    """

    def __init__(self, place: Path | None) -> None:
        self._place = place
        self._codes: dict[str, list[Any]] = {}
        with contextlib.suppress(OSError, ValueError, NnreproError):
            known = json.loads(read_bytes(place)) if place else {}
            self._codes = known if isinstance(known, dict) else {}

    def of(self, key: str, work_out: Callable[[], Code]) -> Code:
        """What is kept under a key, or is from now on."""
        try:
            text, imports = kept = self._codes.pop(key)
            code = Code(text.encode(), tuple(Import(*each) for each in imports))
        except (LookupError, TypeError, ValueError, AttributeError):
            code = work_out()
            kept = [code.text.decode(), code.imports]
            if self._place:
                atexit.unregister(self._write)
                atexit.register(self._write, self._place)
        self._codes[key] = kept
        return code

    def _write(self, place: Path) -> None:
        latest = dict([*self._codes.items()][-_MOST_KEPT:])
        with contextlib.suppress(OSError):
            write_bytes(place, json.dumps(latest).encode())


@cache
def _kept() -> _Kept:
    with contextlib.suppress(RuntimeError):  # who has no home
        caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        if caches.is_absolute():
            return _Kept(caches / "nnrepro" / "code.json")
    return _Kept(None)


@cache
def _workings() -> bytes:
    """What decides how code is worked out: Python, and the modules that do it."""
    files = (Path(__file__), Path(__file__).with_name("definitions.py"))
    return b"\0".join([sys.version.encode(), *map(read_bytes, files)])


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
