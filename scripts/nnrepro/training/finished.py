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
from nnrepro.study.identity import departures
from nnrepro.study.paths import RUN_FILES
from nnrepro.study.record import FINISHED, RecordError, read_record
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
    rung: int = 0,
) -> bool:
    """Whether a folder holds this very run, fully resolved, whole and untouched.

    A run in a halving was trained to the end of a `rung`, counted from 1.

    That is so where its record is of the same run, data, code, backend and package versions, and of
    the same environment variables where it tells them, and every file is as it was written.
    """
    try:
        record = read_record(folder / RUN)
    except (FileNotFoundError, RecordError):
        return False
    departs = departures(
        record, run, code_sha256=code_sha256, backend=backend, data=data_provenance
    )
    packages, sums = record.get("packages", {}), record.get("files", {})
    return (
        record["status"] in FINISHED
        and not departs
        and record.get("rung", 0) == rung
        and record.get("environment", influences := outside_influences()) == influences
        and all(_installed(name) == version for name, version in packages.items())
        and set(RUN_FILES.values()) <= {*sums, RUN}
        and all(_untouched(folder / name, sum_) for name, sum_ in sums.items())
    )


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _untouched(file: Path, sha256: str) -> bool:
    return file.is_file() and sha256_of(file) == sha256
