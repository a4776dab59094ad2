"""Parts of the report that may fail, each of which costs itself alone."""

from collections.abc import Callable
from typing import TypeVar

from nnrepro.failures import Failures

T = TypeVar("T")
U = TypeVar("U")


class Attempts:
    """Makes parts of the report; a failure is taken where something takes it, else raised."""

    def __init__(self, failures: Failures | None) -> None:
        """Give failures to `failures`."""
        self._failures = failures

    def __call__(self, part: str, make: Callable[[], T], otherwise: Callable[[str], U]) -> T | U:
        """A part, or what stands in its place.

        Args:
            part: its name, as a path below the study's folder.
            make: makes it.
            otherwise: makes its substitute, given why it could not be made.
        """
        if self._failures is None:
            return make()
        with self._failures.costs_only_itself(part):
            return make()
        return otherwise(list(self._failures)[-1].message)


def nothing(why: str) -> None:
    """In place of a part that is left out."""
