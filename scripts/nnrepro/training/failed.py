"""The folder of a run that failed by itself: every file that others wait for, and no number."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nnrepro.errors import NnreproError
from nnrepro.failures import in_one_line, of_the_machine
from nnrepro.files import write_bytes, write_json
from nnrepro.study.paths import RUN_FILES, SIDE_HISTORIES
from nnrepro.study.record import FAILED
from nnrepro.training.errors import FailedRunError, TrainingInterrupted

if TYPE_CHECKING:
    from nnrepro.study.run import Run


@contextmanager
def failure_recorded(folder: Path, run: "Run") -> Iterator[None]:
    """What fails in the block by itself is written into the run's folder: raises FailedRunError.

    What the machine is to blame for is raised on as it is: the run may well succeed another time.
    """
    try:
        yield
    except TrainingInterrupted:
        raise
    except Exception as error:
        if of_the_machine(error):
            raise
        if not isinstance(error, NnreproError):
            traceback.print_exception(error)
        reason = in_one_line(error)
        write_failure(folder, run, reason)
        raise FailedRunError(f"{run.id} failed: {reason}") from error


def write_failure(folder: Path, run: "Run", reason: str) -> None:
    """Say in a run's folder that it failed, and why; what an earlier training left there goes."""
    for name in (RUN_FILES["record"], RUN_FILES["history"], *SIDE_HISTORIES):
        (folder / name).unlink(missing_ok=True)
    for name in ("weights", "predictions"):
        write_bytes(folder / RUN_FILES[name], b"")
    write_json(folder / RUN_FILES["history"], {FAILED: reason})
    write_json(
        folder / RUN_FILES["record"], {"run": run.to_dict(), "status": FAILED, "error": reason}
    )
