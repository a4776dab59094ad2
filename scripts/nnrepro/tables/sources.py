"""What a kind of table may read, by the names that its parameters have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from nnrepro.data.prepared import prepared_arrays
from nnrepro.data.shown import in_words
from nnrepro.files import read_json
from nnrepro.measures.folds import FoldHistory
from nnrepro.measures.predictions import Predictions, predictions_of, usable_answers
from nnrepro.measures.runs import folds_of
from nnrepro.npz import mapped_arrays
from nnrepro.study.decisions import Decisions
from nnrepro.study.extent import Extent
from nnrepro.study.folders import RunFolders
from nnrepro.study.kinds import Kind
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.study import Spec, Study
from nnrepro.tables.columns import rows_of
from nnrepro.tables.compared import ComparedTables, compared_tables, extent_by_table
from nnrepro.tables.csvfile import read_csv

CUT_SHORT = "cut_short"
"""The column of a table whose runs have less than their protocols ask for: what they have."""


def make_table(kind: Kind, options: Mapping[str, Any], sources: object) -> pd.DataFrame:
    """A table of a kind; of the sources, what the kind does not read is not made."""
    return kind.function()(*(getattr(sources, name) for name in kind.reads), **options)


def marked(table: pd.DataFrame, listed: Sequence[Run], extent: Extent) -> pd.DataFrame:
    """A table with how far its runs went in a last column, where that is less than asked for.

    The rows may tell in the column `protocol` of whose runs they are.
    """
    extent = extent.comparable_among(listed)

    def told(runs: Sequence[Run]) -> str | None:
        return extent.stamp(runs) if extent.is_cut(runs) else None

    if "protocol" not in table:
        return table if told(listed) is None else table.assign(**{CUT_SHORT: told(listed)})
    own = {run.protocol: told([r for r in listed if r.protocol == run.protocol]) for run in listed}
    column = table["protocol"].map(own)
    return table if column.isna().all() else table.assign(**{CUT_SHORT: column})


@dataclass(frozen=True)
class Sources:
    """A study's results, as far as a table is made of them.

    Attributes:
        study: the study.
        spec: the table.
        decisions: what was selected, by (protocol, experiment).
        files: paths of the runs table of all epochs (`lengths`) and of that of runs as they are
            compared with those of their experiment (`runs`), with their `variants`, and of
            prepared data (`data`).
    """

    study: Study
    spec: Spec
    decisions: Decisions
    files: Mapping[str, Any]

    @cached_property
    def folders(self) -> RunFolders:
        """Where the runs lie."""
        return StudyPaths.of(self.study).runs

    @cached_property
    def listed(self) -> list[Run]:
        """The table's runs."""
        study, selectors = self.study, self.spec.runs
        chosen = (study.chosen(name, selectors, self.decisions) for name in study.protocols)
        return [run for own in chosen for run in own]

    @cached_property
    def extent(self) -> Extent:
        """How far the study's runs went."""
        return extent_by_table(self.study, read_csv(self.files["lengths"]))

    @cached_property
    def compared(self) -> ComparedTables:
        """The table's runs as they are compared with one another."""
        return compared_tables(
            self.study,
            self.listed,
            self.extent,
            (read_csv(self.files["runs"]), read_csv(self.files["variants"])),
            self.folders,
        )

    @property
    def runs(self) -> pd.DataFrame:
        """Rows of the runs table, of the table's runs."""
        runs = self.compared.runs
        return runs[runs["run_id"].isin([run.id for run in self.listed])].reset_index(drop=True)

    @property
    def variants(self) -> pd.DataFrame:
        """Rows of the variants table, in the order in which the table declares them."""
        return rows_of(self.compared.variants, self.listed)

    def selection(self, protocol: str, experiment: str = "") -> str:
        """The metric by which a protocol selects from an experiment, or ranks all of the table."""
        return self.study.selection_metric(protocol, [experiment] if experiment else self.spec.runs)

    def answers(self, run: str) -> Predictions | None:
        """What a run predicted, unless that is of a later epoch than it is compared at."""
        return None if run in self.compared.shorter else usable_answers(run, self.folders)

    def predictions(self, run: str) -> Predictions | None:
        """All that a run predicted, unless that is of a later epoch than it is compared at."""
        return None if run in self.compared.shorter else predictions_of(run, self.folders)

    def inputs(self, run: str, example: int) -> str:
        """What a run read as a test example, in words; empty where there are no prepared data."""
        arrays = self._prepared.get(self.study.run(run).reads)
        return in_words(arrays[1], arrays[0][example]) if arrays else ""

    @cached_property
    def _prepared(self) -> dict[str, tuple[NDArray[Any], Mapping[str, Any]]]:
        """Test examples and the data's description, by what runs read; of an archive none."""
        if self.study.archive:
            return {}
        return {
            reads: (mapped_arrays(file, ["test_x"])["test_x"], read_json(file.with_suffix(".json")))
            for reads, file in prepared_arrays(self.study).items()
            if str(file) in self.files["data"]
        }

    def folds(self, run: str) -> FoldHistory | None:
        """A run's right answers by folds, up to the epoch that it is compared at."""
        return folds_of(self.study.run(run), self.folders, self.compared.shorter.get(run))
