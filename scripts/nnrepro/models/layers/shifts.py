"""Copies of rows, each shifted by one more, side by side: what a convolution's gradient needs."""

from typing import Any

from keras import ops


def shifted_below(rows: Any, height: int) -> Any:
    """Rows shifted by 0 to `height` - 1 places along the length, with zeros where nothing is.

    Of [batch, steps, filters], float [batch * (steps + height - 1), height * filters]: row t of an
    example holds its rows t, t - 1 ... side by side.
    """
    filters = rows.shape[2]
    apart = ops.pad(rows, ((0, 0), (0, height - 1), (0, 0)))  # no example reaches into the next
    flat = ops.pad(ops.reshape(apart, (-1, filters)), ((height - 1, 0), (0, 0)))
    places = flat.shape[0] - height + 1
    return ops.concatenate(
        [flat[height - 1 - at : height - 1 - at + places] for at in range(height)], axis=1
    )
