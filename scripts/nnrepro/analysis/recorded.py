"""What a run's record says of how the run was carried out, beside what the study asks for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nnrepro.study import Run
from nnrepro.study.settings import BUDGET_SETTINGS

_FREE_SETTINGS = ("epochs", "test_folds", "window", "smoothing")
"""Settings in which a record may differ: the history's length rules, folds change no number of a
history, and analysis comes later."""


def as_recorded(run: Run, record: Mapping[str, Any] | None, epochs: int) -> Run:
    """The run as it was carried out, as far as history and record tell.

    Parameters that a selection supplied are those that the record names. Epochs are the history's,
    unless the run diverged, and examples the record's.

    Args:
        run: the run as the study declares it.
        record: the content of `run.json`, if there is one.
        epochs: epochs in its history.
    """
    recorded = recorded_settings(record)
    selected = {name: recorded[name] for name in run.selected_parameters if name in recorded}
    done = {
        name: int(recorded[name])
        for name in BUDGET_SETTINGS
        if name != "epochs" and name in run.settings and isinstance(recorded.get(name), int)
    }
    if record is None or record["status"] != "diverged":
        done["epochs"] = epochs
    return replace(run, settings={**run.settings, **selected}).as_done(done)


def recorded_settings(record: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Settings by name, as a record tells them; nothing where it tells none."""
    described = (record or {}).get("run")
    settings = described.get("settings") if isinstance(described, dict) else None
    return settings if isinstance(settings, dict) else {}


def differences(run: Run, record: Mapping[str, Any]) -> list[str]:
    """Settings of the record that are others than the study asks for, in words."""
    recorded = recorded_settings(record)
    return [
        f"{name} = {recorded[name]!r} where the study asks for {run.settings[name]!r}"
        for name in sorted(run.settings)
        if name in recorded
        and name not in _FREE_SETTINGS
        and recorded[name] != run.settings[name]
        and not _cut_down(run, name, recorded[name])
    ]


def _cut_down(run: Run, name: str, value: Any) -> bool:
    """Whether a recorded value is a budget's, smaller than asked for; stamps then tell it."""
    asked = run.protocol_settings.get(name, run.settings[name])
    return name in BUDGET_SETTINGS and isinstance(value, int) and value <= int(asked)
