"""Tables of kind `optimism`: how far each way of selecting overrates what it selects."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Grid, entry, grid, number_field, numeric, text_field
from nnrepro.document.text import Text, spaced, text
from nnrepro.measures.folds import DEFAULT_FOLDS, FoldHistory, FoldsOf, folds_of_answers
from nnrepro.measures.predictions import AnswersOf
from nnrepro.statistics.intervals import summarise
from nnrepro.statistics.optimism import FINAL, RULES, HalfScores, half_scores, selection_optimism
from nnrepro.study.feasibility import MAX_FOLDS
from nnrepro.study.kinds import shows, table
from nnrepro.tables.columns import KEYS, SelectionOf, metric_name
from nnrepro.tables.content import (
    LEVEL,
    Record,
    Shown,
    TableContent,
    TableContext,
    labels,
    records,
)
from nnrepro.tables.csvfile import tidy_types
from nnrepro.tables.metrics import metric

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

_COLUMNS = (
    *("protocol", "experiment", "rule", "selects", "basis", "candidates", "left_out", "seeds"),
    *("test_examples", "folds", "splits", "selected_score", "honest_score", "optimism"),
    *("optimism_sd", "optimism_low", "optimism_high", "epoch_optimism", "single_run_optimism"),
    *("single_run_ci95_low", "single_run_ci95_high", "variant", "label", "chosen_share", "reason"),
)


@dataclass(frozen=True, eq=False)
class _Candidates:
    """What a selection is measured on.

    Attributes:
        basis: of which epochs the answers are known.
        scores: by variant and seed, the scores by each metric.
    """

    basis: str
    scores: Mapping[str, Mapping[int, Mapping[str, HalfScores]]]
    folds: int
    examples: int


@table
def optimism(
    variants: pd.DataFrame,
    runs: pd.DataFrame,
    selection: SelectionOf,
    answers: AnswersOf,
    folds: FoldsOf,
) -> pd.DataFrame:
    """The optimism of selecting a variant of an experiment on the test set, by each metric.

    Variants with a diverged run are left out, as a selection leaves them out. Where no run counts
    its right answers by folds, the predictions of the final epoch stand in.

    Returns:
        For each protocol, experiment and metric that selects (`rule`; `selects` marks the
        protocol's own) a row per variant chosen in any split, the most frequent first: what was
        measured on (`basis`, the `candidates` and those `left_out`, `seeds`, `test_examples`,
        `folds`, `splits`), the numbers of `nnrepro.statistics.optimism.Optimism` on the mean over
        seeds, `single_run_optimism` with its 95 % interval over seeds (selecting among the runs of
        one seed), then `variant`, `label` and `chosen_share`. What cannot be measured has one row
        with the `reason`.
    """
    rows: list[dict[str, Any]] = []
    for key, here in variants.groupby(["protocol", "experiment"], sort=False):
        protocol, experiment = (str(part) for part in key)
        own = selection(protocol, experiment)
        sound = here[~here["status"].str.contains("diverged")]
        found = _candidates(_runs_of(sound, runs), answers, folds)
        common = {
            "protocol": protocol,
            "experiment": experiment,
            "test_examples": _whole(here["test_examples"].max()),
        }
        for rule in dict.fromkeys((own, *RULES)):
            shown = {"rule": metric_name(here, rule), "selects": rule == own}
            rows += [common | shown | row for row in _rows(rule, here, found)]
    return tidy_types(pd.DataFrame(rows, columns=_COLUMNS, dtype="object"))


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
    whole = selection_optimism({name: list(seeds.values()) for name, seeds in by_seed.items()})
    labels = dict(zip(variants["variant"], variants["label"], strict=True))
    measured = {
        "basis": found.basis,
        "candidates": len(by_seed),
        "left_out": len(variants) - len(by_seed),
        "seeds": len({seed for seeds in by_seed.values() for seed in seeds}),
        "test_examples": found.examples,
        "folds": found.folds,
        **asdict(whole),
        **_single_runs(by_seed),
    }
    for name, share in sorted(measured.pop("chosen").items(), key=lambda item: (-item[1], item[0])):
        yield measured | {"variant": name, "label": labels[name], "chosen_share": share}


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
    here = [{name: [s[seed]] for name, s in by_seed.items() if seed in s} for seed in seeds]
    summary = summarise(np.array([selection_optimism(s).optimism for s in here if len(s) > 1]))
    interval = summary.interval
    return {
        "single_run_optimism": summary.mean,
        "single_run_ci95_low": None if interval is None else interval.low,
        "single_run_ci95_high": None if interval is None else interval.high,
    }


def _runs_of(variants: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Rows of the runs table that belong to these variants and have a history."""
    belong = runs.set_index([*KEYS]).index.isin(variants.set_index([*KEYS]).index)
    return runs[belong & runs["epochs_completed"].notna().to_numpy(dtype=bool)]


def _candidates(runs: pd.DataFrame, answers: AnswersOf, folds: FoldsOf) -> _Candidates | str:
    """The scores of runs of one experiment, or why there are none."""
    if runs["variant"].nunique() < 2:
        return TOO_FEW
    ways: Mapping[str, Callable[[Any], FoldHistory | None]] = {
        COUNTED: lambda row: folds(str(row.run_id)),
        PREDICTED: lambda row: _predicted(row, answers),
    }
    for basis, way in ways.items():
        found = [(row, counts) for row in runs.itertuples() if (counts := way(row)) is not None]
        if len({row.variant for row, _ in found}) > 1:
            return _scored(basis, found)
    return NOT_COUNTED


def _predicted(row: Any, answers: AnswersOf) -> FoldHistory | None:
    """The final epoch's right answers by folds; None where they are not known."""
    found = answers(row.run_id)
    if found is None:
        return None
    examples = _whole(row.test_examples) or len(found.right)
    if len(found.right) < examples:
        return None
    asked = getattr(row, "test_folds", None)
    wanted = DEFAULT_FOLDS if pd.isna(asked) or not asked else int(asked)
    fitting = min(wanted, examples, MAX_FOLDS) // 2 * 2
    return folds_of_answers(found.right[:examples], fitting) if fitting else None


def _whole(size: float) -> int | None:
    """The size of a test set; None where nothing tells it."""
    return None if pd.isna(size) else int(size)


def _scored(basis: str, counted: Sequence[tuple[Any, FoldHistory]]) -> _Candidates | str:
    """The scores of every run whose right answers are known by folds."""
    sizes = {tuple(counts.examples.tolist()) for _, counts in counted}
    if len(sizes) > 1:
        return OTHER_FOLDS
    scores: dict[str, dict[int, Mapping[str, HalfScores]]] = {}
    for row, counts in counted:
        scores.setdefault(row.variant, {})[int(row.seed)] = half_scores(counts, int(row.window))
    (examples,) = sizes
    return _Candidates(basis, scores, len(examples), sum(examples))


@shows(optimism)
def show(context: TableContext) -> TableContent:
    """One protocol's ways of selecting, a grid per experiment that is selected from."""
    context.require(*_COLUMNS)
    shown, said = [], []
    groups = [(str(name), rows) for name, rows in context.frame.groupby("experiment", sort=False)]
    for name, rows in groups:
        title = context.study.experiments[name].title if len(groups) > 1 else ""
        rules = rows.groupby("rule", sort=False)
        shown.append(Shown(_grid(context, records(rules.head(1))), title, _notes(rows)))
        for rule, own in rules:
            if own["selects"].iloc[0]:
                said.append(words(own, context.phrase(metric(str(rule)))))
    return TableContent(tuple(shown), tuple(said))


def _grid(context: TableContext, rules: Sequence[Record]) -> Grid:
    def rule(row: Record) -> Cell:
        own = bool(row["selects"])
        head = context.heading(metric(row["rule"])).removesuffix(" (%)")
        return Cell(head, "the protocol\u2019s own" if own else "", header=True, best=own)

    def chosen(row: Record) -> Cell:
        if row["reason"] is not None:
            return Cell("none given", row["reason"])
        share = f"in {_share(row['chosen_share'])} of splits"
        return replace(context.named_cell(row, share), header=False)

    single = number_field(
        "Single runs (points)", partial(_spread, "single_run_optimism", "single_run_ci95")
    )
    several = any(row["single_run_ci95_low"] is not None for row in rules)
    fields = (
        text_field("Selected by", rule),
        number_field("Half that selects (%)", entry("selected_score", wording.percent_number)),
        number_field("Other half (%)", entry("honest_score", wording.percent_number)),
        number_field("Optimism (points)", partial(_spread, "optimism", "optimism")),
        number_field("From the epoch (points)", entry("epoch_optimism", wording.points)),
        *([single] if several else []),
        text_field("Chosen most often", chosen),
    )
    return grid(rules, fields)


def _spread(value: str, interval: str, row: Record) -> Cell:
    ends = [wording.points(row[f"{interval}_{end}"]) for end in ("low", "high")]
    return numeric(wording.points(row[value]), "" if wording.EMPTY in ends else " to ".join(ends))


def _share(share: float) -> str:
    return f"{wording.whole(100 * share)}\u202f%"


def _notes(rows: pd.DataFrame) -> tuple[Text, ...]:
    known = records(rows[rows["reason"].isna()])
    if not known:
        return ()
    row = known[0]
    half = wording.counted(int(row["test_examples"]) // 2, "example")
    several = row["single_run_ci95_low"] is not None
    left_out = wording.counted(int(row["left_out"]), "variant")
    note = spaced(
        f"Optimism: score on the half of the test set ({half}) that selects, minus that on the "
        "other half, on the mean over seeds, averaged over every way to halve the folds; behind it "
        f"the range of {LEVEL} of them. On the whole test set, twice as large, it is smaller. From "
        "the epoch: what choosing the best epoch on the same half adds to that.",
        f"Single runs: the same among the runs of one seed, with the {LEVEL} interval of its mean "
        "over seeds."
        if several
        else "",
        "Only the answers of the final epoch are known." if row["basis"] == PREDICTED else "",
        f"{left_out} could not be counted in." if row["left_out"] else "",
    )
    return (note,)


def words(rows: pd.DataFrame, phrase: str) -> Text:
    """What one way of selecting adds.

    It has a row per variant chosen, the most frequent first.
    """
    row = records(rows)[0]
    if row["reason"] is not None:
        return text(f"No optimism is given for selecting by {phrase}: {row['reason']}.")
    here, there = (wording.percent(row[f"{end}_score"]) for end in ("selected", "honest"))
    epoch = row["epoch_optimism"]
    by, low, high = (wording.points(row[f"optimism{end}"]) for end in ("", "_low", "_high"))
    others = wording.counted(len(rows) - 1, "other variant")
    rest = f"; in the rest, {others}" if len(rows) > 1 else ""
    return spaced(
        f"The variant that half of the test set selects by {phrase} scores {here} there and "
        f"{there} on the other half: {by} percentage points of optimism, between {low} and {high} "
        f"in {LEVEL} of {wording.counted(int(row['splits']), 'split')}.",
        f"Choosing the epoch too adds {wording.points(epoch)} percentage points." if epoch else "",
        text(
            f"Chosen in {_share(row['chosen_share'])} of the splits: ",
            labels([row["label"]]),
            f"{rest}.",
        ),
    )
