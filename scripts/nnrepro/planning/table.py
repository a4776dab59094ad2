"""A plan as a table for the terminal, and as plain values for JSON."""

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from nnrepro.files import FileError, open_regular
from nnrepro.planning.estimate import RECORDED, SCALED, UNKNOWN
from nnrepro.planning.plan import Plan, PlannedRun, run_seconds, states
from nnrepro.planning.status import DONE, MISSING, STALE
from nnrepro.study.paths import logs_of
from nnrepro.study.run import Run
from nnrepro.training.progress import EPOCH_LINE, clock

_HEAD = ("protocol", "experiment", "runs", DONE, STALE, MISSING, "s/epoch", "hours", "estimated")
_LEFT = (0, 1, 8)
_COLOURS = {DONE: 32, STALE: 33, MISSING: 36}


def as_text(plan: Plan, *, colour: bool = False) -> str:
    """The plan in lines, the last one ended; numbers of runs coloured by state for a terminal."""
    rows = [_row(*key, runs) for key, runs in plan.groups.items()]
    lines = [
        f"Study {plan.study}: {plan.stamp}",
        f"Times on {plan.machine.device}, {plan.machine.backend}{_per_run(plan)}",
        "",
        *aligned(
            [_HEAD, *rows, _row("total", "", plan.runs)], _LEFT, _coloured if colour else None
        ),
        "",
        *_totals(plan),
        *_remarks(plan),
    ]
    return "\n".join(lines) + "\n"


def as_values(plan: Plan) -> dict[str, Any]:
    """The plan as JSON-able values: totals, rows by protocol and experiment, and every run."""
    return {
        "study": plan.study,
        "stamp": plan.stamp,
        "machine": dict(vars(plan.machine)),
        "capacity": {**vars(plan.capacity), "runs_at_a_time": plan.capacity.slots},
        "total": {**_summary(plan.runs), **_times(plan)},
        "experiments": [
            {"protocol": protocol, "experiment": experiment, **_summary(runs)}
            for (protocol, experiment), runs in plan.groups.items()
        ],
        "runs": [
            {
                "id": one.run.id,
                "state": one.status.state,
                "reasons": list(one.status.reasons),
                "basis": one.estimate.basis,
                "records": one.estimate.records,
                "seconds_per_epoch": one.estimate.epoch_seconds,
                "setup_seconds": one.estimate.setup_seconds,
                "seconds_to_go": one.seconds,
                "priority": one.priority,
            }
            for one in plan.runs
        ],
        "unprepared_inputs": list(plan.unprepared),
    }


def _summary(runs: Sequence[PlannedRun]) -> dict[str, Any]:
    count = states(runs)
    return {
        "runs": len(runs),
        **{state: count[state] for state in (DONE, STALE, MISSING)},
        "reasons": dict(_reasons(runs)),
        "seconds_to_go": run_seconds(runs),
        "runs_of_unknown_length": _unknown(runs),
        "bases": dict(_bases(runs)),
    }


def _times(plan: Plan) -> dict[str, float | None]:
    seconds = run_seconds(plan.runs)
    capacity = plan.capacity
    return {
        "cpu_hours": seconds * capacity.threads / 3600,
        "wall_hours": plan.wall_seconds / 3600,
        "gpu_hours": (
            seconds * capacity.gpus_per_run / capacity.runs_per_gpu / 3600
            if capacity.gpus
            else None
        ),
    }


def _row(protocol: str, experiment: str, runs: Sequence[PlannedRun]) -> tuple[str, ...]:
    count = states(runs)
    how = ", ".join(f"{basis} {number}" for basis, number in _bases(runs).items())
    return (
        protocol,
        experiment,
        str(len(runs)),
        *(str(count[state]) for state in (DONE, STALE, MISSING)),
        "" if protocol == "total" else _epoch_range(runs),
        _hours(runs),
        how,
    )


def _epoch_range(runs: Sequence[PlannedRun]) -> str:
    """Median seconds of an epoch over runs, and the range where there is one."""
    known = [one.estimate.epoch_seconds for one in runs if one.estimate.epoch_seconds is not None]
    if not known:
        return "?"
    middle, low, high = (f"{value:.3g}" for value in (median(known), min(known), max(known)))
    return middle if low == high else f"{middle} ({low} to {high})"


def _hours(runs: Sequence[PlannedRun]) -> str:
    """Hours to go; "?" where all is unknown, "+ ?" where some is."""
    unknown = _unknown(runs)
    to_do = sum(one.to_do for one in runs)
    if unknown and unknown == to_do:
        return "?"
    return f"{run_seconds(runs) / 3600:.2f}" + (" + ?" if unknown else "")


def _unknown(runs: Sequence[PlannedRun]) -> int:
    return sum(one.seconds is None for one in runs)


def _bases(runs: Sequence[PlannedRun]) -> Mapping[str, int]:
    """How the times of runs to do were found, most trustworthy first."""
    count = Counter(one.estimate.basis for one in runs if one.to_do)
    return {basis: count[basis] for basis in (RECORDED, SCALED, UNKNOWN) if count[basis]}


def _reasons(runs: Sequence[PlannedRun]) -> Counter[str]:
    return Counter(reason for one in runs for reason in one.status.reasons)


def _per_run(plan: Plan) -> str:
    capacity = plan.capacity
    if capacity.gpus:
        return f", {_counted(capacity.gpus_per_run, 'GPU')} a run"
    return f", {_counted(capacity.threads, 'thread')} a run"


def _totals(plan: Plan) -> list[str]:
    times, capacity = _times(plan), plan.capacity
    where = _counted(capacity.cores, "core")
    if capacity.gpus:
        where += f" and {_counted(capacity.gpus, 'GPU')}"
    unknown = _unknown(plan.runs)
    if unknown and unknown == sum(one.to_do for one in plan.runs):
        return ["How long any of it takes is unknown."]
    more = f" and {_counted(unknown, 'run')} of unknown length" if unknown else ""
    lines = [
        f"CPU time  {times['cpu_hours']:.2f} h{more}",
        f"Wall time {clock(plan.wall_seconds)}{more} on {where}, "
        f"{_counted(capacity.slots, 'run')} at a time, long ones first",
    ]
    if times["gpu_hours"] is not None:
        lines.append(f"GPU time  {times['gpu_hours']:.2f} h{more}")
    return lines


def _remarks(plan: Plan) -> list[str]:
    """What a reader must know to take the numbers for what they are."""
    bases = _bases(plan.runs)
    reasons = ", ".join(f"{reason} {number}" for reason, number in _reasons(plan.runs).items())
    undecided = any(one.undecided and one.estimate.basis != UNKNOWN for one in plan.runs)
    remarks = {
        f"Stale runs differ in: {reasons}.": bool(reasons),
        f"Trained again if another variant is selected: {', '.join(plan.unsure)}.": (
            bool(plan.unsure)
        ),
        "recorded: median of runs with the same model and settings on this device.": (
            RECORDED in bases
        ),
        "scaled: from the nearest runs of the same model, by floating-point operations.": (
            SCALED in bases
        ),
        "Until a selection is made, its followers count as the middle one of what it may pick.": (
            undecided
        ),
        "unknown: no run of the model is recorded on this device, and no sum counts it; a short "
        "training tells: Snakemake with --config name=short 'budget={epochs: 2}'.": (
            UNKNOWN in bases
        ),
        f"Data not prepared yet, so no run was checked against it: {', '.join(plan.unprepared)}.": (
            bool(plan.unprepared)
        ),
    }
    shown = [remark for remark, applies in remarks.items() if applies]
    return ["", *shown] if shown else []


def aligned(
    rows: Sequence[Sequence[str]],
    left: Collection[int],
    shown: Callable[[str, str, str], str] | None = None,
) -> list[str]:
    """Rows as lines of equally wide columns, the first of them the head.

    Of the columns, those in `left` begin alike, the others end alike; `shown` gives what becomes of
    a cell, from its column's head, its text and that text in its width.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            text.ljust(width) if column in left else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        if shown:
            cells = [shown(*item) for item in zip(rows[0], row, cells, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def _coloured(column: str, text: str, cell: str) -> str:
    """A cell, in the colour of its state unless it says 0."""
    if column not in _COLOURS or text == "0":
        return cell
    return f"\033[{_COLOURS[column]}m{cell}\033[0m"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_BEGIN = re.compile(r"^(?P<run>\S+): ready to train ")
_END = 1_000_000
_SILENT = 60.0
_EPOCHS_SILENT = 3


@dataclass(frozen=True)
class Training:
    """A run in training: epochs done, of how many, and seconds that an epoch takes."""

    run: str
    done: int
    epochs: int
    epoch_seconds: float

    @property
    def seconds_left(self) -> float:
        """What its other epochs will take."""
        return self.epoch_seconds * (self.epochs - self.done)


def in_training(runs: Iterable[Run], logs: Path) -> Iterator[Training]:
    """Those of `runs` whose log below the folder `logs` tells of epochs and is being written.

    A log that has been silent for a minute, and for three of its epochs, is of a run that was
    killed.
    """
    for run in runs:
        for log in logs_of(run, logs):
            found = _last_epoch(log, run)
            if found is not None and found.done < found.epochs:
                yield found
                break


def as_lines(trainings: Iterable[Training]) -> list[str]:
    """A line for each, under a head; nothing where nothing is trained."""
    rows = [
        (one.run, f"{one.done}/{one.epochs}", f"{one.epoch_seconds:.3g}", clock(one.seconds_left))
        for one in trainings
    ]
    return aligned([("in training", "epoch", "s/epoch", "left"), *rows], {0}) if rows else []


def _last_epoch(log: Path, run: Run) -> Training | None:
    try:
        with open_regular(log) as file:
            status = os.fstat(file.fileno())
            file.seek(max(0, status.st_size - _END))
            lines = file.read().decode(errors="replace").splitlines()
    except (OSError, FileError):
        return None
    found, begun = None, run.id if log.stem == f"seed{run.seed}" else ""
    for line in lines:
        if begin := _BEGIN.match(line):
            begun = begin["run"]
        epoch = EPOCH_LINE.match(line)
        if epoch and (epoch["seed"] == str(run.seed) if epoch["seed"] else begun == run.id):
            found = epoch
    if found is None:
        return None
    pace = float(found["pace"])
    if time.time() - status.st_mtime > max(_SILENT, _EPOCHS_SILENT * pace):
        return None
    return Training(run.id, int(found["done"]), int(found["epochs"]), pace)
