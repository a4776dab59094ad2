"""How the protocols differ: settings of the same model that they set differently."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from nnrepro.document import wording
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.report.page import TABLE, Differences, Measured, Panel
from nnrepro.report.source import Source
from nnrepro.study.options import scorings
from nnrepro.study.run import ANALYSIS_SETTINGS, Run
from nnrepro.study.study import Study, TableSpec

ANCHOR = "protocol-differences"
FACTORS = "factors"
_NOT_SET = "not set"


def differences(
    source: Source, supplements: Iterable[Source], numbers: Iterator[int]
) -> Differences | None:
    """The settings that differ between protocols for the same variant; None with one protocol.

    Args:
        source: what the report is made from.
        supplements: further studies of the report, any of which may tell what a difference carries.
        numbers: gives the table its number.
    """
    if not source.several_protocols:
        return None
    differing = list(_differing(source))
    if not differing:
        return None
    rows = [
        Row((Cell(model, header=True), Cell(name), *map(Cell, values)))
        for model, name, values in differing
    ]
    columns = (
        Column("Model", number=False),
        Column("Setting", number=False),
        *(Column(p.title, number=False) for p in source.study.protocols.values()),
    )
    panel = Panel(
        kind=TABLE,
        number=next(numbers),
        anchor=ANCHOR,
        title="Settings that differ between the protocols",
        protocol="",
        stamp="as the configuration asks for",
        cut=False,
    )
    settings = {name for _, name, _ in differing}
    measured = tuple(
        place for each in (source, *supplements) for place in _measured(each, settings)
    )
    return Differences(replace(panel, grid=Grid(columns, tuple(rows))), measured)


def _measured(source: Source, settings: set[str]) -> Iterator[Measured]:
    """Where one factor at a time is changed, some of `settings` among them.

    That is a supplement as a whole, or the questions of a study that do so.
    """
    study = source.study
    asked = {
        table.question
        for table in study.tables.values()
        if table.kind == FACTORS and _changed(study, table) & settings
    }
    if source.supplement and asked:
        yield Measured(source.heading_anchor, study.title)
        return
    for question in study.questions.values():
        if question.name in asked:
            yield Measured(source.question_anchor(question.name), question.title)


def _changed(study: Study, table: TableSpec) -> set[str]:
    """The settings in which the runs differ that one comparison of a table is about."""
    changed: set[str] = set()
    for comparison in table.options["comparisons"].values():
        named = [scoring["run"] for _, scoring in scorings(comparison) if "run" in scoring]
        for protocol in study.protocols:
            asked = [_asked(run) for run in study.select(protocol, named)]
            for name in {name for settings in asked for name in settings}:
                if len({_text(settings, name) for settings in asked}) > 1:
                    changed.add(name)
    return changed


def _differing(source: Source) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Model, setting and its values by protocol, each once, in the order of the study.

    The same variants are compared, so that what an experiment varies is no difference.
    """
    study = source.study
    selections = tuple(p.selection_metric for p in study.protocols.values())
    if len(set(selections)) > 1:
        yield "every model", "selection", selections
    by_variant: dict[tuple[str, str], dict[str, Run]] = {}
    for run in study.runs:
        by_variant.setdefault((run.experiment, run.variant), {}).setdefault(run.protocol, run)
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    for runs in by_variant.values():
        if len(runs) < len(study.protocols):
            continue
        asked = [_asked(runs[name]) for name in study.protocols]
        model = runs[next(iter(study.protocols))].model
        for name in dict.fromkeys(setting for settings in asked for setting in settings):
            values = tuple(_text(settings, name) for settings in asked)
            found = (model, name, values)
            if len(set(values)) > 1 and found not in seen:
                seen.add(found)
                yield found


def _asked(run: Run) -> Mapping[str, object]:
    """A run's settings as its protocol asks for them, without those of the analysis alone."""
    settings = {**run.settings, **run.protocol_settings}
    return {name: value for name, value in settings.items() if name not in ANALYSIS_SETTINGS}


def _text(settings: Mapping[str, object], name: str) -> str:
    return wording.plain(settings[name]) if name in settings else _NOT_SET
