"""What was trained: every model with its size, its data and how it was trained."""

from collections.abc import Iterator

from nnrepro.document import wording
from nnrepro.document.elements import Section, Table
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.document.text import bold, linked, spaced
from nnrepro.report.exhibits import TABLE, Numbers
from nnrepro.report.sections.layers import ANCHOR
from nnrepro.report.source import Source
from nnrepro.study.run import Run

_COLUMNS = (
    Column("Model", number=False),
    Column("Variants"),
    Column("Parameters"),
    Column("Training examples"),
    Column("Test examples"),
    Column("Epochs"),
    Column("Optimiser", number=False),
)
_MOST = 12
"""Rows of each protocol."""


def trained(source: Source, numbers: Numbers) -> Section | None:
    """Models by protocol; None for a study without runs."""
    rows = [row for protocol in source.study.protocols for row in _rows(source, protocol)]
    if not rows:
        return None
    number = next(numbers.tables)
    words = spaced(
        bold(f"Table\N{NO-BREAK SPACE}{number}."),
        "Models as they were asked for, with the trained parameters that the runs recorded.",
    )
    layers = linked(ANCHOR, "Layer by layer") if source.architectures else ()
    shown = Table(f"brief-{TABLE}-{number}", words, Grid(_COLUMNS, tuple(rows)), layers)
    return Section("What was trained", (shown,), "trained", "back", listed=True)


def _rows(source: Source, protocol: str) -> Iterator[Row]:
    by_model: dict[str, list[Run]] = {}
    for run in source.study.runs_of(protocol):
        model = run.model or source.record(run).get("run", {}).get("model", wording.UNKNOWN)
        by_model.setdefault(model, []).append(run)
    for model, runs in list(by_model.items())[:_MOST]:
        variants = {(run.experiment, run.variant): run for run in reversed(runs)}
        told = [source.record(run).get("parameters") for run in variants.values()]
        counts = [count for count in told if isinstance(count, int)]
        optimisers = dict.fromkeys(str(run.settings.get("optimizer", "")) for run in runs)
        yield Row(
            (
                Cell(model, header=True),
                Cell(wording.grouped(len(variants)), number=True),
                Cell(wording.ends(counts), number=True),
                *(
                    Cell(wording.ends(_counts(source, runs, name)), number=True)
                    for name in ("train_examples", "test_examples")
                ),
                Cell(wording.ends(run.protocol_epochs for run in runs), number=True),
                Cell(wording.some([*optimisers], 3)),
            ),
            group=source.protocol_title(protocol),
        )
    if len(by_model) > _MOST:
        rest = wording.counted(len(by_model) - _MOST, "further model")
        yield Row((Cell(rest, header=True), *(Cell("") for _ in _COLUMNS[1:])))


def _counts(source: Source, runs: list[Run], name: str) -> list[int]:
    """How many examples runs had: as their settings say, or else their records."""
    told = (
        run.settings.get(name) or source.record(run).get("examined", {}).get(name) for run in runs
    )
    return [int(count) for count in told if count]
