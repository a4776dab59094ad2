"""Names for readers are names: words on one line, and not those of another variant."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study


def with_labels(config: dict[str, Any], *labels: Any) -> dict[str, Any]:
    """The configuration with one experiment, whose variants have these labels."""
    variants = {
        f"v{at}": {"model": "char_rnn", "units": at + 1, "label": label}
        for at, label in enumerate(labels)
    }
    experiment = {"title": "Labels", "variants": variants}
    needless = dict.fromkeys(("tables", "figures", "questions", "parts", "claims", "supplements"))
    kept = {key: value for key, value in config.items() if key not in needless}
    return {**kept, "experiments": {"labels": experiment}, "published": None}


def labels_of(config: dict[str, Any], *labels: Any) -> list[str]:
    """The labels that the variants have in the study."""
    study = load_study(with_labels(config, *labels), catalogue())
    return list({run.variant: run.label for run in study.runs}.values())


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("", "'' is blank; write some words"),
        (" \t ", "is blank"),
        ("\u200b", "is blank"),
        ("one\ntwo", "'one\\ntwo' has a line break; write one line"),
        ("one\u2028two", "has a line break"),
        (True, "true is no text; put it into quotation marks"),
        (1.50, "1.5 is no text; put it into quotation marks"),
    ],
)
def test_a_label_that_is_no_name_is_a_mistake(
    config: dict[str, Any], label: Any, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        labels_of(config, label)
    (problem,) = caught.value.problems
    assert problem.startswith("experiments.labels.variants.v0.label: ")
    assert words in problem


def test_a_title_that_is_no_name_is_a_mistake(config: dict[str, Any]) -> None:
    config["protocols"]["tan"]["title"] = "  "
    config["title"] = "one\ntwo"
    with pytest.raises(ConfigError) as caught:
        load_study(config, catalogue())
    named = {problem.partition(":")[0] for problem in caught.value.problems}
    assert named == {"title", "protocols.tan.title"}


def test_equal_labels_are_told_apart_by_the_variants_names(config: dict[str, Any]) -> None:
    assert labels_of(config, "GRU", "LSTM", " GRU\n") == ["GRU (v0)", "LSTM", "GRU (v2)"]
    assert len(set(labels_of(config, "GRU", "GRU", "GRU (v0)"))) == 3


def test_one_label_for_a_whole_sweep_is_told_apart(config: dict[str, Any]) -> None:
    config = with_labels(config, "GRU")
    experiment = {"title": "Sweep", "model": "char_rnn", "label": "GRU"}
    config["experiments"]["labels"] = {**experiment, "parameters": {"units": [4, 8]}}
    study = load_study(config, catalogue())
    assert {run.label for run in study.runs} == {"GRU (units-4)", "GRU (units-8)"}


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["10_20", "007", "1e3", "true", "no", "inf", "null", "1:30", "8", "~"]),
            st.text("0123456789_.:eE+-", min_size=1, max_size=6),
        ),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
@settings(max_examples=50, suppress_health_check=list(HealthCheck), deadline=None)
def test_a_label_in_quotation_marks_stays_the_words_it_is(
    config: dict[str, Any], labels: list[str]
) -> None:
    assert labels_of(config, *labels) == labels


def test_shipped_labels_are_all_different(study: Any) -> None:
    names = {(run.experiment, run.variant): run.label for run in study.runs}
    assert len({(experiment, label) for (experiment, _), label in names.items()}) == len(names)
    assert not any(label.endswith(f"({variant})") for (_, variant), label in names.items())


def test_an_archives_labels_stay_readable(config: dict[str, Any], tmp_path: Path) -> None:
    """Archives made before this was checked."""
    study = with_labels(config, "", "one\ntwo", 0.5)
    history = tmp_path / "koh/labels/v0/seed0/history.json"
    history.parent.mkdir(parents=True)
    history.write_text("{}")
    read = load_study({**study, "archive": str(tmp_path)}, catalogue())
    labels = {run.variant: run.label for run in read.runs}
    assert labels == {"v0": "v0", "v1": "one two", "v2": "0.5"}
