"""What cannot be done is refused when the configuration is read, not after the training."""

import copy
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.selections import candidates, decided

Config = dict[str, Any]


def own_study() -> Config:
    """A grid of two parameters, and an experiment at the pair that is selected from it."""
    return {
        "name": "own",
        "title": "Own",
        "seeds": [0],
        "supplements": {},
        "data": {"dbpedia": {"source": "generated", "generate": {"train": 64, "test": 32}}},
        "settings": {
            "all": {
                "train_examples": 64,
                "test_examples": 32,
                "comparison_test_examples": 0,
                "epochs": 10,
                "batch_size": 16,
                "optimizer": "sgd",
                "learning_rate": 0.1,
                "momentum": 0.0,
                "clipvalue": 0.0,
                "loss": "logits",
                "on_divergence": "continue",
                "window": 5,
                "smoothing": 1,
            }
        },
        "protocols": {"mine": {"title": "Mine", "selection": "max_test_accuracy"}},
        "experiments": {
            "grid": {
                "title": "Grid",
                "model": "word_rnn",
                "parameters": {"units": [4, 8], "embedding_size": [3, 6], "dropout_rate": 0.1},
            },
            "after": {
                "title": "After",
                "model": "word_rnn",
                "select": {"from": "grid", "parameters": ["units", "embedding_size"]},
                "variants": {"clipped": {"clipvalue": 0.5}},
            },
        },
        "parts": {"p": "Part"},
        "questions": {"q": {"part": "p", "title": "Question"}},
        "tables": {},
        "figures": {},
    }


def refused(config: Config) -> str:
    """What the configuration is refused with."""
    with pytest.raises(ConfigError) as caught:
        load_study(config, catalogue())
    return str(caught.value)


def table(kind: str, **options: Any) -> Config:
    """A table of the grid."""
    return {"question": "q", "kind": kind, "title": "T", "runs": ["grid"], **options}


def test_it_is_feasible_as_it_stands() -> None:
    study = load_study(own_study(), catalogue())
    after = [run for run in study.runs if run.experiment == "after"]
    found = [run.settings for run in candidates(after[0], study.runs)]
    assert [(s["units"], s["embedding_size"]) for s in found] == [(4, 3), (4, 6), (8, 3), (8, 6)]


# ------------------------------------------------------------------------------------- the epochs
@pytest.mark.parametrize("name", ["window", "smoothing", "warmup_epochs", "step_epochs"])
@pytest.mark.parametrize("width", [10, 11])
def test_a_window_is_no_longer_than_the_training(name: str, width: int) -> None:
    config = own_study()
    config["settings"]["all"][name] = width
    if name == "step_epochs":
        config["settings"]["all"]["schedule"] = "step"
    if width <= 10:
        load_study(config, catalogue())
        return
    said = refused(config)
    assert f"settings: {name}: 11 must not exceed epochs, which is 10" in said
    assert "'mine/grid', 'mine/after'" in said and "1 mistake" in said


def test_a_budget_shortens_the_window_with_the_training() -> None:
    config = own_study() | {"budget": {"epochs": 2}}
    assert load_study(config, catalogue()).runs[0].settings["epochs"] == 2


def test_a_run_that_is_left_out_is_not_looked_at() -> None:
    config = own_study() | {"only": {"experiments": ["grid"]}}
    config["experiments"]["after"]["variants"]["clipped"] |= {"window": 11, "optimizer": "adam"}
    config["experiments"]["after"]["parameters"] = {"momentum": 0.1}
    load_study(config, catalogue())


def test_an_archive_is_read_with_any_window(tmp_path: Any) -> None:
    (tmp_path / "mine/grid/units-4_embedding_size-3/seed0").mkdir(parents=True)
    (tmp_path / "mine/grid/units-4_embedding_size-3/seed0/history.json").write_text("{}")
    config = own_study() | {"archive": str(tmp_path)}
    config["settings"]["all"]["window"] = 11
    load_study(config, catalogue())


# ---------------------------------------------------------------------------------- the optimiser
def test_an_argument_is_one_of_the_optimizer() -> None:
    config = own_study()
    config["experiments"]["after"]["variants"]["clipped"] |= {"optimizer": "adam", "momentum": 0.5}
    assert "momentum: 0.5 is no argument of optimizer 'adam'" in refused(config)


def test_momentum_is_for_every_optimizer_that_may_be_selected() -> None:
    config = own_study()
    config["experiments"]["grid"]["parameters"]["optimizer"] = ["sgd", "adam"]
    config["experiments"]["after"]["select"]["parameters"].append("optimizer")
    config["experiments"]["after"]["variants"]["clipped"]["momentum"] = 0.5
    told = refused(config)
    assert (
        "momentum: 0.5 is no argument of optimizer 'adam'" in told and "(in 'mine/after')" in told
    )


# ---------------------------------------------------------------------------------- the selection
def fixed(config: Config) -> None:
    config["experiments"]["after"]["select"]["parameters"].append("dropout_rate")


def epochs(config: Config) -> None:
    config["experiments"]["grid"]["parameters"]["epochs"] = [5, 10]
    config["experiments"]["after"]["select"]["parameters"].append("epochs")


def held_out(config: Config) -> None:
    config["experiments"]["grid"]["parameters"]["validation_examples"] = [5, 10]
    config["experiments"]["after"]["select"]["parameters"].append("validation_examples")


def window(config: Config) -> None:
    config["experiments"]["grid"]["parameters"]["window"] = [2, 5]


def window_shown(config: Config) -> None:
    del config["experiments"]["after"]
    config["experiments"]["grid"]["parameters"]["window"] = [2, 5]
    config["tables"]["best"] = table("convergence") | {"runs": ["grid/selected"]}


def lacking(config: Config) -> None:
    grid = config["experiments"]["grid"]
    units = grid["parameters"].pop("embedding_size")
    grid["variants"] = {
        "words": {"embedding_size": units},
        "characters": {"model": "char_rnn"},
    }


def foreign(config: Config) -> None:
    config["experiments"]["after"]["variants"]["other"] = {"model": "char_rnn"}


def out_of_range(config: Config) -> None:
    config["experiments"]["grid"]["model"] = "char_cnn"
    config["experiments"]["grid"]["parameters"] = {"filters": [4, 8]}
    config["experiments"]["after"]["model"] = "word_cnn"
    config["experiments"]["after"]["select"]["parameters"] = ["filters", "embedding_size"]


def given_too(config: Config) -> None:
    config["experiments"]["after"]["parameters"] = {"units": [4, 8]}


def given_in_a_variant(config: Config) -> None:
    config["experiments"]["after"]["variants"]["clipped"]["units"] = 4


def given_for_a_protocol(config: Config) -> None:
    config["experiments"]["after"]["protocols"] = {"mine": {"units": 4}}


AFTER = "experiments.after.select.parameters: "
IMPOSSIBLE: list[tuple[Callable[[Config], None], str]] = [
    (fixed, AFTER + "'dropout_rate' is the same in all variants of 'grid', 0.1"),
    (epochs, AFTER + "'epochs' has to be known before any run is trained"),
    (held_out, AFTER + "'validation_examples' has to be known before any run is trained"),
    (window, "experiments.grid.parameters.window: decides how a history is read"),
    (window_shown, "experiments.grid.parameters.window: decides how a history is read"),
    (lacking, "'embedding_size' is no setting of model 'char_rnn', of which 'grid' has the"),
    (foreign, "'embedding_size' is no setting of model 'char_rnn', which is to be trained"),
    (
        out_of_range,
        AFTER + "'embedding_size' is the same in all variants of 'grid'; they differ in 'filters'",
    ),
    (given_too, AFTER + "'units' is given in 'parameters', too; leave out one of the two"),
    (given_in_a_variant, AFTER + "'units' is given in 'variants.clipped', too"),
    (given_for_a_protocol, AFTER + "'units' is given in 'protocols.mine', too"),
]


@pytest.mark.parametrize(("change", "words"), IMPOSSIBLE)
def test_a_selection_that_cannot_give_what_is_asked_is_refused(
    change: Callable[[Config], None], words: str
) -> None:
    config = own_study()
    change(config)
    assert words in refused(config)


SWEEPS = {
    "units": [4, 8],
    "embedding_size": [3, 6],
    "layers": [1, 2],
    "cell": ["gru", "lstm"],
    "filters": [2, 4],
    "learning_rate": [0.1, 0.2],
    "epochs": [5, 10],
    "window": [2, 5],
    "validation_examples": [0, 8],
    "mask_padding": [True, False],
}
MODELS = st.sampled_from([*["word_rnn"] * 5, "word_cnn", "char_rnn", "char_cnn"])
NAMES = st.sampled_from([*["units", "cell", "layers", "learning_rate"] * 3, *sorted(SWEEPS)])


def given_settings(most: int, swept: st.SearchStrategy[bool]) -> st.SearchStrategy[Config]:
    """Some settings, swept or with one value."""
    return st.dictionaries(NAMES, swept, max_size=most).map(
        lambda kept: {k: SWEEPS[k] if swept else SWEEPS[k][0] for k, swept in kept.items()}
    )


def variants(most: int) -> st.SearchStrategy[Config]:
    """One or two variants, each of a model, with settings of their own."""
    own = st.tuples(MODELS, given_settings(most, st.booleans()))
    each = own.map(lambda pair: {"model": pair[0], **pair[1]})
    return st.dictionaries(st.sampled_from("ab"), each, min_size=1)


SOURCE = st.fixed_dictionaries(
    {"parameters": given_settings(3, st.sampled_from([True, True, False])), "variants": variants(1)}
)
DEPENDENT = st.fixed_dictionaries(
    {"parameters": given_settings(1, st.booleans()), "variants": variants(1)}
)


@settings(deadline=None, max_examples=300)
@given(SOURCE, DEPENDENT, st.lists(NAMES, min_size=1, max_size=2, unique=True))
def test_what_is_accepted_is_given_whichever_variant_is_selected(
    source: Config, dependent: Config, parameters: list[str]
) -> None:
    """As `select` decides: the parameters of the one variant, None where it has none."""
    config = own_study()
    select = {"from": "grid", "parameters": parameters}
    config["experiments"] = {
        "grid": {"title": "Grid", **source},
        "after": {"title": "After", "select": select, **dependent},
    }
    try:
        study = load_study(copy.deepcopy(config), catalogue())
    except ConfigError:
        return
    varied = study.experiments["grid"].varied
    for chosen, run in itertools.product(
        study.runs_of("mine", "grid"), study.runs_of("mine", "after")
    ):
        decision = decided(chosen, varied)
        resolved = run.resolved(decision)
        own = catalogue()[run.model].own_parameters(resolved.settings)
        for name in parameters:
            assert {**resolved.settings, **own}[name] == decision[name]
            assert name in own or name in ("learning_rate",)


# ----------------------------------------------------------------------------- tables and figures
def shared_cell(config: Config) -> None:
    config["experiments"]["grid"]["parameters"]["layers"] = [1, 2]
    config["tables"]["mine"] = table("cross", metrics=["selection"], rows="units", columns="layers")


def same_axes(config: Config) -> None:
    config["figures"]["mine"] = table("heatmap", metric="selection", rows="units", columns="units")


def no_place(config: Config) -> None:
    variants = {"words": {"embedding_size": [3, 6]}, "characters": {"model": "char_rnn"}}
    config["experiments"]["grid"] |= {"parameters": {"units": [4, 8]}, "variants": variants}
    del config["experiments"]["after"]
    config["tables"]["mine"] = table(
        "cross", metrics=["selection"], rows="units", columns="embedding_size"
    )


def over_windows(config: Config) -> None:
    config["experiments"]["grid"]["parameters"] = {"units": [4, 8], "smoothing": [1, 3]}
    del config["experiments"]["after"]
    config["tables"]["mine"] = table(
        "cross", metrics=["selection"], rows="units", columns="smoothing"
    )


def no_validation(config: Config) -> None:
    config["tables"]["mine"] = table(
        "ranking", metrics=["max_validation_accuracy"], sort_by="declared"
    )


def foreign_option(config: Config) -> None:
    config["tables"]["mine"] = table(
        "ranking", metrics=["selection"], sort_by="declared", rows="units"
    )


def pair_elsewhere(config: Config) -> None:
    config["tables"]["mine"] = table(
        "pairs", metrics=["selection"], pairs=[["grid/units-4_embedding_size-3", "after/clipped"]]
    )


def pair_selected(config: Config) -> None:
    config["tables"]["mine"] = table(
        "pairs", metrics=["selection"], pairs=[["grid/units-4_embedding_size-3", "grid/selected"]]
    )


def too_many_images(config: Config) -> None:
    config["figures"]["mine"] = table("feature_maps", images=33)


UNDRAWABLE: list[tuple[Callable[[Config], None], str]] = [
    (shared_cell, "'grid/units-4_embedding_size-3_layers-1' and 'grid/units-4_embedding_size-6"),
    (same_axes, "figures.mine.columns: 'units' is the parameter of the rows, too"),
    (no_place, "tables.mine.runs: 'grid/characters_units-4' has no 'embedding_size'"),
    (over_windows, "tables.mine.columns: 'smoothing' decides how a history is read"),
    (no_validation, "tables.mine: 'max_validation_accuracy' is measured on held-out"),
    (
        foreign_option,
        "tables.mine.rows: unknown key of a table of kind 'ranking'; allowed: 'metrics'",
    ),
    (pair_elsewhere, "tables.mine.pairs: 'after/clipped' is not among its runs, 'grid'"),
    (pair_selected, "tables.mine.pairs: 'grid/selected' must name one variant"),
    (too_many_images, "figures.mine.images: 33 exceeds the test_examples of 'mine/grid', 32"),
]


@pytest.mark.parametrize(("change", "words"), UNDRAWABLE)
def test_a_table_or_figure_that_cannot_be_made_is_refused(
    change: Callable[[Config], None], words: str
) -> None:
    config = own_study()
    change(config)
    assert words in refused(config)
