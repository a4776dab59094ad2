"""The provenance section: data, code, packages, machines and time behind the numbers.

Every entry may be absent, because an archive need not tell more than histories; it is then shown as
unknown, never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnrepro.document import wording
from nnrepro.report.page import DataOrigin, Provenance, Statement
from nnrepro.report.source import Source

COMMAND = "snakemake --cores all"
REPORT_COMMAND = "make report ARCHIVE=path/to/the/archive"
_SECONDS_PER_HOUR = 3600

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


@dataclass(frozen=True)
class EnergyFacts:
    """What an estimate of energy rests on.

    Attributes:
        time: processor time of the runs that recorded it on a CPU; empty without any.
        runs: how many these are.
        others: how many recorded none, or ran on another device.
        watts: what a core at work is assumed to draw; empty where nobody said.
        energy: the product, in words; empty where either is not known.
    """

    time: str
    runs: int
    others: int
    watts: str
    energy: str


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
        energy=Statement("energy", _energy(source)),
        again=_again(source),
    )


def _energy(source: Source) -> EnergyFacts:
    told: Mapping[str, Any] = source.provenance.get("processor") or {}
    seconds, watts = told.get("seconds"), source.study.watts_per_core
    joules = None if seconds is None or watts is None else seconds * watts
    return EnergyFacts(
        time="" if seconds is None else wording.duration(seconds),
        runs=int(told.get("runs") or 0),
        others=int(told.get("others") or 0),
        watts="" if watts is None else wording.plain(watts),
        energy="" if joules is None else wording.energy(joules / _SECONDS_PER_HOUR),
    )


def _again(source: Source) -> tuple[tuple[Statement, str], ...]:
    """The report from an archive where it was made from one; then everything, training too."""
    anew = (Statement("again", None), COMMAND)
    if source.study.archive is None:
        return (anew,)
    return ((Statement("again_from_archive", None), REPORT_COMMAND), anew)


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
