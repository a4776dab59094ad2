"""The section on where the numbers come from."""

from typing import Any

import pytest

from nnrepro.document.text import text, words_of
from nnrepro.report.sections.provenance import energy, where_tested


@pytest.mark.parametrize(
    ("told", "watts", "sentence"),
    [
        ({}, 10, "No energy is estimated: no run on a processor recorded how long it had one."),
        (
            {"seconds": 7500, "runs": 3},
            None,
            "3 runs had a processor for 2 h 5 min. No energy is estimated: the configuration does "
            "not say what a core at work draws (energy.watts_per_core).",
        ),
        (
            {"seconds": 7500, "runs": 1, "others": 1},
            10,
            "1 run had a processor for 2 h 5 min. At 10 W for a core at work, which the "
            "configuration assumes and nobody measured, that is 21 Wh. 1 further run recorded no "
            "such time or ran on another device, and is not in it.",
        ),
    ],
)
def test_an_estimate_of_energy_names_its_assumption_or_what_it_lacks(
    told: dict[str, Any], watts: float | None, sentence: str
) -> None:
    assert " ".join(words_of(text(energy(told, watts))).split()) == sentence


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"file": "test_batch"}, "Those of test_batch."),
        (
            {
                "file": "data_batch_2.bin",
                "stands_in": True,
                "sample": {"examples": 2000, "per_class": 200, "seed": 3},
            },
            "Those of data_batch_2.bin, in place of the official test batch; 2000, 200 of each "
            "class, drawn with seed 3, come first.",
        ),
        (
            {"file": "test_batch", "stands_in": False, "sample": {"file": "test_batch_trim"}},
            "Those of test_batch; those of test_batch_trim come first.",
        ),
    ],
)
def test_test_examples_are_told_with_what_comes_first(told: dict[str, Any], sentence: str) -> None:
    assert where_tested(told) == sentence
