"""Fingerprints: short texts that change when, and only when, something that matters changes."""

import ast
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from nnrepro.files import read_bytes, read_text


def code_fingerprint(paths: Iterable[Path]) -> str:
    """SHA-256 over what Python files do, in the order of their names; a folder is all in it.

    Comments, docstrings, blank lines and formatting do not count; other files count by their bytes.
    Raises OSError and SyntaxError where a file cannot be read or parsed.
    """
    found = ([*path.rglob("*.py")] if path.is_dir() else [path] for path in map(Path, paths))
    files = sorted({file for group in found for file in group})
    digest = hashlib.sha256()
    for file in files:
        content = _code(file) if file.suffix == ".py" else read_bytes(file)
        digest.update(file.name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def value_fingerprint(value: Any) -> str:
    """SHA-256 of a JSON-able value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()


def _code(file: Path) -> bytes:
    """What a Python file does; many rules ask for the same files."""
    stat = file.stat()
    return _python(file, stat.st_mtime_ns, stat.st_size)


@cache
def _python(file: Path, _modified: int, _size: int) -> bytes:
    tree = ast.parse(read_text(file), filename=str(file))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [item for item in body if not _is_text(item)]
    return ast.unparse(tree).encode()


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is a bare string, as docstrings are."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
