"""What every rule's script begins with: its log, and how its errors are shown."""

from nnrepro.start import start_fast

start_fast()  # before everything else is imported

import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from nnrepro.commands import Outliving, open_outputs
from nnrepro.errors import NnreproError, explained
from nnrepro.failures import Failures
from nnrepro.files import write_text
from nnrepro.models.registry import catalogue
from nnrepro.study.config import load_study
from nnrepro.study.paths import StudyPaths
from nnrepro.study.study import Study
from nnrepro.study.supplements import supplement_config

open_outputs()
TERMINAL = Outliving(os.fdopen(os.dup(2), "w", buffering=1))
"""Where a user sees what a job says: the error output as it is before the log takes its place."""


def start(snakemake: Any) -> Study:
    """Send all output of this process to the rule's log and return the study of the configuration.

    Snakemake has removed the log of an earlier attempt. An error that a user can mend is shown as
    its message alone, in the log and on the terminal; any other comes with its traceback in the
    log. The terminal comes first: a full disk takes no log.
    """
    log = Path(snakemake.log[0])

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        message = explained(error) or error or kind.__name__
        print(f"{snakemake.rule}: {message} (log: {log})", file=TERMINAL)
        try:
            if isinstance(error, NnreproError):
                print(f"error: {error}", file=sys.stderr)
            else:
                traceback.print_exception(kind, error, trace)
        except OSError as full:
            print(f"{snakemake.rule}: nor could the log be written ({full})", file=TERMINAL)

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


def supplement(study: Study, name: str, folder: Path) -> Study:
    """The study that supplements another by this name; `folder` is that of the latter's file."""
    return load_study(supplement_config(study, name, folder), catalogue())


def tell(words: object) -> None:
    """Say something in the log and on the terminal."""
    print(words)
    print(words, file=TERMINAL)


@contextmanager
def costs_only_itself(snakemake: Any, study: Study) -> Iterator[Failures]:
    """Whatever fails in the block costs the outputs of this rule alone, so that all else is made.

    What failed is told, and written to the rule's output `failures`, which the report and the last
    check read; an output that could not be made is left empty.

    Yields:
        Takes the failures of single parts of an output, such as one figure of a folder.
    """
    failures = Failures()
    root = StudyPaths.of(study).root
    outputs = [output for output in snakemake.output if output != snakemake.output.failures]
    made = [Path(output) for output in outputs]
    with failures.costs_only_itself(
        *(str(path.relative_to(root).with_suffix("")) for path in made)
    ):
        yield failures
    for path in made:
        if not path.suffix:
            path.mkdir(parents=True, exist_ok=True)
        elif failures and not path.exists():
            write_text(path, "")
    settle(snakemake, failures)


def settle(snakemake: Any, failures: Failures) -> None:
    """Tell what failed, and write it to the rule's output `failures`."""
    for failure in failures:
        tell(f"{snakemake.rule}: {failure.part}: {failure.message} (log: {snakemake.log[0]})")
    failures.write(Path(snakemake.output.failures))
