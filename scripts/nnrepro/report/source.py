"""Everything a report is made from: the study, its tables and figures, decisions and provenance."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from nnrepro.document import wording
from nnrepro.document.text import BUDGET, OWNER, STAMP, Text, Words, plain, spaced
from nnrepro.errors import NnreproError
from nnrepro.failures import why_failed
from nnrepro.measures.curves import Window, windows
from nnrepro.study.decisions import Decisions
from nnrepro.study.extent import Extent
from nnrepro.study.folders import RunFolders
from nnrepro.study.paths import RUN_FILES, SUPPLEMENTS
from nnrepro.study.record import RecordError, read_record
from nnrepro.study.run import Run
from nnrepro.study.selectors import Selector
from nnrepro.study.study import Study
from nnrepro.tables.columns import KEYS
from nnrepro.tables.compared import extent_by_table
from nnrepro.tables.csvfile import TableError, read_csv


class ReportError(NnreproError):
    """A table or figure that is there but cannot be shown; the message names the file."""


RUNS_TABLE = "runs"
VARIANTS_TABLE = "variants"

_RUN_COLUMNS = (
    *("run_id", "protocol", "experiment", "variant", "label", "seed", "status", "epochs_completed"),
    *("protocol_epochs", "window_asked", "window"),
)


@dataclass(frozen=True)
class Source:
    """What a report, or what it shows of a supplement, is made from.

    Attributes:
        study: the study that the report is about.
        tables: folder of the CSV tables.
        figures: folder of the figures.
        decisions: what each protocol selected from each experiment.
        provenance: what the runs tell of data, code and machines.
        inventory: damaged, further and additional runs, as `measures.inventory` tells them.
        folders: where the folders of the runs are; None shows no run by itself.
        logs: folder of the logs of the trainings; None without one.
        architectures: what the models are made of; None where nothing tells.
        supplement: by which name the study supplements the one that the report is about; empty for
            that one itself.
        undecided: why nothing could be selected, by protocol and experiment.
        failures: why tables and figures could not be made, by their paths without suffixes.
        supplements: other studies whose questions the report shows, in their order.
    """

    study: Study
    tables: Path
    figures: Path
    decisions: Decisions
    provenance: Mapping[str, Any]
    inventory: Mapping[str, Any] = field(default_factory=dict)
    folders: RunFolders | None = None
    logs: Path | None = None
    architectures: Path | None = None
    supplement: str = ""
    undecided: Mapping[tuple[str, str], str] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    supplements: Sequence["Source"] = ()

    def anchor(self, name: str) -> str:
        """Id of an element of the report; a supplement's differ from all others."""
        return f"{self.supplement}-{name}" if self.supplement else name

    @property
    def heading_anchor(self) -> str:
        """Id of a supplement's heading."""
        return self.anchor("supplement")

    def question_anchor(self, question: str) -> str:
        """Id of a question's heading."""
        return self.anchor(f"question-{wording.slug(question)}")

    def file(self, path: str) -> str:
        """A path below the folder of the study's results, as readers of the report find it."""
        return f"{SUPPLEMENTS}/{self.supplement}/{path}" if self.supplement else path

    def table_path(self, name: str) -> Path:
        """Where a table should lie."""
        return self.tables / f"{name}.csv"

    def table(
        self, name: str, columns: Iterable[str] = (), text: Collection[str] = ()
    ) -> pd.DataFrame | None:
        """A table; None where there is no such file, or where it could not be made.

        It must have these `columns`; those of `text` are read as text, beside those that always
        are.

        Raises:
            ReportError: the file is no CSV table or lacks a column.
        """
        path = self.table_path(name)
        if not path.is_file() or self.why_failed(f"tables/{name}") is not None:
            return None
        try:
            frame = self._read(path, tuple(text))
        except TableError as error:
            raise ReportError(f"the report cannot read a table: {error}") from error
        missing = [column for column in columns if column not in frame.columns]
        if missing:
            raise ReportError(
                f"{path}: the table lacks the column '{missing[0]}'; remove the file, so that "
                "it is made again"
            )
        return frame

    def has_tables(self, kind: str) -> bool:
        """Whether the study has a table of a kind."""
        return any(spec.kind == kind for spec in self.study.tables.values())

    @cached_property
    def _read(self) -> Callable[[Path, tuple[str, ...]], pd.DataFrame]:
        """Reads a table once, however many sections ask for it."""
        return cache(read_csv)

    @cached_property
    def runs(self) -> pd.DataFrame | None:
        """The runs table."""
        return self.table(RUNS_TABLE, _RUN_COLUMNS)

    @cached_property
    def variants(self) -> pd.DataFrame | None:
        """The variants table."""
        return self.table(VARIANTS_TABLE, KEYS)

    def record(self, run: Run) -> Mapping[str, Any]:
        """What a run recorded; nothing where there is no sound record."""
        return self._record(run.id)

    @cached_property
    def _record(self) -> Callable[[str], Mapping[str, Any]]:
        """Reads a record once, however many sections ask for it."""

        def read(run_id: str) -> Mapping[str, Any]:
            if self.folders is None:
                return {}
            try:
                return dict(read_record(self.folders.folder(run_id) / RUN_FILES["record"]))
            except (RecordError, OSError):
                return {}

        return cache(read)

    @property
    def several_protocols(self) -> bool:
        """Whether panels must say whose they are."""
        return len(self.study.protocols) > 1

    def protocol_title(self, protocol: str) -> str:
        """A protocol's title where several stand side by side, else nothing."""
        known = self.study.protocols.get(protocol)
        return known.title if known and self.several_protocols else ""

    def said_of(self, protocol: str, *said: Words) -> Text:
        """What is said of a protocol, with its title before it where several stand side by side."""
        return spaced(plain(self.protocol_title(protocol), OWNER), *said)

    def selected_variant(self, protocol: str, experiment: str) -> str | None:
        """The variant that a protocol selected; None without a decision."""
        variant = self.decisions.get((protocol, experiment), {}).get("variant")
        return None if variant is None else str(variant)

    def shown_runs(self, protocol: str, selectors: Sequence[str]) -> list[Run]:
        """Runs that the selectors name, `selected` narrowed to the variant that was selected."""
        chosen: dict[str, Run] = {}
        for selector in selectors:
            own = Selector.parse(selector)
            runs = self.study.select(protocol, [selector])
            if own.selected and (protocol, own.experiment) in self.undecided:
                continue
            if own.selected:
                variant = self.selected_variant(protocol, own.experiment)
                runs = [run for run in runs if variant in (None, run.variant)]
            chosen.update((run.id, run) for run in runs if run.id not in chosen)
        return list(chosen.values())

    def undecided_among(self, protocol: str, selectors: Sequence[str]) -> dict[str, str]:
        """Why nothing was selected where selectors name what was, by title of the experiment."""
        return {
            self.study.experiments[own.experiment].title: self.undecided[protocol, own.experiment]
            for own in map(Selector.parse, selectors)
            if own.selected and (protocol, own.experiment) in self.undecided
        }

    def why_failed(self, *parts: str) -> str | None:
        """Why a table or figure could not be made; None where nothing says that it could not.

        `parts` are paths below the study's folder without a suffix, several where it is made in
        steps.
        """
        found = (why_failed(self.failures, part) for part in parts)
        return next((why for why in found if why is not None), None)

    def windows(self, runs: Iterable[Run], *, compared: bool = False) -> tuple[Window, ...]:
        """Distinct closing windows of runs that have a history, the longest asked for first.

        `compared`: those of the runs as they are compared with one another.
        """
        if self.runs is None:
            return ()
        runs = list(runs)
        by_id = {run.id: run for run in runs}
        rows = self.runs[self.runs["run_id"].isin(by_id) & self.runs["window"].notna()]
        found = zip(rows["run_id"], rows["window_asked"], rows["window"], strict=True)
        pairs = {run_id: Window(int(asked), int(used)) for run_id, asked, used in found}
        for run_id, epochs in self.extent.compared_among(runs).items() if compared else ():
            if run_id in pairs:
                pairs[run_id], _ = windows(by_id[run_id], epochs)
        return tuple(sorted(set(pairs.values()), key=astuple, reverse=True))

    @cached_property
    def extent(self) -> Extent:
        """How far the runs went; without a runs table, as far as the study asks for."""
        if self.runs is None:
            return Extent.as_asked(self.study)
        return extent_by_table(self.study, self.runs)

    def short_runs(self, runs: Iterable[Run]) -> list[Run]:
        """Runs with fewer epochs or examples than their protocol asks for."""
        return self.extent.short(runs)

    @cached_property
    def generated_data(self) -> bool:
        """Whether any data is made up, by the configuration or by the records of the runs."""
        recorded = (self.provenance.get("data") or {}).values()
        return self.study.generated_data or any(item.get("generated") for item in recorded)

    def stamp(self, runs: Sequence[Run], *, compared: bool = False) -> str:
        """The budget of runs in words; those that are not there do not count.

        Arguments as for `windows`.
        """
        return (self.extent.comparable_among(runs) if compared else self.extent).stamp(runs)

    def budget(self, runs: Sequence[Run], *, compared: bool = False) -> Text:
        """The budget of runs for a caption, marked where it is less than their protocol asks for.

        Arguments as for `windows`.
        """
        extent = self.extent.comparable_among(runs) if compared else self.extent
        cut = self.generated_data or extent.is_cut(runs)
        return plain(wording.sentence(extent.stamp(runs)), STAMP if cut else BUDGET)

    def longer(
        self, runs: Iterable[Run], at: Mapping[str, int] | None = None
    ) -> list[tuple[Run, int, int]]:
        """Those of the runs that are compared at fewer epochs than they have, with both numbers.

        `at` gives the epochs of those; without it, what these runs are compared at with one
        another.
        """
        runs = list(runs)
        at = self.extent.compared_among(runs) if at is None else at
        return [
            (run, int(self.extent.done[run.id].settings["epochs"]), at[run.id])
            for run in runs
            if run.id in at
        ]

    def run_anchor(self, run_id: str) -> str:
        """Id of a run's row in the table of all runs."""
        return f"run-{run_id}"

    def details_anchor(self, run_id: str) -> str:
        """Id of a run's details."""
        return f"details-{run_id}"

    @cached_property
    def statuses(self) -> Mapping[str, str]:
        """How runs ended, by their ids, as far as the table of all runs tells."""
        if self.runs is None:
            return {}
        return dict(zip(self.runs["run_id"].map(str), self.runs["status"].map(str), strict=True))

    def group_title(self, protocol: str, experiment: str) -> str:
        """What the runs of one experiment under one protocol are called."""
        known = self.study.experiments.get(experiment)
        title = known.title if known else experiment
        owner = self.protocol_title(protocol) if protocol in self.study.protocols else protocol
        return f"{owner}: {title}" if owner else title

    def variant_anchor(self, protocol: str, experiment: str, variant: str) -> str:
        """Id of the row of a variant's first seed; empty where the report lists no such run."""
        if self.supplement:
            return ""
        for run in self.study.runs_of(protocol, experiment):
            if run.variant == variant:
                return self.run_anchor(run.id)
        return ""
