"""Sentences read well whatever a user calls an experiment or a variant."""

import re
from collections.abc import Iterator, Sequence

import pandas as pd
import pytest

from nnrepro.document.text import Text, text, words_of
from nnrepro.tables import constant_answer, convergence, factors, optimism, pairs, stability, tests
from nnrepro.tables.metrics import metric
from nnrepro.tables.ranking import Leaders, leaders_words

NAMES = (
    "The best of them, three times",
    "Wide nets",
    "dropout helps",
    "Which is best",
    "is better",
    "Adam and Eve",
    "What helped: a list",
    "50/60",
    "it",
)
BEFORE = r"(?:^|: |\(|, |; | and | \u2192 | against )"
AFTER = r"(?:$|[:;,.)]| \(| and | \u2192 | against )"
ACCURACY = metric("max_test_accuracy")


def leaders(names: Sequence[str]) -> Iterator[Leaders]:
    """One leader and several, with ties of every kind and without any."""
    first, second = names[:2]
    for best, tied in (
        ((first,), 0),
        ((first,), 1),
        ((first,), len(names) - 1),
        ((first, second), 0),
        ((first, second), None),
    ):
        yield Leaders("accuracy", len(names), (), best, "90 %", tied)
    yield Leaders("accuracy", 1, (second,), (first,), "90 %")
    yield Leaders("accuracy", 1, (), (first,), "90 %")
    yield Leaders("accuracy", 2, (), (first, second), "90 %")


def sentences(names: Sequence[str]) -> Iterator[Text]:
    """What tables and the report say of some variants."""
    count = len(names)
    for found in leaders(names):
        yield text(leaders_words(found), ".")
    two = pd.DataFrame({"label": names[:2], "changed_label": names[1:3]})
    changed = two.assign(difference=[0.1, -0.2], intervals_overlap=False, p_holm=0.01)
    yield pairs.words(changed, ACCURACY, "accuracy")
    yield tests.words(changed.assign(significant=True), ACCURACY, "accuracy")
    every = pd.DataFrame({"label": names})
    curve = "test_loss"
    for epochs in (range(count), [3] * count):
        settled = {f"{curve}_convergence_epoch": epochs, f"{curve}_converged": True}
        yield convergence.words(every.assign(**settled), curve)
    for jitter in (range(count), [1] * count):
        unsteady = {"jitter_test_accuracy": jitter, "collapses": range(count)}
        yield stability.words(every.assign(**unsteady))
    guess = {"metric": "final_test_accuracy", "task": "regression", "answer": "", "constant": 0.5}
    for reached, rows in ((0.1, every), (0.9, every[:1])):
        yield constant_answer.words(rows.assign(reached=reached, **guess))
    scores = {"selected_score": 0.5, "honest_score": 0.4, "optimism": 0.1, "epoch_optimism": 0}
    splits = {"reason": None, "splits": 252, "optimism_low": 0, "optimism_high": 1}
    yield optimism.words(every.assign(chosen_share=0.5, **scores, **splits), "accuracy")
    ends = {"metric": "max_test_accuracy", "difference": 0.1, "share": 0.5, "title": "From to"}
    roles = ["from", "to", "rest", *["factor"] * (count - 3)]
    apart = pd.Series([True, True, True, True, False, None, *[True] * (count - 6)], dtype=object)
    told = every.assign(role=roles, apart=apart, value=0.5, ci95_low=0, ci95_high=1, **ends)
    yield factors.words(told)


@pytest.mark.parametrize("start", range(len(NAMES)))
def test_a_name_is_no_part_of_a_sentence(start: int) -> None:
    """It stands by itself: after a colon, in brackets, in a list; no verb has to agree with it."""
    names = [*NAMES[start:], *NAMES[:start]]
    told = [" ".join(words_of(said).split()) for said in sentences(names)]
    assert sum(name in said for name in NAMES[:6] for said in told) > 20
    for said in told:
        for name in NAMES[:-1]:  # of "it", sentences have their own
            alone = re.findall(f"{BEFORE}{re.escape(name)}(?={AFTER})", said)
            assert len(alone) == said.count(name), said


def test_each_name_of_a_list_stands_out_by_itself() -> None:
    """Names that have an "and" of their own stay apart from the next ones."""
    found = Leaders("accuracy", 3, (), ("Adam and Eve", "Cain"), "90 %")
    bold = [part.text for part in leaders_words(found) if "bold" in part.styles]
    assert bold == ["Adam and Eve", "Cain"]
