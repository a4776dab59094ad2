"""The record of a run, `run.json`: one type for it, and its only reader.

A record may lack what it does not know, as those of other versions do; what it tells is of the kind
and the size that is written here, or the record as a whole is refused.
"""

import json
import re
import types
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
    Required,
    TypedDict,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from nnrepro.errors import NnreproError
from nnrepro.files import read_stored_json
from nnrepro.study.options import Range
from nnrepro.study.run import ANALYSIS_SETTINGS, Run, RunId
from nnrepro.study.settings import SETTINGS

FINISHED = ("completed", "diverged")
"""How a run ended, as its record says, of which there is a history."""

FAILED = "failed"
"""The same of a run that could not be trained; its record says why, its history is empty."""

Status = Literal["completed", "diverged", "failed"]

_DEPTH = 20
_LARGEST = 2**63


class RecordError(NnreproError):
    """A record that cannot be used; the message names file, entry and value."""


@dataclass(frozen=True)
class _Text:
    """Longest text, and which characters it may have."""

    longest: int
    characters: str = ""

    def problem(self, value: str) -> str | None:
        if len(value) > self.longest:
            return f"has {len(value)} characters, where {self.longest} are the most"
        if self.characters and not re.fullmatch(f"[{self.characters}]+", value):
            return "may not have such characters"
        if value.isprintable() or not {"Cc", "Cs"} & {*map(unicodedata.category, value)}:
            return None
        return "has control characters"


_Words = Annotated[str, _Text(500)]
_Name = Annotated[str, _Text(200, r"\w.+!~-")]
_Sum = Annotated[str, _Text(128, r"\w:-")]
_Count = Annotated[int, Range(0, 1e15)]
_Epochs = Annotated[int, Range(1, 1e9)]
_Seconds = Annotated[float, Range(0, 1e10)]
_Setting = bool | float | Annotated[str, _Text(10_000)]


class RecordedRun(TypedDict, total=False):
    """What was trained: `Run.to_dict`."""

    id: _Words
    protocol: _Words
    experiment: _Words
    variant: _Words
    seed: _Count
    label: _Words
    model: _Words
    input: _Words
    settings: dict[str, _Setting]
    protocol_settings: dict[str, _Setting]
    selects_from: _Words | None
    selected_parameters: list[_Words]
    rungs: list[_Epochs]
    rank: _Count


class RecordedSample(TypedDict, total=False):
    """Which test examples come first: drawn, or those of a file."""

    examples: _Count
    per_class: _Count
    seed: _Count
    file: _Name


class RecordedTest(TypedDict, total=False):
    """Where test examples came from: `stands_in` for official ones, drawn as `sample` says."""

    file: _Name
    stands_in: bool
    sample: RecordedSample


class RecordedData(TypedDict, total=False):
    """The prepared data that a run read."""

    name: _Name
    source: _Words
    generated: bool
    sha256: dict[str, _Sum]
    content_sha256: _Sum
    pixels: Literal["official", "jpeg"]
    test: RecordedTest
    note: Annotated[str, _Text(5000)]


class RecordedExamination(TypedDict, total=False):
    """What was counted of the prepared data: `nnrepro.data.soundness.examined`."""

    counts: dict[_Name, _Count]
    train_examples: _Count
    test_examples: _Count
    validation_examples: _Count


class RecordedCode(TypedDict, total=False):
    """The code that trained."""

    sha256: _Sum


class RecordedDevice(TypedDict, total=False):
    """Where it was trained."""

    kind: _Words
    name: _Words
    backend: _Words
    cpus: _Count
    slots: list[_Words]


class Machine(TypedDict, total=False):
    """What did some of a run's epochs, up to `epochs`."""

    epochs: Annotated[int, Range(0, 1e9)]
    device: RecordedDevice
    packages: dict[_Name, _Name]
    environment: dict[_Name, _Words]
    code: RecordedCode


class RunRecord(TypedDict, total=False):
    """The content of `run.json`."""

    run: RecordedRun
    status: Required[Status]
    error: Annotated[str, _Text(5000)]
    diverged_at_epoch: _Epochs | None
    epochs_completed: _Epochs
    stopped_at: _Epochs | None
    best_epoch: _Count
    rung: _Count
    parameters: _Count
    seconds: dict[str, _Seconds]
    setup_stages: dict[str, _Seconds]
    optimizer: dict[_Name, _Setting]
    data: RecordedData
    examined: RecordedExamination
    code: RecordedCode
    packages: dict[_Name, _Name]
    environment: dict[_Name, _Words]
    device: RecordedDevice
    earlier: list[Machine]
    threads: _Count
    trained_together: _Count
    python: _Words
    platform: _Words
    files: dict[str, _Sum]


def read_record(path: Path) -> RunRecord:
    """The record in a file, which may be stored compressed as `<name>.gz`.

    Raises:
        FileNotFoundError: there is no such file.
        RecordError: it cannot be read, or is no record; the message says why.
    """
    return checked(read_stored_json(path, RecordError, parse_constant=_no_number), path)


def checked(value: Any, path: Path) -> RunRecord:
    """What a file holds, read as JSON, as a record; raises RecordError where it is none."""
    problem = _misfit(RunRecord, value) or _unsound(value, _DEPTH)
    if problem is None:
        problem = _odd_settings(value.get("run", {}))
    if problem is not None:
        raise RecordError(f"{path}: is no record of a run; {problem}")
    return cast(RunRecord, value)


def recorded_settings(record: RunRecord | None) -> Mapping[str, Any]:
    """Settings of the training by name, as a record tells them; nothing where it tells none."""
    settings = {} if record is None else record.get("run", {}).get("settings", {})
    return {name: value for name, value in settings.items() if name not in ANALYSIS_SETTINGS}


def is_of_another(run: Run, record: RunRecord) -> bool:
    """Whether a record is of another run than that in whose folder it lies."""
    told = record.get("run", {})
    mine = RunId.parse(run.id)._asdict()
    return any(told.get(name, value) != value for name, value in mine.items())


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is no number in JSON")


def _misfit(kind: Any, value: Any) -> str | None:
    """How a value is not of a kind, with the place inside it that is not; None where it is."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Required:
        return _misfit(arguments[0], value)
    if origin is Annotated:
        problem = _misfit(arguments[0], value)
        beyond = None if problem else arguments[1].problem(value)
        return f"{_shown(value)}, which {beyond}" if beyond else problem
    if origin in (Union, types.UnionType):
        problems = [_misfit(option, value) for option in arguments]
        return None if None in problems else problems[-1]
    if is_typeddict(kind) or origin in (dict, list):
        return _misfit_inside(kind, value)
    if origin is Literal:
        fits = type(value) is str and value in arguments
    else:
        fits = type(value) in ((int, float) if kind is float else (kind,))
    return None if fits else _shown(value)


def _misfit_inside(kind: Any, value: Any) -> str | None:
    """The same of a list or a section; one with known entries may hold further ones."""
    parts: Iterable[tuple[str, str | None]]
    if type(value) is not (list if get_origin(kind) is list else dict):
        return _shown(value)
    if is_typeddict(kind):
        lacking = sorted(kind.__required_keys__ - {*value})
        if lacking:
            return f"without '{lacking[0]}'"
        hints = _hints(kind)
        parts = ((name, _misfit(hints[name], value[name])) for name in value if name in hints)
    elif get_origin(kind) is list:
        (items,) = get_args(kind)
        parts = ((str(at), _misfit(items, item)) for at, item in enumerate(value, 1))
    else:
        names, items = get_args(kind)
        parts = ((name, _misfit(names, name) or _misfit(items, value[name])) for name in value)
    found = (f"in {_shown(name)}: {problem}" for name, problem in parts if problem)
    return next(found, None)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _unsound(value: Any, depth: int) -> str | None:
    """What of a value, known or not, could not be written to a file again."""
    if depth == 0:
        return "it is nested too deeply"
    if isinstance(value, str):
        odd = any("\ud800" <= char <= "\udfff" for char in value)
        return "a text that is no Unicode" if odd else None
    if isinstance(value, int | float):
        return None if -_LARGEST < value < _LARGEST else "a number that is too large"
    parts = [*value, *value.values()] if isinstance(value, dict) else value or ()
    return next(filter(None, (_unsound(part, depth - 1) for part in parts)), None)


def _shown(value: Any) -> str:
    """A value as a message shows it."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _odd_settings(run: Mapping[str, Any]) -> str | None:
    """A setting that all models share and that has a value which no run can have."""
    for section in ("settings", "protocol_settings"):
        for name, value in run.get(section, {}).items():
            wrong = SETTINGS[name].problem(value) if name in SETTINGS else None
            if wrong is not None:
                return f"in 'run.{section}': '{name}' {wrong}, and is {_shown(value)}"
    return None
