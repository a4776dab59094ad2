"""Which variant of another experiment a selection chose, and what it brought."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnrepro.document import wording
from nnrepro.document.text import Text, Words, code, text
from nnrepro.report.source import VARIANTS_TABLE, ReportError, Source
from nnrepro.study.labels import titled
from nnrepro.study.run import MODEL, Run
from nnrepro.tables.columns import metric_values
from nnrepro.tables.content import metric_phrase
from nnrepro.tables.csvfile import TableError
from nnrepro.tables.metrics import metric

_MOST = 5
"""Of so many selected variants each is told."""


def chosen(source: Source, experiment: str) -> Iterator[Text]:
    """A sentence of each protocol and variant that an experiment takes parameters from, best first.

    Nothing where nothing is selected, or was yet.
    """
    for protocol in source.study.protocols:
        by_rank: dict[int, list[Run]] = {}
        for run in source.study.runs_of(protocol, experiment):
            if _part(source, run).get("variant") is not None:
                by_rank.setdefault(run.rank, []).append(run)
        told = [_told(source, runs) for _, runs in sorted(by_rank.items())[:_MOST]]
        more = len(by_rank) - len(told)
        if told:
            rest = f"{wording.counted(more, 'further variant')} of lower rank." if more else ""
            yield source.said_of(protocol, *told, rest)


def _told(source: Source, taking: Sequence[Run]) -> Words:
    """The rank of one variant, of how many, by what, and what it brought the runs that take it."""
    run = taking[0]
    origin, protocol = run.selects_from or "", run.protocol
    part = _part(source, run)
    variant = str(part["variant"])
    runs = source.study.runs_of(protocol, origin)
    shown = metric(source.study.selection_metric(protocol, [origin]))
    told = {name: part[name] for name in run.selected_parameters if part.get(name) is not None}
    brought = [f"{titled(name).lower()} {wording.plain(value)}" for name, value in told.items()]
    named = all(f"{name}-{wording.plain(value)}" in variant for name, value in told.items())
    return text(
        f"Rank {run.rank or 1} of {wording.grouped(len({run.variant for run in runs}))} in \u201c",
        source.study.experiments[origin].title,
        f"\u201d by {metric_phrase(shown, source.windows(runs, compared=True))}",
        _reached(source, protocol, origin, variant),
        ": ",
        *(() if brought and named else (code(variant), ", " if brought else "")),
        f"{wording.joined(brought)}{_otherwise(source, taking, told)}.",
    )


def _otherwise(source: Source, runs: Sequence[Run], told: Mapping[str, Any]) -> str:
    """With what other parameters runs are on record; an archive may lack what was selected."""
    found: dict[str, int] = {}
    for run in runs:
        own = source.record(run).get("run", {})
        made = {**own.get("settings", {}), **({MODEL: own["model"]} if "model" in own else {})}
        other = [
            f"{titled(name).lower()} {wording.plain(made[name])}"
            for name, value in told.items()
            if name in made and made[name] != value
        ]
        if other:
            words = wording.joined(other)
            found[words] = found.get(words, 0) + 1
    if not found:
        return ""
    made_with = "; ".join(f"{count} of {len(runs)} with {what}" for what, count in found.items())
    return f", but the runs here were made otherwise: {made_with}"


def _part(source: Source, run: Run) -> Mapping[str, Any]:
    """What was decided of the variant that a run takes parameters from; empty without that."""
    decision = source.decisions.get((run.protocol, run.selects_from or ""))
    return {} if decision is None else run.own_part(decision)


def _reached(source: Source, protocol: str, experiment: str, variant: str) -> str:
    """What a variant reaches by its protocol's metric, in brackets; nothing where nobody knows."""
    if source.variants is None:
        return ""
    table = source.variants
    own = table["protocol"].eq(protocol) & table["experiment"].eq(experiment)
    name = source.study.selection_metric(protocol, [experiment])
    try:
        values = metric_values(table[own], name)[table["variant"][own].eq(variant)].dropna()
    except TableError as error:
        raise ReportError(f"{source.table_path(VARIANTS_TABLE)}: {error}") from error
    return f" ({metric(name).text(float(values.iloc[0]))})" if len(values) else ""
