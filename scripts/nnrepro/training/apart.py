"""A trial of a study's models in a process of its own, which alone imports Keras."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nnrepro.training.errors import TrainingError


def try_models_apart(scripts: Path, config: Mapping[str, Any], inputs: Iterable[str]) -> None:
    """Build every model of a study that reads one of `inputs`; see `nnrepro.training.trial`.

    Raises TrainingError with what was found, or how the process failed.
    """
    done = subprocess.run(
        [sys.executable, str(scripts / "try_models.py"), *inputs],
        input=json.dumps(config),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TrainingError(done.stdout.strip() or done.stderr.strip())
