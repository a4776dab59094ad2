"""Environment variables that are set for a while."""

import os
from collections.abc import Callable, Mapping


def change_environment(values: Mapping[str, str]) -> Callable[[], None]:
    """Set environment variables; return what puts back their former values, or their absence."""
    former = {name: os.environ.get(name) for name in values}
    os.environ.update(values)

    def restore() -> None:
        for name, value in former.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    return restore
