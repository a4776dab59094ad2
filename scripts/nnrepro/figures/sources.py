"""What a kind of figure may read, by the names that its parameters have."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from nnrepro.data.prepared import prepared_arrays
from nnrepro.data.shown import Sample, samples
from nnrepro.failures import was_made
from nnrepro.measures.predictions import Predictions, predictions_of
from nnrepro.measures.runs import RunData, extent_of, read_runs
from nnrepro.npz import open_npz
from nnrepro.published.levels import CurveLevel, curve_levels
from nnrepro.published.numbers import load_published
from nnrepro.study.decisions import Decisions
from nnrepro.study.extent import Extent
from nnrepro.study.paths import StudyPaths
from nnrepro.study.run import Run
from nnrepro.study.study import Study
from nnrepro.tables.columns import rows_of
from nnrepro.tables.compared import ComparedTables, compared_tables, extent_by_table
from nnrepro.tables.csvfile import read_csv


@dataclass(frozen=True)
class FeatureMaps:
    """What the layers of a network made of images.

    Attributes:
        run: id of the run that trained it; empty where that was not recorded.
        images: the images, [images, height, width, 3]; None where an archive leaves them out.
        classes: the class of each.
        layers: by the layers' names, in the order of the network, activations [images, height,
            width, channels].
        words: what each layer is, by name.
    """

    run: str
    images: NDArray[Any] | None
    classes: Sequence[str]
    layers: Mapping[str, NDArray[Any]]
    words: Mapping[str, str]


@dataclass(frozen=True)
class Sources:
    """A protocol's part of a study's results; what no kind asks for is not read.

    Attributes:
        study: the study.
        protocol: name of the protocol.
        decisions: what was selected, by (protocol, experiment).
        files: paths of what there is, by name: a path, several, or none.
    """

    study: Study
    protocol: str
    decisions: Decisions
    files: Mapping[str, Any]

    def given(self, reads: Sequence[str]) -> list[Any]:
        """What a kind reads, in the order of its parameters."""
        return [getattr(self, name) for name in reads]

    @cached_property
    def extent(self) -> Extent:
        """How far the runs went: by their histories where the figures read them."""
        if "histories" in self.files:
            return extent_of(self.study, self.histories)
        return extent_by_table(self.study, self.runs)

    @cached_property
    def histories(self) -> list[RunData]:
        """The protocol's runs that can be read."""
        data, _ = read_runs(self.study.runs_of(self.protocol), StudyPaths.of(self.study).runs)
        return data

    @cached_property
    def beside(self) -> Sequence["Sources"]:
        """The other protocols' parts, whose figures stand beside this one's."""
        others = (name for name in self.study.protocols if name != self.protocol)
        return [replace(self, protocol=name) for name in others]

    def predictions(self, run: str) -> Predictions | None:
        """All that a run predicted in its last epoch."""
        return predictions_of(run, StudyPaths.of(self.study).runs)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """The runs table, of all epochs."""
        return read_csv(self.files["runs"])

    @cached_property
    def variants(self) -> pd.DataFrame:
        """The variants table, of runs as they are compared with those of their experiment."""
        return read_csv(self.files["variants"])

    @cached_property
    def tables_among(self) -> Callable[[Sequence[Run]], tuple[pd.DataFrame, pd.DataFrame]]:
        """Gives runs' rows of the variants table, and the runs table, as they are compared."""

        def tables(runs: Sequence[Run]) -> tuple[pd.DataFrame, pd.DataFrame]:
            compared = self._compared(runs)
            return rows_of(compared.variants, runs), compared.runs

        return tables

    @cached_property
    def _compared(self) -> Callable[[Sequence[Run]], ComparedTables]:
        """Both of them, made once for the same runs."""
        by_experiment = read_csv(self.files["comparable"]), self.variants
        folders = StudyPaths.of(self.study).runs
        made: dict[tuple[str, ...], ComparedTables] = {}

        def tables(runs: Sequence[Run]) -> ComparedTables:
            key = tuple(run.id for run in runs)
            if key not in made:
                made[key] = compared_tables(self.study, runs, self.extent, by_experiment, folders)
            return made[key]

        return tables

    @cached_property
    def published(self) -> pd.DataFrame | None:
        """The table of published beside reproduced numbers, values as text; None without one."""
        file = self.files.get("published")
        return read_csv(file, text=("value",)) if file and was_made(file) else None

    @cached_property
    def levels(self) -> Mapping[tuple[str, str], Sequence[CurveLevel]]:
        """What was published of curves, by experiment and variant."""
        file = self.files.get("results")
        numbers = load_published(Path(file), self.study) if file else []
        return curve_levels(numbers, self.study, self.protocol, self.decisions)

    @cached_property
    def maps(self) -> Mapping[str, FeatureMaps]:
        """Computed feature maps, by figure, those that could not be computed left out."""
        computed = filter(was_made, map(Path, self.files["maps"]))
        return {file.stem: read_feature_maps(file) for file in computed}

    @cached_property
    def samples(self) -> Callable[[Run, int], Sequence[Sample]]:
        """Gives so many test examples of what a run reads, as they are shown."""
        prepared = prepared_arrays(self.study)
        return lambda run, most: samples(prepared[run.reads], run.settings, most)


def read_feature_maps(path: Path) -> FeatureMaps:
    """Feature maps as the job that computed them wrote them.

    Raises:
        FileError: the file is damaged.
        OSError: it is not there, or cannot be read.
    """
    with open_npz(path) as stored:
        classes = stored.array("classes", "U")
        images = stored.array("images") if "images" in stored.names else None
        run = "".join(map(str, stored.array("run", "U"))) if "run" in stored.names else ""
        told = ("run", "images", "classes", "words")
        names = [name for name in stored.names if name not in told]
        layers = {name: stored.array(name) for name in names}
        words = map(str, stored.array("words", "U"))
        alike = [classes, *layers.values(), *([] if images is None else [images])]
        if len(set(map(len, alike))) > 1:
            raise ValueError("images, classes and layers do not go together")
        by_name = dict(zip(names, words, strict=True))
        return FeatureMaps(run, images, tuple(map(str, classes)), layers, by_name)
