"""Every table of the shipped study: what may change when runs are shuffled, missing or unsound."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nnrepro.measures.history import History
from nnrepro.measures.runs import Problem, RunData
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.kinds import kinds
from nnrepro.study.study import Study
from nnrepro.tables.columns import rows_of
from nnrepro.tables.runs import runs_table
from nnrepro.tables.sources import make_table
from nnrepro.tables.variants import variants_table

Tables = Mapping[str, pd.DataFrame]
PAIR = {"variant": "c1-90_c2-40", "c1": 90, "c2": 40}
DECISIONS = {(protocol, "channel_grid"): PAIR for protocol in ("tan", "koh")}
ODD = {"text_models/char_cnn": "constant", "rnn_variants/word_rnn_lstm": "single"}
"""Variants with curves of their own kind: one level throughout, one epoch."""


@pytest.fixture(scope="module")
def study(repository: Path) -> Study:
    """The shipped study with two seeds and, for speed, few variants of each kind."""
    config = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    pairs = [f"channel_grid/c1-{c1}_c2-{c2}" for c1 in (50, 90) for c2 in (40, 60)]
    rest = ["optimizers/adam", "optimizers/*_dropout", "text_models/*", "text_dropout/*_cnn_*"]
    changes = {"seeds": [0, 1], "only": {"variants": [*pairs, *rest, "rnn_variants/*_lstm"]}}
    return load_study(config | changes, catalogue())


def history_of(variant: str, protocol: str, seed: int) -> History:
    """Nine epochs, few different accuracies so that many are equal; odd ones for `ODD`."""
    numbers = np.random.default_rng(list(f"{protocol}{variant}{seed}".encode()))
    kind = ODD.get(variant)
    epochs = 1 if kind == "single" else 9
    accuracy = np.full(epochs, 0.5) if kind == "constant" else numbers.integers(0, 8, epochs) / 8
    loss = 1 + numbers.random(epochs)
    return History.of(loss=loss, accuracy=accuracy, val_loss=loss + 1, val_accuracy=accuracy)


@pytest.fixture(scope="module")
def whole(study: Study) -> list[RunData]:
    """Every run, resolved, with a history."""
    runs = [study.resolved(run, DECISIONS) for run in study.runs]
    return [
        RunData(run, history_of(f"{run.experiment}/{run.variant}", run.protocol, run.seed))
        for run in runs
    ]


def tables_of(
    study: Study, data: Sequence[RunData], missing: Sequence[Problem] = (), order: Any = None
) -> Tables:
    """All tables of the study; `order` is that in which runs and variants are met."""
    wanted = [item.run for item in data] + [problem.run for problem in missing]
    wanted = [wanted[i] for i in order] if order else wanted
    runs = runs_table(data, missing, wanted, study.accuracy_levels)
    variants = variants_table(runs)
    found = {"runs": runs, "variants": variants}
    for name, spec in study.tables.items():
        rows = [rows_of(variants, study.chosen(p, spec.runs, DECISIONS)) for p in study.protocols]
        chosen = pd.concat(rows, ignore_index=True)
        sources = SimpleNamespace(
            variants=chosen,
            runs=runs,
            selection=lambda protocol, *of: study.selection_metric(protocol, of),
            answers=lambda _: None,
            folds=lambda _: None,
        )
        found[name] = make_table(kinds("tables")[spec.kind], spec.options, sources)
    return found


@pytest.fixture(scope="module")
def expected(study: Study, whole: list[RunData]) -> Tables:
    """The tables of all runs."""
    return tables_of(study, whole)


def comparable(table: pd.DataFrame) -> pd.DataFrame:
    """A table as text, its rows in an order of their own."""
    text = table.astype("str").reindex(columns=sorted(table.columns))
    return text.sort_values(list(text.columns), ignore_index=True)


@settings(max_examples=2, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_the_order_of_runs_and_seeds_changes_no_digit_of_any_table(
    study: Study, whole: list[RunData], expected: Tables, random: Any
) -> None:
    data = list(whole)
    random.shuffle(data)
    order = list(range(len(data)))
    random.shuffle(order)
    for name, table in tables_of(study, data, order=order).items():
        pd.testing.assert_frame_equal(comparable(table), comparable(expected[name]))


RELATIVE = ("rank", "difference_to_best", "tied_with_best", "probability_best", "p_holm")
RELATIVE += ("significant",)
"""Columns that place a variant among the others."""


def own_rows(table: pd.DataFrame, without: tuple[str, str, str]) -> pd.DataFrame:
    """Rows that have nothing to do with a variant; those of its protocol without `RELATIVE`."""
    protocol, experiment, variant = without
    here = table["protocol"] == protocol
    named = table.isin([variant, f"{experiment}/{variant}"]).any(axis=1)
    aside = table[~here].copy()
    same = table[here & ~named].drop(columns=list(RELATIVE), errors="ignore")
    return comparable(pd.concat([aside, same], ignore_index=True))


@settings(max_examples=3, deadline=None)
@given(data=st.data(), seeds=st.sampled_from([(0,), (0, 1)]))
def test_a_missing_run_changes_only_what_depends_on_it(
    study: Study, whole: list[RunData], expected: Tables, data: Any, seeds: Sequence[int]
) -> None:
    gone = whole[data.draw(st.integers(0, len(whole) - 1))].run
    key = (gone.protocol, gone.experiment, gone.variant)
    lost = [
        item.run
        for item in whole
        if (item.run.protocol, item.run.experiment, item.run.variant) == key
        and item.run.seed in seeds
    ]
    problems = [Problem(run, "history.json", "there is no such file", "missing") for run in lost]
    rest = [item for item in whole if item.run not in lost]
    fewer = tables_of(study, rest, problems)
    for name, table in expected.items():
        kind = study.tables[name].kind if name in study.tables else ""
        if kind == "cross":  # averages of rows and columns hold the cell that is gone
            apart = table["protocol"] != gone.protocol
            other = fewer[name]["protocol"] != gone.protocol
            pd.testing.assert_frame_equal(
                comparable(table[apart]), comparable(fewer[name][other]), check_dtype=False
            )
            continue
        pd.testing.assert_frame_equal(own_rows(table, key), own_rows(fewer[name], key))


@settings(max_examples=3, deadline=None)
@given(epoch=st.integers(0, 8), seed=st.sampled_from([0, 1]))
def test_a_number_that_is_none_blanks_its_run_alone(
    study: Study, whole: list[RunData], expected: Tables, epoch: int, seed: int
) -> None:
    """Of a diverged run the extremes of its sound epochs are left, and no mean."""
    where = ("tan", "text_models", "word_cnn")
    data = []
    for item in whole:
        run = item.run
        if (run.protocol, run.experiment, run.variant, run.seed) == (*where, seed):
            accuracy = item.history.val_accuracy.copy()
            accuracy[epoch] = np.nan
            history = item.history
            history = History.of(
                loss=history.series["loss"],
                accuracy=history.series["accuracy"],
                val_loss=history.series["val_loss"],
                val_accuracy=accuracy,
            )
            data.append(RunData(run, history, record={"status": "diverged"}))
            sound = np.delete(accuracy, epoch)
        else:
            data.append(item)
    found = tables_of(study, data)
    runs = found["runs"].set_index("run_id").loc["/".join(where) + f"/seed{seed}"]
    assert runs["max_test_accuracy"] == sound.max()
    assert np.isnan(runs["mean_test_accuracy"]) and not runs["test_accuracy_converged"]
    row = found["variants"].set_index(["protocol", "experiment", "variant"]).loc[where]
    assert (row["mean_test_accuracy_n"], row["max_test_accuracy_n"]) == (1, 2)
    for name in ("runs", "variants"):
        pd.testing.assert_frame_equal(own_rows(found[name], where), own_rows(expected[name], where))
