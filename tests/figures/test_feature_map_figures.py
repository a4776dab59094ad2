"""Feature maps: all of them, each on its own scale, with their own pixels."""

import base64
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from nnrepro.figures.feature_maps import draw_layer, draw_overview
from nnrepro.plots.output import save_figure
from nnrepro.plots.series import PlotDataError

SHAPES = {"C1": (24, 24, 50), "S1": (12, 12, 50), "C2": (8, 8, 60), "S2": (4, 4, 60)}


@pytest.fixture
def layers():
    rng = np.random.default_rng(3)
    return {name: rng.random(shape) * rng.random(shape[2]) for name, shape in SHAPES.items()}


@pytest.mark.parametrize("layer", SHAPES)
def test_every_map_is_shown_on_its_own_range(layers, layer, words, assert_legible):
    maps = layers[layer]
    figure = draw_layer(maps, layer=layer, title=layer)
    images = figure.axes[0].images
    assert len(images) == maps.shape[2]
    for channel, image in enumerate(images):
        assert image.get_clim() == (maps[..., channel].min(), maps[..., channel].max())
        np.testing.assert_array_equal(image.get_array(), maps[..., channel])
    texts = [text for text, _ in words(figure)]
    assert [text for text in texts if text.isdigit()] == [str(i + 1) for i in range(len(images))]
    assert_legible(figure)


@pytest.mark.parametrize(("layer", "rows"), [("C1", 5), ("S2", 6)])
def test_ten_maps_stand_in_a_row(layers, layer, rows):
    figure = draw_layer(layers[layer], layer=layer)
    tops = [round(image.get_extent()[3], 6) for image in figure.axes[0].images]
    assert len(set(tops)) == rows
    assert all(tops.count(top) == 10 for top in set(tops))


def test_svg_embeds_the_pixels_themselves(layers, tmp_path):
    maps = layers["C2"][..., :3]
    (path,) = save_figure(draw_layer(maps, layer="C2"), tmp_path / "maps", ("svg",))
    text = path.read_text(encoding="utf-8")
    assert text.count("image-rendering:pixelated") == 3
    embedded = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", text)
    decoded = [np.asarray(Image.open(BytesIO(base64.b64decode(each)))) for each in embedded]
    assert [pixels.shape for pixels in decoded] == [(8, 8)] * 3
    for channel, pixels in enumerate(decoded):
        values = maps[..., channel]
        scaled = 255 * (values - values.min()) / np.ptp(values)
        # 256 greys: a value may fall to either side of its grey's edge.
        assert np.abs(pixels - scaled).max() < 2.0


def test_svg_of_all_maps_is_small(layers, tmp_path):
    (path,) = save_figure(draw_layer(layers["C1"], layer="C1"), tmp_path / "m", ("svg",))
    assert path.stat().st_size < 100_000


def test_overview_shows_the_image_and_a_strip_of_each_layer(layers, words, assert_legible):
    image = np.linspace(0, 1, 32 * 32 * 3).reshape(32, 32, 3)
    figure = draw_overview(image, layers, title="First test image")
    images = figure.axes[0].images
    assert len(images) == 1 + 4 * 8
    np.testing.assert_array_equal(images[0].get_array(), image)
    assert "S2: 8 of 60 maps of 4 x 4" in [text for text, _ in words(figure)]
    assert_legible(figure)


def test_overview_of_a_thin_layer_shows_all_of_it(layers, words):
    figure = draw_overview(np.zeros((8, 8, 3)), {"C1": layers["C1"][..., :3]})
    assert len(figure.axes[0].images) == 4
    assert "C1: 3 maps of 24 x 24" in [text for text, _ in words(figure)]


def test_flat_maps_are_named_and_grey(layers, words):
    maps = layers["S2"].copy()
    maps[..., 6] = 0.0
    figure = draw_layer(maps, layer="S2")
    low, high = figure.axes[0].images[6].get_clim()
    assert low < 0.0 < high
    assert any("(shown grey) in 7." in text for text, _ in words(figure))


def test_values_that_are_not_finite_are_left_white_and_named(layers, words):
    maps = layers["S2"].copy()
    maps[0, 0, 6], maps[..., 8] = np.inf, np.nan
    figure = draw_layer(maps, layer="S2")
    assert np.ma.getmaskarray(figure.axes[0].images[6].get_array()).sum() == 1
    assert any("not finite (left white) in 7, 9." in text for text, _ in words(figure))


def test_what_cannot_be_shown_is_refused(layers):
    with pytest.raises(PlotDataError, match=r"layer C1: activations have shape"):
        draw_layer(np.zeros((24, 24)), layer="C1")
    with pytest.raises(PlotDataError, match="divide bytes by 255"):
        draw_overview(np.full((8, 8, 3), 200.0), layers)
    with pytest.raises(PlotDataError, match=r"\(height, width, 3 or 1\)"):
        draw_overview(np.zeros((3, 8, 8)), layers)
    with pytest.raises(PlotDataError, match="at least one layer"):
        draw_overview(np.zeros((8, 8, 3)), {})
