"""Tables of kind `tests`: differences between variants, each tested, corrected for their number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from nnrepro.measures.predictions import AnswersOf
from nnrepro.statistics.intervals import CONFIDENCE
from nnrepro.statistics.paired import holm
from nnrepro.study.messages import nearest
from nnrepro.study.study import SELECTED
from nnrepro.tables.columns import PRIMARY, SELECTION, metric_name, metric_of, standings_by
from nnrepro.tables.csvfile import TableError, tidy_types
from nnrepro.tables.seed_pairs import SeedPairs
from nnrepro.tables.selection import selectable

BEST = "best"


def tests_table(
    variants: pd.DataFrame,
    *,
    metrics: Sequence[str],
    pairs: Sequence[Sequence[str]] | None = None,
    against: str | None = None,
    test_set: str = PRIMARY,
    selection: Mapping[str, str] | None = None,
    runs: pd.DataFrame | None = None,
    answers: AnswersOf | None = None,
) -> pd.DataFrame:
    """Differences between variants with interval and test.

    Several common seeds are compared seed by seed. With one, an accuracy is tested by the test
    examples (`nnrepro.statistics.paired`): that of the last epoch by the exact McNemar test where
    both runs have their predictions; other accuracies by the same examples' sampling error, to
    which the noise between epochs is added for means over a window. Runs without predictions, or
    judged on different test sets, are compared by both sampling errors. Of losses and times of
    single runs nothing is tested.

    Args:
        variants: rows of the variants table.
        metrics: metrics to compare.
        pairs: base and changed variant, each as `experiment/variant`.
        against: in place of pairs, what all other variants are compared with: an
            `experiment/variant`, or `best`, the best by each metric. Here and in pairs,
            `experiment/selected` is the variant that the protocol selects of those in the table.
        test_set: `comparison` takes the larger test set for the variants that have one.
        selection: the metric by which each protocol selects.
        runs: the runs table.
        answers: gives a run's answers on the test examples.

    Returns:
        A row per protocol, metric and pair: `protocol`, `metric`, `base`, `changed`, `label`,
        `changed_label`, `seeds` (compared), `test_examples`, `base_value`, `changed_value`,
        `difference` (changed minus base), `ci95_low`, `ci95_high`, `test`, `p`, `p_holm` (corrected
        for the number of tests of this protocol in this table) and `significant` (`p_holm` below
        5 %). The two values are means over the seeds compared.

    Raises:
        TableError: neither or both of `pairs` and `against` are given, or a variant is unknown.
    """
    if (pairs is None) == (against is None):
        raise TableError("a table of kind 'tests' needs either 'pairs' or 'against'")
    if runs is None:
        raise TableError("a table of kind 'tests' needs the runs table")
    rows: list[dict[str, Any]] = []
    for protocol in dict.fromkeys(variants["protocol"]):
        here = _Here(variants[variants["protocol"] == protocol].reset_index(drop=True), selection)
        seeds = SeedPairs(here.rows, runs, test_set, answers or (lambda _: None))
        parts = []
        for metric in dict.fromkeys(metric_of(name, protocol, selection) for name in metrics):
            found = here.all_against(against, metric, test_set) if against else here.pairs(pairs)
            for base, changed in found:
                parts.append(
                    {"protocol": protocol, "metric": metric_name(variants, metric)}
                    | {"base": here.names[base], "changed": here.names[changed]}
                    | seeds.compared(base, changed, metric)
                )
        corrected = holm(part["p"] for part in parts)
        rows += [
            part | {"p_holm": p, "significant": None if np.isnan(p) else bool(p < 1 - CONFIDENCE)}
            for part, p in zip(parts, corrected, strict=True)
        ]
    # As objects, so that whole numbers beside blanks stay whole.
    return tidy_types(pd.DataFrame(rows, columns=_COLUMNS, dtype="object"))


_COLUMNS = (
    *("protocol", "metric", "base", "changed", "label", "changed_label", "seeds", "test_examples"),
    *("base_value", "changed_value", "difference", "ci95_low", "ci95_high"),
    *("test", "p", "p_holm", "significant"),
)


@dataclass(frozen=True, eq=False)
class _Here:
    """The variants of one protocol, and which of them are compared.

    Attributes:
        rows: their rows of the variants table.
        selection: the metric by which each protocol selects.
    """

    rows: pd.DataFrame
    selection: Mapping[str, str] | None

    @cached_property
    def names(self) -> list[str]:
        """Each variant as `experiment/variant`."""
        return [*(self.rows["experiment"] + "/" + self.rows["variant"])]

    def all_against(self, base: str, metric: str, test_set: str) -> list[tuple[int, int]]:
        """Positions of the base and of every other variant; none where there is no such base."""
        if base == BEST:
            position = standings_by(self.rows, metric, test_set=test_set).best
        else:
            position = self._position(base)
        if position is None:
            return []
        return [(position, other) for other in range(len(self.rows)) if other != position]

    def pairs(self, pairs: Sequence[Sequence[str]] | None) -> list[tuple[int, int]]:
        """Positions of base and changed variants; pairs of which neither is here are left out."""
        found = []
        for pair in pairs or ():
            base, changed = (self._position(name) for name in pair)
            if base is not None and changed is not None:
                found.append((base, changed))
            elif base is not None or changed is not None:
                self._check_lacking(pair, pair[0] if base is None else pair[1])
        return found

    def _check_lacking(self, pair: Sequence[str], lacking: str) -> None:
        """Of a pair only a selected variant may be lacking: where nothing could be selected."""
        if not lacking.endswith(f"/{SELECTED}"):
            raise TableError(
                f"pair {' and '.join(pair)}: '{lacking}' is not among the table's runs of the "
                f"protocol '{self.rows['protocol'][0]}'{nearest(lacking, self.names)}"
            )

    def _position(self, name: str) -> int | None:
        """Where a variant stands; None where it does not."""
        experiment, _, variant = name.partition("/")
        if variant != SELECTED:
            return self.names.index(name) if name in self.names else None
        among = (self.rows["experiment"] == experiment).to_numpy(dtype=bool)
        if among.sum() < 2:  # the table was made of the selected one alone
            return next(iter(np.flatnonzero(among).tolist()), None)
        metric = metric_of(SELECTION, str(self.rows["protocol"][0]), self.selection)
        return standings_by(self.rows, metric, eligible=among & selectable(self.rows)).best
