"""A trial of a study's models in a process of its own, which alone imports Keras."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nnrepro.environment import with_library
from nnrepro.errors import NnreproError
from nnrepro.training.errors import TrainingError


def try_models_apart(scripts: Path, config: Mapping[str, Any], read: Iterable[str]) -> list[Any]:
    """Build every model of a study of runs that read one of `read`; see `nnrepro.training.trial`.

    Gives what they are made of as `study.architectures` has it in JSON.

    Raises TrainingError with what was found, or how the process failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "nnrepro.training.apart", *read],
        input=json.dumps(config),
        env=with_library(scripts),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TrainingError(done.stdout.strip() or done.stderr.strip())
    built: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return built


def _try(config: Mapping[str, Any], read: Sequence[str]) -> int:
    """Print what the models are made of or what is wrong with them, in the process of their own."""
    from nnrepro.data.prepared import prepared_arrays
    from nnrepro.models.registry import catalogue
    from nnrepro.study.config import load_study
    from nnrepro.training.trial import trial

    try:
        study = load_study(config, catalogue())
        data = prepared_arrays(study)
        built = trial(study, {name: data[name] for name in read})
    except NnreproError as error:
        print(error)
        return 1
    print(json.dumps([each.to_dict() for each in built]))
    return 0


if __name__ == "__main__":
    sys.exit(_try(json.load(sys.stdin), sys.argv[1:]))
