"""Records of runs without what names a place or a machine's user."""

import re
from typing import Any

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
