"""The prepared arrays that training reads, as they are written.

A prepared data set is two files. `<name>.npz`, uncompressed, holds `train_x`, `train_y`, `test_x`
and `test_y`, and `validation_x` and `validation_y` where the data were split so; `<name>.json` says
what they are. Both depend on the source files and the config alone, so the same input gives the
same bytes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnrepro.data.content import CONTENT, content_sha256
from nnrepro.data.errors import DataError
from nnrepro.data.kinds import splits_of, typed
from nnrepro.data.soundness import COUNTS, counted
from nnrepro.files import atomic_write, write_json
from nnrepro.metrics.registry import CLASSIFICATION

_DESCRIBED = {
    *("name", "input", "kind", "num_classes", "vocabulary_size"),
    *("generated", "source", "sha256"),
}


def write_prepared(
    out_npz: Path,
    out_json: Path,
    arrays: Mapping[str, np.ndarray],
    meta: Mapping[str, Any],
    *,
    counts: Mapping[str, int] | None = None,
) -> None:
    """Write a prepared data set, each file atomically and with the same bytes for the same input.

    Arrays are `train_x`, `train_y`, `test_x`, `test_y` and maybe `validation_x`, `validation_y`; x
    [n, ...], y [n]. Their description `meta` has `name`, `input`, `kind` (see `nnrepro.data.kinds`:
    `image` with `image_shape` = [channels, height, width], `ids` with `vocabulary_size`, or
    `floats`), `num_classes`, `vocabulary_size`, `generated`, `source`, `sha256`; where they are no
    classes, `task` (`multi_label`, `regression`), `num_outputs` and `outputs`, their names, and y
    is [n, num_outputs]; `preparation`, where raw inputs can be prepared alike (see
    `nnrepro.data.inputs`). Added are numbers of examples, what is odd, here (see
    `nnrepro.data.soundness`) or by `counts` of the preparation, and the sum of all this.

    Raises DataError, with nothing written, where the arrays are not of that kind, the description
    lacks something, or training on them is pointless.
    """
    needed = _DESCRIBED
    if meta.get("task", CLASSIFICATION) != CLASSIFICATION:
        needed = (needed - {"num_classes"}) | {"num_outputs", "outputs"}
        meta = {"num_classes": 0, **meta}
    for key in sorted(needed - set(meta)):
        raise DataError(
            f"data set '{meta.get('name', out_npz.stem)}': its description lacks {key}."
        )
    arrays = typed(arrays, meta, f"data set '{meta.get('name', out_npz.stem)}'")
    odd = {**counted(arrays, meta), **(counts or {})}
    with atomic_write(out_npz) as temporary, open(temporary, "wb") as handle:
        np.savez(handle, **{name: arrays[name] for name in sorted(arrays)})  # type: ignore[arg-type]
    sizes = {f"{split}_examples": len(arrays[f"{split}_y"]) for split in splits_of(arrays)}
    described = {**meta, **sizes}
    content = content_sha256(arrays, described)
    write_json(out_json, {**described, COUNTS: odd, CONTENT: content})
