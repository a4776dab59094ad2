"""Tables and figures under their questions say what sections of their own would say."""

import json
from pathlib import Path
from typing import Any

import pytest

from nnrepro.models.registry import catalogue
from nnrepro.study.config import ConfigError, load_study
from nnrepro.study.questions import PlacementError, unfolded
from nnrepro.study.sources import SourceError, read_configuration, read_source

NESTED = """\
questions:
  A2:
    title: Better
    runs: [text_models]
    tables:
      ranked: {kind: ranking, title: Ranked, metrics: [selection], sort_by: selection}
      grid_cross: null
    figures:
      over_time:
        kind: comparison
        titel: Over time
"""


def test_what_stands_under_a_question_is_laid_over_what_stands_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(NESTED)
    read = read_configuration([tmp_path / "mine.yaml"], on_study=False)
    assert read.values["tables"] == {
        "ranked": {
            "question": "A2",
            "kind": "ranking",
            "title": "Ranked",
            "metrics": ["selection"],
            "sort_by": "selection",
        },
        "grid_cross": None,
    }
    assert read.values["questions"] == {"A2": {"title": "Better", "runs": ["text_models"]}}
    assert read.places["figures.over_time.titel"].endswith("mine.yaml, line 11")


def test_a_mistake_under_a_question_is_named_with_its_line(
    shipped: dict[str, Any], tmp_path: Path, repository: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(NESTED)
    read = read_source(tmp_path / "mine.yaml").over(read_source(repository / "config.yaml"))
    with pytest.raises(ConfigError) as refused:
        load_study(read.values, catalogue(), read.places)
    told = str(refused.value)
    assert "figures.over_time.titel: unknown key of a figure of kind 'comparison'" in told
    assert "did you mean 'title'?" in told and "mine.yaml, line 11)" in told


def test_runs_come_from_the_question_where_nothing_else_is_said(config: dict[str, Any]) -> None:
    config["questions"]["A1"]["tables"] = {"mine": {"kind": "convergence", "title": "T"}}
    assert load_study(config, catalogue()).tables["mine"].runs == ("channel_grid/c1-50_c2-60",)
    del config["questions"]["A1"]["runs"]
    with pytest.raises(ConfigError, match=r"tables\.mine: the key 'runs' is missing, here and for"):
        load_study(config, catalogue())


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (
            {"questions": {"a": {"tables": {"x": {}}}, "b": {"tables": {"x": {}}}}},
            r"questions\.b\.tables\.x: stands elsewhere, too",
        ),
        (
            {"tables": {"x": {}}, "questions": {"a": {"tables": {"x": {}}}}},
            r"questions\.a\.tables\.x: stands elsewhere, too",
        ),
        (
            {"questions": {"a": {"figures": {"x": {"question": "b"}}}}},
            r"questions\.a\.figures\.x\.question: it stands under one",
        ),
    ],
)
def test_what_stands_in_two_places_is_refused(
    config: dict[str, Any], told: str, tmp_path: Path
) -> None:
    with pytest.raises(PlacementError, match=told):
        unfolded(config)
    (tmp_path / "twice.yaml").write_text(json.dumps(config))
    with pytest.raises(SourceError, match=rf"twice\.yaml: line 1: {told}"):
        read_source(tmp_path / "twice.yaml")


@pytest.mark.parametrize("odd", [3, [1], {"a": 3}, {"a": {"tables": 3}}, {"a": {"tables": [1]}}])
def test_another_shape_is_left_to_the_schema(odd: Any) -> None:
    assert unfolded({"questions": odd}) == {"questions": odd}


PAIRS: list[tuple[list[list[str]], list[list[str]] | str]] = [
    (
        [["text_models/*", "text_dropout/*_dropout"]],
        [
            [f"text_models/{name}", f"text_dropout/{name}_dropout"]
            for name in ("char_cnn", "word_cnn", "char_rnn_gru", "word_rnn_gru")
        ],
    ),
    (
        [["text_models/char_rnn_gru", "rnn_variants/char_*"]],
        [
            ["text_models/char_rnn_gru", f"rnn_variants/char_rnn_{name}"]
            for name in ("vanilla", "lstm", "gru_2layer", "gru_clip")
        ],
    ),
    (
        [["text_models/*_cnn", "text_models/char_cnn"]],
        [[f"text_models/{name}_cnn", "text_models/char_cnn"] for name in ("char", "word")],
    ),
    ([["text_models/*", "rnn_variants/*_lstm"]], "no variants are pairs of 'text_models/*' and"),
    ([["text_models/*_gnu", "rnn_variants/*"]], "'text_models/*_gnu' matches no variant"),
    ([["text_models/?ord_cnn", "text_models/char_cnn"]], "must name one variant"),
]


@pytest.mark.parametrize(("pairs", "expected"), PAIRS)
def test_a_pattern_stands_for_pairs(
    shipped: dict[str, Any], pairs: list[list[str]], expected: list[list[str]] | str
) -> None:
    table = {"kind": "pairs", "title": "T", "metrics": ["selection"], "pairs": pairs}
    runs = ["text_models", "text_dropout", "rnn_variants"]
    tables = {"mine": {**table, "question": "B5", "runs": runs}}
    config = {**shipped, "tables": tables}
    if isinstance(expected, str):
        with pytest.raises(ConfigError) as refused:
            load_study(config, catalogue())
        assert expected in str(refused.value)
    else:
        assert load_study(config, catalogue()).tables["mine"].options["pairs"] == expected
