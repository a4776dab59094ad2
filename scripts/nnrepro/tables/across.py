"""Two studies, or two trainings of one, beside each other: settings, runs and results."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.measures.predictions import AnswersOf
from nnrepro.measures.runs import RunData, other_data
from nnrepro.study.messages import as_written, some_of
from nnrepro.study.run import Run, RunId
from nnrepro.tables.columns import KEYS, metric_name
from nnrepro.tables.csvfile import TableError, tidy_types
from nnrepro.tables.runs import runs_table
from nnrepro.tables.seed_pairs import SeedPairs, corrected
from nnrepro.tables.variants import variants_table

SIDES = ("a", "b")
NOT_SET, SELECTED = "not set", "selected"

_EXAMPLES = "_examples"
_SETTINGS = ("setting", *SIDES, "runs", "of")
_RUNS = ("only_in", "variant", "seeds")
_RESULTS = (
    *("variant", "metric", "seeds", *SIDES, "difference", "ci95_low", "ci95_high"),
    *("test", "p", "p_holm", "significant"),
)
_APART = ("variant", "why")

MetricOf = Callable[[str, str], str]
"""The metric by which results of a protocol and experiment are compared."""


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two.

    `runs` are its runs by id, of results those that are there; of these `data` is what was read of
    each, and `answers` gives what it answered; `told` are settings of the whole study, by key.
    """

    runs: Mapping[str, Run]
    data: Mapping[str, RunData] = field(default_factory=dict)
    answers: AnswersOf = lambda run_id: None
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Difference:
    """In what two sides differ.

    `settings`: a row per setting and pair of values, with the number of runs and which (`of`);
    `runs`: variants of which one side has seeds that the other lacks; `results`: a row per variant
    of which both have results that are not the same, b less a; `apart`: variants whose results
    cannot be compared, and why; `unlike`: ids of common runs whose histories are not the same,
    `common` how many both have.
    """

    settings: pd.DataFrame
    runs: pd.DataFrame
    results: pd.DataFrame
    apart: pd.DataFrame
    unlike: Sequence[str]
    common: int

    @property
    def same(self) -> bool:
        """Whether there is no difference at all."""
        parts = (self.settings, self.runs, self.apart)
        return not self.unlike and all(part.empty for part in parts)


def difference(a: Side, b: Side, metric_of: MetricOf) -> Difference:
    """Compare two sides.

    Results are compared by the metric of each experiment: seed by seed where variants have seeds in
    common, otherwise as `SeedPairs` does with single runs, with Holm's correction for all tests.
    Variants that were trained on other data, or judged on other test sets, are never compared.
    Raises TableError where the runs have no such metric.
    """
    both = [run_id for run_id in a.runs if run_id in b.runs]
    measured = [run_id for run_id in a.data if run_id in b.data]
    apart = dict(_apart(a, b))
    unlike = [run_id for run_id in measured if not _alike(a.data[run_id], b.data[run_id])]
    alike = {_variant(run_id) for run_id in measured}.difference(map(_variant, unlike))
    return Difference(
        settings=_frame(_settings(a, b, both), _SETTINGS),
        runs=_frame(_one_sided(a, b), _RUNS),
        results=_results(a, b, metric_of, {*apart, *alike}),
        apart=_frame(({"variant": name, "why": why} for name, why in apart.items()), _APART),
        unlike=unlike,
        common=len(measured),
    )


def _frame(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame([*rows], columns=[*columns])


def _settings(a: Side, b: Side, both: Sequence[str]) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys((*a.told, *b.told)):
        first, second = (as_written(side.told.get(name, NOT_SET)) for side in (a, b))
        if first != second:
            yield {"setting": name, "a": first, "b": second, "runs": len(both), "of": "the study"}
    found: dict[tuple[str, str, str], list[str]] = {}
    for run_id in both:
        ends = (a.runs[run_id], b.runs[run_id])
        told = [
            {"model": run.model or SELECTED, "input": run.input, **run.settings} for run in ends
        ]
        for name in dict.fromkeys((*told[0], *told[1])):
            values = [
                own.get(name, SELECTED if name in run.pending_parameters else NOT_SET)
                for own, run in zip(told, ends, strict=True)
            ]
            made = (run_id in a.data, run_id in b.data)
            if values[0] != values[1] and not _left_open(name, values, made):
                ways = (name, as_written(values[0]), as_written(values[1]))
                found.setdefault(ways, []).append(run_id)
    for (name, first, second), ids in found.items():
        of = "all runs" if len(ids) == len(both) else some_of(map(_variant, ids))
        yield {"setting": name, "a": first, "b": second, "runs": len(ids), "of": of}


def _left_open(name: str, values: Sequence[Any], made: Sequence[bool]) -> bool:
    """Whether one side asks for a setting openly, and the other tells what became of it.

    So it is of what a selection gives, and of numbers of examples that are those of the data.
    """
    if made[0] == made[1]:
        return False
    asked = values[made.index(False)]
    return asked == SELECTED or (name.endswith(_EXAMPLES) and asked in (NOT_SET, 0))


def _variant(run_id: str) -> str:
    return run_id.rpartition("/")[0]


def _by_variant(runs: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for run_id in runs:
        found.setdefault(_variant(run_id), []).append(run_id)
    return found


def _one_sided(a: Side, b: Side) -> Iterator[dict[str, Any]]:
    """Runs that one side lacks, by variant; an experiment of which it has nothing, as a whole."""
    for name, own, other in (("a", a.runs, b.runs), ("b", b.runs, a.runs)):
        known = {_variant(_variant(run_id)) for run_id in other}
        lacking: dict[str, set[int]] = {}
        for run_id in own:
            if run_id not in other:
                variant = _variant(run_id)
                experiment = _variant(variant)
                place = variant if experiment in known else f"{experiment}/*"
                lacking.setdefault(place, set()).add(RunId.parse(run_id).seed)
        for place, seeds in lacking.items():
            listed = ", ".join(map(str, sorted(seeds)))
            yield {"only_in": name, "variant": place, "seeds": listed}


def _alike(a: RunData, b: RunData) -> bool:
    """Whether two runs have the same history, number for number."""
    ours, theirs = a.history.series, b.history.series
    return ours.keys() == theirs.keys() and all(
        np.array_equal(values, theirs[name], equal_nan=True) for name, values in ours.items()
    )


def _apart(a: Side, b: Side) -> Iterator[tuple[str, str]]:
    """Variants with results on both sides that cannot be compared, and why."""
    ours, theirs = _by_variant(a.data), _by_variant(b.data)
    for variant in (name for name in ours if name in theirs):
        ends = [side.data[ids[0]] for side, ids in ((a, ours[variant]), (b, theirs[variant]))]
        sizes = [end.run.settings.get("test_examples") for end in ends]
        if sizes[0] != sizes[1]:
            yield variant, f"judged on {sizes[0]} and on {sizes[1]} test examples"
        elif other_data(*ends):
            yield variant, "trained and judged on different data"
        elif ends[0].run.settings.get("layout") != ends[1].run.settings.get("layout"):
            yield variant, "their images are laid out differently"


def _results(a: Side, b: Side, metric_of: MetricOf, left_out: Collection[str]) -> pd.DataFrame:
    """The results of the variants that both have, each compared with itself, but for some."""
    parts = [_marked(side.data.values(), name) for side, name in ((a, "a"), (b, "b"))]
    if any(part.empty for part in parts):
        return _frame((), _RESULTS)
    runs = pd.concat(parts, ignore_index=True)
    variants = variants_table(tidy_types(runs))
    names: list[list[str]] = variants[[*KEYS]].to_numpy().tolist()
    places = {(row[0], row[1], row[2]): at for at, row in enumerate(names)}

    def answers(run_id: str) -> Any:
        name, _, own = run_id.partition(":")
        return (a if name == "a" else b).answers(own)

    pairs = SeedPairs(variants, runs, "primary", answers)
    rows = []
    for (protocol, experiment, variant), at in places.items():
        name, _, own = variant.partition(":")
        other = places.get((protocol, experiment, f"b:{own}"))
        told = f"{protocol}/{experiment}/{own}"
        if name == "a" and other is not None and told not in left_out:
            metric = metric_of(protocol, experiment)
            found = _compared(pairs, at, other, metric)
            rows.append({"variant": told, "metric": metric_name(variants, metric), **found})
    return tidy_types(pd.DataFrame(corrected(rows), columns=[*_RESULTS], dtype="object"))


def _compared(pairs: SeedPairs, a: int, b: int, metric: str) -> dict[str, Any]:
    try:
        found = pairs.compared(a, b, metric)
    except TableError as error:
        raise TableError(f"{error}; name another one with --metric") from error
    return {**found, "a": found["base_value"], "b": found["changed_value"]}


def _marked(data: Iterable[RunData], name: str) -> pd.DataFrame:
    """The runs table of one side, its runs and variants marked as its own."""
    table = runs_table([*data])
    for column in ("run_id", "variant"):
        table[column] = f"{name}:" + table[column]
    return table
