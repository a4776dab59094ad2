"""Tables of kind `optimism`: how far each way of selecting overrates what it selects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.measures.folds import DEFAULT_FOLDS, FoldHistory, FoldsOf, folds_of_answers
from nnrepro.measures.predictions import AnswersOf
from nnrepro.statistics.intervals import summarise
from nnrepro.statistics.optimism import FINAL, RULES, HalfScores, half_scores, optimism
from nnrepro.study.sizes import MAX_FOLDS
from nnrepro.tables.columns import KEYS, metric_name
from nnrepro.tables.csvfile import TableError, tidy_types

COUNTED = "every epoch"
PREDICTED = "final epoch"

TOO_FEW = "fewer than two variants can be selected from"
NOT_COUNTED = (
    "neither right answers by folds (setting test_folds) nor predictions of two variants or more"
)
ONE_EPOCH = "only the answers of the final epoch are known"
HELD_OUT = "selected on held-out training examples, so no test example takes part"
NO_SHARE = "it is no share of right answers on the test set"
OTHER_FOLDS = "the variants' right answers are counted in different folds"

COLUMNS = (
    *("protocol", "experiment", "rule", "selects", "basis", "candidates", "left_out", "seeds"),
    *("test_examples", "folds", "splits", "selected_score", "honest_score", "optimism"),
    *("optimism_sd", "optimism_low", "optimism_high", "epoch_optimism", "single_run_optimism"),
    *("single_run_ci95_low", "single_run_ci95_high", "variant", "label", "chosen_share", "reason"),
)

Scores = Mapping[str, HalfScores]


@dataclass(frozen=True, eq=False)
class _Candidates:
    """What a selection is measured on.

    Attributes:
        basis: of which epochs the answers are known.
        scores: by variant and seed, the scores by each metric.
        folds: number of folds.
        examples: examples of the test set.
    """

    basis: str
    scores: Mapping[str, Mapping[int, Scores]]
    folds: int
    examples: int


def optimism_table(
    variants: pd.DataFrame,
    *,
    selection: Mapping[str, str] | None = None,
    runs: pd.DataFrame | None = None,
    answers: AnswersOf | None = None,
    folds: FoldsOf | None = None,
) -> pd.DataFrame:
    """The optimism of selecting a variant of an experiment on the test set, by each metric.

    Variants with a diverged run are left out, as a selection leaves them out. Where no run counts
    its right answers by folds, the predictions of the final epoch stand in.

    Args:
        variants: rows of the variants table.
        selection: the metric by which each protocol selects.
        runs: the runs table.
        answers: gives a run's answers on the test examples by its id.
        folds: gives a run's right answers by folds by its id.

    Returns:
        For each protocol, experiment and metric that selects (`rule`; `selects` marks the
        protocol's own) a row per variant chosen in any split, the most frequent first: what was
        measured on (`basis`, the `candidates` and those `left_out`, `seeds`, `test_examples`,
        `folds`, `splits`), the numbers of `nnrepro.statistics.optimism.Optimism` on the mean over
        seeds, `single_run_optimism` with its 95 % interval over seeds (selecting among the runs of
        one seed), then `variant`, `label` and `chosen_share`. What cannot be measured has one row
        with the `reason`.

    Raises:
        TableError: the runs table is not given.
    """
    if runs is None:
        raise TableError("a table of kind 'optimism' is made from the runs table")
    rows: list[dict[str, Any]] = []
    for key, here in variants.groupby(["protocol", "experiment"], sort=False):
        protocol, experiment = (str(part) for part in key)
        own = (selection or {}).get(protocol, "")
        sound = here[~here["status"].str.contains("diverged")]
        found = _candidates(_runs_of(sound, runs), answers, folds)
        common = {
            "protocol": protocol,
            "experiment": experiment,
            "test_examples": int(here["test_examples"].max()),
        }
        for rule in dict.fromkeys((*((own,) if own else ()), *RULES)):
            shown = {"rule": metric_name(here, rule), "selects": rule == own}
            rows += [common | shown | row for row in _rows(rule, here, found)]
    return tidy_types(pd.DataFrame(rows, columns=list(COLUMNS), dtype="object"))


def _rows(rule: str, variants: pd.DataFrame, found: _Candidates | str) -> Iterator[dict[str, Any]]:
    """The rows of one metric."""
    reason = _reason(rule, found)
    if reason or isinstance(found, str):
        yield {"reason": reason}
        return
    by_seed = {
        name: {seed: scores[rule] for seed, scores in seeds.items()}
        for name, seeds in found.scores.items()
    }
    whole = asdict(optimism({name: list(seeds.values()) for name, seeds in by_seed.items()}))
    chosen = whole.pop("chosen")
    labels = dict(zip(variants["variant"], variants["label"], strict=True))
    measured = {
        "basis": found.basis,
        "candidates": len(by_seed),
        "left_out": len(variants) - len(by_seed),
        "seeds": len({seed for seeds in by_seed.values() for seed in seeds}),
        "test_examples": found.examples,
        "folds": found.folds,
        "splits": len(next(iter(next(iter(by_seed.values())).values())).selecting),
        "selected_score": whole["selected"],
        "honest_score": whole["honest"],
        "optimism": whole["optimism"],
        "optimism_sd": whole["deviation"],
        "optimism_low": whole["low"],
        "optimism_high": whole["high"],
        "epoch_optimism": whole["epoch"],
        **_single_runs(by_seed),
    }
    for name in sorted(chosen, key=lambda name: (-chosen[name], name)):
        yield measured | {"variant": name, "label": labels[name], "chosen_share": chosen[name]}


def _reason(rule: str, found: _Candidates | str) -> str:
    """Why selecting by a metric cannot be measured; empty when it can."""
    if "validation" in rule:
        return HELD_OUT
    if rule not in RULES:
        return NO_SHARE
    if isinstance(found, str):
        return found
    return ONE_EPOCH if found.basis == PREDICTED and rule != FINAL else ""


def _single_runs(by_seed: Mapping[str, Mapping[int, HalfScores]]) -> dict[str, float | None]:
    """The optimism of selecting among the runs of one seed, over the seeds."""
    seeds = sorted({seed for scores in by_seed.values() for seed in scores})
    values = []
    for seed in seeds:
        here = {name: [scores[seed]] for name, scores in by_seed.items() if seed in scores}
        if len(here) > 1:
            values.append(optimism(here).optimism)
    summary = summarise(np.array(values))
    interval = summary.interval
    return {
        "single_run_optimism": summary.mean,
        "single_run_ci95_low": None if interval is None else interval.low,
        "single_run_ci95_high": None if interval is None else interval.high,
    }


def _runs_of(variants: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Rows of the runs table that belong to these variants and have a history."""
    wanted = set(variants[list(KEYS)].itertuples(index=False, name=None))
    keys = runs[list(KEYS)].itertuples(index=False, name=None)
    belong = np.array([key in wanted for key in keys], dtype=bool)
    return runs[belong & runs["epochs_completed"].notna().to_numpy(dtype=bool)]


def _candidates(
    runs: pd.DataFrame, answers: AnswersOf | None, folds: FoldsOf | None
) -> _Candidates | str:
    """The scores of runs of one experiment, or why there are none."""
    if runs["variant"].nunique() < 2:
        return TOO_FEW
    known = [(row, folds(str(row.run_id))) for row in runs.itertuples()] if folds else []
    counted = [(row, counts) for row, counts in known if counts is not None]
    if len({row.variant for row, _ in counted}) > 1:
        return _scored(COUNTED, counted)
    predicted = [(row, _predicted(row, answers)) for row in runs.itertuples()] if answers else []
    usable = [(row, counts) for row, counts in predicted if counts is not None]
    if len({row.variant for row, _ in usable}) > 1:
        return _scored(PREDICTED, usable)
    return NOT_COUNTED


def _predicted(row: Any, answers: AnswersOf) -> FoldHistory | None:
    """The final epoch's right answers by folds; None where they are not known."""
    examples = int(row.test_examples)
    found = answers(row.run_id)
    if found is None or len(found.right) < examples:
        return None
    asked = getattr(row, "test_folds", None)
    wanted = DEFAULT_FOLDS if pd.isna(asked) or not asked else int(asked)
    fitting = min(wanted, examples, MAX_FOLDS) // 2 * 2
    return folds_of_answers(found.right[:examples], fitting) if fitting else None


def _scored(basis: str, counted: Sequence[tuple[Any, FoldHistory]]) -> _Candidates | str:
    """The scores of every run whose right answers are known by folds."""
    sizes = {tuple(counts.examples.tolist()) for _, counts in counted}
    if len(sizes) > 1:
        return OTHER_FOLDS
    scores: dict[str, dict[int, Scores]] = {}
    for row, counts in counted:
        scores.setdefault(row.variant, {})[int(row.seed)] = half_scores(counts, int(row.window))
    (examples,) = sizes
    return _Candidates(basis, scores, len(examples), sum(examples))
