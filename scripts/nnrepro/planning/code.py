"""Which code decides a run's numbers: one answer for the rules and for the plan.

It is what `train_run`, the data set that it is given and the model import, all but `_LEFT_OUT`.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from nnrepro.definitions import behind, home_of
from nnrepro.fingerprint import code_fingerprint, value_fingerprint
from nnrepro.imports import file_of, files_behind, home, of_library
from nnrepro.metrics import registry as metrics
from nnrepro.metrics.losses import own_losses
from nnrepro.models.registry import ModelSpec
from nnrepro.study.plugins import plugin_folders
from nnrepro.study.run import Run

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
    """Fingerprints of the code of each model, each metric and each loss of one's own, by name.

    A new or changed model leaves the runs of the others alone, those in its own file, too; so does
    a loss or metric those that do not name it, but for metrics that are recorded without being
    named.
    `code_of` tells a run's. `scripts` holds the library.
    Raises OSError and SyntaxError where a file cannot be read or parsed.
    """
    library = scripts / "nnrepro"
    left_out = {library / name for name in _LEFT_OUT}
    shared = (
        scripts / "train_run.py",
        library / "training" / "train.py",
        library / "data" / "dataset.py",
    )

    def counts(file: Path) -> bool:
        return left_out.isdisjoint((file, *file.parents))

    def fingerprint(spec: ModelSpec) -> str:
        return definition_fingerprint(spec.function, scripts, shared, counts)

    computed = {
        name: definition_fingerprint(metric.function, scripts, counts=counts)
        for name, metric in metrics.catalogue().items()
        if metric.function is not None
    }
    losses = {
        _of_loss(name): definition_fingerprint(loss.function, scripts, counts=counts)
        for name, loss in own_losses().items()
    }
    unasked = [computed[name] for name in sorted(set().union(*metrics.DEFAULTS.values()))]
    by_model = {name: value_fingerprint([fingerprint(m), *unasked]) for name, m in models.items()}
    return by_model | {_of_metric(name): code for name, code in computed.items()} | losses


def code_of(run: Run, codes: Mapping[str, str]) -> str:
    """Fingerprint of the code that trains a run, with the loss and the metrics that it names.

    Raises KeyError where its model or a metric is unknown.
    """
    named = [_of_metric(name) for name in metrics.parsed(str(run.settings.get("metrics") or ""))]
    if (loss := _of_loss(str(run.settings.get("loss") or ""))) in codes:
        named.append(loss)
    own = [codes[run.model], *(codes[name] for name in named)]
    return value_fingerprint(own) if named else own[0]


def codes_of(run: Run, candidates: Iterable[Run], codes: Mapping[str, str]) -> str | dict[str, str]:
    """As `code_of`, by model where a selection decides the run's; `candidates` have all of them."""
    if run.model:
        return code_of(run, codes)
    return {one.model: code_of(one, codes) for one in candidates}


def _of_metric(name: str) -> str:
    return f"metric {name}"


def _of_loss(name: str) -> str:
    return f"loss {name}"


def definition_fingerprint(
    function: Callable[..., Any],
    scripts: Path,
    more: Iterable[Path] = (),
    counts: Callable[[Path], bool] = lambda file: True,
) -> str:
    """Fingerprint of the code of a function of the library or of a plug-in, and of what it imports.

    Args:
        function: the function.
        scripts: the folder of the library.
        more: files whose code, and what they import, belongs to it.
        counts: whether a file of the library does; one that does not is left out with what it alone
            imports.
    """
    file, name = home_of(function)
    if of_library(function.__module__):
        file = file_of(function.__module__, scripts)
    return fingerprint_of(file, name, scripts, more, counts)


def fingerprint_of(
    file: Path,
    name: str,
    scripts: Path,
    more: Iterable[Path] = (),
    counts: Callable[[Path], bool] = lambda file: True,
) -> str:
    """As `definition_fingerprint`, of what a file defines under a name."""
    own = behind(file, name, plugin_folders())
    imported = (home(item.module, item.name, scripts) for item in own.imports)
    files = files_behind(*more, *imported, root=scripts, counts=counts)
    return sha256(own.text + code_fingerprint(files).encode()).hexdigest()
