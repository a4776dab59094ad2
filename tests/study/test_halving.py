"""Successive halving: rungs, who goes on, what it costs, and what a configuration may ask for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.halving import expected_epochs, kept, reached, rungs_of, under_budget
from nnrepro.study.run import Run


def halved(section: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """A study of four variants in a halving."""
    return {
        "name": "halves",
        "title": "Halves",
        "seeds": [0, 1],
        "data": {"dbpedia": {"source": "generated", "generate": {"train": 64, "test": 32}}},
        "settings": {
            "all": {
                **{"train_examples": 64, "test_examples": 32, "comparison_test_examples": 0},
                **{"epochs": 40, "batch_size": 32, "optimizer": "adam", "loss": "logits"},
                **{"on_divergence": "stop", "window": 2, "smoothing": 1},
            }
        },
        "protocols": {"mine": {"title": "Mine", "selection": "max_test_accuracy"}},
        "experiments": {
            "width": {
                "title": "Width",
                "model": "word_rnn",
                "halving": section,
                "parameters": {"units": [2, 4, 8, 16], **parameters},
            }
        },
    }


def test_sixty_points_cost_what_eight_do():
    """As many epochs go into each further rung as into the first."""
    rungs = (1, 3, 9, 27)
    assert [kept(60, rungs, rung) for rung in range(1, 4)] == [20, 6, 2]
    assert 60 * expected_epochs(60, rungs) == 60 * 1 + 20 * 2 + 6 * 6 + 2 * 18
    assert 60 * expected_epochs(60, rungs) < 8 * 27


@given(
    variants=st.integers(2, 200),
    factor=st.integers(2, 5),
    least=st.integers(1, 20),
    epochs=st.integers(1, 300),
)
def test_rungs_rise_and_fewer_go_on(variants: int, factor: int, least: int, epochs: int):
    """Whatever is asked for: the last rung is a full training, and one variant comes to its end."""
    rungs = rungs_of({"factor": factor, "min_epochs": least}, epochs)
    assert list(rungs) == sorted(set(rungs)) and rungs[-1] == epochs
    going = [variants, *(kept(variants, rungs, rung) for rung in range(1, len(rungs)))]
    assert going == sorted(going, reverse=True) and going[-1] >= 1
    assert rungs[0] <= expected_epochs(variants, rungs) <= epochs
    cut = under_budget(rungs, max(1, epochs // 7))
    assert list(cut) == sorted(set(cut)) and cut[-1] == max(1, epochs // 7)
    assert [reached(rungs, rung) for rung in rungs] == list(range(1, len(rungs) + 1))


def test_a_run_knows_its_rungs_and_others_are_what_they_were():
    """The last rung is the length of a run; without a halving nothing is told of rungs."""
    run = load_study(halved({"rungs": [1, 3, 9]}), catalogue()).runs[0]
    assert run.rungs == (1, 3, 9) and run.settings["epochs"] == 9
    assert Run.from_dict(run.to_dict()) == run
    found = load_study(halved({"min_epochs": 5, "factor": 2}), catalogue()).runs[0]
    assert found.rungs == (5, 10, 20, 40)
    config = halved({"rungs": [2, 10, 40]}) | {"budget": {"epochs": 4}}
    assert load_study(config, catalogue()).runs[0].rungs == (1, 4)
    config = halved({})
    del config["experiments"]["width"]["halving"]
    assert "rungs" not in load_study(config, catalogue()).runs[0].to_dict()


def test_a_run_that_was_left_behind_is_not_a_short_one():
    """It did all that was asked of it; a run that ends before without a reason is short."""
    run = load_study(halved({"rungs": [1, 3, 9]}), catalogue()).runs[0]
    left = run.as_done({"epochs": 3})
    assert left.settings["epochs"] == 3 and not left.protocol_settings
    other = Run.from_dict({**run.to_dict(), "rungs": []}).as_done({"epochs": 3})
    assert other.protocol_settings == {"epochs": 9}


@pytest.mark.parametrize(
    ("section", "parameters", "words"),
    [
        ({"rungs": [3, 1]}, {}, "must rise"),
        ({"rungs": [1, 3], "factor": 2}, {}, "give either 'rungs' or"),
        ({"rungs": [1, 3]}, {"epochs": 9}, "is the length of a full training"),
        ({"factor": 3}, {"units": 4}, "there is one variant"),
        ({"rungs": [3]}, {}, "experiments.width.halving.rungs"),
        ({"rung": [1, 3]}, {}, "rung"),
    ],
)
def test_what_cannot_be_halved_is_refused(
    section: dict[str, Any], parameters: dict[str, Any], words: str
):
    """Before anything is trained."""
    with pytest.raises(ConfigError) as caught:
        load_study(halved(section, **parameters), catalogue())
    assert words in str(caught.value)
