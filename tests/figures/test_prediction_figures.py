"""Figures of predictions: which class is taken for which, and predicted against true numbers."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnrepro.figures.confusion import confusion, counts_of
from nnrepro.figures.confusion import draw as draw_matrix
from nnrepro.figures.drawing import NothingToDraw
from nnrepro.figures.residuals import draw as draw_residuals
from nnrepro.figures.residuals import residuals
from nnrepro.measures.predictions import Predictions
from nnrepro.metrics.registry import CLASSIFICATION, REGRESSION

LABELS = np.array([0, 0, 1, 1])
CHANCES = np.eye(3)[[0, 1, 1, 1]]
FOUND = Predictions(CLASSIFICATION, LABELS, CHANCES, ("cat", "dog", "owl"))
NUMBERS = Predictions(REGRESSION, np.array([[1.0], [2.0]]), np.array([[1.5], [np.nan]]), ("price",))


def asked(*runs: tuple[str, int]) -> Any:
    """A figure of runs of an experiment, by variant and seed."""
    made = [
        SimpleNamespace(
            id=f"{name}/{seed}", experiment="e", variant=name, label=name.upper(), seed=seed
        )
        for name, seed in runs
    ]
    spec = SimpleNamespace(title="taken for")
    return SimpleNamespace(
        runs=made, spec=spec, name="own", titled=str, alt=lambda what, runs: f"{what}, {len(runs)}"
    )


def words(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_the_seeds_of_a_variant_are_counted_together() -> None:
    (drawing,) = confusion(asked(("a", 0), ("a", 1)), {"a/0": FOUND, "a/1": FOUND}.get)
    assert drawing.stem == "own"
    assert drawing.alt == "Confusion matrix, classes down and answers across, 2"
    assert sorted(words(drawing.draw())) == ["2", "2", "4"]
    counts, names = counts_of([FOUND])
    assert counts.tolist() == [[1, 1], [0, 2]] and names == list(FOUND.names[:2])


def test_seeds_on_another_test_set_than_most_are_neither_counted_nor_named() -> None:
    other = replace(FOUND, labels=LABELS[::-1])
    found = {"a/0": other, "a/1": FOUND, "a/2": FOUND}
    (drawing,) = confusion(asked(("a", 0), ("a", 1), ("a", 2)), found.get)
    assert [run.id for run in drawing.runs] == ["a/1", "a/2"]
    assert sorted(words(drawing.draw())) == ["2", "2", "4"]


def test_each_variant_has_its_own_matrix_and_those_without_answers_none() -> None:
    found = {"a/0": FOUND, "b/0": NUMBERS, "c/0": FOUND}
    drawings = list(confusion(asked(("a", 0), ("b", 0), ("c", 0)), found.get))
    assert [each.stem for each in drawings] == ["e/a", "e/c"]
    with pytest.raises(NothingToDraw, match="predictions of classes"):
        list(confusion(asked(("b", 0)), found.get))


def test_many_classes_of_long_names_stay_on_the_page() -> None:
    names = [f"a class with the long name {at}" for at in range(60)]
    figure = draw_matrix(np.eye(60, dtype=np.int64) * 10_000, names)
    assert not words(figure) and len(figure.axes[0].get_xticks()) < 60


def test_numbers_are_drawn_against_the_true_ones_where_there_are_any() -> None:
    (drawing,) = residuals(asked(("b", 0), ("b", 1)), {"b/0": NUMBERS, "b/1": NUMBERS}.get)
    axes = drawing.draw().axes[0]
    assert axes.lines[1].get_xydata().tolist() == [[1.0, 1.5]]
    assert axes.get_xlabel() == "true price" and axes.get_xlim() == axes.get_ylim()
    with pytest.raises(NothingToDraw, match="predictions of numbers"):
        list(residuals(asked(("a", 0)), {"a/0": FOUND}.get))


def test_each_target_has_a_panel() -> None:
    values = np.arange(30.0).reshape(10, 3)
    figure = draw_residuals(values, values + 1, ("a", "b", "c"))
    assert [axes.get_xlabel() for axes in figure.axes] == ["true a", "true b", "true c"]
