"""Which code decides a run's numbers: one answer for the rules and for the plan.

It is what `train_run`, the data set that it is given and the model import, all but `_LEFT_OUT`.
"""

from collections.abc import Mapping
from pathlib import Path

from nnrepro.fingerprint import code_fingerprint
from nnrepro.imports import file_of, files_behind
from nnrepro.models.registry import ModelSpec

_LEFT_OUT = (
    # Settings count by their values.
    "study",
    # In which words a mistake is told, how files are opened, what sums are taken of them.
    *("errors.py", "data/errors.py", "training/errors.py"),
    *("files.py", "fingerprint.py", "data/checksums.py", "data/content.py", "data/soundness.py"),
    # Who trains, on which GPU, whether at all; how that is told, timed, interrupted and recorded.
    *("training/job.py", "training/slots.py", "training/interruption.py"),
    *("training/progress.py", "training/stages.py"),
    # What a trained model is written as.
    "models/layers/portable.py",
)
"""Files and folders of the library that change no number, so that a better message retrains none.

What they alone import is left out with them.
"""


def training_codes(scripts: Path, models: Mapping[str, ModelSpec]) -> dict[str, str]:
    """Fingerprint of the code that trains each model, by the model's name.

    A new or changed model leaves the runs of the others alone. `scripts` holds the library, too.
    Raises OSError and SyntaxError where a file cannot be read or parsed.
    """
    library = scripts / "nnrepro"
    left_out = {library / name for name in _LEFT_OUT}

    def fingerprint(module: str) -> str:
        files = files_behind(
            scripts / "train_run.py",
            library / "training" / "train.py",
            library / "data" / "dataset.py",
            file_of(module, scripts),
            root=scripts,
            counts=lambda file: left_out.isdisjoint((file, *file.parents)),
        )
        return code_fingerprint(files)

    by_module = {
        name: fingerprint(name) for name in {m.function.__module__ for m in models.values()}
    }
    return {name: by_module[spec.function.__module__] for name, spec in models.items()}
