"""A run as it was carried out, by its record, beside the run that the study asks for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nnrepro.study.identity import differing, in_words
from nnrepro.study.record import RunRecord, recorded_settings
from nnrepro.study.run import Run
from nnrepro.study.settings import BUDGET_SETTINGS, SETTINGS

_FREE_SETTINGS = ("epochs", "test_folds")
"""Settings in which a record may differ: the history's length rules, and folds change no number of
a history."""


def as_recorded(run: Run, record: RunRecord | None, epochs: int | None = None) -> Run:
    """The run as it was carried out, as far as history and record tell.

    Model, input and settings are those of the record. Epochs are the history's, unless the run
    diverged, or is one that ends by itself. Where it took all examples that there were, the record
    tells how many. What only the analysis reads is the study's.

    `epochs` are those in its history; None where that cannot be read.
    """
    recorded = recorded_settings(record)
    told = {} if record is None else record.get("run", {})
    model = told.get("model", run.model)
    settings = run.settings
    if model != run.model:
        settings = {name: value for name, value in settings.items() if name in SETTINGS}
    done = {
        name: int(recorded[name])
        for name in BUDGET_SETTINGS
        if name in run.settings and name in recorded
    }
    diverged = record is not None and record["status"] == "diverged"
    if epochs is not None and not diverged and not run.ends_itself:
        done["epochs"] = epochs
    others = {name: value for name, value in recorded.items() if name not in BUDGET_SETTINGS}
    others |= _counted(run, record)
    made = replace(
        run, model=model, input=told.get("input", run.input), settings={**settings, **others}
    )
    return made.as_done(done)


def _counted(run: Run, record: RunRecord | None) -> dict[str, int]:
    """Numbers of examples that the settings leave open, as the prepared data had them."""
    counted: Mapping[str, Any] = {} if record is None else record.get("examined", {})
    names = ("train_examples", "test_examples", "validation_examples")
    return {name: counted[name] for name in names if name in counted and not run.settings.get(name)}


def differences(run: Run, record: RunRecord) -> str:
    """What the record tells otherwise than the study asks for, in words; empty for nothing."""
    found = differing(run, record)
    return in_words(
        found,
        [
            name
            for name, (recorded, _) in found.items()
            if name not in _FREE_SETTINGS and not _cut_down(run, name, recorded)
        ],
    )


def unlike_in_kind(run: Run, record: RunRecord) -> str:
    """Settings that are text in the record and a number in the study, or the like; in words."""
    found = differing(run, record)
    return in_words(found, [name for name, pair in found.items() if _unlike(*pair)])


def _unlike(recorded: Any, asked: Any) -> bool:
    """Whether two values are not of one kind."""
    kinds = [float if type(item) is int else type(item) for item in (recorded, asked)]
    return kinds[0] is not kinds[1]


def _cut_down(run: Run, name: str, value: Any) -> bool:
    """Whether a recorded value is a budget's, smaller than asked for; stamps then tell it."""
    if name not in BUDGET_SETTINGS:
        return False
    return bool(value <= run.protocol_settings.get(name, run.settings[name]))
