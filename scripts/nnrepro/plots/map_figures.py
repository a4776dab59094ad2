"""Figures of a trained network's feature maps, from the arrays that a job computed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnrepro.npz import open_npz
from nnrepro.plots.drawing import Drawing, ProtocolFigures
from nnrepro.plots.feature_maps import feature_map_grid, feature_map_overview
from nnrepro.study.run import Run

_NOT_LAYERS = ("images", "labels")


def read_feature_maps(path: Path) -> dict[str, NDArray[Any]]:
    """Arrays by name, as the job that computed them wrote them, in the order of the network.

    Raises:
        FileError: the file is damaged.
        OSError: it is not there, or cannot be read.
    """
    with open_npz(path) as stored:
        maps = {name: stored.array(name) for name in stored.names}
        if not set(_NOT_LAYERS) < set(maps) or len({len(values) for values in maps.values()}) > 1:
            raise ValueError("images, labels and layers do not go together")
        return maps


def feature_map_drawings(
    figures: ProtocolFigures,
    maps: Mapping[str, Mapping[str, NDArray[np.floating]]],
    classes: list[str],
) -> Iterator[Drawing]:
    """For each test image an overview and one figure per layer.

    Args:
        figures: the protocol's figures.
        maps: by figure name: `images` [n, height, width, 3], `labels` [n], and by layer
            activations [n, height, width, channels].
        classes: names of the classes.
    """
    for spec, runs in figures.specs("feature_maps"):
        if spec.name not in maps:
            continue
        arrays = maps[spec.name]
        for index, label in enumerate(arrays["labels"]):
            what = f"{runs[0].label}, test image {index + 1} ({classes[int(label)]})"
            here = {name: np.asarray(value[index]) for name, value in arrays.items()}
            yield from _image_drawings(
                figures, f"{spec.name}_image{index + 1}", what, here, runs[0]
            )


def _image_drawings(
    figures: ProtocolFigures,
    stem: str,
    what: str,
    arrays: Mapping[str, NDArray[np.floating]],
    run: Run,
) -> Iterator[Drawing]:
    """The figures of one image; `arrays` are those of `feature_map_drawings` for it alone."""
    layers = {name: value for name, value in arrays.items() if name not in _NOT_LAYERS}
    overview = feature_map_overview(
        arrays["images"],
        {name.upper(): values for name, values in layers.items()},
        title=figures.titled(f"Feature maps of {what}"),
    )
    yield Drawing(f"{stem}_overview", overview, [run])
    for name, values in layers.items():
        title = figures.titled(f"{name.upper()} of {what}")
        grid = feature_map_grid(values, layer=name.upper(), title=title)
        yield Drawing(f"{stem}_{name}", grid, [run])
