"""A study of a few lines: what it need not say, and what is said where it goes wrong."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnrepro.errors import NnreproError
from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.options import Parameter
from nnrepro.study.run import Run
from nnrepro.study.selections import candidates
from nnrepro.study.sources import merge, read_source
from nnrepro.study.study import Study

SHORT = """
name: leaf_shapes
data:
  leaves: {source: csv, path: leaves.csv, label: species, split: {validation: 0.15, test: 0.15}}
experiments:
  search:
    model: mlp
    epochs: 25
    samples: 6
    parameters: {units: {choice: [8, 16, 32]}, learning_rate: {log_uniform: [1e-4, 1e-1]}}
  final: {select: search, seeds: 3}
"""

KINDS = """{epochs: 5, variants: {
    wide: {model: mlp, units: [8, 32]}, made: {model: broad, breadth: 7, batch_size: 8}}}"""


BROAD = replace(
    catalogue()["mlp"],
    name="broad",
    parameters={"breadth": Parameter(int, required=True), "depth": Parameter(int, 1)},
)
"""A second model of tables, with parameters of its own."""

MODELS = {**catalogue(), "broad": BROAD}


def read(change: str = "", **experiments: str) -> dict[str, Any]:
    """The short study, with other experiments (in YAML) or further keys."""
    config: dict[str, Any] = yaml.safe_load(SHORT.replace("1e-4", "0.0001").replace("1e-1", "0.1"))
    config |= yaml.safe_load(change) or {}
    config["experiments"] |= {name: yaml.safe_load(text) for name, text in experiments.items()}
    return config


def loaded(change: str = "", **experiments: str) -> Study:
    """The study that it is."""
    return load_study(read(change, **experiments), MODELS)


def problems(change: str = "", **experiments: str) -> tuple[str, ...]:
    """What is wrong with it."""
    with pytest.raises(ConfigError) as caught:
        loaded(change, **experiments)
    return caught.value.problems


def test_it_is_a_whole_study() -> None:
    study = loaded()
    assert study.title == "Leaf shapes" and study.seeds == (0, 1, 2)
    assert [p.title for p in study.protocols.values()] == [""] and not study.several_ways
    assert study.selection_metric("main") == "last_window_mean_validation_accuracy"
    assert [run.id for run in study.runs] == [
        *(f"main/search/p{k}/seed0" for k in range(6)),
        *(f"main/final/default/seed{k}" for k in range(3)),
    ]
    final = study.run("main/final/default/seed0")
    assert (final.label, final.model, final.settings["epochs"]) == ("Final", "mlp", 25)
    assert final.pending_parameters == ("units", "learning_rate")


def test_what_is_not_said_has_a_default_or_is_no_part_of_a_run() -> None:
    settings = loaded().runs[0].settings
    told = {"epochs": 25, "batch_size": 32, "optimizer": "adam", "window": 2, "smoothing": 2}
    assert told.items() <= settings.items()
    assert not {"train_examples", "test_examples", "momentum", "layout"} & set(settings)


def test_without_validation_examples_selection_is_on_the_test_set() -> None:
    config = read()
    config["data"]["leaves"]["split"]["validation"] = 0
    study = load_study(config, catalogue())
    assert study.selection_metric("main") == "last_window_mean_test_accuracy"
    assert "search_optimism" in study.tables
    config["metrics"] = ["f1_macro", "accuracy"]  # of which nothing would be measured
    assert "search_optimism" not in load_study(config, catalogue()).tables


def test_points_carry_their_values_and_a_grid_is_crossed_with_them() -> None:
    study = loaded(search="{model: mlp, samples: 2, layers: [1, 2], units: {int_uniform: [4, 9]}}")
    variants = {run.variant: run for run in study.runs_of("main", "search")}
    assert [*variants] == ["layers-1_p0", "layers-1_p1", "layers-2_p0", "layers-2_p1"]
    first, again = variants["layers-1_p0"], variants["layers-2_p0"]
    assert first.settings["units"] == again.settings["units"]
    assert first.label == f"layers-1_p0 ({first.settings['units']})"


def test_a_setting_stands_in_an_experiment_by_its_name_and_is_swept_by_a_list() -> None:
    study = loaded(grid="{model: mlp, epochs: 5, units: [4, 8], label: '{units} wide'}")
    grid = study.runs_of("main", "grid")
    assert [(run.label, run.settings["epochs"]) for run in grid] == [("4 wide", 5), ("8 wide", 5)]


def test_stages_follow_one_another() -> None:
    study = loaded(
        again="{select: final, seeds: [7], batch_size: 8}",
        some="{select: {from: search, parameters: [units]}, model: mlp, learning_rate: 0.01}",
    )
    again = study.run("main/again/default/seed7")
    assert again.selects_from == "final"
    assert again.pending_parameters == ("units", "learning_rate")
    assert (again.settings["batch_size"], again.settings["epochs"]) == (8, 25)
    some = study.run("main/some/default/seed0")
    assert some.pending_parameters == ("units",) and some.settings["learning_rate"] == 0.01


def test_named_variants_can_be_selected_from() -> None:
    study = loaded(
        kinds="{model: mlp, variants: {plain: {}, decayed: {optimizer: adamw, weight_decay: 0.1}}}",
        best="{select: kinds, seeds: 2}",
    )
    best = study.run("main/best/default/seed0")
    assert best.pending_parameters == ("optimizer", "weight_decay")
    plain = best.resolved({"variant": "plain", "optimizer": "adam", "weight_decay": None})
    assert plain.settings["optimizer"] == "adam" and "weight_decay" not in plain.settings
    assert plain.pending_parameters == ()


WRONG = [
    ({"grid": "{modle: mlp, units: 4}"}, "experiments.grid.modle: 'mlp': unknown setting; did you"),
    (
        {"grid": "{model: mlp, unit: [4]}"},
        "experiments.grid.unit: [4]: unknown setting; did you mean 'units'?",
    ),
    (
        {"grid": "{model: mlp, units: 4, parameters: {units: 8}}"},
        "experiments.grid.units: is given in 'parameters', too; leave out one of the two",
    ),
    (
        {"grid": "{model: mlp, units: {uniform: [4, 8]}, samples: 3}"},
        "experiments.grid.units: 'uniform' draws numbers that are not whole; write int_uniform",
    ),
    (
        {"grid": "{model: mlp, learning_rate: {log_uniform: [0, 1]}, samples: 3}"},
        "experiments.grid.learning_rate: 0 must be greater than 0",
    ),
    (
        {"grid": "{model: mlp, dropout_rate: {uniform: [0.5, 0.1]}, samples: 3}"},
        "experiments.grid.dropout_rate: 0.5 must be less than 0.1",
    ),
    (
        {"grid": "{model: mlp, activation: {uniform: [1, 2]}, samples: 3}"},
        "experiments.grid.activation: 1 must be one of",
    ),
    (
        {"grid": "{model: mlp, units: {normal: [1, 2]}, samples: 3}"},
        "experiments.grid.units.normal: unknown key; did you mean 'uniform'?; allowed: 'choice'",
    ),
    (
        {"grid": "{model: mlp, units: {choice: [1, 2]}}"},
        "experiments.grid: 'units' is drawn from a distribution, and nothing says how often",
    ),
    (
        {"grid": "{model: mlp, samples: 4}"},
        "experiments.grid: has samples, and no parameter is drawn from a distribution",
    ),
    (
        {"grid": "{model: mlp, units: {choice: [1, 2]}, samples: 4}"},
        "experiments.grid.samples: 4 are more than there are different points, 2",
    ),
    ({"final": "{select: serach}"}, "experiments.final.select.from: 'serach' is no other"),
    (
        {"search": "{select: final}"},
        "experiments.search.select.from: 'final' itself selects from 'search'",
    ),
    (
        {"search": "{model: mlp, epochs: [5, 10]}"},
        "experiments.final.select.parameters: 'epochs' has to be known before any run is trained",
    ),
    (
        {"search": "{model: mlp, epochs: 10}"},
        "experiments.final.select.from: the variants of 'search' differ in nothing",
    ),
]


@pytest.mark.parametrize(("experiments", "words"), WRONG)
def test_a_mistake_is_told_where_it_stands(experiments: dict[str, str], words: str) -> None:
    found = problems(**experiments)
    assert any(problem.startswith(words) for problem in found), found


def test_a_mistake_is_placed_by_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(SHORT.replace("epochs: 25", "epoch: 25"), encoding="utf-8")
    source = read_source(file)
    with pytest.raises(ConfigError, match=r"search\.epoch: 25: .*'epochs'.*, line 8\)"):
        load_study(source.values, catalogue(), source.places)


# ------------------------------------------------------------------------------------ its report
def test_a_study_that_asks_for_nothing_gets_what_its_experiments_suggest() -> None:
    study = loaded(grid="{model: mlp, units: [4, 8], layers: [1, 2], seeds: 2}")
    assert [q.title for q in study.questions.values()] == ["Search", "Final", "Grid"]
    kinds = {
        question: {
            spec.kind
            for spec in (*study.tables.values(), *study.figures.values())
            if spec.question == question
        }
        for question in study.questions
    }
    assert {"ranking", "tests", "sweep", "comparison", "accuracy_time"} <= kinds["1"]
    assert "heatmap" in kinds["3"] and "heatmap" not in kinds["1"]
    assert {"ranking", "curves"} <= kinds["2"] and "tests" not in kinds["2"]
    assert study.tables["final_ranking"].options["sort_by"] == "last_window_mean_test_accuracy"
    assert study.tables["search_tests"].options["against"] == "search/selected"
    assert study.figures["overview"].question == ""


def test_single_runs_of_a_regression_are_not_tested() -> None:
    config = read(again="{model: mlp, units: [4, 8], seeds: 3}")
    config["data"]["leaves"] = {"source": "csv", "path": "leaves.csv", "target": "length"}
    study = load_study(config, catalogue())
    assert study.tables["search_ranking"].options["metrics"] == [
        "selection",
        "last_window_mean_test_mean_absolute_error",
        "train_seconds",
    ]
    assert "search_tests" not in study.tables and "again_tests" in study.tables


def test_a_study_that_asks_for_something_gets_that_alone() -> None:
    study = loaded(
        "tables: {mine: {question: q, kind: convergence}}\nquestions: {q: {runs: [final]}}"
    )
    assert [*study.tables] == ["mine"] and study.figures == {}
    assert (study.questions["q"].title, study.tables["mine"].title) == ("Q", "Mine")


# ----------------------------------------------------------------------------- what is left out
def test_what_is_null_is_as_if_it_were_not_said() -> None:
    study = loaded("claims: null\npublished: null\nseeds: null", final="null")
    assert [*study.experiments] == ["search"] and study.seeds == (0,)


@pytest.mark.parametrize(
    ("around", "section", "key"),
    [
        ("", "{model: mlp, epochs: 5, variants: {a: {}, b: {epochs: null}}}", "variants.b.epochs"),
        ("settings: {all: {epochs: 5}}", "{model: mlp, epochs: null}", "epochs"),
        (
            "settings: {mlp: {units: 5}}",
            "{model: mlp, parameters: {units: null}}",
            "parameters.units",
        ),
        ("", "{select: search, epochs: null}", "epochs"),
    ],
)
def test_null_in_place_of_a_value_that_holds_around_it_is_told(
    around: str, section: str, key: str
) -> None:
    (told,) = problems(around, own=section)
    assert told.startswith(f"experiments.own.{key}: null is no value, so that ")


def test_null_of_a_narrower_scope_is_told() -> None:
    assert (
        "5 of settings.table would hold"
        in problems("settings: {table: {epochs: 5}, mlp: {epochs: null}, words: {epochs: 3}}")[0]
    )
    assert loaded("settings: {words: {momentum: 0.5}, table: {momentum: null}}")


def test_an_experiment_that_only_leaves_out_is_not_checked() -> None:
    study = loaded(
        "only: {experiments: [search]}", broken="{model: gone, speed: 3, select: nothing}"
    )
    assert [*study.experiments] == ["search"]


def test_a_key_that_there_is_not_is_told_though_it_is_null() -> None:
    with pytest.raises(ConfigError, match="titel: unknown key; did you mean 'title'"):
        loaded("titel: null")


def test_an_experiment_that_is_null_takes_with_it_what_is_about_it_alone(
    shipped: dict[str, Any],
) -> None:
    """Experiments and a protocol: no table, figure or setting has to be left out by hand."""
    overlay = {"experiments": {"rnn_variants": None, "text_dropout": None}, "claims": None}
    overlay |= {"published": None, "supplements": None, "protocols": {"koh": None}}
    study = load_study(merge(shipped, overlay), catalogue())
    assert [*study.experiments] == ["channel_grid", "optimizers", "text_models"]
    assert [*study.protocols] == ["tan"]
    assert "rnn_tests" not in study.tables and "dropout_curves" not in study.figures
    assert study.figures["overview"].runs[-1] == "text_models"
    assert study.tables["text_convergence"].runs == ("text_models",)


def test_a_variant_that_is_null_is_left_out(shipped: dict[str, Any]) -> None:
    overlay = {"experiments": {"text_models": {"variants": {"char_cnn": None}}}}
    study = load_study(merge(shipped, overlay), catalogue())
    assert "char_cnn" not in study.experiments["text_models"].variants
    assert "char_cnn" not in study.figures and "B1" not in study.questions


def test_a_selected_model_comes_with_its_own_parameters() -> None:
    study = loaded(kinds=KINDS, best="{select: kinds, seeds: 2}")
    run = study.run("main/best/default/seed0")
    assert (run.model, run.input, run.settings["epochs"]) == ("", "table", 5)
    assert {"model", "units", "breadth", "depth", "batch_size"} <= {*run.pending_parameters}
    # What the selection tells is what a run needs, whichever variant it picks.
    assert {*run.selected_parameters} <= {*study.experiments["kinds"].varied}
    own = {c.model: c for c in candidates(run, study.runs)}
    assert own["broad"].settings == study.run("main/kinds/made/seed0").settings
    assert "breadth" not in own["mlp"].settings and not own["mlp"].pending_parameters
    assert Run.from_dict(own["mlp"].to_dict()) == own["mlp"]


def test_models_are_swept_over_as_parameters_are() -> None:
    study = loaded(
        "settings: {broad: {breadth: 3}, mlp: {units: 4}}",
        kinds="{model: [mlp, broad], learning_rate: [0.1, 0.01]}",
    )
    assert {run.variant: run.model for run in study.runs_of("main", "kinds")} == {
        "model-mlp_learning_rate-0.1": "mlp",
        "model-mlp_learning_rate-0.01": "mlp",
        "model-broad_learning_rate-0.1": "broad",
        "model-broad_learning_rate-0.01": "broad",
    }


def test_several_of_the_best_go_on() -> None:
    study = loaded(final="{select: {from: search, top: 2}, seeds: 2, batch_size: [16, 32]}")
    runs = study.runs_of("main", "final")
    assert [run.variant for run in runs if run.seed == 0] == [
        *("top-1_batch_size-16", "top-1_batch_size-32"),
        *("top-2_batch_size-16", "top-2_batch_size-32"),
    ]
    assert study.experiments["search"].top == 2
    best = [
        {"variant": name, "units": units, "learning_rate": 0.1}
        for name, units in [("a", 8), ("b", 9)]
    ]
    decision = {**best[0], "best": best, "tied": []}
    assert [r.resolved(decision).settings["units"] for r in runs if r.seed == 0] == [8, 8, 9, 9]
    with pytest.raises(NnreproError, match="1 variants alone can be selected"):
        runs[-1].resolved({**decision, "best": best[:1]})


def test_more_of_the_best_than_there_are() -> None:
    (problem,) = problems(final="{select: {from: search, top: 7}}")
    assert "final.select.top: 7 are more than the variants of 'search', which are 6" in problem
    (problem,) = problems(
        search="{model: mlp, halving: {rungs: [1, 6]}, units: [1, 2, 3, 4, 5, 6, 7]}",
        final="{select: {from: search, top: 2}}",
    )
    assert "that reach the last rung of 'search', which are 1; lower it" in problem


SELECTED_MODELS = [
    (
        "{variants: {wide: {model: mlp}, deep: {model: image_cnn, c1: 2, c2: 2}}}",
        "{select: {from: kinds, parameters: [optimizer]}}",
        "experiments.best: names no model, and 'model' is not among the parameters selected",
    ),
    (
        "{variants: {wide: {model: mlp}, deep: {model: image_cnn, c1: 2, c2: 2}}}",
        "{select: kinds}",
        "select.from: the models of 'kinds' read 'table', 'image', and results on different inputs",
    ),
    (KINDS, "{select: kinds, breadth: 3}", "best.breadth: 3: unknown setting"),
]


@pytest.mark.parametrize(("kinds", "best", "told"), SELECTED_MODELS)
def test_a_model_that_cannot_be_selected(kinds: str, best: str, told: str) -> None:
    assert any(told in problem for problem in problems(kinds=kinds, best=best))


def test_what_has_to_be_known_is_the_same_for_all_models() -> None:
    change = "settings: {broad: {epochs: 9}}"
    kinds = KINDS.replace("epochs: 5, ", "")
    (problem,) = problems(change, kinds=kinds, best="{select: kinds}")
    assert "which differ in 'epochs', 'window', 'smoothing', and these have" in problem
    assert loaded(change, kinds=kinds, best="{select: kinds, epochs: 4}").runs


def test_runs_of_a_question_are_checked_though_its_tables_name_their_own() -> None:
    (problem,) = problems("questions: {q: {title: Q, runs: [serch]}}")
    assert problem.startswith("questions.q.runs: ") and "'search'" in problem


CHAIN = {
    "search": "{model: mlp, epochs: 5, units: [4, 8], test_evaluation: never}",
    "final": "{select: search, seeds: 3, test_evaluation: at_end}",
}


def test_the_test_set_once_at_the_end_of_a_chain() -> None:
    study = loaded(**CHAIN)
    found = {run.experiment: run.settings["test_evaluation"] for run in study.runs}
    assert found == {"search": "never", "final": "at_end"}
    assert "test_evaluation" not in loaded().runs[0].settings
    # Nothing is asked of what is not evaluated.
    assert not {"search_per_class", "search_most_wrong", "search_tests"} & {*study.tables}
    assert {"final_per_class", "final_most_wrong", "search_ranking"} <= {*study.tables}
    assert study.tables["final_ranking"].options["metrics"][0] == "final_test_accuracy"
    assert "search_confusion" not in study.figures and "final_confusion" in study.figures


@pytest.mark.parametrize(
    ("change", "experiments", "told"),
    [
        (
            "protocols: {mine: {selection: max_test_accuracy}}",
            CHAIN,
            "protocols.mine.selection: 'max_test_accuracy' is not known of runs of 'search', which "
            "have test_evaluation: never",
        ),
        (
            "",
            {"final": "{select: search, test_evaluation: at_end, test_folds: 2}"},
            "settings: test_evaluation: at_end leaves test_folds nothing to count",
        ),
        (
            "",
            {
                "final": "{select: search, test_evaluation: never, early_stopping: 2, "
                "early_stopping_metric: test_loss}"
            },
            "settings: test_evaluation: never leaves early_stopping_metric: test_loss without",
        ),
        ("", {"final": "{select: search, test_evaluation: once}"}, "must be one of 'every_epoch'"),
    ],
)
def test_what_is_not_evaluated_decides_nothing(
    change: str, experiments: dict[str, str], told: str
) -> None:
    assert any(told in problem for problem in problems(change, **experiments))


def test_classes_are_weighted_by_name_wherever_a_setting_stands() -> None:
    study = loaded(
        "settings: {mlp: {class_weight: {setosa: 3}}}",
        search="{model: mlp, epochs: 2}",
        final="{model: mlp}",
        own="{model: mlp, class_weight: {setosa: 2, '1': 0.5}}",
        named="{model: mlp, variants: {even: {}, uneven: {class_weight: {setosa: 4}}}}",
    )
    found = {f"{r.experiment}/{r.variant}": r.settings["class_weight"] for r in study.runs}
    assert found["search/default"] == found["named/even"] == '{"setosa": 3}'
    assert found["own/default"] == '{"setosa": 2, "1": 0.5}'
    assert found["named/uneven"] == '{"setosa": 4}'


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("balance", "class_weight: 'balance' must be 'balanced' or a weight for each class"),
        ("{cat: heavy}", "must have weights that are numbers from 0 on, and has 'cat': 'heavy'"),
        ("{cat: -1, dog: 1}", "and has 'cat': -1"),
    ],
)
def test_weights_that_are_none(given: str, told: str) -> None:
    (problem,) = problems(search=f"{{model: mlp, class_weight: {given}}}", final="{model: mlp}")
    assert problem.startswith("experiments.search.class_weight: ") and told in problem


@pytest.mark.parametrize(
    ("grid", "told"),
    [
        (
            "{model: mlp, variants: {here: {}, there: {data: leaves}}}",
            "grid.variants.there.data: an experiment reads one data set, so that its variants",
        ),
        (
            "{model: mlp, parameters: {seeds: 3}}",
            "grid.parameters.seeds: is said of a whole experiment, not of some of its runs; move",
        ),
        (
            "{model: mlp, protocols: {lab: {epochs: 3}}}",
            "grid.protocols.lab: 'lab' is not declared; declared: none, as there are none",
        ),
        (
            "{model: mlp, learnin_rat: 3}",
            "grid.learnin_rat: 3: unknown setting; did you mean 'learning_rate'?; allowed are ",
        ),
    ],
)
def test_messages_tell_what_is_near_and_where_it_belongs(grid: str, told: str) -> None:
    (problem,) = problems(grid=grid)
    assert told in problem and len(problem) < 400
