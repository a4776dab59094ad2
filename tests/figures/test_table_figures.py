"""Figures of the variants table: heat maps with holes, accuracies beside times."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nnrepro.figures.heatmap import heatmap
from nnrepro.measures.history import History
from nnrepro.plots.metric_words import metric_words
from nnrepro.study.run import Run
from nnrepro.study.schema import load_schema

Config = dict[str, Any]
DIAGONAL = ["channel_grid/c1-10_c2-20", "channel_grid/c1-90_c2-100"]


def grid_only(config: Config, variants: list[str]) -> Config:
    """The configuration with some pairs of the channel grid alone."""
    return config | {"only": {"experiments": ["channel_grid"], "variants": variants}}


@pytest.fixture
def grid(config: Config, finished: Callable) -> Callable[[list[str], int], Any]:
    """The heat map of some pairs under a budget of epochs."""

    def draw(variants: list[str], epochs: int) -> Any:
        return finished(grid_only(config | {"budget": {"epochs": epochs}}, variants)).heatmaps()[
            "grid"
        ]

    return draw


def words(drawing: Any) -> list[str]:
    """All words of the first panel."""
    return [text.get_text() for text in drawing.figure.axes[0].texts]


def legend(drawing: Any) -> list[str]:
    """What the figure's legend explains."""
    return [text.get_text() for each in drawing.figure.legends for text in each.get_texts()]


def bar_label(drawing: Any) -> str:
    """The label of the colour bar, on one line."""
    return drawing.figure.axes[-1].get_ylabel().replace("\n", " ")


def frames(drawing: Any) -> dict[tuple[int, int], float]:
    """Line width of the framed cells by (column, row)."""
    return {
        (int(patch.get_x()), int(patch.get_y())): patch.get_linewidth()
        for patch in drawing.figure.axes[0].patches
        if not patch.get_hatch()
    }


def test_protocols_that_show_the_same_metric_share_their_colours(
    config: Config, finished: Callable
) -> None:
    """Where they show different ones, each has a scale of its own."""
    done = finished(grid_only(config | {"budget": {"epochs": 4}}, DIAGONAL))
    own = done.variants[done.variants["protocol"].eq("tan")]
    other = own.assign(protocol="koh", max_test_accuracy=[0.01, 0.99])
    table = pd.concat([own, other], ignore_index=True)
    (figure,) = done.asked("heatmap")

    def scale(metric: str) -> tuple[float, float]:
        options = figure.spec.options | {"metric": metric}
        (drawing,) = heatmap(figure, table, None, **options)
        return drawing.draw().axes[0].collections[0].get_clim()

    assert scale("max_test_accuracy") == (0.01, 0.99)
    assert scale("selection") != (0.01, 0.99)


def test_a_complete_grid_marks_the_selected_pair_and_those_tied_with_it(
    short: Config, finished: Callable
) -> None:
    done = finished(short)
    drawing = done.heatmaps()["grid"]
    decision = done.decisions["tan", "channel_grid"]
    assert f"best: c1 = {decision['c1']}, c2 = {decision['c2']}" in legend(drawing)
    assert "cannot be told apart from it (95 %, multiple comparisons with the best)" in legend(
        drawing
    )
    marked = frames(drawing)
    thickest = max(marked, key=lambda cell: marked[cell])
    assert thickest == ((decision["c1"] - 10) // 20, (decision["c2"] - 20) // 20)
    assert len(words(drawing)) == 25 + 2
    assert "missing" not in words(drawing) and "not run" not in words(drawing)


def test_a_grid_of_which_numbers_were_printed_stands_beside_them(
    short: Config, finished: Callable
) -> None:
    """Those of its protocol, metric and test set; one number alone is no map."""
    done = finished(short)
    columns = ["protocol", "metric", "runs", "test_set", "baseline", "value"]
    metric = "last200_mean_test_accuracy"
    numbers = [
        ("tan", metric, "channel_grid/c1-10_c2-20", None, None, "0.5"),
        ("koh", metric, "channel_grid/c1-30_c2-20", None, None, "0.9"),
        ("tan", "max_test_accuracy", "channel_grid/c1-50_c2-20", None, None, "0.9"),
        ("tan", metric, "channel_grid/c1-70_c2-20", "other", None, "0.9"),
        ("tan", metric, "channel_grid/c1-90_c2-100", None, None, "0.7"),
    ]
    printed = pd.DataFrame(numbers, columns=columns)
    drawing = done.heatmaps(printed)["grid"]
    assert words(drawing).count("none") == 23
    assert {"0.500", "0.700"} < set(words(drawing)) and "0.900" not in words(drawing)
    assert "as printed, as reproduced" in drawing.drawing.alt
    assert "averages" in done.heatmaps(printed[:-1])["grid"].drawing.alt


def test_missing_runs_leave_holes_and_the_averages_to_the_others(
    short: Config, finished: Callable, learning: Callable
) -> None:
    def make(run: Run) -> History | None:
        return None if run.settings.get("c1") == 30 and run.settings["c2"] != 60 else learning(run)

    done = finished(short, make)
    drawing = done.heatmaps()["grid"]
    assert words(drawing).count("missing") == 4
    foot = [text.get_text() for text in drawing.figure.axes[2].texts]
    assert foot[1] in words(drawing)
    assert "missing" not in foot


def test_a_cut_down_diagonal_calls_its_empty_cells_not_run(
    short: Config, finished: Callable, assert_legible: Callable
) -> None:
    drawing = finished(grid_only(short, DIAGONAL)).heatmaps()["grid"]
    assert words(drawing).count("not run") == 2
    assert "missing" not in words(drawing)
    assert "best: c1 = 90, c2 = 100" in legend(drawing)
    assert_legible(drawing.figure)


@pytest.mark.parametrize(
    ("rows", "epochs", "label"),
    [
        (1, 40, "Mean test accuracy of the last 8 epochs"),
        (2, 1, "Test accuracy of the last epoch"),
        (2, 1000, "Mean test accuracy of the last 200 epochs"),
        (5, 1000, "Mean test accuracy of the last 200 epochs"),
    ],
)
def test_the_bar_label_fits_grids_of_any_height(
    grid: Callable, assert_legible: Callable, rows: int, epochs: int, label: str
) -> None:
    variants = [f"channel_grid/*_c2-{c2}" for c2 in (20, 40, 60, 80, 100)[:rows]]
    drawing = grid(variants, epochs)
    assert bar_label(drawing) == label
    assert_legible(drawing.figure)


def test_another_metric_than_the_selecting_one_marks_its_own_best(
    short: Config, finished: Callable
) -> None:
    def make(run: Run) -> History:
        # The highest single epoch belongs to 10/20, the highest end to 90/100.
        channels = int(run.settings["c1"]) + int(run.settings["c2"])
        accuracy = np.full(20, channels / 1000)
        accuracy[0] = 0.9 - channels / 1000
        return History.of(
            loss=1 - accuracy, accuracy=accuracy, val_loss=1 - accuracy, val_accuracy=accuracy
        )

    short["figures"]["peak"] = short["figures"]["grid"] | {"metric": "max_test_accuracy"}
    short["figures"]["loss"] = short["figures"]["grid"] | {"metric": "final_test_loss"}
    short["only"] = {"experiments": ["channel_grid"]}
    drawings = finished(short, make).heatmaps()
    assert bar_label(drawings["peak"]) == "Highest test accuracy"
    assert "best: c1 = 10, c2 = 20" in legend(drawings["peak"])
    assert "best: c1 = 90, c2 = 100" in legend(drawings["grid"])
    assert "best: c1 = 90, c2 = 100" in legend(drawings["loss"])


def test_among_equal_cells_the_selected_one_is_marked(short: Config, finished: Callable) -> None:
    def make(run: Run) -> History:
        same = np.full(20, 0.5)
        return History.of(loss=same, accuracy=same, val_loss=same, val_accuracy=same)

    done = finished(grid_only(short, ["channel_grid/*"]), make)
    decision = done.decisions["tan", "channel_grid"]
    best = f"best: c1 = {decision['c1']}, c2 = {decision['c2']}"
    assert best in legend(done.heatmaps()["grid"])


def test_figures_of_which_no_run_is_there_are_left_out(
    short: Config, finished: Callable, learning: Callable
) -> None:
    def make(run: Run) -> History | None:
        return None if run.experiment == "text_models" else learning(run)

    times = finished(short, make).times()
    assert "text_models_time" not in times
    assert words(times["dropout_time"]).count("no run") == 4


def test_times_are_ordered_by_the_metric_best_first(short: Config, finished: Callable) -> None:
    short["figures"]["loss_time"] = short["figures"]["text_models_time"] | {
        "metric": "min_test_loss"
    }
    done = finished(short)
    times = done.times()
    for name, column, falling in (
        ("text_models_time", "max_test_accuracy", True),
        ("loss_time", "min_test_loss", False),
    ):
        ax = times[name].figure.axes[0]
        shown = [label.get_text() for label in ax.get_yticklabels()]
        rows = done.variants[done.variants["experiment"] == "text_models"]
        wanted = rows.sort_values(column, ascending=not falling)["label"].tolist()
        assert shown == wanted


def test_losses_above_one_are_inside_the_axis(short: Config, finished: Callable) -> None:
    short["figures"]["loss_time"] = short["figures"]["text_models_time"] | {
        "metric": "final_test_loss"
    }
    done = finished(short)
    rows = done.variants[done.variants["experiment"] == "text_models"]
    assert done.times()["loss_time"].figure.axes[0].get_xlim()[1] > rows["final_test_loss"].max()
    assert rows["final_test_loss"].max() > 1


@pytest.mark.parametrize(
    ("seeds", "words_for_it"),
    [
        ([0], "95 % interval for sampling the test set."),
        ([0, 1, 2], "95 % interval of the mean over seeds."),
    ],
)
def test_intervals_are_named(
    short: Config, finished: Callable, seeds: list[int], words_for_it: str
) -> None:
    """The best of many epochs has none; several seeds are dots of their own, of times, too."""
    time = short["figures"]["text_models_time"]
    short["figures"]["mean_time"] = time | {"metric": "mean_test_accuracy"}
    drawn = finished(short | {"seeds": seeds}).times()

    def said(name: str) -> set[str]:
        return {found.get_text() for found in drawn[name].figure.texts}

    assert f"Lines through the dots: {words_for_it}" in said("mean_time")
    assert not any(line.startswith("Lines") for line in said("text_models_time"))
    for axes in drawn["text_models_time"].figure.axes[:2]:
        single = [len(line.get_xdata()) for line in axes.lines if line.get_markersize() < 3]
        assert single == ([len(seeds)] * 4 if len(seeds) > 1 else [])
    assert ("Small dots: single seeds." in said("text_models_time")) == (len(seeds) > 1)


def test_protocols_that_show_the_same_metric_have_the_same_axes(
    short: Config, finished: Callable
) -> None:
    """Accuracies and times: side by side, as long a bar is as long a time."""
    tan, koh = (finished(short, protocol=name) for name in ("tan", "koh"))
    koh.runs["train_seconds"] *= 3
    koh.variants["train_seconds"] *= 3
    both = {
        "data": [*tan.data, *koh.data],
        "decisions": tan.decisions | koh.decisions,
        "variants": pd.concat([tan.variants, koh.variants]),
        "runs": pd.concat([tan.runs, koh.runs]),
    }
    own, other, alone = (
        [axes.get_xlim() for axes in each.times()["text_models_time"].figure.axes]
        for each in (replace(tan, **both), replace(koh, **both), tan)
    )
    assert own == other != alone


def test_unrecorded_times_are_unknown(short: Config, finished: Callable) -> None:
    done = finished(short)
    done.variants["train_seconds"] = np.nan
    seconds = done.times()["text_models_time"].figure.axes[1]
    assert [text.get_text().strip() for text in seconds.texts] == 4 * ["unknown"]


def test_every_metric_of_the_configuration_has_its_words() -> None:
    table = pd.DataFrame({"window": [200]})
    for metric in load_schema()["$defs"]["metric"]["enum"]:
        words = metric_words(table, metric)
        assert "_" not in words and words[0].isupper()


@pytest.mark.parametrize(
    ("windows", "label"),
    [
        ([1, 1], "Test accuracy of the last epoch"),
        ([20, 20], "Mean test accuracy of the last 20 epochs"),
        ([50, 20], "Mean test accuracy of the last 20 or 50 epochs"),
        ([200, 8, 50, 20], "Mean test accuracy of the last 8 to 200 epochs"),
    ],
)
def test_an_axis_says_over_how_many_epochs_a_mean_is(windows: list[int], label: str) -> None:
    """Windows differ where runs of several lengths share a figure."""
    table = pd.DataFrame({"window": windows, "last_window_mean_test_accuracy": 0.5})
    assert metric_words(table, "last_window_mean_test_accuracy") == label
