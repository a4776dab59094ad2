"""What earlier runs took: the times in the `run.json` of every study below a folder."""

from dataclasses import dataclass
from pathlib import Path

from nnrepro.study.record import RecordError, read_record
from nnrepro.study.run import Run

_RUN_RECORDS = "*/runs/*/*/*/*/run.json"


@dataclass(frozen=True)
class Machine:
    """What a time depends on beside the run: device, Keras backend, and CPU threads, 0 for GPUs."""

    device: str
    backend: str
    threads: int


@dataclass(frozen=True)
class Record:
    """The times of a finished run, and the fingerprint of the code that trained it.

    `setup_seconds` go from the start to the first step: importing, building, compiling;
    `epoch_seconds` are training and evaluation of one epoch, the mean over its epochs.
    """

    run: Run
    machine: Machine
    code_sha256: str
    setup_seconds: float
    epoch_seconds: float


def read_records(results: Path) -> list[Record]:
    """All records of studies below `results`, by path.

    Those that are still being written, or were by another version, tell no time and are left out.
    """
    found = (_record(path) for path in sorted(results.glob(_RUN_RECORDS)))
    return [record for record in found if record is not None]


def _record(path: Path) -> Record | None:
    try:
        record = read_record(path)
        seconds, device = record["seconds"], record["device"]
        return Record(
            run=Run.from_dict(record["run"]),
            machine=Machine(
                device["name"],
                device["backend"],
                0 if device["kind"] == "gpu" else record["threads"],
            ),
            code_sha256=record["code"]["sha256"],
            setup_seconds=seconds["setup"],
            epoch_seconds=(seconds["training"] + seconds["evaluation"])
            / record["epochs_completed"],
        )
    # What is no record of a finished run, or lacks something that would be needed here.
    except (OSError, RecordError, KeyError, TypeError):
        return None
