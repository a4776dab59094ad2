"""Every mistake in the configuration is named with its key, its value and what is allowed."""

from collections.abc import Callable
from typing import Any

import pytest

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study

Config = dict[str, Any]


def put(*path: str, value: Any) -> Callable[[Config], None]:
    """A change that sets one key."""

    def change(config: Config) -> None:
        for key in path[:-1]:
            config = config.setdefault(key, {})
        config[path[-1]] = value

    return change


CASES: dict[str, tuple[Callable[[Config], None], list[str]]] = {
    "unknown key": (put("seed", value=1), ["seed: unknown key", "did you mean 'seeds'?"]),
    "unknown nested key": (
        put("training", "thread", value=1),
        ["training.thread: unknown key", "did you mean 'threads'?"],
    ),
    "unknown budget key": (put("budget", "epoch", value=1), ["did you mean 'epochs'?"]),
    "networks of nothing": (
        put("save_models", value=["channel_grd"]),
        ["save_models: 'channel_grd'", "did you mean 'channel_grid'?"],
    ),
    "networks of what is not known yet": (
        put("save_models", value=["channel_grid/selected"]),
        ["save_models: 'channel_grid/selected'", "name variants"],
    ),
    "no seeds": (put("seeds", value=[]), ["seeds: is empty"]),
    "repeated seeds": (put("seeds", value=[1, 1]), ["seeds", "more than once"]),
    "wrong type": (put("seeds", value="many"), ["seeds: 'many' must be a whole number"]),
    "negative seed": (put("seeds", value=[-1]), ["seeds.0: -1 must be at least 0"]),
    "unknown backend": (
        put("backend", value="tensorflw"),
        ["backend", "did you mean 'tensorflow'?"],
    ),
    "name that leaves the results folder": (
        put("name", value="../elsewhere"),
        ["name: '../elsewhere' is no allowed name"],
    ),
    "experiment name with a slash": (
        put("experiments", "a/b", value={"title": "x", "model": "char_cnn"}),
        ["'a/b' is no allowed name"],
    ),
    "empty sweep": (
        put("experiments", "channel_grid", "parameters", "c1", value=[]),
        ["experiments.channel_grid.parameters.c1"],
    ),
    "unknown model": (
        put("experiments", "channel_grid", "model", value="image_cn"),
        ["experiments.channel_grid.model: 'image_cn' is no model", "did you mean 'image_cnn'?"],
    ),
    "variant without a model": (
        put("experiments", "text_models", "variants", "extra", value={"label": "x"}),
        ["experiments.text_models.variants.extra: names no model"],
    ),
    "several models in one variant": (
        put("experiments", "text_models", "variants", "char_cnn", "model", value=["a", "b"]),
        ["experiments.text_models.variants.char_cnn.model: ['a', 'b'] must be text"],
    ),
    "several labels for one variant": (
        put("experiments", "text_models", "variants", "char_cnn", "label", value=["a", "b"]),
        ["experiments.text_models.variants.char_cnn.label: ['a', 'b'] must be a number or text"],
    ),
    "blank key": (
        put(" ", value={" ": 10**400}),
        ["the configuration: the key ' ' is blank"],
    ),
    "blank key in a section": (
        put("settings", "", value={"epochs": 5}),
        ["settings: the key '' is blank"],
    ),
    "unknown setting": (
        put("experiments", "optimizers", "variants", "adam", "learning_rat", value=0.1),
        ["experiments.optimizers.variants.adam.learning_rat", "did you mean 'learning_rate'?"],
    ),
    "text for a number": (
        put("experiments", "optimizers", "variants", "adam", "learning_rate", value="fast"),
        ["experiments.optimizers.variants.adam.learning_rate: 'fast' must be a number"],
    ),
    "negative epochs": (
        put("settings", "image", "epochs", value=-5),
        ["settings.image.epochs: -5 must be at least 1"],
    ),
    "unknown scope": (
        put("settings", "images", value={"epochs": 5}),
        ["settings.images: unknown scope", "did you mean 'image'?"],
    ),
    "setting of another input": (
        put("settings", "words", "layout", value="flat"),
        ["settings.words.layout: 'flat': unknown setting"],
    ),
    "unknown choice": (
        put("protocols", "tan", "settings", "image", "layout", value="plane"),
        ["protocols.tan.settings.image.layout: 'plane'", "did you mean 'planes'?"],
    ),
    "unknown criterion": (
        put("protocols", "tan", "selection", value="best_accuracy"),
        ["protocols.tan.selection: 'best_accuracy' is not allowed"],
    ),
    "protocol override for nobody": (
        put("experiments", "optimizers", "protocols", value={"khoh": {"test_examples": 5}}),
        ["experiments.optimizers.protocols.khoh: 'khoh' is not declared", "did you mean 'koh'?"],
    ),
    "unknown setting for one protocol": (
        put("experiments", "optimizers", "protocols", "koh", "test_exmples", value=5),
        ["experiments.optimizers.protocols.koh.test_exmples", "did you mean 'test_examples'?"],
    ),
    "selection from nowhere": (
        put("experiments", "optimizers", "select", "from", value="chanel_grid"),
        ["experiments.optimizers.select.from: 'chanel_grid'", "did you mean 'channel_grid'?"],
    ),
    "selection of a parameter that is not there": (
        put("experiments", "optimizers", "select", "parameters", value=["c3"]),
        ["experiments.optimizers.select.parameters: 'c3'", "they differ in 'c1', 'c2'"],
    ),
    "selection from an experiment left out": (
        put("only", value={"experiments": ["optimizers"]}),
        ["experiments.optimizers.select.from: 'channel_grid' is left out by the section 'only'"],
    ),
    "only what is not declared": (
        put("only", value={"protocols": ["tam"]}),
        ["only.protocols: 'tam' is not declared", "did you mean 'tan'?"],
    ),
    "pattern that matches nothing": (
        put("only", value={"variants": ["text_models/char_rn"]}),
        ["only.variants: 'text_models/char_rn' matches no variant"],
    ),
    "nothing left": (
        put("only", value={"protocols": ["tan"], "variants": ["*/adam"]}),
        ["only"],
    ),
    "budget for an unknown scope": (
        put("budget", value={"epochs": {"img": 3}}),
        ["budget.epochs: 'img' is not declared"],
    ),
    "figure of an unknown kind": (
        put("figures", "cells", "kind", value="comparisons"),
        ["figures.cells.kind", "did you mean 'comparison'?"],
    ),
    "figure of unknown runs": (
        put("figures", "cells", "runs", value=["text_model"]),
        [
            "figures.cells.runs: 'text_model': there is no experiment 'text_model'",
            "did you mean 'text_models'?",
        ],
    ),
    "figure of an unknown variant": (
        put("figures", "cells", "runs", value=["text_models/char_gru"]),
        ["figures.cells.runs: 'text_models/char_gru' matches no variant"],
    ),
    "table for an unknown question": (
        put("tables", "grid_cross", "question", value="A9"),
        ["tables.grid_cross.question: 'A9' is not declared"],
    ),
    "table without what its kind needs": (
        put(
            "tables",
            "text_models",
            value={"question": "B5", "kind": "pairs", "title": "x", "runs": ["text_models"]},
        ),
        ["tables.text_models: the key 'metrics', 'pairs' of a table of kind 'pairs' is missing"],
    ),
    "cross table over a parameter that is not swept": (
        put("tables", "grid_cross", "rows", value="c3"),
        ["tables.grid_cross.rows: 'c3' is not swept"],
    ),
    "question in an unknown part": (
        put("questions", "A1", "part", value="C"),
        ["questions.A1.part: 'C' is not declared"],
    ),
    "label that cannot be filled in": (
        put("experiments", "channel_grid", "label", value="{c1}/{c9}"),
        ["experiments.channel_grid.label"],
    ),
    "swept value that makes no file name": (
        put("experiments", "text_models", "parameters", value={"loss": ["logits", "../x"]}),
        ["experiments.text_models", "'../x'"],
    ),
    "second test set no larger than the first": (
        put("experiments", "channel_grid", "protocols", "koh", "comparison_test_examples", value=5),
        ["comparison_test_examples: 5 must exceed test_examples"],
    ),
    "an odd number of folds": (
        put("experiments", "channel_grid", "parameters", "test_folds", value=5),
        ["test_folds: 5 must be an even number up to 12"],
    ),
    "more folds than can be split": (
        put("settings", "image", "test_folds", value=14),
        ["test_folds: 14 must be an even number up to 12"],
    ),
    "more held out than there are to train on": (
        put("settings", "characters", "validation_examples", value=5600),
        ["validation_examples: 5600 must be less than train_examples, which is 5600"],
    ),
    "negative number held out": (
        put("settings", "image", "validation_examples", value=-1),
        ["settings.image.validation_examples: -1 must be at least 0"],
    ),
    "selection by what is not held out": (
        put("protocols", "koh", "selection", value="max_validation_accuracy"),
        [
            "protocols.koh.selection: 'max_validation_accuracy'",
            "runs of 'channel_grid' hold none out; set validation_examples",
        ],
    ),
    "selection by an unknown validation metric": (
        put("protocols", "koh", "selection", value="max_validation_acuracy"),
        ["protocols.koh.selection", "did you mean 'max_validation_accuracy'"],
    ),
    "published numbers under a misspelt key": (
        put("published", value={"result": "numbers.csv"}),
        ["published.result: unknown key", "did you mean 'results'?"],
    ),
    "inconsistencies of no published numbers": (
        put("published", value={"inconsistencies": "list.yaml"}),
        ["published: the key 'results' is missing"],
    ),
    "table with the name of one that is made anyway": (
        put(
            "tables",
            "published",
            value={"question": "A1", "kind": "convergence", "title": "x", "runs": ["channel_grid"]},
        ),
        ["tables.published: a table of this name is made anyway"],
    ),
    "checksum that is none": (
        put("data", "cifar10", "sha256", value={"data_batch_1": "abc"}),
        ["data.cifar10.sha256.data_batch_1: 'abc'", "64 hexadecimal digits"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_mistake_is_named(config: Config, name: str) -> None:
    change, expected = CASES[name]
    change(config)
    with pytest.raises(ConfigError) as caught:
        load_study(config, catalogue())
    for words in expected:
        assert words in str(caught.value)


def test_a_setting_that_nobody_gives_is_absent(config: Config) -> None:
    """So that a run is what it was before there was the setting."""
    del config["settings"]["image"]["learning_rate"]
    run = load_study(config, catalogue()).runs[0]
    assert not {"learning_rate", "weight_decay", "schedule"} & set(run.settings)


def test_all_mistakes_are_reported_together(config: Config) -> None:
    put("settings", "image", "epochs", value=0)(config)
    put("only", value={"protocols": ["tam"]})(config)
    with pytest.raises(ConfigError) as caught:
        load_study(config, catalogue())
    assert len(caught.value.problems) == 2
