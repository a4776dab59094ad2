"""Where a study's numbers come from, gathered from the records of its runs."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nnrepro.analysis.archive import STATUSES, Problem, RunData

_SECONDS = ("setup", "training", "evaluation", "total")


def provenance(
    data: Sequence[RunData],
    problems: Iterable[Problem],
    prepared: Mapping[str, Mapping[str, Any]],
    notes: Mapping[str, str],
) -> dict[str, Any]:
    """Data, code, packages, machines and seconds behind the runs, as distinct values.

    Args:
        data: the runs that could be read.
        problems: those that could not.
        prepared: descriptions of the prepared data sets by data set, where they are at hand.
        notes: what the configuration remarks on data sets, by data set.

    Returns:
        A JSON-able dictionary: `data` by name, lists of distinct values under `code`, `packages`
        (by name), `python`, `platform`, `devices` and `threads`, summed `seconds`, and `runs`
        counted by status. What no record tells is an empty list or dictionary.
    """
    records = [item.record for item in data if item.record is not None]
    counts = Counter(item.status for item in data)
    counts.update(problem.status for problem in problems if problem.status is not None)
    packages = [record.get("packages", {}) for record in records]
    names = sorted({name for versions in packages for name in versions})
    return {
        "data": {
            name: {
                "source": meta.get("source"),
                "generated": meta.get("generated"),
                "note": notes.get(name, ""),
                "sha256": meta.get("sha256", {}),
            }
            for name, meta in sorted(prepared.items())
        },
        "code": _distinct(record.get("code", {}).get("sha256") for record in records),
        "packages": {
            name: _distinct(versions.get(name) for versions in packages) for name in names
        },
        "python": _distinct(record.get("python") for record in records),
        "platform": _distinct(record.get("platform") for record in records),
        "devices": _distinct(record.get("device", {}).get("name") for record in records),
        "threads": _distinct(record.get("threads") for record in records),
        "seconds": {
            name: round(sum(record.get("seconds", {}).get(name, 0) for record in records), 3)
            for name in _SECONDS
        }
        if records
        else {},
        "runs": {status: counts.get(status, 0) for status in STATUSES},
    }


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Distinct values in a fixed order, those that are not told left out."""
    told = {json.dumps(value, sort_keys=True): value for value in values if value is not None}
    return [told[key] for key in sorted(told)]
