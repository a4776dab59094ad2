"""What every rule's script begins with: its log, and how its errors are shown."""

import os
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from nnrepro.commands import Outliving, open_outputs
from nnrepro.errors import NnreproError, explained
from nnrepro.files import read_json
from nnrepro.models import catalogue
from nnrepro.study import Study, load_study


def start(snakemake: Any) -> Study:
    """Send all output of this process to the rule's log and return the study of the configuration.

    Snakemake has removed the log of an earlier attempt. An error that a user can mend is shown as
    its message alone, in the log and on the terminal; any other comes with its traceback in the
    log. The terminal comes first: a full disk takes no log.
    """
    log = Path(snakemake.log[0])
    open_outputs()
    terminal = Outliving(os.fdopen(os.dup(2), "w", buffering=1))

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        message = explained(error) or error or kind.__name__
        print(f"{snakemake.rule}: {message} (log: {log})", file=terminal)
        try:
            if isinstance(error, NnreproError):
                print(f"error: {error}", file=sys.stderr)
            else:
                traceback.print_exception(kind, error, trace)
        except OSError as full:
            print(f"{snakemake.rule}: nor could the log be written ({full})", file=terminal)

    sys.excepthook = show
    log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    print(f"=== {snakemake.rule}, {time.strftime('%Y-%m-%d %H:%M:%S %z')}")
    return load_study(snakemake.config, catalogue())


def read_decisions(files: Any) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """Decisions by (protocol, experiment), from files `selection/<protocol>/<experiment>.json`.

    An empty file says that nothing could be decided, and gives none.
    """
    paths = [Path(file) for file in ([files] if isinstance(files, str) else files)]
    read = {(path.parent.name, path.stem): read_json(path) for path in paths}
    return {key: decision for key, decision in read.items() if decision}
