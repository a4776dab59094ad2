"""The provenance section: data, code, packages, machines and time behind the numbers.

Every entry may be absent, because an archive need not tell more than histories; it is then shown as
unknown, never guessed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from nnrepro.report import wording
from nnrepro.report.page import DataOrigin, Provenance
from nnrepro.report.source import Source

COMMAND = "snakemake --cores all"

_FACTS = {
    "python": "Python",
    "platform": "Platform",
    "devices": "Device",
    "threads": "Threads per run",
}
_SECONDS = {
    "setup": "Set-up",
    "training": "Training",
    "evaluation": "Evaluation",
    "total": "Total",
}


def provenance(source: Source) -> Provenance:
    """What the runs tell of their origin, in words."""
    given = source.provenance
    seconds: Mapping[str, Any] = given.get("seconds") or {}
    packages: Mapping[str, Any] = given.get("packages") or {}
    return Provenance(
        data=_data(source),
        code=tuple(str(item) for item in given.get("code") or ()),
        packages=tuple((name, _listed(packages[name])) for name in sorted(packages)),
        facts=tuple((title, _listed(given.get(name))) for name, title in _FACTS.items()),
        seconds=tuple(
            (title, wording.duration(seconds.get(name))) for name, title in _SECONDS.items()
        ),
        command=str(given.get("command") or COMMAND),
    )


def _data(source: Source) -> tuple[DataOrigin, ...]:
    """Data sets in the order of the configuration, then those that only the records name."""
    recorded: Mapping[str, Any] = source.provenance.get("data") or {}
    origins = []
    for name in dict.fromkeys((*source.study.data, *recorded)):
        item = recorded.get(name) or {}
        declared = source.study.data.get(name, {})
        sums: Mapping[str, Any] = item.get("sha256") or {}
        origins.append(
            DataOrigin(
                name=name,
                source=str(item.get("source") or wording.UNKNOWN),
                generated=item.get("generated"),
                note=str(item.get("note") or declared.get("note") or ""),
                sums=tuple((file, str(sums[file])) for file in sorted(sums)),
            )
        )
    return tuple(origins)


def _listed(value: Any) -> str:
    """Distinct values as a list in words; what is absent or empty is unknown."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return wording.UNKNOWN if value is None or value == "" else str(value)
    return wording.joined([str(item) for item in value]) or wording.UNKNOWN
