"""Records of runs as an archive keeps them: no place or user named, notes on their data added."""

import re
from collections.abc import Mapping
from typing import Any

from nnrepro.data.registry import preparations

_LOCAL_KEYS = frozenset(("host", "hostname", "node", "user", "username", "cwd", "home", "folder"))
_ABSOLUTE = re.compile(r"^(/|~|[A-Za-z]:[\\/]|\\\\|file://)")


def without_places(value: Any) -> Any:
    """A JSON-able value with absolute paths cut to their last part and names of hosts left out.

    Kernels, processors and versions stay: they are what a number may depend on.
    """
    if isinstance(value, dict):
        return {k: without_places(v) for k, v in value.items() if str(k) not in _LOCAL_KEYS}
    if isinstance(value, list):
        return [without_places(item) for item in value]
    if isinstance(value, str) and _ABSOLUTE.match(value):
        return re.split(r"[\\/]", value.rstrip("\\/"))[-1]
    return value


def with_note(record: Mapping[str, Any], notes: Mapping[str, str]) -> dict[str, Any]:
    """A run's record with the note on the data set that it was trained on.

    A note that it has already stays: an archive's runs may come from several places.

    Args:
        record: the content of a `run.json`.
        notes: remarks by data set; others have none.
    """
    data = record.get("data")
    name = data.get("name") if isinstance(data, dict) else None
    preparation = preparations().get(str(name))
    note = notes.get(preparation.dataset) if preparation else None
    return {**record, "data": {"note": note, **data}} if data and note else dict(record)
