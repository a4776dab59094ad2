"""Series of numbers as short text, for pages that hold many of them."""

from collections.abc import Iterable

STEP = 1e-4
"""What a series is rounded to."""

_EXACT = 2**53
"""The largest number of steps that a page's script, which knows only floats, adds up exactly."""


def compact_values(values: Iterable[float]) -> str:
    """A series as differences in units of `STEP`, from one known value to the next.

    Curves change little from epoch to epoch, so that most differences have one to three digits. A
    value that is no number (a gap, an infinite loss), or too large to be told in steps, is left
    empty: `[0.5, nan, 0.4999]` gives "5000,,-1".
    """
    words = []
    last = 0
    for value in map(float, values):
        if not abs(value) <= _EXACT * STEP:
            words.append("")
            continue
        units = round(value / STEP)
        words.append(str(units - last))
        last = units
    return ",".join(words)
