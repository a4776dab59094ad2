"""What a selection chose is said where its results are shown."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from nnrepro.document.text import text, words_of
from nnrepro.models.registry import catalogue
from nnrepro.report.sections.brief import _outguessed
from nnrepro.report.sections.chosen import chosen
from nnrepro.report.sections.first import _sure
from nnrepro.report.source import Source
from nnrepro.study.config import load_study
from nnrepro.tables.ranking import Leaders

Said = Callable[[str, dict[tuple[str, str], object]], list[str]]
STUDY = """
name: leaves
data: {leaves: {source: csv, path: l.csv, label: x, split: {validation: 0.15, test: 0.15}}}
experiments:
  search:
    model: mlp
    epochs: 5
    parameters: {units: [8, 16, 32], learning_rate: [0.01, 0.3]}
  final: {select: SELECT, seeds: 3}
"""
BEST = [
    {"variant": "units-16_learning_rate-0.3", "units": 16, "learning_rate": 0.3},
    {"variant": "units-8_learning_rate-0.01", "units": 8, "learning_rate": 0.01},
]
FIRST = (
    "Rank 1 of 6 in \u201cSearch\u201d by closing mean held-out accuracy (90.00\u202f%)"
    ": "
    "units 16 and learning rate 0.3."
)
SECOND = (
    "Rank 2 of 6 in \u201cSearch\u201d by closing mean held-out accuracy: "
    "units 8 and learning rate 0.01."
)


@pytest.fixture
def said(tmp_path: Path) -> Said:
    """What is said of the final runs, by how they select and what was decided."""

    def of(select: str, decisions: dict[tuple[str, str], object]) -> list[str]:
        study = load_study(yaml.safe_load(STUDY.replace("SELECT", select)), catalogue())
        (protocol,) = study.protocols
        variant = {
            "protocol": protocol,
            "experiment": "search",
            "variant": BEST[0]["variant"],
            "label": "a",
            "window": 5,
            "last5_mean_validation_accuracy": 0.9,
        }
        pd.DataFrame([variant]).to_csv(tmp_path / "variants.csv", index=False)
        known = {(protocol, name): told for (_, name), told in decisions.items()}
        source = Source(study, tmp_path, tmp_path, known, {})
        return [words_of(text(each)) for each in chosen(source, "final")]

    return of


def test_runs_that_are_on_record_with_other_parameters_are_told(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive that lacks runs selects another variant than its later runs were made with."""
    made = {"model": "mlp", "settings": {"units": 16, "learning_rate": 0.01}}
    records = {0: {}, 1: {"run": made}, 2: {"run": made}}
    monkeypatch.setattr(Source, "record", lambda _, run: records[run.seed])
    decision = {**BEST[0], "model": "mlp"}
    (told,) = said("search", {("s", "search"): decision})
    asked = "units 16 and learning rate 0.3"
    otherwise = "but the runs here were made otherwise: 2 of 3 with learning rate 0.01."
    assert told.endswith(f"{asked}, {otherwise}")


def test_each_selected_variant_with_its_rank_and_parameters(said: Said) -> None:
    """With its value where that is known; nothing before anything is decided."""
    decided = {("", "search"): {**BEST[0], "best": BEST}}
    assert said("{from: search, top: 2}", decided) == [f"{FIRST} {SECOND}"]
    assert said("search", {("", "search"): BEST[0]}) == [FIRST]
    assert said("search", {}) == []


def test_where_fewer_could_be_selected_the_others_are_told(said: Said) -> None:
    decided = {("", "search"): {**BEST[0], "best": BEST[:1]}}
    assert said("{from: search, top: 2}", decided) == [FIRST]


def test_variants_of_the_same_value_are_no_clear_lead() -> None:
    """Nor is one whose rivals have no value; each comparison is told once."""

    def led(count: int, tied: int | None, *best: str) -> Leaders:
        return Leaders("accuracy", count, leaders=best, tied=tied)

    def told(*compared: Leaders) -> str:
        return words_of(text(*_sure(compared)))

    assert "In both comparisons, the best lies clearly ahead" in told(*[led(2, 0, "a")] * 2)
    assert "clearly ahead" not in told(led(2, 0, "a", "b"))
    several = told(led(2, 0, "a"), led(2, 0, "a", "b"), led(2, None, "a"), led(1, 0, "a"))
    assert several.startswith("1 of 4") and "In 1 of 4 comparisons, others cannot" in several
    assert "In 2 of 4 comparisons, too little is known" in several


@pytest.mark.parametrize(
    ("reached", "told"),
    [
        (
            0.4,
            [
                "Always answering \u201coak\u201d, the commonest class, would reach 40.00\u202f% "
                "in final test accuracy. No better: Final."
            ],
        ),
        (0.5, []),
    ],
)
def test_a_network_that_is_no_better_than_a_guess_is_named_in_the_report(
    reached: float, told: list[str], tmp_path: Path
) -> None:
    study = load_study(yaml.safe_load(STUDY.replace("SELECT", "search")), catalogue())
    row = {"protocol": "main", "experiment": "final", "variant": "default", "label": "Final"}
    row |= {"metric": "final_test_accuracy", "seeds": 3, "examples": 50, "task": "classification"}
    row |= {"answer": "oak", "constant": 0.4, "reached": reached}
    pd.DataFrame([row]).to_csv(tmp_path / "final_constant_answer.csv", index=False)
    source = Source(study, tmp_path, tmp_path, {}, {})
    said = [
        words_of(each) for name in study.questions.values() for each in _outguessed(source, name)
    ]
    assert said == told
