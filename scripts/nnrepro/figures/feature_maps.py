"""Figures of kind `feature_maps`: an image and what each layer of a trained network makes of it.

Every map is scaled to its own range, from its smallest activation (black) to its largest (white):
the maps show where a channel responds, not how strongly it does next to others. Pixels are
embedded as they are and never resampled, so they stay sharp at any zoom.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnrepro.document import wording
from nnrepro.figures.asked import Asked
from nnrepro.figures.drawing import Drawing, NothingToDraw
from nnrepro.figures.sources import FeatureMaps
from nnrepro.plots.fitting import cut_text
from nnrepro.plots.frame import Box, add_axes, start_figure
from nnrepro.plots.series import FloatArray, PlotDataError, as_floats
from nnrepro.plots.style import FONT_SIZE, INK, SOFT_INK, TINY_SIZE, is_narrow, page_width, styled
from nnrepro.statistics.spatial import morans_i, noise_below
from nnrepro.study.kinds import figure
from nnrepro.study.options import Images

READING = "Each map is scaled to a range of its own."

MAPS_PER_ROW = 10
"""Maps in a row of a layer's figure: 5 rows for 50 channels, 6 for 60."""

_MARGIN = 0.08
_MAP_GAP = 0.06
_NUMBER_ROOM = 0.14
_IMAGE_SIZE = 1.7
_STRIP_MAPS = 8
_STRIP_HEAD = 0.2


@figure(reading=READING)
def feature_maps(
    figure: Asked,
    maps: Mapping[str, FeatureMaps],
    *,
    images: Images,
) -> Iterator[Drawing]:
    """What the layers of a trained network make of test images.

    An overview of each image, and then a figure per image and layer. An archive's maps stay what
    they are when runs are added and another variant is selected: those of a run that the figure
    does not show are not drawn.
    """
    if figure.name not in maps:
        return  # why stands with what could not be computed
    found = maps[figure.name]
    run = next((run for run in figure.runs if run.id == found.run), None)
    if run is None and found.run:
        raise NothingToDraw(
            f"The maps that are kept are of the run {found.run}, which this figure does not show "
            f"(any more): it shows {figure.runs[0].id}."
        )
    named = run.label if run else "a run that is not recorded"
    runs = [run] if run else []
    whose = [
        f"{named}, test image {number} ({name})"
        for number, name in enumerate(found.classes[:images], start=1)
    ]
    alt = figure.alt("Grey images of what the network's layers make of a test image", runs)
    parts = "all layers" if found.images is None else "image and layers"
    said = _said(found)

    def drawn(number: int, name: str, draw: Callable[[], Figure], words: str, said: str) -> Drawing:
        part = f"image {number}, {words}"
        stem = f"{figure.name}_image{number}_{name}"
        return Drawing(stem, draw, runs, alt, part.capitalize(), part, said=said)

    for place, image in enumerate(whose):
        draw = partial(
            draw_overview,
            None if found.images is None else found.images[place],
            {name.upper(): values[place] for name, values in found.layers.items()},
            title=figure.titled(f"Feature maps of {image}"),
        )
        yield drawn(place + 1, "overview", draw, parts, "" if place else said)
    for place, image in enumerate(whose):
        for name, values in found.layers.items():
            layer = name.upper()
            title = figure.titled(f"{layer} of {image}")
            draw = partial(draw_layer, values[place], layer=layer, title=title)
            yield drawn(place + 1, name, draw, found.words[name], "")


def _said(found: FeatureMaps) -> str:
    """How many channels respond to no image, and how far the maps are from noise."""
    flat = {
        name.upper(): int(np.sum(np.ptp(maps, axis=(1, 2)).max(axis=0) == 0))
        for name, maps in found.layers.items()
    }
    silent = wording.joined([f"{count} in {name}" for name, count in flat.items() if count])
    which = {1: "the image", 2: "either image"}.get(len(found.classes), "any of the images")
    none = f"Some channels respond nowhere in {which}: {silent}." if silent else ""
    return " ".join(filter(None, (none, _order(found))))


def _order(found: FeatureMaps) -> str:
    """How far the maps of each layer are from noise; layers whose maps do not vary are left out."""
    correlations, noise = [], []
    for name, maps in found.layers.items():
        channels = np.moveaxis(maps, -1, 1).reshape(-1, *maps.shape[1:3])
        known = [value for value in map(morans_i, channels) if np.isfinite(value)]
        if not known:
            continue
        correlations.append(f"{wording.ratio(float(np.mean(known)))} in {name.upper()}")
        like = sum(value < noise_below(*maps.shape[1:3]) for value in known)
        if like:
            noise.append(f"{like} of {len(known)} in {name.upper()}")
    if not correlations:
        return ""
    told = (
        f"{wording.joined(noise)} cannot be told from noise" if noise else "none looks like noise"
    )
    return (
        f"Neighbouring values of a map correlate by {wording.joined(correlations)} on average; "
        f"those of noise would by 0 (Moran's I). Of the maps, {told}."
    )


@styled
def draw_overview(
    image: NDArray[np.floating] | None,
    layers: Mapping[str, NDArray[np.floating]],
    *,
    title: str = "",
) -> Figure:
    """An image beside some maps of each layer, on a narrow page above them.

    Args:
        image: shape (height, width, 3), or 1 instead of 3 for grey; values in [0, 1]; None where
            it is not at hand.
        layers: activations by layer name, in the order of the network, each of shape
            (height, width, channels).
        title: title above all.

    Raises:
        PlotDataError: no layers, or an array of another shape or with values that cannot be shown.
    """
    pixels = None if image is None else _checked_image(image)
    maps = {name: _checked_maps(name, values) for name, values in layers.items()}
    if not maps:
        raise PlotDataError("an overview of feature maps needs at least one layer")
    left, above = _MARGIN, 0.0
    if pixels is not None and is_narrow():
        above = _IMAGE_SIZE + _STRIP_HEAD + _MARGIN
    elif pixels is not None:
        left = _MARGIN + _IMAGE_SIZE + 0.3
    size = (page_width() - left - _MARGIN + _MAP_GAP) / _STRIP_MAPS - _MAP_GAP
    strip = _STRIP_HEAD + _NUMBER_ROOM + size + 0.06
    least = 0.0 if pixels is None else _IMAGE_SIZE + _STRIP_HEAD
    height = max(above + len(maps) * strip, least) + 0.05
    shown = {name: _spread_channels(values.shape[2]) for name, values in maps.items()}
    notes = [note for name, values in maps.items() for note in _notes(name, values, shown[name])]
    fig, body = start_figure(height, title, notes=notes)
    ax = _canvas(fig, Box(0.0, body.bottom, page_width(), body.height))
    if pixels is not None:
        image_top = body.height - _STRIP_HEAD
        _words(ax, _MARGIN, image_top + 0.05, "input image")
        ax.imshow(
            pixels,
            extent=(_MARGIN, _MARGIN + _IMAGE_SIZE, image_top - _IMAGE_SIZE, image_top),
            interpolation="none",
        )
    for row, (name, values) in enumerate(maps.items()):
        strip_top = body.height - above - row * strip
        tall, wide, channels = values.shape
        some = f"{len(shown[name])} of " if len(shown[name]) < channels else ""
        heading = f"{name}: {some}{channels} maps of {tall} x {wide}"
        heading = cut_text(heading, FONT_SIZE, page_width() - left - _MARGIN)
        _words(ax, left, strip_top - _STRIP_HEAD + 0.05, heading)
        for place, channel in enumerate(shown[name]):
            corner = (left + place * (size + _MAP_GAP), strip_top - _STRIP_HEAD)
            _draw_map(ax, values[..., channel], channel, corner, size)
    _freeze(ax, page_width(), body.height)
    return fig


@styled
def draw_layer(maps: NDArray[np.floating], *, layer: str, title: str = "") -> Figure:
    """Every map of one layer, each under its channel number from 1.

    There are `MAPS_PER_ROW` in a row, on a narrow page half as many.

    Args:
        maps: activations of shape (height, width, channels).
        layer: the layer's name, for messages and notes.
        title: title above the maps.

    Raises:
        PlotDataError: an array of another shape or with values that cannot be shown.
    """
    values = _checked_maps(layer, maps)
    channels = values.shape[2]
    columns = MAPS_PER_ROW // 2 if is_narrow() else MAPS_PER_ROW
    size = (page_width() - 2 * _MARGIN + _MAP_GAP) / columns - _MAP_GAP
    rows = -(-channels // columns)
    pitch = size + _NUMBER_ROOM + _MAP_GAP
    notes = _notes(layer, values, range(channels))
    fig, body = start_figure(rows * pitch + 0.05, title, notes=notes)
    ax = _canvas(fig, body)
    for channel in range(channels):
        row, column = divmod(channel, columns)
        corner = (_MARGIN + column * (size + _MAP_GAP), body.height - row * pitch)
        _draw_map(ax, values[..., channel], channel, corner, size)
    _freeze(ax, page_width(), body.height)
    return fig


def _checked_image(image: NDArray[np.floating]) -> FloatArray:
    pixels = as_floats(image)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise PlotDataError(f"an image has shape (height, width, 3 or 1), not {pixels.shape}")
    if not (np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 1):
        raise PlotDataError("an image's values lie in [0, 1]; divide bytes by 255")
    return pixels


def _checked_maps(layer: str, maps: NDArray[np.floating]) -> FloatArray:
    values = as_floats(maps)
    if values.ndim != 3 or 0 in values.shape:
        raise PlotDataError(
            f"layer {layer}: activations have shape (height, width, channels), not {values.shape}"
        )
    return values


def _notes(layer: str, values: FloatArray, shown: Iterable[int]) -> list[str]:
    """Sentences on maps, of those shown, that say nothing or hold what cannot be drawn."""
    flat: NDArray[np.bool_] = np.asarray(np.ptp(values, axis=(0, 1)) == 0)
    unknown: NDArray[np.bool_] = np.asarray(np.isnan(values).any(axis=(0, 1)))
    shown = list(shown)
    return [
        f"{layer}: {what} in {', '.join(str(channel + 1) for channel in shown if marks[channel])}."
        for what, marks in (
            ("the same value throughout (shown grey)", flat),
            ("values that are not finite (left white)", unknown),
        )
        if any(marks[channel] for channel in shown)
    ]


def _spread_channels(channels: int) -> list[int]:
    """Indices of up to eight channels, evenly spread from first to last."""
    count = min(_STRIP_MAPS, channels)
    return np.linspace(0, channels - 1, count).round().astype(int).tolist()


def _canvas(fig: Figure, place: Box) -> Axes:
    """Axes without any frame, for images placed in inches."""
    ax = add_axes(fig, place)
    ax.set_axis_off()
    return ax


def _freeze(ax: Axes, width: float, height: float) -> None:
    """Make the axes' units inches; done last, because every image resets the limits."""
    ax.set_xlim(0, width)
    ax.set_ylim(0, height)
    ax.set_aspect("auto")


def _draw_map(
    ax: Axes, values: FloatArray, channel: int, corner: tuple[float, float], size: float
) -> None:
    """One map below its channel number; `corner` is the top left of both, in inches."""
    left, top = corner[0], corner[1] - _NUMBER_ROOM
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    # A flat map has no range to scale to: grey says so, where black would look like "no response".
    limits = (low, high) if high > low else (low - 1.0, low + 1.0)
    ax.imshow(
        values,
        cmap="gray",
        vmin=limits[0],
        vmax=limits[1],
        extent=(left, left + size, top - size, top),
        interpolation="none",
    )
    _words(ax, left, top + 0.025, str(channel + 1), fontsize=TINY_SIZE, color=SOFT_INK)


def _words(ax: Axes, x: float, y: float, text: str, **style: Any) -> None:
    look: dict[str, Any] = {"fontsize": FONT_SIZE, "color": INK, "va": "bottom"} | style
    ax.text(x, y, text, **look)
