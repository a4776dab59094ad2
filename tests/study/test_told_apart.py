"""Variants of an experiment never look alike, whatever their labels."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.labels import told_apart


def test_variants_of_the_same_label_are_told_apart_by_their_names(config: dict[str, Any]) -> None:
    config["experiments"]["twins"] = {
        "title": "Twins",
        "variants": {
            "one": {"model": "char_rnn", "units": 4, "label": "GRU"},
            "two": {"model": "char_rnn", "units": 5, "label": "GRU "},
            "three": {"model": "char_rnn", "units": 6, "label": "GRU (one)"},
            "four": {"model": "char_rnn", "units": 7, "label": "LSTM"},
        },
    }
    runs = load_study(config, catalogue()).runs_of("tan", "twins")
    labels = [run.label for run in runs]
    assert labels == ["GRU (one) (one)", "GRU (two)", "GRU (one) (three)", "LSTM"]


def test_the_points_of_a_sweep_that_share_a_label_are_told_apart(config: dict[str, Any]) -> None:
    config["experiments"]["rates"] = {
        "title": "Rates",
        "model": "char_rnn",
        "label": "GRU",
        "parameters": {"learning_rate": [0.1, 0.2], "units": 4},
    }
    runs = load_study(config, catalogue()).runs_of("tan", "rates")
    assert [run.label for run in runs] == ["GRU (learning_rate-0.1)", "GRU (learning_rate-0.2)"]


@given(
    st.lists(
        st.sampled_from(["a", "a ", "b", "\N{LATIN SMALL LIGATURE FI}", "fi", "a (n0)", "a (n1)"]),
        max_size=8,
    )
)
@settings(max_examples=200, deadline=None)
def test_labels_with_names_of_their_own_end_up_apart(labels: list[str]) -> None:
    names = [f"n{index}" for index in range(len(labels))]
    shown = told_apart(labels, names, names)
    assert len({" ".join(label.split()) for label in shown}) == len(labels)
    alone = [label for label in labels if [x.strip() for x in labels].count(label.strip()) == 1]
    assert all(any(label in one for one in shown) for label in alone)
