"""Whether a run on record is the run that is asked for."""

from collections.abc import Iterable, Mapping
from typing import Any

from nnrepro.study.record import RunRecord, recorded_settings
from nnrepro.study.run import MODEL, Run

DATA_IDENTITY = ("name", "source", "generated", "sha256", "content_sha256")
"""What of a description of prepared data says which data it is."""

DATA_TOLD = (*DATA_IDENTITY, "pixels", "test")
"""What of it a record tells."""

_LATER = ("content_sha256",)
"""What records of earlier versions lack: it counts where record and data both tell it."""

_SUREST_FIRST = ("content_sha256", "sha256", "name")
"""What of two records' data tells whether they are the same ones."""

_OF_NO_EFFECT: dict[str, Any] = {"label": "", "protocol_settings": {}, "data": ""}
_ABSENT = object()


def departures(
    record: RunRecord, run: Run, *, code_sha256: str, backend: str, data: Mapping[str, Any] | None
) -> tuple[str, ...]:
    """In what a run on record is another than the one asked for; nothing where it is that one.

    Args:
        record: of the run.
        run: as it is asked for; parameters that are still to be selected do not count.
        code_sha256: fingerprint of the code that would train it.
        backend: the Keras backend that would train it.
        data: the description of the prepared data that it would read; None where it is not known.

    Returns:
        Some of `settings` (or anything else that `Run` tells), `code`, `data` and `backend`.
    """
    found = {
        "settings": _other_run(record, run),
        "code": record.get("code", {}).get("sha256") != code_sha256,
        "data": other_data(record.get("data"), data),
        "backend": record.get("device", {}).get("backend") != backend,
    }
    return tuple(name for name, departs in found.items() if departs)


def beginnings(runs: Iterable[Run]) -> list[Run]:
    """Those of `runs` that are the first epochs of another one of them, and no training apart.

    Such two differ in their epochs alone. A run whose training follows from how many those are, or
    that takes parameters from a selection, is not among them.
    """
    alike: dict[Any, list[Run]] = {}
    for run in runs:
        if not (run.ends_itself or run.selects_from or run.settings.get("schedule")):
            settings = dict(run.for_training().settings, epochs=None)
            same = (run.model, run.reads, run.seed, repr(sorted(settings.items())))
            alike.setdefault(same, []).append(run)
    return [
        run
        for group in alike.values()
        for run in group
        if int(run.settings["epochs"]) < max(int(other.settings["epochs"]) for other in group)
    ]


def differing(run: Run, record: RunRecord) -> dict[str, tuple[Any, Any]]:
    """What a run was made with beside what is asked for, by name, where they differ.

    That is the model, its input, and every setting of the training that both tell.
    """
    told = record.get("run", {})
    recorded = recorded_settings(record)
    names = ("model", "input") if run.model else ("input",)
    pairs = {name: (told.get(name, _ABSENT), getattr(run, name)) for name in names}
    pairs |= {name: (recorded.get(name, _ABSENT), run.settings[name]) for name in run.settings}
    return {
        name: (found, asked)
        for name, (found, asked) in pairs.items()
        if found is not _ABSENT and found != asked
    }


def in_words(differing: Mapping[str, tuple[Any, Any]], names: Iterable[str] | None = None) -> str:
    """Differences as `differing` tells them, in words; those of some names alone if given."""
    shown = sorted(differing if names is None else names)
    return ", ".join(
        f"{name} = {differing[name][0]!r} where the study asks for {differing[name][1]!r}"
        for name in shown
    )


def _other_run(record: RunRecord, run: Run) -> bool:
    asked = run.for_training().to_dict()
    told = {**asked, **record.get("run", {}), **_OF_NO_EFFECT}
    pending = run.pending_parameters
    settings = recorded_settings(record)
    told["settings"] = {name: settings[name] for name in settings if name not in pending}
    if pending:  # a selection may tell that there is no such parameter
        told["selected_parameters"] = asked["selected_parameters"]
    if MODEL in pending:  # with its own parameters
        told[MODEL] = asked[MODEL]
    return told != {**asked, **_OF_NO_EFFECT}


def other_data(recorded: Mapping[str, Any] | None, prepared: Mapping[str, Any] | None) -> bool:
    """Whether a record tells of other data than those prepared, or of none; not if none are."""
    if recorded is None:
        return True
    if prepared is None:
        return False
    told = [
        name
        for name in DATA_IDENTITY
        if not (name in _LATER and (name not in recorded or name not in prepared))
    ]
    return any(recorded.get(name) != prepared.get(name) for name in told)


def told_apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether what two records tell of their data makes them different ones."""
    for name in _SUREST_FIRST:
        if name in one and name in other:
            return bool(one[name] != other[name])
    return False


def most_alike(told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Of runs, by id, with what their records tell of their data, those of the data that most had.

    Among as many the data that come first. A record that does not tell the surest identity may be
    of either data.
    """
    surest = [each for each in told.values() if _SUREST_FIRST[0] in each] or [*told.values()]
    kinds = {repr(each): each for each in surest}.values()
    alike = ([run for run in told if not told_apart(kind, told[run])] for kind in kinds)
    return max(alike, key=len)
