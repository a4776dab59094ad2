"""Sentences: facts from tables, grammar for one and many, for ties and for nothing."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nnrepro.report import stated
from nnrepro.report.convergence import convergence_facts
from nnrepro.report.cross import cross_facts
from nnrepro.report.metrics import metric
from nnrepro.report.pairs import TimeFacts, pair_facts
from nnrepro.report.ranking import StableFacts, ranking_facts
from nnrepro.report.source import Window
from nnrepro.report.stated import environment
from nnrepro.statistics.best import standings
from nnrepro.tables.content import WindowFacts, last_epochs, metric_phrase

TEMPLATES = Path(stated.__file__).parent / "templates"
NAN = float("nan")


def say(macro: str, facts: Any) -> str:
    """A sentence as a reader sees it: without tags, spaces collapsed."""
    module = environment().get_template("sentences.html.j2").module
    text = re.sub(r"<[^>]+>", "", str(getattr(module, macro)(facts)))
    return " ".join(text.replace("&nbsp;", " ").split())


def ranking(values: list[float], margins: float | None = 0.01) -> str:
    """The sentence on variants a, b, c ... with these accuracies."""
    frame = pd.DataFrame({"label": list("abcdefgh")[: len(values)], "m": values})
    if margins is not None:
        frame["m_ci95_low"] = frame["m"] - margins
        frame["m_ci95_high"] = frame["m"] + margins
        errors = np.full(len(frame), margins / 2)
        place = standings(frame["m"].to_numpy(dtype=float), errors, np.ones(len(frame)))
        frame["tied_with_best"] = place.tied
        frame["probability_best"] = place.probability
    facts = ranking_facts(frame, "m", metric("max_test_accuracy"), "highest test accuracy")
    return say("ranking", facts)


@pytest.mark.parametrize("template", sorted(path.name for path in TEMPLATES.glob("*.j2")))
def test_templates_hold_no_number_of_their_own(template: str) -> None:
    """Every number of the prose comes with the facts; only markup may hold digits."""
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    prose = re.sub(r"<[^<>]*>", "", text)
    assert not re.search(r"\d", prose)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([], "No variant has a value of highest test accuracy."),
        ([NAN, NAN], "No variant has a value of highest test accuracy."),
        (
            [0.5],
            "a is the only variant with a value of highest test accuracy: "
            "50.00 % (95 % interval 49.00 to 51.00 %).",
        ),
        ([0.5, 0.5], "a and b have the same highest test accuracy, 50.00 %."),
        (
            [0.5, 0.6],
            "b leads by highest test accuracy with 60.00 % (95 % interval 59.00 to 61.00 %), "
            "10.00 percentage points ahead of a. The other one can be told apart from it. "
            "The probability of its being the best is more than 99 %.",
        ),
        (
            [0.6, 0.59, NAN],
            "a leads by highest test accuracy with 60.00 % (95 % interval 59.00 to 61.00 %), "
            "1.00 percentage points ahead of b. The other one cannot be told apart from it. "
            "The probability of its being the best is 92 %. c has no value.",
        ),
        (
            [0.6, 0.6, 0.595, 0.3],
            "a and b lead together by highest test accuracy with 60.00 % "
            "(95 % interval 59.00 to 61.00 %), 0.50 percentage points ahead of c; d comes last "
            "with 30.00 %. 1 of the other 2 cannot be told apart from them: c.",
        ),
        (
            [0.6, 0.595, 0.594],
            "a leads by highest test accuracy with 60.00 % (95 % interval 59.00 to 61.00 %), "
            "0.50 percentage points ahead of b; c comes last with 59.40 %. "
            "None of the others can be told apart from it. The probability of its being the best "
            "is 66 %.",
        ),
    ],
)
def test_ranking_sentence(values: list[float], sentence: str) -> None:
    """Who leads, by how much, who cannot be told apart: for none, one, two, many and ties."""
    assert ranking(values) == sentence


def test_ranking_without_intervals_claims_nothing_about_them() -> None:
    """Unknown uncertainty is left unsaid."""
    assert ranking([0.5, 0.6], margins=None) == (
        "b leads by highest test accuracy with 60.00 %, 10.00 percentage points ahead of a."
    )


def test_lower_losses_and_times_lead() -> None:
    """Better is lower for a loss and a time."""
    frame = pd.DataFrame({"label": ["a", "b"], "m": [2.0, 1.5]})
    facts = ranking_facts(frame, "m", metric("min_test_loss"), "lowest test loss")
    assert say("ranking", facts).startswith("b leads by lowest test loss with 1.5000, 0.5000 ahead")


def cells(values: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Rows of a cross table over parameters r and c."""
    return pd.DataFrame([{"r": r, "c": c, "value": v} for (r, c), v in values.items()])


def cross(values: dict[tuple[str, str], float]) -> str:
    """The sentence on a cross table."""
    shown = metric("max_test_accuracy")
    return say("cross", cross_facts(cells(values), ("r", "c"), shown, "highest test accuracy"))


def test_cross_sentence_names_the_best_averages() -> None:
    """Best column and best row, each with its lead."""
    values = {("1", "1"): 0.1, ("1", "2"): 0.3, ("2", "1"): 0.2, ("2", "2"): 0.4}
    values |= {("1", "average"): 0.2, ("2", "average"): 0.3}
    values |= {("average", "1"): 0.15, ("average", "2"): 0.35, ("average", "average"): 0.25}
    assert cross(values) == (
        "By highest test accuracy, c = 2 has the best average, 35.00 % (20.00 percentage points "
        "ahead of c = 1), and r = 2 has the best average, 30.00 % (10.00 percentage points ahead "
        "of r = 1)."
    )


def test_cross_sentence_holds_for_ties_gaps_and_nothing() -> None:
    """Equal averages are shared, missing cells counted, an empty table said to be empty."""
    tied = {("1", "1"): 0.2, ("1", "2"): NAN, ("1", "3"): 0.2}
    tied |= {("1", "average"): 0.2}
    tied |= {("average", "1"): 0.2, ("average", "2"): NAN, ("average", "3"): 0.2}
    assert cross(tied) == (
        "By highest test accuracy, c = 1 and 3 share the best average, 20.00 %. "
        "1 cell has no value; averages are over the others."
    )
    empty = {("1", "1"): NAN, ("average", "1"): NAN, ("1", "average"): NAN}
    assert cross(empty) == "No cell has a value of highest test accuracy."


def test_averages_that_differ_by_rounding_alone_are_equal() -> None:
    """The last bit of a mean decides nothing."""
    values = {("1", "1"): 0.03, ("average", "1"): 0.03, ("average", "2"): 0.03 + 1e-17 * 4}
    assert "c = 1 and 2 share the best average, 3.00 %." in cross(values)


def pairs(differences: list[float], overlaps: list[bool | None] | None = None) -> str:
    """The sentence on pairs a to A, b to B ... with these differences."""
    names = list("abcd")[: len(differences)]
    rows = pd.DataFrame(
        {
            "label": names,
            "changed_label": [name.upper() for name in names],
            "difference": differences,
            "intervals_overlap": overlaps or [None] * len(names),
        }
    )
    shown = metric("max_test_accuracy")
    return say("pairs", pair_facts(rows, shown, "highest test accuracy"))


@pytest.mark.parametrize(
    ("differences", "overlaps", "sentence"),
    [
        ([NAN], None, "No pair has both values of highest test accuracy."),
        ([0.0], None, "Of 1 pair, highest test accuracy stays the same in 1."),
        (
            [0.02, -0.05, NAN],
            None,
            "Of 2 pairs, highest test accuracy rises in 1 and falls in 1. The largest change is "
            "\u22125.00 percentage points, from b to B. In 1 further pair a value is missing.",
        ),
        (
            [0.02, -0.05, 0.0],
            [True, False, True],
            "Of 3 pairs, highest test accuracy rises in 1, falls in 1 and stays the same in 1. "
            "The largest change is \u22125.00 percentage points, from b to B. "
            "The intervals do not overlap for B.",
        ),
        (
            [0.02],
            [True],
            "Of 1 pair, highest test accuracy rises in 1. The largest change is "
            "+2.00 percentage points, from a to A. "
            "Nowhere do the intervals of base and changed variant lie apart.",
        ),
    ],
)
def test_pairs_sentence(
    differences: list[float], overlaps: list[bool | None] | None, sentence: str
) -> None:
    """What a change did: rises, falls, stays, unknown."""
    assert pairs(differences, overlaps) == sentence


def test_time_sentence_for_one_factor_and_a_range() -> None:
    """One factor is no range."""
    assert say("time", TimeFacts(1, "1.10", "1.10")) == (
        "Training time changes by a factor of 1.10."
    )
    assert say("time", TimeFacts(2, "0.90", "1.10")).endswith("by factors from 0.90 to 1.10.")


def convergence(epochs: list[float], converged: list[bool | None]) -> str:
    """The sentence on variants a, b ... that settle at these epochs."""
    frame = pd.DataFrame(
        {
            "label": list("abcd")[: len(epochs)],
            "test_loss_convergence_epoch": epochs,
            "test_loss_converged": pd.array(converged, dtype="boolean"),
        }
    )
    return say("convergence", convergence_facts(frame, "test_loss"))


@pytest.mark.parametrize(
    ("epochs", "converged", "sentence"),
    [
        ([NAN], [None], "Of no variant is it known when test loss settles."),
        ([9.0], [False], "Test loss settles in none of 1 variant."),
        ([9.0, NAN], [True, False], "Test loss settles in 1 of 2 variants: for a at epoch 9."),
        (
            [9.0, 5.0, 5.0],
            [True, True, True],
            "Test loss settles in 3 of 3 variants: earliest for b and c (epoch 5), "
            "latest for a (epoch 9).",
        ),
    ],
)
def test_convergence_sentence(
    epochs: list[float], converged: list[bool | None], sentence: str
) -> None:
    """How many settle, which first and which last."""
    assert convergence(epochs, converged) == sentence


def test_closing_mean_is_named_by_the_epochs_it_is_over() -> None:
    """One window is told in numbers, several are not, and one epoch is no plural."""
    shown = metric("last200_mean_test_accuracy")
    assert metric_phrase(shown, [Window(200, 8)]) == "mean test accuracy over the last 8 epochs"
    assert metric_phrase(shown, [Window(200, 1)]) == "test accuracy of the last epoch"
    assert metric_phrase(shown, [Window(50, 5), Window(20, 2)]) == "closing mean test accuracy"
    assert last_epochs(1) == "last epoch"


def test_shrunk_windows_are_explained() -> None:
    """A short run's window stands in for the one that was asked for, and the note says so."""
    facts = WindowFacts(("last 50 epochs",), (("last epoch", "last 20 epochs"),))
    assert say("window_note", facts) == (
        "Closing means are taken over the last 50 epochs; the last epoch, standing in for the "
        "last 20 epochs of a run in full."
    )


def test_stable_sentence_for_none_one_some_and_all() -> None:
    """How many variants a limit leaves."""
    assert say("stable", StableFacts(0, 3, "15")).startswith("None of 3 variants stays within 15")
    assert say("stable", StableFacts(1, 3, "15")).startswith("Of 3 variants, 1 stays within")
    assert say("stable", StableFacts(2, 3, "15")).startswith("Of 3 variants, 2 stay within")
    assert say("stable", StableFacts(3, 3, "15")).startswith("All 3 variants stay within")
