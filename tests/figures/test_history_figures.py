"""Figures of histories: seeds, divergence, windows, facets and runs that are not there."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnrepro.measures.curves import Window
from nnrepro.measures.expressions import Reading
from nnrepro.measures.history import History
from nnrepro.measures.runs import RunData
from nnrepro.plots.seeds import band_words, closing_range, converged_at, seed_series, widest_windows
from nnrepro.study.kinds import kinds
from nnrepro.study.run import Run

Config = dict[str, Any]
NO_SMOOTHING = Window(1, 1)
PAIRS = [f"channel_grid/c1-{c1}_c2-{c2}" for c1 in (10, 30) for c2 in (20, 40)]


def grid_only(config: Config, variants: list[str] = PAIRS, **more: Any) -> Config:
    """The configuration with a few pairs of the channel grid alone."""
    only = {"experiments": ["channel_grid"], "variants": variants}
    return config | {"only": only} | more


def constant(run: Run, accuracy: Any, loss: Any = 1.0) -> History:
    """A history with the same accuracy and loss in training and test."""
    epochs = int(run.settings["epochs"]) if np.isscalar(accuracy) else len(accuracy)
    accuracies, losses = np.full(epochs, accuracy), np.full(epochs, loss)
    return History.of(loss=losses, accuracy=accuracies, val_loss=losses, val_accuracy=accuracies)


def legend(drawing: Any) -> list[str]:
    """What the figure's legend explains."""
    return [text.get_text() for each in drawing.figure.legends for text in each.get_texts()]


def labels(drawing: Any, panel: int = 0) -> list[str]:
    """The words beside the lines of a panel."""
    return [text.get_text() for text in drawing.figure.axes[panel].texts]


def crosses(drawing: Any, panel: int = 0) -> list[float]:
    """The epochs at which lines end in a cross."""
    lines = drawing.figure.axes[panel].lines
    return [float(line.get_xdata()[0]) for line in lines if line.get_marker() == "x"]


def test_curves_say_which_variant_of_which_experiment(short: Config, finished: Callable) -> None:
    drawing = finished(grid_only(short)).curves()["channel_grid/c1-10_c2-20"]
    assert drawing.figure.texts[0].get_text() == "Tan report: Channel grid, 10/20"
    assert [ax.get_ylabel() for ax in drawing.figure.axes] == ["Cost", "Accuracy"]


def test_a_variant_that_bears_its_experiments_title_is_named_once(
    short: Config, finished: Callable
) -> None:
    own = {**short["experiments"]["channel_grid"], "title": "10/20"}
    config = {**short, "experiments": {**short["experiments"], "channel_grid": own}}
    drawing = finished(grid_only(config)).curves()["channel_grid/c1-10_c2-20"]
    assert drawing.figure.texts[0].get_text() == "Tan report: 10/20"


def test_several_seeds_become_a_mean_with_its_range(
    short: Config, finished: Callable, learning: Callable
) -> None:
    done = finished(grid_only(short, seeds=[0, 1, 2]))
    drawing = done.curves()["channel_grid/c1-10_c2-20"]
    assert "smallest to largest of 3 seeds" in legend(drawing)
    assert len(drawing.runs) == 3
    members = [item for item in done.data if item.run.variant == "c1-10_c2-20"]
    line = seed_series(members, "val_accuracy", NO_SMOOTHING, "key", "label")
    values = np.stack([learning(item.run).val_accuracy for item in members])
    assert line.mean == pytest.approx(values.mean(axis=0))
    assert line.low.tolist() == values.min(axis=0).tolist()
    assert line.high.tolist() == values.max(axis=0).tolist()


def test_what_stands_side_by_side_has_one_vertical_axis(short: Config, finished: Callable) -> None:
    """The variants of the same name, and the selected ones, of whatever name they are."""

    def level(top: float, best: str) -> Callable[[Run], History]:
        return lambda run: constant(run, top + 0.01 * (f"{run.experiment}/{run.variant}" == best))

    config = grid_only(short)
    tan = finished(config, level(0.2, PAIRS[0]))
    koh = finished(config, level(0.9, PAIRS[1]), "koh")
    axes = {}
    for own, other in ((tan, koh), (koh, tan)):
        done = replace(own, decisions={**tan.decisions, **koh.decisions})
        beside = SimpleNamespace(protocol=other.protocol, histories=other.data, levels={})
        curves = kinds("figures")["curves"].function()
        drawn = [
            d for figure in done.asked("curves") for d in curves(figure, own.data, {}, [beside])
        ]
        # Of several drawings of the same variant the first is kept.
        axes[own.protocol] = {
            d.stem: d.draw().axes[1].get_ylim() for d in reversed(drawn) if d.draw
        }
    low, high = axes["tan"][PAIRS[0]]
    assert low < 0.2 and high > 0.91 and tan.curves()[PAIRS[0]].figure.axes[1].get_ylim()[1] < 0.5
    assert axes["tan"][PAIRS[0]] == axes["koh"][PAIRS[1]]
    assert axes["tan"][PAIRS[2]] == axes["koh"][PAIRS[2]]


def test_compared_variants_of_two_protocols_have_one_vertical_axis(
    short: Config, finished: Callable
) -> None:
    """However many lines each shows, and so with raw epochs or without them."""
    config = grid_only(short, [*PAIRS, "channel_grid/c1-50_c2-20", "channel_grid/c1-50_c2-40"])

    def noisy(few: bool, top: float) -> Callable[[Run], History | None]:
        def make(run: Run) -> History | None:
            if few and run.settings["c1"] != 10:
                return None
            return constant(run, top + 0.1 * (-1.0) ** np.arange(int(run.settings["epochs"])))

        return make

    tan = finished(config, noisy(True, 0.2))
    koh = finished(config, noisy(False, 0.8), "koh")
    axes = {}
    for own, other in ((tan, koh), (koh, tan)):
        source = SimpleNamespace(protocol=other.protocol, histories=other.data, extent=other.extent)
        done = replace(own, decisions={**tan.decisions, **koh.decisions})
        drawn = done.drawn("comparison", own.data, [source])
        axes[own.protocol] = {
            name: {ax.get_ylim() for ax in each.figure.axes[: 1 if "by" not in name else None]}
            for name, each in drawn.items()
        }
    assert axes["tan"] == axes["koh"] and "grid_curves_by_c1" in axes["tan"]
    assert all(len(found) == 1 for found in axes["tan"].values())
    ((low, high),) = axes["tan"]["grid_curves"]
    assert low < 0.11 and high > 0.8


def test_what_shows_another_metric_has_its_own_vertical_axis(
    short: Config, finished: Callable
) -> None:
    done = finished(grid_only(short), lambda run: constant(run, 0.2))
    other = finished(grid_only(short), lambda run: constant(run, 0.9), "koh")
    names = {"accuracy": "macro_f1", "val_accuracy": "val_macro_f1"}
    scored = [
        replace(item, history=History({names.get(k, k): v for k, v in item.history.series.items()}))
        for item in other.data
    ]
    source = SimpleNamespace(protocol="koh", histories=scored, extent=other.extent)
    drawn = done.drawn("comparison", done.data, [source])["grid_curves"]
    assert drawn.figure.axes[0].get_ylim()[1] < 0.5


def test_one_seed_has_no_band(short: Config, finished: Callable) -> None:
    drawing = finished(grid_only(short)).comparisons()["grid_curves"]
    assert not any("seeds" in text for text in legend(drawing))
    assert not drawing.figure.axes[0].collections


def test_a_seed_that_ends_early_leaves_the_mean_to_the_others(
    short: Config, finished: Callable, learning: Callable
) -> None:
    def make(run: Run) -> History:
        return constant(run, [0.2, 0.4]) if run.seed == 0 else constant(run, 0.6)

    done = finished(grid_only(short, seeds=[0, 1]), make)
    members = [item for item in done.data if item.run.variant == "c1-10_c2-20"]
    line = seed_series(members, "val_accuracy", NO_SMOOTHING, "key", "label")
    assert line.mean.tolist() == pytest.approx([0.4, 0.5] + 18 * [0.6])
    assert line.low.tolist() == [0.2, 0.4] + 18 * [0.6]
    assert band_words([members]) == ("smallest to largest of 2 seeds, fewer where one has no value")


def test_the_words_for_bands_name_unequal_numbers_of_seeds(
    short: Config, finished: Callable, learning: Callable
) -> None:
    def make(run: Run) -> History | None:
        absent = run.variant == "c1-10_c2-20" and run.seed == 2
        return None if absent else learning(run)

    drawing = finished(grid_only(short, seeds=[0, 1, 2]), make).comparisons()["grid_curves"]
    assert "smallest to largest of 2 to 3 seeds" in legend(drawing)


def test_many_bands_give_way_to_that_of_the_highlighted_line(
    config: Config, finished: Callable
) -> None:
    done = finished(config | {"seeds": [0, 1], "budget": {"epochs": 4}})
    drawing = done.comparisons()["grid_curves"]
    label = done.selected.removeprefix("c1-").replace("_c2-", "/")
    assert len(drawing.figure.axes[0].collections) == 1
    assert f"smallest to largest of 2 seeds ({label} only)" in legend(drawing)


def blown_up(run: Run, learning: Callable) -> History:
    """A history whose losses are no numbers after epoch 7, at chance from then on."""
    history = learning(run)
    late = np.arange(history.epochs) >= 7
    return History.of(
        loss=np.where(late, np.nan, history.series["loss"]),
        accuracy=np.where(late, 0.1, history.series["accuracy"]),
        val_loss=np.where(late, np.nan, history.series["val_loss"]),
        val_accuracy=np.where(late, 0.1, history.val_accuracy),
    )


def test_a_diverged_run_is_drawn_to_its_last_value_and_never_converged(
    config: Config, finished: Callable, learning: Callable, assert_legible: Callable
) -> None:
    def make(run: Run) -> History:
        return blown_up(run, learning) if run.variant == "c1-10_c2-20" else learning(run)

    done = finished(grid_only(config, budget={"epochs": 200}), make)
    drawing = done.curves()["channel_grid/c1-10_c2-20"]
    assert crosses(drawing, 0) == [7, 7] and crosses(drawing, 1) == []
    assert all(text.endswith(" at 7") for text in labels(drawing, 0))
    assert "mean of 5 epochs" in legend(drawing)
    assert "test curve converged" not in legend(drawing)
    members = [item for item in done.data if item.run.variant == "c1-10_c2-20"]
    assert converged_at(members, "val_accuracy", 0.01) is None
    assert_legible(drawing.figure)
    assert len(labels(done.comparisons()["grid_curves"])) == 4


def test_the_ring_stands_where_the_tables_say_that_the_seeds_converge(
    config: Config, finished: Callable
) -> None:
    """Not where their mean curve does, which can be level while each of them drifts."""
    pair = grid_only(config, ["channel_grid/c1-10_c2-20"], seeds=[0, 1, 2])

    def one_by_one(run: Run) -> History:
        late = np.arange(int(run.settings["epochs"])) >= 100 * (1 + run.seed)
        return constant(run, np.where(late, 0.5, 0.3))

    members = finished(pair, one_by_one).data
    told = [Reading("conv_epoch", "test_accuracy").value(item.curves()) for item in members]
    assert max(told) - min(told) >= 190
    assert converged_at(members, "val_accuracy", 0.01) == round(np.median(told))

    def apart(run: Run) -> History:
        way = np.linspace(-0.1, 0.1, int(run.settings["epochs"]))
        return constant(run, 0.4 + (run.seed - 1) * way)

    members = finished(pair, apart).data
    assert np.mean([item.history.val_accuracy for item in members], axis=0) == pytest.approx(0.4)
    assert converged_at(members, "val_accuracy", 0.01) is None


def test_a_run_that_stopped_ends_in_a_cross_but_a_shorter_protocol_does_not(
    config: Config, finished: Callable, learning: Callable
) -> None:
    def make(run: Run) -> History:
        return constant(run, 9 * [0.3]) if run.variant == "char_cnn" else learning(run)

    only = {"experiments": ["text_models"]}
    drawing = finished(config | {"only": only}, make).comparisons()["text_models"]
    assert crosses(drawing) == [9]
    early = [text for text in labels(drawing) if " at " in text]
    assert [text.split(" at ")[1] for text in sorted(early)] == ["9", "100", "100"]


def test_a_run_without_any_number_is_drawn_as_empty(
    short: Config, finished: Callable, learning: Callable
) -> None:
    def make(run: Run) -> History:
        gone = run.variant == "c1-10_c2-20"
        return constant(run, np.nan, np.nan) if gone else learning(run)

    done = finished(grid_only(short), make)
    assert labels(done.curves()["channel_grid/c1-10_c2-20"]) == ["no finite value"]
    assert not any(text.startswith("10/20") for text in labels(done.comparisons()["grid_curves"]))


@pytest.mark.parametrize("seeds", [[0], [0, 1]])
def test_one_epoch_is_enough_for_every_figure(
    config: Config, finished: Callable, seeds: list[int], assert_legible: Callable
) -> None:
    done = finished(config | {"budget": {"epochs": 1}, "seeds": seeds})
    comparisons = done.comparisons()
    assert set(comparisons) == {
        name for name, spec in done.study.figures.items() if spec.kind == "comparison"
    }
    grid = comparisons["grid_curves_closing"].figure.axes[0]
    assert len([line for line in grid.lines if line.get_marker() != "None"]) >= 25
    curves = next(iter(done.curves().values()))
    for drawing in (comparisons["cells"], curves):
        assert_legible(drawing.figure)
        assert not any("mean of" in text for text in legend(drawing))


def test_a_missing_run_is_left_out_of_its_comparison(
    short: Config, finished: Callable, learning: Callable
) -> None:
    def make(run: Run) -> History | None:
        return None if run.variant == "word_cnn" else learning(run)

    done = finished(short | {"only": {"experiments": ["text_models"]}}, make)
    drawing = done.comparisons()["text_models"]
    assert len(labels(drawing)) == 3
    assert "word_cnn" not in {run.variant for run in drawing.runs}
    assert "text_models/word_cnn" not in done.curves()


def test_facets_without_any_run_are_left_out(
    short: Config, finished: Callable, learning: Callable
) -> None:
    def make(run: Run) -> History | None:
        return None if run.settings["c1"] == 10 else learning(run)

    drawing = finished(grid_only(short), make).comparisons()["grid_curves_by_c1"]
    assert [ax.get_title(loc="left") for ax in drawing.figure.axes] == ["c1 = 30"]


def test_a_comparison_of_which_no_run_is_there_gives_no_figure(
    short: Config, finished: Callable, learning: Callable
) -> None:
    def make(run: Run) -> History | None:
        return None if run.experiment == "text_models" else learning(run)

    comparisons = finished(short, make).comparisons()
    assert "text_models" not in comparisons
    assert {run.experiment for run in comparisons["dropout"].runs} == {"text_dropout"}


def test_the_closing_window_is_that_share_of_a_shorter_run(
    config: Config, finished: Callable
) -> None:
    comparisons = finished(grid_only(config, budget={"epochs": 100})).comparisons()
    low, high = comparisons["grid_curves_closing"].figure.axes[0].get_xlim()
    assert low == pytest.approx(81, abs=1) and high == pytest.approx(100, abs=1)
    assert comparisons["grid_curves"].figure.axes[0].get_xlim()[0] == pytest.approx(1, abs=2)


def test_a_short_first_line_does_not_narrow_the_window_of_the_others(
    config: Config, finished: Callable, learning: Callable
) -> None:
    def make(run: Run) -> History:
        return constant(run, [0.2, 0.3]) if run.variant == "c1-10_c2-20" else learning(run)

    done = finished(grid_only(config, budget={"epochs": 200}), make)
    drawing = done.comparisons()["grid_curves_closing"]
    assert "mean of 5 epochs" in legend(drawing)
    assert drawing.figure.axes[0].get_xlim()[0] == pytest.approx(161, abs=2)
    assert "Without epochs in this window: 10/20." in [t.get_text() for t in drawing.figure.texts]
    assert widest_windows(done.data)[0].used == 40


def unsteady(steady: set[str]) -> Callable[[Run], History]:
    """Runs whose test accuracy jumps by 0.3, but for those of the `steady` variants."""

    def make(run: Run) -> History:
        jump = 0.0 if run.variant in steady else 0.3
        epochs = int(run.settings["epochs"])
        return constant(run, 0.3 + jump * (np.arange(epochs) % 2))

    return make


def test_only_steady_variants_are_kept_where_a_spec_asks_for_them(
    short: Config, finished: Callable
) -> None:
    some = finished(grid_only(short), unsteady({"c1-10_c2-40", "c1-30_c2-20"})).comparisons()
    assert {run.variant for run in some["grid_curves_stable"].runs} == {
        "c1-10_c2-40",
        "c1-30_c2-20",
    }
    assert len(some["grid_curves"].runs) == 4
    none = finished(grid_only(short), unsteady(set())).comparisons()
    assert "grid_curves_stable" not in none and "grid_curves" in none


def test_figure_and_table_agree_on_what_is_steady(
    short: Config, finished: Callable, learning: Callable
) -> None:
    def make(run: Run) -> History:
        broken = run.seed == 1 and run.variant == "c1-10_c2-20"
        return constant(run, 15 * [0.3] + 5 * [np.nan]) if broken else learning(run)

    done = finished(grid_only(short, seeds=[0, 1]), make)
    for _, row in done.variants.iterrows():
        members: list[RunData] = [i for i in done.data if i.run.variant == row["variant"]]
        assert closing_range(members) == pytest.approx(row["window_range_test_accuracy"])


@pytest.mark.parametrize("parameter", ["c1", "c2"])
def test_facets_hold_one_value_each_and_keep_the_highlight(
    short: Config, finished: Callable, parameter: str
) -> None:
    done = finished(short)
    drawing = done.comparisons()[f"grid_curves_by_{parameter}"]
    values = done.study.experiments["channel_grid"].swept[parameter]
    panels = drawing.figure.axes
    assert [ax.get_title(loc="left") for ax in panels] == [f"{parameter} = {v}" for v in values]
    position = 0 if parameter == "c1" else 1
    for value, ax in zip(values, panels, strict=True):
        assert {text.get_text().split("/")[position] for text in ax.texts} == {str(value)}
    bold = [t.get_text() for ax in panels for t in ax.texts if t.get_weight() == "bold"]
    assert bold == [done.selected.removeprefix("c1-").replace("_c2-", "/")]


def test_nothing_is_highlighted_where_the_selected_variant_is_not_shown(
    short: Config, finished: Callable
) -> None:
    short["figures"]["grid_curves"]["runs"] = ["channel_grid/c1-10_*"]
    done = finished(short)
    assert done.selected.startswith("c1-90")
    texts = done.comparisons()["grid_curves"].figure.axes[0].texts
    assert len(texts) == 5
    assert not any(text.get_weight() == "bold" for text in texts)


def test_only_whole_runs_are_marked_as_converged(
    config: Config, finished: Callable, learning: Callable
) -> None:
    """Where a run was cut short, or blew up, the level that its curve ends at is no end."""
    pair = "c1-10_c2-20"

    def marked(make: Callable[[Run], History], **more: Any) -> bool:
        drawing = finished(grid_only(config, **more), make).curves()[f"channel_grid/{pair}"]
        return "test curve converged" in legend(drawing)

    def level(run: Run) -> History:
        return constant(run, 0.5)

    assert marked(level)
    assert not marked(level, budget={"epochs": 999})
    assert not marked(lambda run: blown_up(run, level) if run.variant == pair else level(run))
