"""Which code decides a run's numbers: one answer for the rules and for the plan."""

from collections.abc import Mapping
from pathlib import Path

from nnrepro.fingerprint import code_fingerprint
from nnrepro.models import ModelSpec

# Of the training room, what decides numbers: not how progress is told, a GPU is taken or files
# are named, so that a better message retrains nothing.
_TRAINING = (
    "backends",
    "checkpoint.py",
    "contract.py",
    "device.py",
    "engine.py",
    "evaluation.py",
    "fit.py",
    "history.py",
    "losses.py",
    "optimizers.py",
    "outputs.py",
    "seeding.py",
    "train.py",
)


def training_codes(scripts: Path, models: Mapping[str, ModelSpec]) -> dict[str, str]:
    """Fingerprint of the code that trains each model, by the model's name.

    A model counts by its own module and the layers that models share, so that a new or changed
    model leaves the runs of the others alone.

    Args:
        scripts: the folder of scripts, which holds the library too.
        models: the registered models.

    Raises:
        OSError: a file cannot be read.
        SyntaxError: a Python file cannot be parsed.
    """
    library = scripts / "nnrepro"
    shared = [
        scripts / "train_run.py",
        library / "data" / "dataset.py",
        library / "data" / "kinds.py",
        library / "environment.py",
        library / "npz.py",
        library / "models" / "registry.py",
        library / "models" / "layers",
        *(library / "training" / name for name in _TRAINING),
    ]
    modules = {spec.function.__module__ for spec in models.values()}
    by_module = {name: code_fingerprint([*shared, _file(library, name)]) for name in modules}
    return {name: by_module[spec.function.__module__] for name, spec in models.items()}


def _file(library: Path, module: str) -> Path:
    """The file of a module of the library."""
    return library.parent.joinpath(*module.split(".")).with_suffix(".py")
