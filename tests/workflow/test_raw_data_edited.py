"""Raw data of a user's own, edited in place, are prepared again."""

import os
from typing import Any

import pytest

pytestmark = pytest.mark.slow

MODULE = '''
"""Points in rows, their classes last."""

import numpy as np

from nnrepro.data.prepare import write_prepared
from nnrepro.data.registry import prepares
from nnrepro.study.options import Place


@prepares("image", dataset="points")
def prepare_points(source, out_npz, out_json, *, path: Place):
    """Prepare the points."""
    rows = np.loadtxt(f"{path}/deep/points.csv", delimiter=",", dtype=np.int32)
    x = np.zeros((len(rows), 3072), dtype=np.uint8)
    x[:, :2] = rows[:, :2]
    arrays = {"train_x": x, "train_y": rows[:, 2], "test_x": x, "test_y": rows[:, 2]}
    meta = {"name": out_npz.stem, "input": "image", "kind": "image", "image_shape": [3, 32, 32]}
    meta |= {"num_classes": 2, "vocabulary_size": 0, "generated": False, "source": "points"}
    write_prepared(out_npz, out_json, arrays, {**meta, "sha256": {}})
'''
STUDY = """
name: points
supplements: null
claims: null
published: null
plugins: [points.py]
data: {points: {source: points, path: raw}, cifar10: null}
budget:
  epochs: 1
  train_examples: {image: 64, characters: 64, words: 64}
  test_examples: {image: 32, characters: 32, words: 32}
only: {protocols: [koh], experiments: [channel_grid], variants: [channel_grid/c1-10_c2-20]}
"""


def test_relabelled_rows_are_prepared_again_though_names_size_and_time_are_the_same(
    workflow: Any,
) -> None:
    (workflow.folder / "points.py").write_text(MODULE)
    (workflow.folder / "points.yaml").write_text(STUDY)
    raw = workflow.folder / "raw/deep/points.csv"
    raw.parent.mkdir(parents=True)
    raw.write_text("1,2,0\n3,4,1\n5,6,0\n7,8,1\n")
    prepared = ("results/points/data/points.npz", "--configfile", "points.yaml")
    workflow.snakemake(*prepared)
    assert workflow.planned(*prepared) == {}
    state = raw.stat()
    raw.write_text("1,2,1\n3,4,0\n5,6,0\n7,8,1\n")
    assert workflow.planned(*prepared) == {"prepare_data": 1}
    os.utime(raw, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert workflow.planned(*prepared) == {"prepare_data": 1}
    workflow.snakemake(*prepared)
    assert workflow.planned(*prepared) == {}
    (raw.parent / "{a} further <file>.csv").write_text("9,9,0\n")  # marks of Snakemake's own
    assert workflow.planned(*prepared) == {"prepare_data": 1}
