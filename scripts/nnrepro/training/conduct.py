"""How a study's models behave: each built, trained for a moment and looked at, on one backend.

Training relies on what is looked at here and cannot tell it by itself: that initial weights follow
from the seed alone, that an example's answer does not depend on the others of its batch, that
weights can be put back.
"""

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnrepro.data.dataset import Dataset, load_dataset
from nnrepro.environment import keras_environment, with_library
from nnrepro.errors import NnreproError
from nnrepro.files import read_json
from nnrepro.imports import of_library
from nnrepro.models.registry import ModelSpec, Task, build_model, catalogue
from nnrepro.project import SCRIPTS
from nnrepro.study.plugins import imported, plugin_files
from nnrepro.study.run import Run, Scalar
from nnrepro.study.selections import candidates
from nnrepro.study.study import Study
from nnrepro.training.contract import model_problems, task_of
from nnrepro.training.trial import in_one_line, judging_problems, size_problems

if TYPE_CHECKING:
    import keras

_BATCHES = 4
_EXAMPLES = 8
_CLOSE = 1e-4


class Finding(NamedTuple):
    """What was looked at, and what is wrong with it; the latter is empty where nothing is."""

    what: str
    problem: str = ""


def findings_apart(
    config: Mapping[str, Any], data: Mapping[str, Path], backend: str
) -> list[Finding]:
    """How a study's models behave on a backend, in a process of its own, which imports Keras.

    `data` are the prepared arrays by what runs read.
    """
    request = {"config": dict(config), "data": {name: str(file) for name, file in data.items()}}
    done = subprocess.run(
        [sys.executable, "-m", "nnrepro.training.conduct"],
        input=json.dumps(request),
        env={**with_library(SCRIPTS), **keras_environment(backend)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or f"it ended with status {done.returncode}").splitlines()[-1]
        return [Finding(f"{backend}: the models", last)]
    return [Finding(*each) for each in json.loads(done.stdout.splitlines()[-1])]


def findings(study: Study, data: Mapping[str, Path]) -> Iterator[Finding]:
    """How the models of a study and of its plug-ins behave, on the backend of this process."""
    for file in plugin_files():
        yield _tried(f"{file.name} can be imported", partial(_imported, file))
    reading = [run for run in study.runs if run.reads in data]
    for problem in [*size_problems(reading, data), *judging_problems(reading, data)] or [""]:
        yield Finding("sizes, losses and metrics are possible with the data", problem)
    by_model: dict[str, list[Run]] = {}
    for run in study.runs:
        for one in [run] if run.model else candidates(run, study.runs):
            by_model.setdefault(one.model, []).append(one)
    for name, spec in catalogue().items():
        if name not in by_model and not of_library(spec.function.__module__):
            by_model[name] = [*_as_if_asked(spec, study.runs)]
    for runs in by_model.values():
        if runs and runs[0].reads in data:
            yield from model_findings(runs, data[runs[0].reads], study.runs)


def _as_if_asked(spec: ModelSpec, runs: Sequence[Run]) -> Iterator[Run]:
    """A run of a model that no run has, with its defaults, like one that reads what it does."""
    defaults = {name: each.default for name, each in spec.parameters.items() if not each.required}
    if len(defaults) == len(spec.parameters):
        alike = [run for run in runs if run.input == spec.input]
        for run in alike[:1]:
            yield replace(run, model=spec.name, settings={**run.settings, **defaults})


def model_findings(runs: Sequence[Run], npz: Path, every: Sequence[Run]) -> Iterator[Finding]:
    """How the model of some runs behaves on data that they read; `every` run may be selected."""
    run = candidates(runs[0], every)[0]
    spec = catalogue()[run.model]
    words = f"model {run.model}"
    dataset = load_dataset(npz, _short(run, npz))
    task = task_of(dataset, seed=run.seed)
    resolved = [own for each in runs for own in candidates(each, every)]
    for parameters in extremes(spec, [spec.own_parameters(each.settings) for each in resolved]):
        shown = ", ".join(f"{name} = {value}" for name, value in parameters.items())
        fits = _tried(
            f"{words} can be built{f' with {shown}' if shown else ''}",
            partial(_misfit, run.model, parameters, task, dataset),
            run.model,
        )
        yield fits
        if fits.problem:
            return
    looks: Mapping[str, Callable[[Run, Task, Dataset], str]] = {
        "has the same initial weights for the same seed": _seeded,
        "answers about an example whatever else is in its batch": _apart,
        "gives the same answers with weights that were saved and put back": _kept,
        "learns: a few steps give finite losses and change its weights": _learns,
    }
    for what, look in looks.items():
        yield _tried(f"{words} {what}", partial(look, run, task, dataset), run.model)


def extremes(spec: ModelSpec, used: Sequence[Mapping[str, Scalar]]) -> list[dict[str, Scalar]]:
    """Sets of a model's parameters: one in use, the extremes of those, the smallest allowed."""
    found = [dict(used[0])]
    for pick in (min, max):
        found.append({name: _picked(pick, [own[name] for own in used]) for name in used[0]})
    smallest = dict(found[1])
    for name, parameter in spec.parameters.items():
        low = parameter.range.minimum
        if low is not None and not parameter.range.exclusive and parameter.type in (int, float):
            smallest[name] = parameter.type(low)
    found.append(smallest)
    return [own for at, own in enumerate(found) if own not in found[:at]]


def _picked(pick: Callable[..., Any], values: Sequence[Scalar]) -> Scalar:
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)
    return pick(values) if numbers else values[0]


def _short(run: Run, npz: Path) -> dict[str, Any]:
    """A run's settings for a moment's training: a few batches, two epochs."""
    held = read_json(npz.with_suffix(".json"))
    batch = int(run.settings["batch_size"])
    sizes = {
        name: min(_BATCHES * batch, int(held.get(name, _BATCHES * batch)))
        for name in ("train_examples", "test_examples")
    }
    none = dict.fromkeys(("comparison_test_examples", "test_folds", "validation_examples"), 0)
    return {**run.settings, **none, **sizes, "epochs": 2}


def _tried(what: str, look: Callable[[], str], model: str = "") -> Finding:
    try:
        return Finding(what, look())
    except NnreproError as error:
        return Finding(what, str(error))
    except Exception as error:
        words = in_one_line(error, model) if model else f"{type(error).__name__}: {error}"
        return Finding(what, words)


def _imported(file: Path) -> str:
    imported(file)
    return ""


def _built(name: str, settings: Mapping[str, Scalar], task: Task) -> "keras.Model":
    import keras

    keras.utils.set_random_seed(task.seed)
    return build_model(name, settings, task)


def _misfit(name: str, settings: Mapping[str, Scalar], task: Task, dataset: Dataset) -> str:
    model = _built(name, settings, task)
    return next((f"it {it}" for it in model_problems(model, dataset.train_x.dtype, task)), "")


def _seeded(run: Run, task: Task, dataset: Dataset) -> str:
    first, second = (_values(_built(run.model, run.settings, task)) for _ in range(2))
    if all(np.array_equal(*each) for each in zip(first, second, strict=True)):
        return ""
    return "built twice, it begins with two sets of weights; take random numbers from Keras alone"


def _apart(run: Run, task: Task, dataset: Dataset) -> str:
    model = _built(run.model, run.settings, task)
    examples = dataset.test_x[:_EXAMPLES]
    single = np.concatenate([_answers(model, examples[at : at + 1]) for at in range(len(examples))])
    if np.allclose(_answers(model, examples), single, rtol=_CLOSE, atol=_CLOSE):
        return ""
    return (
        "alone, an example is answered otherwise than among others; leave out what is computed "
        "over a batch when it is not trained"
    )


def _kept(run: Run, task: Task, dataset: Dataset) -> str:
    model, other = (_built(run.model, run.settings, replace(task, seed=seed)) for seed in (1, 2))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "of.weights.h5")
        model.save_weights(file)
        other.load_weights(file)
    examples = dataset.test_x[:_EXAMPLES]
    if np.allclose(_answers(model, examples), _answers(other, examples), rtol=_CLOSE, atol=_CLOSE):
        return ""
    return "another model with its weights answers otherwise; make all that it learns weights"


def _learns(run: Run, task: Task, dataset: Dataset) -> str:
    from nnrepro.training.train import train_run

    settings = {**run.settings, "epochs": 2}
    short = replace(run, settings=settings, protocol_settings={})
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        train_run(
            short,
            dataset,
            out_dir=out,
            checkpoint_dir=out / "checkpoint",
            threads=1,
            data_provenance={"name": "check", "source": "check", "generated": False},
            code_sha256="",
        )
        losses = read_json(out / "history.json")["loss"]
        if not all(loss is not None and math.isfinite(loss) for loss in losses):
            return f"its losses are {losses}; lower the learning rate, or bound what it computes"
        trained = _built(run.model, run.settings, task)
        before = _values(trained)
        trained.load_weights(out / "final.weights.h5")
    pairs = zip(before, _values(trained), trained.weights, strict=True)
    same = [weight.path for old, new, weight in pairs if np.array_equal(old, new)]
    same = [path for path in same if path in {each.path for each in trained.trainable_weights}]
    if not same:
        return ""
    return f"training does not change {', '.join(same)}; use it, or set it to be not trainable"


def _answers(model: "keras.Model", examples: np.ndarray) -> np.ndarray:
    import keras

    return keras.ops.convert_to_numpy(model(examples, training=False))


def _values(model: "keras.Model") -> list[np.ndarray]:
    import keras

    return [keras.ops.convert_to_numpy(weight.value) for weight in model.weights]


def _main(request: Mapping[str, Any]) -> Iterable[Finding]:
    from nnrepro.study.config import load_study

    study = load_study(request["config"], catalogue())
    return findings(study, {name: Path(file) for name, file in request["data"].items()})


if __name__ == "__main__":
    print(json.dumps([*_main(json.load(sys.stdin))]))
