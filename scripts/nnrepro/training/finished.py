"""Recognising a run that is finished already, so that it is not trained a second time.

A workflow may ask for a run again although nothing that decides it has changed: the selection that
it depends on was made anew and picked the same variant, or a data set was prepared again.
"""

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnrepro.data.checksums import sha256_of
from nnrepro.environment import outside_influences
from nnrepro.errors import NnreproError
from nnrepro.files import read_json
from nnrepro.training.outputs import RUN

if TYPE_CHECKING:
    from nnrepro.study.run import Run


def is_finished(
    folder: Path,
    run: "Run",
    *,
    data_provenance: Mapping[str, Any],
    code_sha256: str,
    backend: str,
) -> bool:
    """Whether `folder` holds this very run, whole and untouched.

    Args:
        folder: the run's folder.
        run: the run asked for, fully resolved.
        data_provenance: as for `train_run`.
        code_sha256: as for `train_run`.
        backend: the Keras backend that would train it.

    Returns:
        True when the record there is of the same run, data, code, backend and package versions,
        and of the same environment variables where it tells them, and every file is as it was
        written.
    """
    try:
        record = read_json(folder / RUN)
    except (FileNotFoundError, NnreproError):
        return False
    asked = {
        "run": run.to_dict(),
        "data": dict(data_provenance),
        "code": {"sha256": code_sha256},
    }
    return (
        isinstance(record, dict)
        and all(record.get(key) == value for key, value in asked.items())
        and record.get("device", {}).get("backend") == backend
        and record.get("environment", influences := outside_influences()) == influences
        and all(_installed(name) == version for name, version in record["packages"].items())
        and all(_untouched(folder / name, sum_) for name, sum_ in record["files"].items())
    )


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _untouched(file: Path, sha256: str) -> bool:
    return file.is_file() and sha256_of(file) == sha256
