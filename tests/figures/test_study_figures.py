"""What a study's figure specs ask for is drawn, in one style, stamped with its budget."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from nnrepro.figures.drawing import NothingToDraw, save_drawing
from nnrepro.figures.feature_maps import feature_maps
from nnrepro.figures.sources import FeatureMaps, read_feature_maps
from nnrepro.plots.style import INK
from nnrepro.study.extent import Extent
from nnrepro.training.feature_maps import write_feature_maps

Config = dict[str, Any]
LAYERS = {"c1": (6, 50), "s1": (3, 50), "c2": (4, 60), "s2": (2, 60)}


def make_maps(folder: Path, run: str = "tan/channel_grid/c1-50_c2-60/seed0") -> dict[str, Any]:
    """Two test images, a cat and a ship, and their maps, written and read as the jobs do."""
    rng = np.random.default_rng(0)
    layers = {name: rng.random((2, n, n, channels)) for name, (n, channels) in LAYERS.items()}
    words = np.array(["first convolution", "first pooling", "second convolution", "last one"])
    told = {"classes": np.array(["cat", "ship"]), "words": words}
    told |= {"run": np.array([run])} if run else {}
    write_feature_maps(folder / "maps.npz", {"images": rng.random((2, 8, 8, 3)), **told, **layers})
    return {"specified_network_maps": read_feature_maps(folder / "maps.npz")}


def titles(drawing: Any) -> list[str]:
    """The words of a figure outside its axes."""
    return [text.get_text() for text in drawing.figure.texts]


@pytest.mark.parametrize("protocol", ["tan", "koh"])
def test_every_figure_of_the_shipped_study_is_drawn(
    short: Config, finished: Callable, protocol: str, tmp_path: Path
) -> None:
    done = finished(short, protocol=protocol)
    run = f"{protocol}/channel_grid/c1-50_c2-60/seed0"
    maps = done.drawn("feature_maps", make_maps(tmp_path, run))
    drawn = {
        "comparison": set(done.comparisons()),
        "heatmap": set(done.heatmaps()),
        "accuracy_time": set(done.times()),
        "feature_maps": {stem.rpartition("_image")[0] for stem in maps},
    }
    for kind, stems in drawn.items():
        assert stems == {name for name, spec in done.study.figures.items() if spec.kind == kind}
    assert len(done.curves()) == 45


@pytest.mark.parametrize("experiment", ["channel_grid", "text_models"])
def test_figures_of_full_length_are_legible(
    config: Config, finished: Callable, experiment: str, assert_legible: Callable
) -> None:
    done = finished(config | {"only": {"experiments": [experiment]}})
    for drawing in [*done.comparisons().values(), *done.times().values()]:
        assert_legible(drawing.figure)


def test_two_images_give_an_overview_and_every_layer_each(
    short: Config, finished: Callable, tmp_path: Path
) -> None:
    done = finished(short)
    drawings = list(done.drawn("feature_maps", make_maps(tmp_path)).values())
    stems = [each.stem.removeprefix("specified_network_maps_") for each in drawings]
    assert stems == [
        *("image1_overview", "image2_overview"),
        *(f"image{number}_{layer}" for number in (1, 2) for layer in LAYERS),
    ]
    assert titles(drawings[0])[0] == "Tan report: Feature maps of 50/60, test image 1 (cat)"
    assert titles(drawings[6])[0] == "Tan report: C1 of 50/60, test image 2 (ship)"
    assert [each.drawing.part for each in (*drawings[:2], drawings[4])] == [
        "image 1, image and layers",
        "image 2, image and layers",
        "image 1, second convolution",
    ]
    assert drawings[4].drawing.strip == "Image 1, second convolution"
    assert [len(each.figure.axes[0].images) for each in drawings[1:6]] == [33, 50, 50, 60, 60]
    first, second = (np.asarray(drawings[i].figure.axes[0].images[0].get_array()) for i in (2, 6))
    assert not np.array_equal(first, second)
    assert all([run.variant for run in each.runs] == ["c1-50_c2-60"] for each in drawings)


def test_it_is_said_of_each_layer_how_far_its_maps_are_from_noise(
    short: Config, finished: Callable
) -> None:
    rng, rows = np.random.default_rng(1), np.indices((11, 11))[0]
    smooth = np.broadcast_to(rows[:, :, None], (1, 11, 11, 4))
    layers = {"c1": smooth, "c2": rng.normal(size=(1, 9, 9, 4)), "flat": np.ones((1, 9, 9, 4))}
    words = dict.fromkeys(layers, "layer")
    run = "tan/channel_grid/c1-50_c2-60/seed0"

    def said(**layers: Any) -> str:
        maps = {figure.name: FeatureMaps(run, None, ["cat"], layers, words)}
        return next(feature_maps(figure, maps, images=1)).said

    (figure,) = finished(short).asked("feature_maps")
    assert "correlate by 0.90 in C1 and" in said(**layers)
    assert "Of the maps, 4 of 4 in C2 cannot be told from noise." in said(**layers)
    assert said(c1=smooth).endswith("Of the maps, none looks like noise.")
    assert "noise" not in said(flat=layers["flat"])


def test_maps_of_another_run_are_not_drawn_under_the_name_of_this_one(
    short: Config, finished: Callable, tmp_path: Path
) -> None:
    """As after runs were added to an archive, so that another variant is selected."""
    other = "tan/channel_grid/c1-90_c2-40/seed0"
    (figure,) = finished(short).asked("feature_maps")
    with pytest.raises(NothingToDraw, match=f"{other}.*tan/channel_grid/c1-50_c2-60/seed0"):
        list(feature_maps(figure, make_maps(tmp_path, other), images=2))


def test_maps_without_a_record_of_their_run_say_so(
    short: Config, finished: Callable, tmp_path: Path
) -> None:
    """As archives have them that were made before the run was recorded."""
    drawings = list(finished(short).drawn("feature_maps", make_maps(tmp_path, "")).values())
    title = "Tan report: Feature maps of a run that is not recorded, test image 1 (cat)"
    assert titles(drawings[0])[0] == title
    assert not any(each.runs for each in drawings)


def test_maps_that_nobody_computed_give_no_figure(short: Config, finished: Callable) -> None:
    assert not finished(short).drawn("feature_maps", {})


def save_one(config: Config, finished: Callable, folder: Path) -> str:
    """The SVG of the heat map."""
    done = finished(config)
    save_drawing(done.heatmaps()["grid"].drawing, Extent.as_asked(done.study), folder)
    assert (folder / "grid.png").stat().st_size > 0
    return (folder / "grid.svg").read_text(encoding="utf-8")


def test_the_stamp_warns_when_the_study_is_cut_and_only_then(
    config: Config, finished: Callable, tmp_path: Path
) -> None:
    warning = "#ffe08a"
    full = save_one(config, finished, tmp_path / "full")
    assert "1000 epochs, 1 seed" in full and warning not in full
    cut = save_one(config | {"budget": {"epochs": 3}}, finished, tmp_path / "cut")
    assert "3 of 1000 epochs, 1 seed" in cut and warning in cut
    config["data"]["cifar10"] = {"source": "generated", "generate": {"train": 10000, "test": 10000}}
    made_up = save_one(config, finished, tmp_path / "generated")
    assert "1000 epochs, 1 seed, generated data" in made_up and warning in made_up


def test_a_variant_keeps_its_style_in_every_figure(short: Config, finished: Callable) -> None:
    done = finished(short | {"only": {"experiments": ["text_models", "rnn_variants"]}})
    comparisons, curves = done.comparisons(), done.curves()
    for variant, others in {"char_rnn_gru": "cells", "word_rnn_gru": "clipping"}.items():
        color = to_hex(done.styles[variant].color)
        for drawing in (comparisons["text_models"], comparisons[others]):
            assert color in {to_hex(line.get_color()) for line in drawing.figure.axes[0].lines}
        lines = curves[f"text_models/{variant}"].figure.axes[0].lines
        assert color in {to_hex(line.get_color()) for line in lines}


def test_the_selected_pair_is_black_among_other_experiments_and_highlighted_in_its_own(
    short: Config, finished: Callable
) -> None:
    done = finished(short)
    comparisons = done.comparisons()
    colors = {to_hex(line.get_color()) for line in comparisons["variants"].figure.axes[0].lines}
    assert INK in colors
    assert not any(text.get_weight() == "bold" for text in end_texts(comparisons["variants"]))
    label = done.selected.removeprefix("c1-").replace("_c2-", "/")
    bold = [text for text in end_texts(comparisons["grid_curves"]) if text.get_weight() == "bold"]
    assert [text.get_text().split()[0] for text in bold] == [label]
    assert INK not in {
        to_hex(line.get_color()) for line in comparisons["grid_curves"].figure.axes[0].lines
    }
    assert not any(text.get_weight() == "bold" for text in end_texts(comparisons["text_models"]))


def end_texts(drawing: Any) -> list[Any]:
    """The texts beside the lines of the first panel."""
    return list(drawing.figure.axes[0].texts)


def test_variants_of_one_name_in_two_experiments_stay_apart(
    short: Config, finished: Callable
) -> None:
    short["experiments"]["text_again"] = {
        "title": "Text models again",
        "variants": {"char_cnn": {"label": "char CNN", "model": "char_cnn"}},
    }
    runs = ["text_models", "text_again"]
    short["figures"]["text_models"]["runs"] = runs
    short["figures"]["text_models_time"]["runs"] = runs
    short["only"] = {"experiments": runs}
    done = finished(short)
    styles = done.styles
    assert styles["text_again/char_cnn"] != styles["char_cnn"]
    texts = [text.get_text() for text in end_texts(done.comparisons()["text_models"])]
    assert sum(text.startswith("char CNN (Text models again) ") for text in texts) == 1
    assert sum(text.startswith("char CNN (Text models) ") for text in texts) == 1
    names = [
        label.get_text()
        for label in done.times()["text_models_time"].figure.axes[0].get_yticklabels()
    ]
    assert {"char CNN (Text models)", "char CNN (Text models again)", "word CNN"} <= set(names)
    assert {"text_models/char_cnn", "text_again/char_cnn"} <= set(done.curves())


def test_shipped_feature_maps_are_of_a_run_of_their_archive(repository: Path) -> None:
    files = [*repository.glob("archives/*/feature_maps/*/*.npz")]
    assert files
    for file in files:
        run = read_feature_maps(file).run
        assert run and [*(file.parents[2] / run).glob("history.json*")], file
