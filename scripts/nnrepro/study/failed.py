"""Runs that could not be trained: what their `run.json` says in place of a finished one's."""

import json
from pathlib import Path
from textwrap import shorten
from typing import Any

from nnrepro.errors import NnreproError
from nnrepro.files import read_stored
from nnrepro.study.run import Run

FAILED = "failed"
"""The status of such a run."""

_RECORD = "run.json"
_LONGEST = 1000


def failed_record(run: Run, reason: str) -> dict[str, Any]:
    """The content of `run.json` of a run that failed."""
    return {"run": run.to_dict(), "status": FAILED, "error": reason}


def why_run_failed(folder: Path) -> str | None:
    """Why the run in a folder failed; None where its record does not say that it did."""
    try:
        record = json.loads(read_stored(folder / _RECORD))
    except (OSError, NnreproError, ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("status") != FAILED:
        return None
    return shorten(str(record.get("error") or "nothing says why"), _LONGEST, placeholder=" ...")
