"""What can be known of a study's models once its data are prepared, before any training.

Every model is built once on the shape of its input, with each set of its own parameters, and the
runs' numbers of examples are compared with those that there are. Mistakes are told together, so
that no run is trained that another one's mistake would make useless.
"""

import inspect
import math
import os
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnrepro.data.dataset import load_dataset
from nnrepro.environment import keras_environment
from nnrepro.errors import NnreproError
from nnrepro.files import read_json
from nnrepro.metrics.registry import CLASSIFICATION, recorded_metrics
from nnrepro.models.registry import Task, build_model, catalogue
from nnrepro.study.architectures import Architecture
from nnrepro.study.class_weights import unknown_classes
from nnrepro.study.plugins import PluginError, imported, plugin_files
from nnrepro.study.run import Run, Scalar
from nnrepro.study.selections import candidates, decided
from nnrepro.study.study import Study
from nnrepro.study.values import LARGEST
from nnrepro.training.contract import model_problems, task_of
from nnrepro.training.errors import TrainingError
from nnrepro.training.feature_maps import map_layers
from nnrepro.training.installed import backend_problem
from nnrepro.training.layers import layers_of
from nnrepro.training.slots import hide_gpus
from nnrepro.training.stopping import check_watched

if TYPE_CHECKING:
    import keras

ALL_CANDIDATES = 64
"""Sets of parameters that a selection may give a run, up to which the run is built with each."""

_LONGEST = 300
_BOLD = re.compile("\x1b\\[[0-9;]*m")
"""As Keras marks words for a terminal."""
_BYTES = 4
"""Bytes of a weight."""
_SIZES = {
    "train": ("train_examples",),
    "test": ("test_examples", "comparison_test_examples"),
}
_ONE_EXAMPLE = {
    "train_examples": 1,
    "test_examples": 1,
    "comparison_test_examples": 0,
    "validation_examples": 0,
    "test_folds": 0,
}


@dataclass(frozen=True)
class Build:
    """A model to be built with its own parameters, for a task and the type of its examples."""

    model: str
    parameters: tuple[tuple[str, Scalar], ...]
    task: Task
    examples: np.dtype

    def made(self) -> "keras.Model":
        """The model."""
        return build_model(self.model, dict(self.parameters), self.task)

    def shown(self) -> str:
        """Those of its parameters that are not as they are by default."""
        known = catalogue()[self.model].parameters
        given = [
            f"{name} = {value}"
            for name, value in self.parameters
            if known[name].required or value != known[name].default
        ]
        return f" with {', '.join(given)}" if given else ""


def trial(study: Study, data: Mapping[str, Path]) -> list[Architecture]:
    """Build every model of a study that trains once, and count its examples; what was built.

    A run that takes parameters from a selection is built with each set that the selection may give,
    or, beyond `ALL_CANDIDATES` sets, with the smallest and the largest number of each parameter and
    every value that is no number. The backend is set for this process, on the CPU; Keras must not
    have been imported. `data` are the prepared arrays by what runs read; models that read others
    are not looked at.

    Raises TrainingError, in one message, where the backend is not installed, a model cannot be
    built, or runs ask for more examples than there are.
    """
    problem = backend_problem(study.backend)
    if problem:
        raise TrainingError(f"backend: {problem}")
    os.environ.update(keras_environment(study.backend))
    hide_gpus()  # nothing is computed
    tasks: dict[tuple[str, Any], tuple[Task, np.dtype]] = {}

    def build_of(run: Run, *, inspected: bool = False) -> Build:
        layout = (run.reads, run.settings.get("layout"))
        if layout not in tasks:
            tasks[layout] = built_for(run, data[run.reads])
        task, examples = tasks[layout]
        own = catalogue()[run.model].own_parameters(run.settings)
        return Build(run.model, tuple(own.items()), replace(task, inspected=inspected), examples)

    reading = [run for run in study.runs if run.reads in data]
    runs = list({run.combination: run for run in reading}.values())
    problems = [*_plugin_problems(), *size_problems(runs, data)]
    builds: dict[Build, list[str]] = {}
    for run in runs:
        try:
            for tried in few(candidates(run, study.runs)):
                builds.setdefault(build_of(tried), []).append(run.combination)
        except NnreproError as error:
            problems.append(str(error))
    problems += judging_problems(runs, data)
    problems += build_problems(builds, max(_memory(), study.resources.mem_mb * 10**6))
    built = [] if problems else list(architectures(builds))
    for name, run in _runs_of_feature_maps(study):
        if run.reads in data:
            with suppress(NnreproError):  # said above
                problems += _figure_problems(name, run, build_of(run, inspected=True))
    if builds:
        _forget()
    if problems:
        found = list(dict.fromkeys(problems))
        count = "1 mistake was" if len(found) == 1 else f"{len(found)} mistakes were"
        lines = "\n".join(f"  - {problem}" for problem in found)
        raise TrainingError(f"nothing was trained, as {count} found before:\n{lines}")
    return built


def _plugin_problems() -> Iterator[str]:
    """Plug-ins that cannot be imported, be it for what is drawn after the last training."""
    for file in plugin_files():
        try:
            imported(file)
        except PluginError as error:
            yield str(error)


def few(runs: Sequence[Run]) -> list[Run]:
    """The candidates of a run that it is built with: all, or the extremes of many."""
    if len(runs) <= ALL_CANDIDATES:
        return list(runs)
    kept: dict[int, Run] = {}
    for name in dict.fromkeys(name for run in runs for name in run.selected_parameters):
        values: list[Any] = [decided(run, [name])[name] for run in runs]
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        for value in (min(values), max(values)) if numbers else dict.fromkeys(values):
            at = values.index(value)
            kept[at] = runs[at]
    return [kept[at] for at in sorted(kept)]


def size_problems(runs: Sequence[Run], data: Mapping[str, Path]) -> Iterator[str]:
    """More examples than there are, each mistake with the runs that make it."""
    there = {name: read_json(data[name].with_suffix(".json")) for name in {r.reads for r in runs}}
    found: dict[str, list[str]] = {}
    for run in runs:
        for problem in _size_problems(run, there[run.reads], data[run.reads]):
            found.setdefault(problem, []).append(f"{run.protocol}/{run.experiment}")
    for problem, places in found.items():
        yield f"{problem} ({_listed(places)})"


def _size_problems(run: Run, there: Mapping[str, Any], npz: Path) -> Iterator[str]:
    for split, names in _SIZES.items():
        for name in names:
            asked = int(run.settings.get(name, 0))  # all of them, where nothing is said
            held = there.get(f"{split}_examples", asked)
            if asked > held:
                yield (
                    f"{name}: {asked} of input '{run.reads}', but {npz} holds {held}; lower it to "
                    f"{held} at most, or give more data"
                )
    if not (held_out := int(run.settings.get("validation_examples", 0))):
        return
    train = int(run.settings.get("train_examples", 0)) or there.get("train_examples", LARGEST)
    if own := there.get("validation_examples"):
        yield f"validation_examples: {held_out}, but {npz} has {own} of its own; leave it out"
    elif held_out >= train:
        yield f"validation_examples: {held_out}, of {train} to train on; lower it"


def judging_problems(runs: Iterable[Run], data: Mapping[str, Path]) -> Iterator[str]:
    """Losses and metrics that are not for the task of the data, those alike in one message."""
    from nnrepro.training.losses import check_label_settings, loss_of, loss_problem

    metas = {name: read_json(npz.with_suffix(".json")) for name, npz in data.items()}
    problem_of = cache(loss_problem)  # many runs have the same
    found: dict[str, list[str]] = {}
    for run in runs:
        meta = metas[run.reads]
        task = meta.get("task", CLASSIFICATION)
        outputs = meta.get("num_outputs", meta["num_classes"])
        loss, metrics = (str(run.settings.get(name) or "") for name in ("loss", "metrics"))
        try:
            if (problem := problem_of(loss_of(task, loss), task, outputs)) is not None:
                raise TrainingError(problem)
            check_label_settings(run.settings, task)
            names = meta.get("outputs", meta.get("classes", ()))
            for problem in unknown_classes(run.settings.get("class_weight"), names, outputs):
                raise TrainingError(problem)
            recorded = recorded_metrics(metrics, task, outputs)
            check_watched(run.settings, [one.name for one in recorded])
        except NnreproError as error:
            found.setdefault(str(error), []).append(f"{run.protocol}/{run.experiment}")
    for problem, places in found.items():
        yield f"{problem} ({_listed(places)})"


def build_problems(builds: Mapping[Build, Sequence[str]], memory: float) -> Iterator[str]:
    """Models that cannot be built, those alike in one message.

    Each comes with the variants that it is for; its weights may take `memory` bytes.
    """
    failed: dict[tuple[str, Task, str], dict[Build, Sequence[str]]] = {}
    for build, variants in builds.items():
        problem = _tried(build, partial(_check_whole, memory=memory))
        if problem:
            failed.setdefault((build.model, build.task, problem), {})[build] = variants
    for (model, task, problem), alike in failed.items():
        yield (
            f"model '{model}' does not fit an input of shape {task.input_shape}"
            f"{next(iter(alike)).shown()} ({_listed(chain(*alike.values()))}): {problem}; change "
            "its parameters, or give it a model or data that fit"
        )


def architectures(builds: Mapping[Build, Sequence[str]]) -> Iterator[Architecture]:
    """What models are made of, each with the combinations that it is for.

    A model that cannot be built with the output of every layer is left out.
    """
    for build, combinations in builds.items():
        found: list[Architecture] = []
        take = partial(_take_architecture, found=found, combinations=combinations)
        _tried(replace(build, task=replace(build.task, inspected=True)), take)
        yield from found[-1:]


def _take_architecture(
    model: "keras.Model", build: Build, found: list[Architecture], combinations: Sequence[str]
) -> None:
    from nnrepro.models.layers.counting import count_parameters

    settings, layers = dict(build.parameters), tuple(layers_of(model))
    trained = count_parameters(model)
    found.append(Architecture(build.model, settings, trained, layers, tuple(combinations)))


def _tried(build: Build, check: "Callable[[keras.Model, Build], str | None]") -> str | None:
    """What goes wrong when a model is built and checked; None when nothing does."""
    import keras

    try:
        try:
            # No memory is taken for weights: a model may be too large for the machine at hand.
            with keras.StatelessScope(initialize_variables=False):
                return check(build.made(), build)
        except Exception:  # such a model may compute with its weights while it is built
            _forget()
            return check(build.made(), build)
    except Exception as error:
        return in_one_line(error, build.model)


def _forget() -> None:
    """Let go of the variables that were given no memory, before something gives it to them."""
    import keras

    keras.backend.clear_session()


def _check_whole(model: "keras.Model", build: Build, memory: float) -> str | None:
    """Whether training can do with a model what it is made for, and its weights have room."""
    for problem in model_problems(model, build.examples, build.task):
        return f"it {problem}"
    size = sum(math.prod(each.shape) * _BYTES for each in model.weights)
    if size > memory:
        return f"its weights take {size / 1e9:,.0f} GB, more than the {memory / 1e9:,.0f} GB here"
    return None


def _check_layers(model: "keras.Model", build: Build) -> str | None:
    """Whether there are feature maps to show, and images to show beside them."""
    shape = build.task.input_shape
    if not map_layers(model):
        return "has no convolutions"
    if len(shape) != 3 or shape[-1] != 3:
        return f"reads inputs of shape {shape}, not images of three colours"
    return None


def _runs_of_feature_maps(study: Study) -> Iterator[tuple[str, Run]]:
    """A run of each figure of feature maps and protocol, as a selection may leave it."""
    for figure in study.figures.values():
        for protocol in study.protocols if figure.kind == "feature_maps" else ():
            for run in study.select(protocol, figure.runs)[:1]:
                yield figure.name, candidates(run, study.runs)[0]


def _figure_problems(figure: str, run: Run, build: Build) -> Iterator[str]:
    problem = _tried(build, _check_layers)
    if problem:
        yield (
            f"figures.{figure}: no feature maps of '{run.experiment}/{run.variant}': model "
            f"'{run.model}' {problem}; leave the figure out, or name runs of another model"
        )


def built_for(run: Run, npz: Path) -> tuple[Task, np.dtype]:
    """What a run's model is built for, but for its seed, and the type of the examples."""
    dataset = load_dataset(npz, {**run.settings, **_ONE_EXAMPLE})
    return task_of(dataset), dataset.train_x.dtype


def _memory() -> float:
    """The memory of this machine in bytes."""
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def in_one_line(error: Exception, model: str) -> str:
    """An error in a line: its kind, its words, and where in the model's own file it arose."""
    words = re.sub(r"\s+", " ", _BOLD.sub("", str(error))).strip().rstrip(".")
    if len(words) > _LONGEST:
        words = f"{words[:_LONGEST]}..."
    own = inspect.getsourcefile(catalogue()[model].function)
    lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if at.filename == own]
    place = f" ({Path(own).name}, line {lines[-1]})" if own and lines else ""
    if isinstance(error, NnreproError):
        return words
    return f"{type(error).__name__}: {words}{place}" if words else f"{type(error).__name__}{place}"


def _listed(places: Iterable[str]) -> str:
    """The first of some places, and how many more there are."""
    first, *others = dict.fromkeys(places)
    return f"'{first}' and {len(others)} more" if others else f"'{first}'"
