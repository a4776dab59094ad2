"""What tables say in words: grammar for one and many, for ties and for nothing."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from nnrepro.document.text import Text, words_of
from nnrepro.measures.curves import Window
from nnrepro.statistics.best import standings
from nnrepro.tables import (
    constant_answer,
    convergence,
    cross,
    factors,
    optimism,
    pairs,
    ranking,
    stability,
)
from nnrepro.tables import tests as of_tests
from nnrepro.tables.content import last_epochs, metric_heading, metric_phrase, window_note
from nnrepro.tables.metrics import metric

NAN = float("nan")
HIGHEST = metric("max_test_accuracy")
HOLM = "significant after Holm\u2019s correction"


def seen(said: Text) -> str:
    """A sentence as a reader sees it: spaces of every kind collapsed."""
    return " ".join(words_of(said).split())


def ranked(frame: pd.DataFrame, name: str = "max_test_accuracy") -> str:
    """The sentence on who leads."""
    shown = metric(name)
    return seen(ranking.leaders_words(ranking.leaders(frame, "m", shown, shown.phrase)))


def variants(values: list[float], margins: float = 0.01) -> pd.DataFrame:
    """Variants a, b, c ... with these accuracies, and which may be the best."""
    frame = pd.DataFrame({"label": list("abcdefgh")[: len(values)], "m": values})
    errors = np.full(len(frame), margins / 2)
    place = standings(frame["m"].to_numpy(dtype=float), errors, np.ones(len(frame)))
    return frame.assign(tied_with_best=place.tied)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([], "No variant has a value of highest test accuracy"),
        ([NAN, NAN], "No variant has a value of highest test accuracy"),
        ([0.5], "a: the highest test accuracy is 50.00 %"),
        ([0.5, NAN], "a, the only variant with a value: the highest test accuracy is 50.00 %"),
        ([0.5, 0.5], "No difference: 2 variants with the same highest test accuracy, 50.00 %"),
        (
            [0.5, 0.6],
            "Clear best of 2 variants. Highest test accuracy: b, 60.00 %; the other one lies "
            "clearly behind",
        ),
        (
            [0.6, 0.59, NAN],
            "No clear best of the 2 of 3 variants that have a value. Highest test accuracy: a, "
            "60.00 %, but its lead over the other one may be chance",
        ),
        (
            [0.6, 0.6, 0.595, 0.3],
            "No clear best of 4 variants. Highest test accuracy: a and b, 60.00 %, but 1 other "
            "cannot be told apart from them",
        ),
        (
            [0.6, 0.6, 0.595, 0.594],
            "No clear best of 4 variants. Highest test accuracy: a and b, 60.00 %, but their lead "
            "over both others may be chance",
        ),
    ],
)
def test_who_leads(values: list[float], sentence: str) -> None:
    """And whether that can be told: for none, one, two, many and ties."""
    assert ranked(variants(values)) == sentence


def test_only_a_highest_value_is_told_without_its_interval() -> None:
    """That does not cover what picking the epoch adds."""
    frame = pd.DataFrame({"label": ["a"], "m": [0.5], "m_ci95_low": [0.49], "m_ci95_high": [0.51]})
    for name, told in (("max_test_accuracy", False), ("mean_test_accuracy", True)):
        assert ("(95 % interval 49.0 to 51.0 %)" in ranked(frame, name)) == told
    narrow = frame.assign(m_ci95_low=0.495, m_ci95_high=0.505)
    assert "50.00 % (95 % interval 49.50 to 50.50 %)" in ranked(narrow, name)


def test_ranking_without_intervals_claims_nothing_about_them() -> None:
    """Better is lower for a loss."""
    frame = pd.DataFrame({"label": ["a", "b"], "m": [0.5, 0.6]})
    unknown = "too little is known to rule chance out"
    assert ranked(frame) == f"Highest test accuracy of 2 variants: b, 60.00 %; {unknown}"
    assert ranked(frame, "min_test_loss").startswith("Lowest test loss of 2 variants: a, 0.5000;")


def cells(values: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Rows of a cross table over parameters r and c."""
    return pd.DataFrame([{"r": r, "c": c, "value": v} for (r, c), v in values.items()])


def crossed(values: dict[tuple[str, str], float]) -> str:
    """The sentence on a cross table."""
    return seen(cross.words(cells(values), ("r", "c"), HIGHEST, HIGHEST.phrase))


def test_cross_sentence_names_the_best_averages() -> None:
    """Best column and best row, each with its lead."""
    values = {("1", "1"): 0.1, ("1", "2"): 0.3, ("2", "1"): 0.2, ("2", "2"): 0.4}
    values |= {("1", "average"): 0.2, ("2", "average"): 0.3}
    values |= {("average", "1"): 0.15, ("average", "2"): 0.35, ("average", "average"): 0.25}
    assert crossed(values) == (
        "By highest test accuracy, c = 2 has the best average, 35.00 % (next: c = 1, 15.00 %), "
        "and r = 2 has the best average, 30.00 % (next: r = 1, 20.00 %)."
    )


def test_cross_sentence_holds_for_ties_gaps_and_nothing() -> None:
    """Equal averages are shared, missing cells counted, an empty table said to be empty."""
    tied = {("1", "1"): 0.2, ("1", "2"): NAN, ("1", "3"): 0.2}
    tied |= {("1", "average"): 0.2}
    tied |= {("average", "1"): 0.2, ("average", "2"): NAN, ("average", "3"): 0.2}
    assert crossed(tied) == (
        "By highest test accuracy, c = 1 and 3 share the best average, 20.00 %. "
        "1 cell has no value; averages are over the others."
    )
    empty = {("1", "1"): NAN, ("average", "1"): NAN, ("1", "average"): NAN}
    assert crossed(empty) == "No cell has a value of highest test accuracy."


def test_averages_that_differ_by_rounding_alone_are_equal() -> None:
    """The last bit of a mean decides nothing."""
    values = {("1", "1"): 0.03, ("average", "1"): 0.03, ("average", "2"): 0.03 + 1e-17 * 4}
    assert "c = 1 and 2 share the best average, 3.00 %." in crossed(values)


def paired(differences: list[float], overlaps: list[bool | None] | None = None) -> str:
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
    return seen(pairs.words(rows, HIGHEST, HIGHEST.phrase))


@pytest.mark.parametrize(
    ("differences", "overlaps", "sentence"),
    [
        ([NAN], None, "No pair has both values of highest test accuracy."),
        ([0.0], None, "Of 1 pair, highest test accuracy stays the same in 1."),
        (
            [0.02, -0.05, NAN],
            None,
            "Of 2 pairs, highest test accuracy rises in 1 and falls in 1. The largest change is "
            "\u22125.00 percentage points (b \u2192 B). In 1 further pair a value is missing.",
        ),
        (
            [0.02, -0.05, 0.0],
            [True, False, True],
            "Of 3 pairs, highest test accuracy rises in 1, falls in 1 and stays the same in 1. "
            "The largest change is \u22125.00 percentage points (b \u2192 B). "
            "Intervals that do not overlap: B.",
        ),
        (
            [0.02],
            [True],
            "Of 1 pair, highest test accuracy rises in 1. The largest change is "
            "+2.00 percentage points (a \u2192 A).",
        ),
    ],
)
def test_pairs_sentence(
    differences: list[float], overlaps: list[bool | None] | None, sentence: str
) -> None:
    """What a change did: rises, falls, stays, unknown."""
    assert paired(differences, overlaps) == sentence


def test_time_sentence_for_one_factor_and_a_range() -> None:
    """One factor is no range."""
    time = metric("train_seconds")
    for ratios, sentence in (
        ([1.1, NAN], "Training time changes by a factor of 1.10."),
        ([1.1, 0.9], "Training time changes by factors from 0.90 to 1.10."),
        ([NAN], ""),
    ):
        assert seen(pairs.words(pd.DataFrame({"time_ratio": ratios}), time, "time")) == sentence


def settling(epochs: list[float], converged: list[bool | None]) -> str:
    """The sentence on variants a, b ... that settle at these epochs."""
    frame = pd.DataFrame(
        {
            "label": list("abcd")[: len(epochs)],
            "test_loss_convergence_epoch": epochs,
            "test_loss_converged": pd.array(converged, dtype="boolean"),
        }
    )
    return seen(convergence.words(frame, "test_loss"))


@pytest.mark.parametrize(
    ("epochs", "converged", "sentence"),
    [
        ([NAN], [None], "Of no variant is it known when test loss settles."),
        ([9.0], [False], "Test loss does not settle."),
        ([9.0, NAN], [True, False], "Test loss settles in 1 of 2 variants, at epoch 9: a."),
        (
            [9.0, 5.0, 5.0],
            [True, True, True],
            "Test loss settles in 3 of 3 variants. Earliest: b and c (epoch 5); "
            "latest: a (epoch 9).",
        ),
    ],
)
def test_convergence_sentence(
    epochs: list[float], converged: list[bool | None], sentence: str
) -> None:
    """How many settle, which first and which last."""
    assert settling(epochs, converged) == sentence


def test_closing_mean_is_named_by_the_epochs_it_is_over() -> None:
    """One window is told in numbers, several are not, and one epoch is no plural."""
    shown = metric("last200_mean_test_accuracy")
    assert metric_phrase(shown, [Window(200, 8)]) == "mean test accuracy over the last 8 epochs"
    assert metric_phrase(shown, [Window(200, 1)]) == "test accuracy of the last epoch"
    assert metric_phrase(shown, [Window(50, 5), Window(20, 2)]) == "closing mean test accuracy"
    assert last_epochs(1) == "last epoch"


@pytest.mark.parametrize(
    ("name", "epochs", "heading"),
    [
        ("test_accuracy", 8, "Mean, last 8 epochs (%)"),
        ("test_accuracy", 1, "Last epoch (%)"),
        ("validation_accuracy", 8, "Mean, last 8 epochs, held out (%)"),
        ("test_loss", 8, "Loss, mean of last 8 epochs"),
        ("test_f1_macro", 1, "Macro F1, last epoch"),
        ("test_mean_absolute_error", 8, "Mean absolute error, last 8 epochs"),
        ("validation_mean_absolute_error", 8, "Mean absolute error, last 8 epochs, held out"),
    ],
)
def test_closing_means_are_headed_by_their_metric_and_epochs(
    name: str, epochs: int, heading: str
) -> None:
    shown = metric(f"last_window_mean_{name}")
    assert metric_heading(shown, [Window(epochs, epochs)]) == heading


def test_shrunk_windows_are_explained() -> None:
    """A short run's window stands in for the one that was asked for, and the note says so."""
    assert seen(window_note([Window(50, 50), Window(20, 1)])) == (
        "Closing means are taken over the last 50 epochs; the last epoch, standing in for the "
        "last 20 epochs of a run in full."
    )


def test_stable_sentence_for_none_one_some_and_all() -> None:
    """How many variants a limit leaves."""
    assert seen(ranking.stable_words([], 3, 0.15)).startswith("None of 3 variants stays within 15")
    assert seen(ranking.stable_words([0.1], 3, 0.15)).startswith("Of 3 variants, 1 stays within")
    assert seen(ranking.stable_words([0.1] * 2, 3, 0.15)).startswith("Of 3 variants, 2 stay within")
    assert seen(ranking.stable_words([0.1] * 3, 3, 0.15)).endswith("over the closing window.")
    assert seen(ranking.stable_words([0.14, 0.1, 0.13], 3, 0.15)) == (
        "All 3 variants stay within 15 percentage points over the closing window. The limit "
        "decides that: at 12.75 points, 1 would be left."
    )


def sentence_on(differences: list[float], p_holm: list[float]) -> str:
    """The sentence on variants A, B, ... against a base."""
    rows = pd.DataFrame(
        {
            "label": "base",
            "changed_label": list("ABCDEF")[: len(differences)],
            "difference": differences,
            "p_holm": p_holm,
            "significant": pd.Series(
                [None if np.isnan(p) else p < 0.05 for p in p_holm], dtype="object"
            ),
        }
    )
    shown = metric("final_test_accuracy")
    return seen(of_tests.words(rows, shown, "final test accuracy"))


@pytest.mark.parametrize(
    ("differences", "p_holm", "sentence"),
    [
        ([NAN], [NAN], "No difference in final test accuracy could be tested."),
        (
            [0.01],
            [0.4],
            f"The one difference in final test accuracy is not {HOLM}.",
        ),
        (
            [0.01, -0.02],
            [0.4, 0.3],
            f"None of 2 differences in final test accuracy is {HOLM}.",
        ),
        (
            [0.03, 0.0, -0.2, NAN],
            [0.01, 1.0, 0.001, NAN],
            f"Of 3 differences in final test accuracy, 2 are {HOLM}: "
            "A against base (+3.00 percentage points) and C against base (\u221220.00 percentage "
            "points). 1 further difference could not be tested.",
        ),
    ],
)
def test_sentence_on_tests(differences: list[float], p_holm: list[float], sentence: str) -> None:
    """What is significant, what is not, and what could not be tested."""
    assert sentence_on(differences, p_holm) == sentence


def steadiness(jitter: list[float], collapses: list[float]) -> str:
    """The sentence on variants A, B, ..."""
    labels = list("ABCDEF")[: len(jitter)]
    frame = pd.DataFrame({"label": labels, "jitter_test_accuracy": jitter, "collapses": collapses})
    return seen(stability.words(frame))


@pytest.mark.parametrize(
    ("jitter", "collapses", "sentence"),
    [
        ([NAN], [NAN], "Of no variant is it known how steadily it trains."),
        (
            [0.01, 0.01],
            [0, NAN],
            "The jitter of test accuracy is 1.00 percentage points in all: A and B. "
            "It never collapses.",
        ),
        (
            [0.01, 0.002, 0.05],
            [3, 0, 1.5],
            "Steadiest in test accuracy: B (jitter 0.20 percentage points); least steady: "
            "C (5.00 percentage points). Collapses that it recovers from: A (3 times), "
            "C (1.5 times).",
        ),
    ],
)
def test_sentence_on_stability(jitter: list[float], collapses: list[float], sentence: str) -> None:
    """Who is steady, who is not, and who collapses; nothing is said of what is unknown."""
    assert steadiness(jitter, collapses) == sentence


ROWS = {
    "title": "From one to the other",
    "metric": "max_test_accuracy",
    "ci95_low": None,
    "ci95_high": None,
    "apart": None,
    "share": None,
    "label": "",
}


def rows(*changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([ROWS | change for change in changes])


def ends(gap: float, apart: Any, rest: float = 0.0) -> list[dict[str, Any]]:
    low, high = (gap - 0.01, gap + 0.01) if apart is not None else (None, None)
    return [
        {"role": "from", "value": 0.6, "difference": None},
        {
            "role": "to",
            "value": 0.6 + gap,
            "difference": gap,
            "apart": apart,
            "ci95_low": low,
            "ci95_high": high,
        },
        {"role": "rest", "value": None, "difference": rest, "apart": False},
    ]


def test_factors_are_sorted_by_what_is_known_of_them() -> None:
    """Apart from 0, not apart, and not known are three different things to say."""
    said = seen(
        factors.words(
            rows(
                *ends(-0.1, True, rest=-0.02),
                {"role": "factor", "label": "a", "difference": -0.08, "apart": True, "share": 0.8},
                {
                    "role": "factor",
                    "label": "b",
                    "difference": 0.001,
                    "apart": False,
                    "share": -0.01,
                },
                {"role": "factor", "label": "c", "difference": 0.0, "apart": None, "share": 0.0},
            )
        )
    )
    assert said == (
        "From one to the other: from 60.00 % to 50.00 %, a gap of \u221210.00 percentage points "
        "(95 % interval \u221211.00 to \u22129.00). Effects one by one: a, \u22128.00 "
        "percentage points (80 % of the gap). Effects that cannot be told from none: b. Effects of "
        "unknown certainty: c. The effects one by one leave \u22122.00 percentage "
        "points, which cannot be told from none."
    )


def test_what_is_not_known_is_not_said() -> None:
    """A missing end gives no gap; effects that add up leave nothing."""
    missing = ends(0.1, None)
    missing[1] |= {"value": None, "difference": None}
    assert seen(factors.words(rows(*missing))) == (
        "From one to the other: one of the two ends has no value, so that there is no gap to "
        "explain."
    )
    assert seen(factors.words(rows(*ends(0.1, False)))) == (
        "From one to the other: from 60.00 % to 70.00 %: the gap of +10.00 percentage points "
        "cannot be told from none (95 % interval +9.00 to +11.00), so that there is nothing to "
        "divide up."
    )


@pytest.mark.parametrize("epoch", [0.0, 0.0125])
def test_the_epochs_share_is_told_where_one_is_chosen(epoch: float) -> None:
    row = {
        **{"reason": None, "epoch_optimism": epoch, "optimism": 0.02, "splits": 252},
        **{"optimism_low": -0.01, "optimism_high": 0.05, "label": "a", "chosen_share": 0.5},
        **{"selected_score": 0.5, "honest_score": 0.48},
    }
    said = seen(optimism.words(pd.DataFrame([row, row]), "it"))
    assert ("Choosing the epoch too adds +1.25 percentage points." in said) == bool(epoch)
    assert "+2.00 percentage points of optimism, between \u22121.00 and +5.00 in 95 %" in said
    assert said.endswith("Chosen in 50 % of the splits: a; in the rest, 1 other variant.")


def guessed(
    task: str, reached: dict[str, float], metric: str = "accuracy", answer: str = "cat"
) -> str:
    """The sentence on variants beside one answer for all, which reaches 0.5."""
    frame = pd.DataFrame({"label": reached.keys(), "reached": reached.values()})
    frame = frame.assign(metric=f"final_test_{metric}", task=task, answer=answer, constant=0.5)
    return seen(constant_answer.words(frame))


def test_one_answer_for_all_is_beaten_or_not() -> None:
    """A network that is no better than a guess is named, also where its value is not known."""
    cat = "Always answering “cat”, the commonest class, would reach 50.00 % in final test "
    mean = "Always answering the mean of the targets would reach 0.5000 in final test "
    error = "mean_absolute_error"
    assert guessed("classification", {"a": 0.9}) == cat + "accuracy; reached here: 90.00 % (a)."
    assert guessed("classification", {"a": 0.9}, answer="").startswith(
        "Always answering one of the commonest classes would reach 50.00"
    )
    assert guessed("classification", {"a": 0.9, "b": 0.6}) == (
        cat + "accuracy; every variant does better."
    )
    assert guessed("classification", {"a": 0.9, "b": 0.5, "c": NAN}) == (
        cat + "accuracy. No better: b and c."
    )
    assert (
        guessed("regression", {"a": 0.1}, error, "")
        == mean + f"{error.replace('_', ' ')}; reached here: 0.1000 (a)."
    )
    assert guessed("regression", {"a": 0.6}, error, "").endswith("error. No better: a.")
    assert guessed("multi_label", {"a": 0.4}, answer="").startswith(
        "Always answering how frequent each label"
    )
