"""Results for use: `nnrepro.load(folder)` gives their tables as data frames, and their curves."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nnrepro.crate.build import CONFIGURATION
from nnrepro.data.inputs import prepare_inputs
from nnrepro.data.prepared import prepared_arrays
from nnrepro.errors import NnreproError
from nnrepro.export.models import answers, outputs_of, portable_model, read_keras, use_backend
from nnrepro.export.registry import formats
from nnrepro.failures import was_made
from nnrepro.files import read_json
from nnrepro.measures.inventory import certain_decisions
from nnrepro.measures.runs import Problem, RunData, compared, extent_of, read_runs
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.decisions import Decisions, read_decisions
from nnrepro.study.folders import STUDY_FILE, RunFolders, plugins_named, run_folders
from nnrepro.study.identity import other_data
from nnrepro.study.messages import choice, nearest, some_of
from nnrepro.study.paths import StudyPaths
from nnrepro.study.plugins import plugin_files, put_in_force
from nnrepro.study.run import Run
from nnrepro.study.sources import listed, paths_moved, read_configuration, read_source
from nnrepro.study.study import Study
from nnrepro.tables.csvfile import TableError, read_csv
from nnrepro.tables.runs import runs_table
from nnrepro.tables.selection import select
from nnrepro.tables.variants import variants_of, variants_table

if TYPE_CHECKING:
    import keras

_RUNS = "runs"
_JUDGED = "val_"
"""How names in a history begin of what was measured on a set of examples beside the training's."""
_NAMES = ("run_id", "protocol", "experiment", "variant")


class ResultsError(NnreproError):
    """Results that cannot be read, or do not have what is asked for; the message says why."""


def load(
    folder: Path | str,
    config: Path | str | Iterable[Path | str] | None = None,
    *,
    plugins: Iterable[Path | str] = (),
) -> "Results":
    """The results in a folder: one that a workflow made (`results/<study>`), or an archive.

    A study whose workflow has come to its end and an archive bring their configuration with them;
    for other folders name its file with `config`, or the files that were laid over one another.
    The plug-ins of an archived study are programs, and only those run that `plugins` names.

    Raises ResultsError where there are none, SourceError and ConfigError where the configuration
    cannot be read or is wrong, ArchiveError where the archive cannot be read as a whole.
    """
    folder = Path(folder)
    if not folder.is_dir():
        near = nearest(folder.name, _beside(folder))
        raise ResultsError(f"there is no folder '{folder}'{near}; name a results folder or archive")
    archived = not (folder / _RUNS).is_dir() and any(run_folders(folder))
    place = {"archive": str(folder)} if archived else {"results": str(folder)}
    told = _configuration(folder, config, plugins)
    values = {key: told[key] for key in told if key not in ("archive", "results")}
    study = load_study({**values, **place}, catalogue())
    return Results(folder, study, plugin_files())


def _beside(folder: Path) -> list[str]:
    """Names of the folders that lie where one is looked for in vain."""
    parent = folder.parent
    return [each.name for each in parent.iterdir() if each.is_dir()] if parent.is_dir() else []


def _configuration(
    folder: Path,
    config: Path | str | Iterable[Path | str] | None,
    plugins: Iterable[Path | str],
) -> Mapping[str, Any]:
    """The configuration of the study in a folder."""
    if config is not None:
        files = [config] if isinstance(config, str | Path) else config
        return read_configuration([], study=[*map(Path, files)]).values
    for name in (CONFIGURATION, STUDY_FILE):
        if (folder / name).is_file():
            values = read_source(folder / name).values
            own = listed(values, "plugins")
            if name == STUDY_FILE and own:
                how = f'load("{folder}", plugins={{quoted}}), or --plugins {{words}} of a command'
                return {**values, "plugins": plugins_named(folder, own, plugins, how)}
            # Paths there are from the study's folder on, in which results/<study> lies by itself.
            places = (Path(), folder.parent.parent, folder)
            there = (place for place in places if all((place / p).is_file() for p in own))
            return paths_moved(values, next(there, Path()), Path())
    raise ResultsError(
        f"'{folder}' does not say of which study it holds results: it has neither {CONFIGURATION}, "
        f"which a workflow writes at its end, nor {STUDY_FILE} of an archive; name the study's "
        'configuration: load(folder, config="config.yaml")'
    )


@dataclass(frozen=True, eq=False)
class Results:
    """What came of a study, read when it is asked for.

    `folder` is where it lies, `study` what was asked for, `plugins` are the study's own files.
    """

    folder: Path
    study: Study
    plugins: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        there = sum(map(self.folders.has, (run.id for run in self.study.runs)))
        experiments = ", ".join(self.study.experiments)
        kind = "archive" if self.study.archive else "results"
        return (
            f"<{kind} of '{self.study.name}' in {self.folder}: {there} of "
            f"{len(self.study.runs)} runs, experiments {experiments}>\n"
            "  .runs, .variants, .curves: tables   .model(run), .predict(run, inputs): networks"
        )

    @property
    def paths(self) -> StudyPaths:
        """Where its files lie."""
        return StudyPaths.of(self.study)

    @property
    def folders(self) -> RunFolders:
        """The folders of its runs."""
        return self.paths.runs

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row per run of the study with settings and metrics, also of those that are missing.

        It is `tables/runs.csv` of the report; `status` tells what a run is.
        """
        if not self._trained_or_archived:
            return read_csv(self.paths.table("runs"))
        return self._table(self.data)

    @cached_property
    def variants(self) -> pd.DataFrame:
        """A row per variant: means over seeds, with deviations and intervals.

        It is `tables/variants.csv` of the report: runs that went on for longer than the others of
        their experiment count as they were at the others' end.
        """
        if not self._trained_or_archived:
            return read_csv(self.paths.table("variants"))
        return variants_table(self._table(compared(self.data, self._compared_epochs)))

    @cached_property
    def curves(self) -> pd.DataFrame:
        """A row per run, epoch, set of examples and metric: the histories.

        Columns: `run_id`, `protocol`, `experiment`, `variant`, `seed`, `epoch` (from 1), `set`
        (`train`, `test`, `comparison` or `validation`), `metric`, `value` (NaN where a loss was
        not finite any more).
        """
        if not self._trained_or_archived:
            raise ResultsError(
                f"'{self.folder}' was made from an archive and holds tables alone; load the archive"
            )
        return _long(self.data)

    @property
    def data(self) -> list[RunData]:
        """What was read of each run that is there: record, history and the run as it was made."""
        return self._read[0]

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name: `runs`, `variants` and `curves`, and those that the study asks for.

        What the workflow has not made yet is left out; `curves` are, where there are tables alone.
        """
        found = {"runs": self.runs, "variants": self.variants}
        if self._trained_or_archived:
            found["curves"] = self.curves
        paths = {name: self.paths.table(name) for name in self.study.tables}
        return found | {
            n: read_csv(path) for n, path in paths.items() if path.is_file() and was_made(path)
        }

    def export(self, form: str, to: Path | str, run: str | None = None) -> list[Path]:
        """Write into a folder in another form, such as `parquet` or `onnx`; the files written.

        `run` names the one that a form of networks is about. Raises ResultsError where there is no
        such form or it lacks its run, ExportError where it cannot be written.
        """
        known = formats()
        if form not in known:
            raise ResultsError(f"there is no format '{form}'{choice(form, known, 'there are')}")
        if known[form].of_a_run and run is None:
            raise ResultsError(f"'{form}' is a form of one run's network; name the run")
        sources: dict[str, Callable[[], Any]] = {
            name: partial(getattr, self, name) for name in ("runs", "variants", "curves", "tables")
        }
        sources["model"] = partial(self.model, run or "")
        return known[form].write(sources, Path(to))

    @property
    def problems(self) -> list[str]:
        """What is missing of the runs or damaged, a line each."""
        found = [f"{problem.run_id}: {problem.message}" for problem in self._read[1]]
        return found + self._strangers

    @property
    def left_out(self) -> list[str]:
        """Of the problems, those with runs that are there and cannot be used."""
        unusable = (p for p in self._read[1] if p.excludes and p.status != "missing")
        return [f"{problem.run_id}: {problem.message}" for problem in unusable] + self._strangers

    @property
    def _strangers(self) -> list[str]:
        """Runs of an archive that pass for the study's, and why they are others."""
        return [f"{run_id}: {why}" for run_id, why in self.study.strangers.items()]

    def run(self, name: str) -> Run:
        """The one run that a name means, as it was carried out.

        A name is an id (`main/final/default/seed0`), or a part of one that only one run has
        (`final/default/seed0`, `default/seed0`), also with `*` and `?`. Raises ResultsError where
        it means none or several.
        """
        ids = [run.id for run in self.study.runs]
        forms = (name, f"*/{name}", f"{name}/*", f"*/{name}/*")
        matching = ([i for i in ids if fnmatchcase(i, form)] for form in forms)
        known = [name] if name in ids else next(filter(None, matching), [])
        if len(known) != 1:
            told = f"means {len(known)} runs: {some_of(known)}" if known else "means no run"
            hint = "" if known else f"{nearest(name, ids)}; a run's id is like {some_of(ids, 2)}"
            raise ResultsError(f"'{name}' {told}{hint}; name one")
        found = {item.run.id: item.run for item in self.data}
        if known[0] not in found:
            why = [p.message for p in self._read[1] if p.run_id == known[0] and p.excludes]
            raise ResultsError(
                f"run {known[0]} cannot be used: {'; '.join(why) or 'it is missing'}"
            )
        return found[known[0]]

    def model(self, name: str) -> "keras.Model":
        """The trained network of a run, in Keras's own layers; `name` as for `run`.

        It gives what the model's function gives: of classes logits. Read is the run's `model.keras`
        or, where there is none, its weights. Raises ResultsError where there is no such run or
        neither file, and TrainingError where they do not fit.
        """
        return self._network(self.run(name))

    def predict(self, name: str, inputs: Any) -> pd.DataFrame:
        """What the network of a run says of raw inputs; `name` as for `run`.

        Inputs are prepared as those were that it was trained on: of a table a data frame with the
        columns' names, a list of texts, a list of images' paths or an array of images (see
        `nnrepro.data.inputs`). There is a row per input: `class` with its name, and
        `probability_<class>` for each; of several labels the latter alone; of a regression a column
        for each target, in its own units.

        A category that no training row has is none to the network, and an InputsWarning says so; so
        does one of texts without anything that training knew, and of images of another form.

        Raises what `model` raises, and DataError where the inputs cannot be prepared alike.
        """
        run = self.run(name)
        meta = read_json(self._prepared(run, ".json"))
        examples = prepare_inputs(meta, inputs, run.settings)
        outputs = outputs_of(self._network(run), examples)
        if not np.isfinite(outputs).any():
            raise ResultsError(
                f"run {run.id}: its network answers nothing but NaN, as after a training that "
                "diverged; name another run"
            )
        index = inputs.index if isinstance(inputs, pd.DataFrame) else None
        return answers(outputs, meta).set_axis(index if index is not None else range(len(outputs)))

    def _network(self, run: Run) -> "keras.Model":
        """The trained network of a run, read once."""
        if run.id not in self._networks:
            self._networks[run.id] = self._read_network(run)
        return self._networks[run.id]

    @cached_property
    def _networks(self) -> dict[str, Any]:
        return {}

    def _read_network(self, run: Run) -> "keras.Model":
        put_in_force(self.plugins)
        use_backend(self.study.backend)
        saved, weights = self.paths.model(run.id), self.paths.run(run.id, "weights")
        if saved.is_file() and saved.stat().st_size:
            return read_keras(saved)
        if not weights.is_file():
            why = (
                "an archive holds no networks: load the results of the training"
                if self.study.archive
                else f"there is neither {saved.name} nor {weights.name} in {saved.parent}"
            )
            raise ResultsError(f"run {run.id}: {why}")
        return portable_model(run, self._prepared(run), weights)

    def _prepared(self, run: Run, suffix: str = ".npz") -> Path:
        """The prepared data that a run read: the arrays, or their description."""
        path = prepared_arrays(self.study)[run.reads].with_suffix(suffix)
        if not path.is_file():
            raise ResultsError(
                f"run {run.id}: {path}, which it was trained on, is not there, and without it "
                "nobody knows the form of its inputs; run the workflow again, which prepares it"
            )
        records = (item.record for item in self.data if item.run.id == run.id)
        told = [record["data"] for record in records if record and "data" in record]
        if any(other_data(data, read_json(path.with_suffix(".json"))) for data in told):
            raise ResultsError(
                f"run {run.id}: {path} has become other data than it was trained on, by which its "
                "inputs and outputs would be taken wrongly; run the workflow again, which trains it"
            )
        return path

    @cached_property
    def _trained_or_archived(self) -> bool:
        """Whether there are runs; a report that was made from an archive holds none."""
        return self.study.archive is not None or self.folders.root.is_dir()

    @cached_property
    def _read(self) -> tuple[list[RunData], list[Problem]]:
        """What there is of each run, with the parameters that were selected for it."""
        data, problems = read_runs(self.study.runs, self.folders)
        decisions = certain_decisions(self.study, self.folders, self._decisions(data, problems))
        runs = [self.study.resolved(run, decisions) for run in self.study.runs]
        return read_runs(runs, self.folders) if runs != [*self.study.runs] else (data, problems)

    def _decisions(self, data: list[RunData], problems: list[Problem]) -> Decisions:
        """What was selected; of an archive, as the study selects."""
        study = self.study
        if study.archive is None:
            files = self.paths.decisions(study)
            return read_decisions(file for file in files if file.is_file())
        alike = compared(data, extent_of(study, data).compared_epochs)
        found: dict[tuple[str, str], Mapping[str, Any]] = {}
        for protocol in study.protocols:
            for name in study.selecting_experiments:
                variants = variants_of(study, protocol, name, alike, problems)
                with suppress(TableError):  # as nothing can be selected
                    own = study.experiments[name]
                    found[protocol, name] = select(
                        variants, study.selection_metric(protocol, [name]), own.varied, own.top
                    )
        return found

    @cached_property
    def _compared_epochs(self) -> Mapping[str, int]:
        archived = self.study.archive is not None
        return extent_of(self.study, self.data).compared_epochs if archived else {}

    def _table(self, data: list[RunData]) -> pd.DataFrame:
        order = {run.id: run for run in self.study.runs}
        return runs_table(data, self._read[1], order.values(), self.study.accuracy_levels)


def _long(data: Iterable[RunData]) -> pd.DataFrame:
    """The curves of runs as `Results.curves` has them."""
    parts = [part for item in data for part in _curves_of(item)]
    if not parts:
        return pd.DataFrame(columns=[*_NAMES, "seed", "epoch", "set", "metric", "value"])
    kinds = dict.fromkeys((*_NAMES, "set", "metric"), "category")
    return pd.concat(parts, ignore_index=True).astype(kinds)


def _curves_of(data: RunData) -> Iterable[pd.DataFrame]:
    run = data.run
    sides = {"test": data.history, "comparison": data.comparison, "validation": data.validation}
    for judged, history in sides.items():
        if history is None:
            continue
        for key, values in history.series.items():
            of = judged if key.startswith(_JUDGED) else "train"
            metric = key.removeprefix(_JUDGED)
            unseen = key.startswith(_JUDGED) and not history.judged_each_epoch
            evaluated = np.isfinite(values) if unseen else np.full(len(values), True)
            yield pd.DataFrame(
                {
                    "run_id": run.id,
                    **{name: getattr(run, name) for name in (*_NAMES[1:], "seed")},
                    "epoch": np.flatnonzero(evaluated) + 1,
                    **{"set": of, "metric": metric, "value": values[evaluated]},
                }
            )
