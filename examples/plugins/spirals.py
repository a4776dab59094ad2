"""Points on two spirals."""

import numpy as np

from nnrepro.data.prepare import write_prepared
from nnrepro.data.registry import prepares


@prepares("table", dataset="spirals")
def spirals(source, out_npz, out_json, *, turns: float = 1.0):
    """Points on two spirals that wind around each other, with a little noise."""
    random = np.random.RandomState(0)
    label = np.arange(600, dtype=np.int32) % 2
    radius = random.random_sample(600)
    angle = np.pi * (2 * turns * radius + label)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    x = (x + random.normal(scale=0.02, size=x.shape)).astype(np.float32)
    arrays = {"train_x": x[:400], "train_y": label[:400]}
    arrays |= {"test_x": x[400:], "test_y": label[400:]}
    meta = {"name": "spirals", "input": "table", "kind": "floats", "num_classes": 2}
    meta |= {"classes": ["one", "other"], "vocabulary_size": 0, "generated": True}
    write_prepared(out_npz, out_json, arrays, {**meta, "source": "spirals", "sha256": {}})
