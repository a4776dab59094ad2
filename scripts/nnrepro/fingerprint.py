"""Fingerprints: short texts that change when, and only when, something that matters changes."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nnrepro.files import read_bytes
from nnrepro.python import code_of


def code_fingerprint(paths: Iterable[Path]) -> str:
    """SHA-256 over what Python files do, in the order of their names; a folder is all in it.

    Comments, docstrings, blank lines and formatting do not count; other files count by their bytes.
    Raises OSError and SyntaxError where a file cannot be read or parsed.
    """
    found = ([*path.rglob("*.py")] if path.is_dir() else [path] for path in map(Path, paths))
    files = sorted({file for group in found for file in group})
    digest = hashlib.sha256()
    for file in files:
        content = code_of(file).text if file.suffix == ".py" else read_bytes(file)
        digest.update(file.name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def value_fingerprint(value: Any) -> str:
    """SHA-256 of a JSON-able value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()
