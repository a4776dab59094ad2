"""The models layer by layer: what each gives, and how many parameters it has."""

from collections import Counter
from collections.abc import Iterator, Sequence

from nnrepro.document import wording
from nnrepro.document.elements import Element, Paragraph, Section, Table
from nnrepro.document.grid import Cell, Column, Grid, Row
from nnrepro.report.exhibits import TABLE, Numbers, caption, not_made
from nnrepro.report.source import Source
from nnrepro.study.architectures import Architecture, Layer, read_architectures
from nnrepro.study.run import Run

ANCHOR = "layers"

_COLUMNS = (
    Column("Layer", number=False),
    Column("Kind", number=False),
    Column("Output"),
    Column("Parameters"),
    Column("In all variants"),
)
_MOST_MODELS = 12
_MOST_LAYERS = 60

Built = tuple[Source, Run, Architecture]


def layers(source: Source, numbers: Numbers) -> Section:
    """The models that runs were trained with, those of the same layers together.

    Those of supplements are among them.

    Raises:
        FileError: a file that tells is damaged.
    """
    alike: dict[tuple[object, ...], list[Built]] = {}
    for each in (source, *source.supplements):
        for run, own in _built(each):
            key = (own.model, *((layer.name, layer.kind) for layer in own.layers))
            alike.setdefault(key, []).append((each, run, own))
    if not alike:
        return _section(Paragraph("What the models are made of was not kept with these runs."))
    groups = list(alike.values())
    rows = [row for group in groups[:_MOST_MODELS] for row in _rows(group)]
    if len(groups) > _MOST_MODELS:
        rest = wording.counted(len(groups) - _MOST_MODELS, "further model")
        rows.append(Row((Cell(rest, header=True), *(Cell("") for _ in _COLUMNS[1:]))))
    number = next(numbers.tables)
    shown = Table(
        f"{TABLE}-{number}",
        caption(TABLE, number, "Models layer by layer", "", ()),
        Grid(_COLUMNS, tuple(rows)),
        "Outputs are those of one example, where \u2013 stands for any length. The last column has "
        "the smallest and the largest number of parameters of all variants with such layers.",
    )
    return _section(shown)


def no_layers(why: str) -> Section:
    """In place of the section, where it could not be made."""
    return _section(Paragraph(not_made(TABLE, why), "warning"))


def _section(shown: Element) -> Section:
    return Section("Models", (shown,), ANCHOR, "back", listed=True, fresh=True)


def _built(source: Source) -> Iterator[tuple[Run, Architecture]]:
    """A run of each variant that tells what it was, and the model that it was trained with."""
    told: dict[str, list[Architecture]] = {}
    for each in read_architectures(source.architectures) if source.architectures else ():
        for combination in each.combinations:
            told.setdefault(combination, []).append(each)
    found: dict[str, tuple[Run, Architecture]] = {}
    for run in source.study.runs:
        if run.combination in told and run.combination not in found:
            record = source.record(run)
            own = [each for each in told[run.combination] if each.is_of(run.combination, record)]
            found.update((run.combination, (run, each)) for each in own[:1])
    yield from found.values()


def _rows(group: Sequence[Built]) -> Iterator[Row]:
    """The layers of some models that have the same ones, and their sum.

    Of different sizes those are shown that most variants have. A supplement's are named as its.
    """
    often = Counter(own.layers for _, _, own in group).most_common(1)[0][0]
    source, run, shown = next(each for each in group if each[2].layers == often)
    owner = source.protocol_title(run.protocol)
    other = f"\u201c{source.study.title}\u201d" if source.supplement else ""
    named = ", ".join(filter(None, (run.label, owner, other)))
    title = f"{shown.model}: {named}"
    if len(group) > 1:
        title += f", and {wording.counted(len(group) - 1, 'further variant')}"
    models = [own.layers for _, _, own in group]
    for place, layer in enumerate(often[:_MOST_LAYERS]):
        counts = (own[place].parameters for own in models)
        cells = (_output(layer), wording.grouped(layer.parameters), wording.ends(counts))
        yield Row(
            (
                Cell(layer.name, header=True),
                Cell(layer.kind),
                *(Cell(each, number=True) for each in cells),
            ),
            group=title,
        )
    sums = [sum(layer.parameters for layer in own) for own in models]
    total = sum(layer.parameters for layer in often)
    yield Row(
        (
            Cell(f"All {wording.grouped(len(often))} layers", header=True),
            Cell(""),
            Cell(""),
            Cell(
                wording.grouped(total),
                f"{wording.grouped(shown.trained)} trained" if total != shown.trained else "",
                number=True,
            ),
            Cell(wording.ends(sums), number=True),
        ),
        summary=True,
        group=title,
    )


def _output(layer: Layer) -> str:
    sizes = ("\u2013" if size is None else wording.grouped(size) for size in layer.output)
    return " \u00d7 ".join(sizes)
