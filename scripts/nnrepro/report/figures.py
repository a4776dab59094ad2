"""Figures of the report: finding their files, embedding them, saying what they show.

A figure becomes an `<img>` whose source is a data URI. Inlined as elements, dozens of SVGs from
one program would share ids (clip paths, markers) and restyle each other; as images each is a
document of its own, and none can load or run anything.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from nnrepro.document import wording
from nnrepro.files import FileError, read_text
from nnrepro.report.errors import ReportError
from nnrepro.report.metrics import metric
from nnrepro.report.page import FIGURE, Block, Panel, Said, Statement, Strip
from nnrepro.report.reading import longer_notes, not_made, nothing_selected
from nnrepro.report.source import Source
from nnrepro.study import FigureSpec, Run
from nnrepro.study.study import SELECTED
from nnrepro.tables.ranking import stable_words

FEATURE_MAPS = "feature_maps"
SELECTION = "selection"
SELECTED_STRIP = "Selected variant"

LAYERS = {
    "overview": "image and layers",
    "c1": "first convolution",
    "s1": "first pooling",
    "c2": "second convolution",
    "s2": "second pooling",
}

# What may stand unescaped in the path of a valid URL.
_URL_SAFE = "/:;=?@,.!$()*+-_~"


_PATH_DATA = re.compile(r'(?<= d=")[^"]*')
_BETWEEN_NUMBERS = re.compile(r"(?<=\d) (?=[\d.-])")


def data_uri(svg: str) -> str:
    """An SVG document as a data URI, percent-encoded.

    Curves are long lists of numbers. A comma may stand between two of them as well as a space, and
    unlike a space it needs no escape; so the URI is hardly longer than the document, where base64
    would add a third.
    """
    text = " ".join(svg.split())
    text = _PATH_DATA.sub(lambda data: _BETWEEN_NUMBERS.sub(",", data[0]), text)
    return f"data:image/svg+xml,{quote(text, safe=_URL_SAFE)}"


@dataclass(frozen=True)
class _Drawing:
    """One file of a figure.

    Attributes:
        strip: title of the strip that it belongs to; empty for a figure of one file.
        stem: path below `<protocol>/<kind>/`, without the suffix.
        runs: the runs that it shows.
        part: what tells it from the figure's other files, for its caption.
    """

    strip: str
    stem: str
    runs: tuple[Run, ...]
    part: str = ""


def figure_block(
    source: Source, spec: FigureSpec, numbers: Iterator[int], protocols: Iterable[str]
) -> Block:
    """A figure of the configuration with the files of some protocols.

    Args:
        source: what the report is made from.
        spec: the figure.
        numbers: gives each file its number.
        protocols: whose files to show.

    Raises:
        ReportError: a file is there but is no SVG.
    """
    drawings: dict[str, dict[str, list[_Drawing]]] = {}
    undrawn: dict[str, tuple[Said, ...]] = {}
    notes: dict[str, tuple[Statement, ...]] = {}
    compared = spec.kind not in _ALONE
    for protocol in protocols:
        runs = source.shown_runs(protocol, spec.runs)
        unselected = nothing_selected(source, protocol, spec.runs)
        if not runs and not unselected:
            continue
        steady = source.steady_runs(runs, spec.options.get("stable_below"))
        undrawn[protocol] = _why_undrawn(source, spec, runs, steady, unselected)
        notes[protocol] = (*unselected, *(longer_notes(source, steady) if compared else ()))
        drawn_as = _single if undrawn[protocol] else _DRAWINGS.get(spec.kind, _single)
        for drawing in drawn_as(spec, steady or runs):
            strip = drawings.setdefault(drawing.strip, {})
            strip.setdefault(protocol, []).append(drawing)
    readings = itertools.chain([reading(source, spec.kind)], itertools.repeat(None))

    def panel(protocol: str, drawing: _Drawing) -> Panel:
        made = _panel(source, spec, protocol, drawing, next(numbers))
        said = None if made.missing else next(readings)
        failed = not_made(source, FIGURE, *_parts(spec, protocol, drawing)) if made.missing else ()
        said_of = undrawn if made.missing else notes
        return replace(made, notes=failed or said_of[protocol], reading=said)

    strips = tuple(
        Strip(title, tuple(panel(name, each) for name, found in owned.items() for each in found))
        for title, owned in drawings.items()
    )
    return Block(FIGURE, spec.title, source.anchor(f"figure-{spec.name}"), strips)


@dataclass(frozen=True)
class ReadingFacts:
    """What is to see in a figure of a kind, and whether published numbers may be among it."""

    kind: str
    published: bool


def reading(source: Source, kind: str) -> Statement:
    """How to read a figure of a kind."""
    return Statement("figure_reading", ReadingFacts(kind, bool(source.study.published)))


def _parts(spec: FigureSpec, protocol: str, drawing: _Drawing) -> Iterator[str]:
    """What a figure's file may have failed with: itself, its figure, what it was computed from."""
    for name in dict.fromkeys((drawing.stem, spec.name)):
        yield f"figures/{protocol}/{spec.kind}/{name}"
        yield f"{spec.kind}/{protocol}/{name}"


def _why_undrawn(
    source: Source,
    spec: FigureSpec,
    runs: Sequence[Run],
    steady: Sequence[Run],
    unselected: tuple[Said, ...],
) -> tuple[Said, ...]:
    """Why there is nothing to draw; empty where there should be a figure."""
    if not source.extent.runs(runs):
        return unselected or (Statement("no_runs", None),)
    if not steady:
        variants = len({(run.experiment, run.variant) for run in runs})
        return (stable_words(0, variants, float(spec.options["stable_below"])),)
    if spec.kind == FEATURE_MAPS and source.study.archive is not None:
        return (Statement("needs_weights", None),)
    return ()


def _single(spec: FigureSpec, runs: Sequence[Run]) -> Iterator[_Drawing]:
    yield _Drawing("", spec.name, tuple(runs))


def _curves(spec: FigureSpec, runs: Sequence[Run]) -> Iterator[_Drawing]:
    """One file per variant.

    The selected variants of all protocols share a strip, even where they are not the same; others
    stand beside those of their own name. A strip's title is needed only where there are several.
    """
    selected = {
        selector.partition("/")[0] for selector in spec.runs if selector.endswith(f"/{SELECTED}")
    }
    groups = [
        tuple(group)
        for _, group in itertools.groupby(runs, key=lambda run: (run.experiment, run.variant))
    ]
    for group in groups:
        first = group[0]
        strip = SELECTED_STRIP if first.experiment in selected else first.label
        stem = f"{first.experiment}/{first.variant}"
        single = len(groups) == 1
        yield _Drawing("" if single else strip, stem, group, "" if single else first.label)


def _feature_maps(spec: FigureSpec, runs: Sequence[Run]) -> Iterator[_Drawing]:
    for image in range(1, int(spec.options.get("images", 1)) + 1):
        for layer, words in LAYERS.items():
            stem = f"{spec.name}_image{image}_{layer}"
            part = f"image {image}, {words}"
            yield _Drawing(part.capitalize(), stem, tuple(runs), part)


_ALONE = ("curves", "overview", FEATURE_MAPS)
"""Kinds of figure that show each variant by itself, over all its epochs."""

_DRAWINGS: dict[str, Callable[[FigureSpec, Sequence[Run]], Iterator[_Drawing]]] = {
    "curves": _curves,
    "feature_maps": _feature_maps,
}


def _panel(
    source: Source, spec: FigureSpec, protocol: str, drawing: _Drawing, number: int
) -> Panel:
    relative = Path(protocol) / spec.kind / f"{drawing.stem}.svg"
    path = source.figures / relative
    missing = not path.is_file()
    runs = drawing.runs
    title = f"{spec.title}: {drawing.part}" if drawing.part else spec.title
    return Panel(
        kind=FIGURE,
        number=number,
        anchor=f"figure-{number}",
        title=title,
        protocol=source.protocol_title(protocol),
        stamp=source.stamp(runs, compared=spec.kind not in _ALONE),
        cut=source.cut(runs, compared=spec.kind not in _ALONE),
        image="" if missing else data_uri(read_svg(path)),
        drawing=spec.kind,
        alt=_alt(source, spec, protocol, drawing),
        missing=source.file(f"figures/{relative.as_posix()}") if missing else "",
    )


def read_svg(path: Path) -> str:
    """The SVG document in a file.

    Raises:
        ReportError: it is no SVG.
    """
    try:
        text = read_text(path)
    except FileError as error:
        raise ReportError(
            f"{path}: not an SVG file: {error}; remove it and draw it again"
        ) from error
    if "<svg" not in text:
        raise ReportError(f"{path}: not an SVG file; draw it again")
    return text


def _alt(source: Source, spec: FigureSpec, protocol: str, drawing: _Drawing) -> str:
    """What a figure shows, for readers who cannot see it."""
    labels = list(dict.fromkeys(run.label for run in drawing.runs))
    what = _SHOWS.get(spec.kind, "Figure of {kind}").format(
        kind=spec.kind.replace("_", " "),
        published=" and published numbers" if source.study.published else "",
        metric=_metric_phrase(source, spec, protocol),
        rows=spec.options.get("rows", ""),
        columns=spec.options.get("columns", ""),
    )
    owner = source.protocol_title(protocol)
    return f"{what}{f', {owner}' if owner else ''}. Shown: {wording.some(labels, limit=8)}."


_SHOWS = {
    "curves": "Line charts of cost and accuracy by epoch, on the training and the test set",
    "comparison": "Line chart of test accuracy by epoch",
    "overview": "Dot chart of {metric} of all variants, with intervals{published}",
    "accuracy_time": "Dot chart of {metric} beside the training time",
    "heatmap": "Heat map of {metric}, {rows} down and {columns} across, with averages",
    "feature_maps": "Grey images of what the network's layers make of a test image",
}


def _metric_phrase(source: Source, spec: FigureSpec, protocol: str) -> str:
    name = str(spec.options.get("metric", ""))
    if name == SELECTION:
        name = source.study.protocols[protocol].selection_metric
    return metric(name).phrase if name else ""
