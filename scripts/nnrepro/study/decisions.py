"""What was selected: the files `selection/<protocol>/<experiment>.json`."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nnrepro.files import read_json

Decisions = Mapping[tuple[str, str], Mapping[str, Any]]


def no_decision(reason: str) -> dict[str, Any]:
    """The content of such a file where no variant could be selected."""
    return {"variant": None, "reason": reason}


def read_decisions(files: Iterable[Path | str] | str) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Decisions by (protocol, experiment); a file of no variant gives none."""
    return {key: found for key, found in _read(files).items() if found.get("variant") is not None}


def read_undecided(files: Iterable[Path | str] | str) -> dict[tuple[str, str], str]:
    """Why nothing could be selected, by (protocol, experiment)."""
    return {
        key: str(found.get("reason") or "nothing says why")
        for key, found in _read(files).items()
        if found.get("variant") is None
    }


def _read(files: Iterable[Path | str] | str) -> dict[tuple[str, str], Mapping[str, Any]]:
    paths = map(Path, [files] if isinstance(files, str) else files)
    return {(path.parent.name, path.stem): read_json(path) for path in paths}
