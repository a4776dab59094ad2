"""Trained networks, in Keras's own layers, and what they say, as a table."""

import json
import os
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnrepro.data.dataset import load_dataset
from nnrepro.environment import keras_environment
from nnrepro.export.registry import ExportError
from nnrepro.files import atomic_write, read_json
from nnrepro.metrics.registry import MULTI_LABEL, REGRESSION
from nnrepro.models.registry import Task, build_model
from nnrepro.study.plugins import imported, plugin_files
from nnrepro.study.run import Run
from nnrepro.training.installed import backend_problem
from nnrepro.training.targets import in_own_units, units_of
from nnrepro.training.trained import load_weights
from nnrepro.training.trial import built_for

if TYPE_CHECKING:
    import keras

_EXAMPLES = 4
_AGREE, _AGREE_ROUNDED = 1e-5, 0.05
"""How far outputs may lie apart, as a share of the largest: in float32, and in half precision."""

_AT_ONCE = 256
_HELD_OUT = "validation_examples"
_METADATA = "metadata.json"


def use_backend(name: str) -> None:
    """Have Keras use a backend where it is installed, unless this process has one already."""
    if "keras" in sys.modules:
        return
    if "KERAS_BACKEND" not in os.environ:
        os.environ.update({} if backend_problem(name) else keras_environment(name))
    with _unheard():
        import keras  # noqa: F401


@contextmanager
def _unheard() -> Iterator[None]:
    """Without what TensorFlow tells of the machine before it listens to a level of its log."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def portable_model(run: Run, prepared: Path, weights: Path) -> "keras.Model":
    """The trained network of a run in Keras's own layers.

    Layers of this library are written as those of Keras that they equal, and what both give for a
    few examples is compared; layers of a plug-in stay. Raises TrainingError where data or weights
    are missing or do not fit, ExportError where the two networks do not agree.
    """
    from nnrepro.models.layers.portable import in_keras

    task, _ = built_for(run, prepared)
    model = build_model(run.model, run.settings, task)
    load_weights(model, run, weights)
    if task.kind == REGRESSION:
        model = in_own_units(model, units_of(_targets(run, prepared)))
    plain = in_keras(model)
    if plain is not model:
        _check_alike(run, model, plain, task)
    return plain


def _targets(run: Run, prepared: Path) -> Any:
    """The targets that a run was trained on, [n, outputs]."""
    split = read_json(prepared.with_suffix(".json")).get(_HELD_OUT)
    # A record tells how many examples were validated on, also where the data hold them apart.
    settings = {**run.settings, _HELD_OUT: 0} if split else run.settings
    return load_dataset(prepared, settings).train_y


def foreign_layers(model: "keras.Model") -> list[str]:
    """The classes of layers that are none of Keras's, each as `module.name`."""
    kinds = {type(layer) for layer in model._flatten_layers(include_self=False)}
    named = (f"{kind.__module__}.{kind.__qualname__}" for kind in kinds)
    return sorted(name for name in named if not name.startswith("keras."))


def write_keras(model: "keras.Model", path: Path) -> None:
    """Write a network as a `.keras` file, atomically, with the same bytes for the same network."""
    with atomic_write(path) as temporary:
        model.save(temporary)
        with zipfile.ZipFile(temporary) as archive:
            parts = {name: archive.read(name) for name in sorted(archive.namelist())}
        told = json.loads(parts[_METADATA])
        parts[_METADATA] = json.dumps({**told, "date_saved": ""}).encode()
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, content in parts.items():
                archive.writestr(zipfile.ZipInfo(name), content)  # of 1980, as none is told


def read_keras(path: Path) -> "keras.Model":
    """Read a network that `write_keras` wrote; the classes of plug-ins in force are known.

    Raises ExportError where the file is damaged, or needs layers that are not known here.
    """
    import keras

    try:
        return keras.saving.load_model(path, custom_objects=_own_classes())
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise ExportError(f"{path} cannot be read: {error}") from error


def _own_classes() -> dict[str, Any]:
    """What the plug-ins in force define that a network may consist of, by name."""
    import keras

    kinds = (
        keras.layers.Layer,
        keras.initializers.Initializer,
        keras.regularizers.Regularizer,
        keras.constraints.Constraint,
    )
    return {
        name: item
        for file in plugin_files()
        for name, item in vars(imported(file)).items()
        if isinstance(item, type) and issubclass(item, kinds)
    }


def _check_alike(run: Run, model: "keras.Model", plain: "keras.Model", task: Task) -> None:
    examples = _examples(model, task)
    asked, found = (_outputs(network, examples) for network in (model, plain))
    rounded = any(layer.compute_dtype != "float32" for layer in model.layers)
    limit = (_AGREE_ROUNDED if rounded else _AGREE) * max(1.0, np.abs(asked).max())
    apart = np.abs(asked - found).max()
    if not apart <= limit:  # also where it is no number
        raise ExportError(
            f"run {run.id}: written in Keras's layers, the network gives outputs that differ by "
            f"{apart:.3g}; a layer's in_keras is not what the layer computes"
        )


def _examples(model: "keras.Model", task: Task) -> Any:
    """A few examples of the form that a model reads, drawn at random."""
    generator = np.random.default_rng(0)
    shape = (_EXAMPLES, *task.input_shape)
    if task.vocabulary_size:
        return generator.integers(0, task.vocabulary_size, shape).astype("int32")
    return generator.random(shape, dtype=np.float32)


def _outputs(model: "keras.Model", examples: Any) -> Any:
    import keras

    outputs = model(examples, training=False)
    return keras.ops.convert_to_numpy(keras.ops.cast(outputs, "float32"))


def outputs_of(model: "keras.Model", examples: NDArray[Any]) -> NDArray[np.float64]:
    """A network's raw outputs for prepared examples, [examples, outputs]."""
    return np.asarray(model.predict(examples, batch_size=_AT_ONCE, verbose=0), dtype=np.float64)


def answers(outputs: NDArray[np.float64], meta: Mapping[str, Any]) -> pd.DataFrame:
    """Raw outputs as what they mean, by the description of the data that was trained on.

    Of a classification `class` and `probability_<class>`, by the softmax of the logits; of a
    multi-label task `probability_<label>`, by the logistic function; of a regression the targets.
    An example with an output that is no finite number has no class.
    """
    task = meta.get("task")
    named = meta.get("outputs") or meta.get("classes") or range(outputs.shape[1])
    names = [str(name) for name in named]
    if task == REGRESSION:
        return pd.DataFrame(outputs, columns=names)
    if task == MULTI_LABEL:
        return _probabilities(np.exp(-np.logaddexp(0, -outputs)), names)
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    table = _probabilities(powers / powers.sum(axis=1, keepdims=True), names)
    answered = [bool(np.isfinite(row).all()) for row in outputs]
    chosen = zip(outputs.argmax(axis=1), answered, strict=True)
    table.insert(0, "class", [names[at] if known else None for at, known in chosen])
    return table


def _probabilities(values: NDArray[np.float64], names: list[str]) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"probability_{name}" for name in names])
