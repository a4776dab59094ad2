"""Splits by shares: every example once, the same for the same seed, in proportion in each class."""

from collections import Counter
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnrepro.data.errors import DataError
from nnrepro.data.splits import split

ASKED = {"validation": 0.2, "test": 0.25, "seed": 0}
LABELS = st.lists(st.sampled_from("aaab"), min_size=12, max_size=80)


def contents(labels: list[str]) -> list[bytes]:
    """Contents of which each is another."""
    return [f"{label}{index}".encode() for index, label in enumerate(labels)]


@given(LABELS)
def test_each_example_is_in_one_set(labels: list[str]) -> None:
    found = split(contents(labels), labels, ASKED, "here")
    assert sorted(chain(*found.values())) == list(range(len(labels)))
    assert list(found) == ["train", "validation", "test"]
    assert len(found["test"]) == round(0.25 * len(labels))
    assert len(found["validation"]) == round(0.2 * len(labels))


@given(LABELS)
def test_each_class_is_split_by_the_shares_within_one(labels: list[str]) -> None:
    found = split(contents(labels), labels, ASKED, "here")
    whole = Counter(labels)
    for label, count in Counter(labels[i] for i in found["test"]).items():
        assert abs(count - len(found["test"]) * whole[label] / len(labels)) <= 1
    assert {labels[i] for i in found["train"]} == set(labels), "none is lost to training"


@given(LABELS, st.randoms(use_true_random=False), st.integers(0, 2**32))
def test_neither_order_nor_time_decides_but_the_seed(labels: list[str], random, seed: int) -> None:
    own = list(zip(contents(labels), labels, strict=True))
    mixed = random.sample(own, len(own))
    asked = {**ASKED, "seed": seed}
    first, second = (
        split([content for content, _ in rows], [label for _, label in rows], asked, "here")
        for rows in (own, mixed)
    )
    for name in first:
        assert {own[i] for i in first[name]} == {mixed[i] for i in second[name]}


def test_another_seed_is_another_split() -> None:
    rows = contents(["a"] * 100)
    found = [split(rows, None, {**ASKED, "seed": seed}, "here")["test"] for seed in range(5)]
    assert len({tuple(own) for own in found}) == 5


def test_a_set_of_a_few_kinds_of_rows_is_like_the_others() -> None:
    kinds = [b"first"] * 600 + [b"second"] * 300 + [b"third"] * 100
    found = split(kinds, None, ASKED, "here")
    for own in found.values():
        shares = [Counter(kinds[i] for i in own)[kind] / len(own) for kind in dict.fromkeys(kinds)]
        assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.08)


def test_what_is_there_already_is_not_taken() -> None:
    found = split(contents(["a"] * 10), None, ASKED, "here", tested=False)
    assert set(found) == {"train", "validation"}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"test": 0.01}, "split.test: 0.01 of 10 examples is none; give more of them"),
        (
            {"test": 10},
            "here: split asks for 10 test and 2 validation examples of 10, which leaves",
        ),
    ],
)
def test_a_split_that_cannot_be(asked: dict[str, float], words: str) -> None:
    with pytest.raises(DataError, match=words):
        split(contents(["a"] * 10), None, {**ASKED, **asked}, "here")
