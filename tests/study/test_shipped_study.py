"""The shipped configuration declares the study of the two reports."""

from collections import Counter

from nnrepro.study.run import Run, RunId
from nnrepro.study.study import Study


def runs(study: Study, protocol: str, experiment: str) -> list[Run]:
    return study.runs_of(protocol, experiment)


def test_each_protocol_has_45_runs_under_the_contracts_names(study: Study) -> None:
    expected = {
        "channel_grid": {
            f"c1-{c1}_c2-{c2}" for c1 in (10, 30, 50, 70, 90) for c2 in (20, 40, 60, 80, 100)
        },
        "optimizers": {"sgd_momentum", "rmsprop", "adam", "sgd_dropout"},
        "text_models": {"char_cnn", "word_cnn", "char_rnn_gru", "word_rnn_gru"},
        "text_dropout": {
            "char_cnn_dropout",
            "word_cnn_dropout",
            "char_rnn_gru_dropout",
            "word_rnn_gru_dropout",
        },
        "rnn_variants": {
            f"{level}_rnn_{kind}"
            for level in ("char", "word")
            for kind in ("vanilla", "lstm", "gru_2layer", "gru_clip")
        },
    }
    for protocol in ("tan", "koh"):
        found = {
            name: {run.variant for run in runs(study, protocol, name)} for name in study.experiments
        }
        assert found == expected
    assert Counter(run.protocol for run in study.runs) == {"tan": 45, "koh": 45}
    assert study.runs[0].id == "tan/channel_grid/c1-10_c2-20/seed0"


def test_image_protocols_differ_as_the_reports_did(study: Study) -> None:
    tan = runs(study, "tan", "channel_grid")[0].settings
    koh = runs(study, "koh", "channel_grid")[0].settings
    assert (tan["layout"], koh["layout"]) == ("planes", "flat")
    assert (tan["dropout_placement"], koh["dropout_placement"]) == (
        "flatten+dense",
        "dense+logits",
    )
    for settings in (tan, koh):
        assert settings["epochs"] == 1000
        assert settings["optimizer"] == "sgd"
        assert settings["learning_rate"] == 0.001
        assert (settings["train_examples"], settings["test_examples"]) == (10000, 2000)
        assert settings["window"] == 200
    assert tan["comparison_test_examples"] == 0
    assert koh["comparison_test_examples"] == 10000
    assert all(run.settings["test_examples"] == 10000 for run in runs(study, "koh", "optimizers"))
    assert all(run.settings["test_examples"] == 2000 for run in runs(study, "tan", "optimizers"))
    assert study.selection_metric("tan") == "last_window_mean_test_accuracy"
    assert study.selection_metric("koh") == "max_test_accuracy"


def test_text_protocols_differ_as_the_reports_did(study: Study) -> None:
    def training(run: Run) -> tuple[object, ...]:
        return tuple(run.settings[name] for name in ("optimizer", "epochs", "learning_rate"))

    for run in study.runs:
        if run.input == "image":
            continue
        if run.protocol == "koh":
            assert training(run) == ("adam", 250, 0.01)
        elif run.model.endswith("_cnn"):
            assert training(run) == ("sgd", 250, 0.01)
        else:
            assert training(run) == ("adam", 100, 0.01)


def test_variants_set_what_their_names_say(study: Study) -> None:
    by_variant = {run.variant: run.settings for run in study.runs_of("tan")}
    assert by_variant["sgd_momentum"]["momentum"] == 0.1
    assert by_variant["sgd_dropout"]["dropout_rate"] == 0.5
    assert by_variant["char_rnn_vanilla"]["cell"] == "vanilla"
    assert by_variant["word_rnn_lstm"]["cell"] == "lstm"
    assert by_variant["char_rnn_gru_2layer"]["layers"] == 2
    assert by_variant["word_rnn_gru_clip"]["clipvalue"] == 2.0
    assert by_variant["word_cnn_dropout"]["dropout_rate"] == 0.5
    assert by_variant["word_cnn"]["dropout_rate"] == 0.0


def test_optimiser_runs_wait_for_the_selected_pair(study: Study) -> None:
    run = runs(study, "tan", "optimizers")[0]
    assert run.selects_from == "channel_grid"
    assert run.pending_parameters == ("c1", "c2")
    resolved = run.resolved({"c1": 90, "c2": 40})
    assert (resolved.settings["c1"], resolved.settings["c2"]) == (90, 40)
    assert resolved.pending_parameters == ()


def test_run_ids_and_run_dictionaries_read_back(study: Study) -> None:
    for run in study.runs:
        assert RunId.parse(run.id) == (run.protocol, run.experiment, run.variant, run.seed)
        assert Run.from_dict(run.to_dict()) == run


def test_training_form_ignores_names_and_analysis_settings(study: Study) -> None:
    """Changing a label, the window or a budget's origin must not retrain anything."""
    trained = study.runs[0].for_training()
    assert trained.id == study.runs[0].id
    assert not {"window", "smoothing"} & set(trained.settings)
    assert trained.label == trained.variant
    assert trained.protocol_settings == {}


def test_full_study_is_stamped_with_its_epochs(study: Study) -> None:
    assert study.stamp(study.runs_of("tan", "channel_grid")) == "1000 epochs, 1 seed"
    assert study.stamp(study.runs_of("tan")) == "1000, 250 or 100 epochs, 1 seed"


def test_selected_variant_stands_for_the_decisions_run(study: Study) -> None:
    decisions = {("tan", "channel_grid"): {"variant": "c1-90_c2-40", "c1": 90, "c2": 40}}
    chosen = study.chosen("tan", ["channel_grid/selected", "optimizers"], decisions)
    assert [run.variant for run in chosen] == [
        "c1-90_c2-40",
        "sgd_momentum",
        "rmsprop",
        "adam",
        "sgd_dropout",
    ]
    assert all((run.settings["c1"], run.settings["c2"]) == (90, 40) for run in chosen)
