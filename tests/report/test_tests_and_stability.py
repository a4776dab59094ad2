"""Tables of tests and of stability in words, and the marks of what is uncertain."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nnrepro.document import wording
from nnrepro.report.metrics import metric
from nnrepro.report.stability import stability_facts
from nnrepro.report.stated import environment
from nnrepro.report.tests import tests_facts as facts_of

NAN = float("nan")
HOLM = "significant after Holm\u2019s correction"


def say(macro: str, facts: Any) -> str:
    """A sentence as a reader sees it."""
    module = environment().get_template("sentences.html.j2").module
    text = re.sub(r"<[^>]+>", "", str(getattr(module, macro)(facts)))
    return " ".join(text.replace("&nbsp;", " ").split())


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
    return say("tests", facts_of(rows, shown, "final test accuracy"))


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


def stability(jitter: list[float], collapses: list[float]) -> str:
    """The sentence on variants A, B, ..."""
    labels = list("ABCDEF")[: len(jitter)]
    frame = pd.DataFrame({"label": labels, "jitter_test_accuracy": jitter, "collapses": collapses})
    return say("stability", stability_facts(frame))


@pytest.mark.parametrize(
    ("jitter", "collapses", "sentence"),
    [
        ([NAN], [NAN], "Of no variant is it known how steadily it trains."),
        (
            [0.01, 0.01],
            [0, NAN],
            "The jitter of test accuracy is 1.00 percentage points for A and B. "
            "It collapses for none.",
        ),
        (
            [0.01, 0.002, 0.05],
            [3, 0, 1.5],
            "Test accuracy is steadiest for B (jitter 0.20 percentage points) and least steady "
            "for C (5.00 percentage points). It collapses and comes back for A (3 times), "
            "C (1.5 times).",
        ),
    ],
)
def test_sentence_on_stability(jitter: list[float], collapses: list[float], sentence: str) -> None:
    """Who is steady, who is not, and who collapses; nothing is said of what is unknown."""
    assert stability(jitter, collapses) == sentence


@pytest.mark.parametrize(
    ("probability", "cell", "prose"),
    [
        (0.434, "43", "43\u202f%"),
        (0.0, "<\u202f1", "less than 1\u202f%"),
        (1.0, ">\u202f99", "more than 99\u202f%"),
        (NAN, wording.EMPTY, "unknown"),
        (None, wording.EMPTY, "unknown"),
    ],
)
def test_probabilities_are_never_certain(probability: Any, cell: str, prose: str) -> None:
    """A probability from a finite number of runs is not shown as 0 or 100 %."""
    assert wording.chance_number(probability) == cell
    assert wording.chance(probability) == prose


def test_small_p_values_are_bounded() -> None:
    """Below a thousandth only the bound is shown."""
    assert [wording.p_value(p) for p in (0.0, 0.04961, 1.0, NAN)] == [
        "<\u202f0.001",
        "0.050",
        "1.000",
        wording.EMPTY,
    ]


def test_the_report_shows_tests_stability_and_chances(report: str, outline: Any) -> None:
    """The shipped study's tables of both kinds are there, explained and marked as cut short."""
    text = outline(report).text
    for words in (
        "Chance of best (%)",
        "p (Holm)",
        "Tested by sampling error",
        "A collapse: test accuracy falls below 1.5 times that of guessing, after having exceeded "
        "4 times it, and is above that again within 50 epochs.",
        "Epochs to 40\u202f%",
        "20 of 1000",
        "With one seed, how another would turn out is not known.",
    ):
        assert words.replace("\u202f", " ") in text.replace("\u202f", " "), words
