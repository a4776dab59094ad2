"""How the protocols differ: settings of the same model that they set differently."""

from collections.abc import Iterable, Iterator, Mapping

from nnrepro.document import wording
from nnrepro.document.elements import Panels, Paragraph, Section, Table
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.document.text import BUDGET, Text, code, joined, linked, plain, spaced, text
from nnrepro.report.exhibits import TABLE, Numbers, caption
from nnrepro.report.source import Source
from nnrepro.study.options import scorings
from nnrepro.study.run import ANALYSIS_SETTINGS, Run
from nnrepro.study.study import Spec, Study

FACTORS = "factors"
_NOT_SET = "not set"


def differences(source: Source, numbers: Numbers) -> Section | None:
    """The settings that differ between protocols for the same variant; None where none do."""
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
    title = "Settings that differ between the protocols"
    budget = plain("As the configuration asks for.", BUDGET)
    words = caption(TABLE, next(numbers.tables), title, "", budget)
    shown = Table("protocol-differences", words, Grid(columns, tuple(rows)))
    settings = {name for _, name, _ in differing}
    measured = [
        place for each in (source, *source.supplements) for place in _measured(each, settings)
    ]
    contents = (Paragraph(_said(measured)), Panels((shown,)))
    return Section("How the protocols differ", contents, "differences", "back")


def _said(measured: Iterable[Text]) -> Text:
    """What the table shows, and where the report tells what it comes to."""
    shown = (
        "What the same variant sets differently under each protocol. Everything else is the same, "
        "and so are the seeds, so that whatever the protocols\u2019 results differ by comes from "
        "here or from chance."
    )
    if places := joined("; ", measured):
        return spaced(shown, "How much single changes carry was measured:", text(places, "."))
    nowhere = "How much each change carries by itself is told by tables of the kind"
    return spaced(shown, nowhere, text(code(FACTORS), ", where a study has them."))


def _measured(source: Source, settings: set[str]) -> Iterator[Text]:
    """Links to where one factor at a time is changed, some of `settings` among them.

    That is a supplement as a whole, or the questions of a study that do so.
    """
    study = source.study
    asked = {
        table.question
        for table in study.tables.values()
        if table.kind == FACTORS and _changed(study, table) & settings
    }
    if source.supplement and asked:
        yield linked(source.heading_anchor, study.title)
        return
    for question in study.questions.values():
        if question.name in asked:
            yield linked(source.question_anchor(question.name), question.title)


def _changed(study: Study, table: Spec) -> set[str]:
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
    ways = {
        name: tuple(study.selection_metric(protocol, [name]) for protocol in study.protocols)
        for name in study.experiments
    }
    for metrics in dict.fromkeys(ways.values()):
        if len(set(metrics)) > 1:
            of = [study.experiments[name].title for name in ways if ways[name] == metrics]
            every = len(of) == len(ways)
            yield "every model" if every else wording.joined(of), "selection", metrics
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
