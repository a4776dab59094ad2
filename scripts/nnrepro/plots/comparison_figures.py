"""Comparisons of variants by epoch, from histories."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from nnrepro.measures.runs import RunData, compared
from nnrepro.plots.comparison import Facet, comparison, comparison_facets
from nnrepro.plots.drawing import Drawing, ProtocolFigures
from nnrepro.plots.seeds import (
    Members,
    band_words,
    by_variant,
    closing_range,
    seed_series,
    smoothing_words,
    widest_windows,
)
from nnrepro.plots.series import Series
from nnrepro.study.extent import Extent
from nnrepro.study.study import FigureSpec


def comparison_drawings(
    figures: ProtocolFigures, data: Sequence[RunData], extent: Extent
) -> Iterator[Drawing]:
    """Test accuracy of several variants by epoch, as far as most of them went.

    A spec may show the closing window alone (`epochs: window`), keep the variants whose test
    accuracy ranges over less than `stable_below` in it, and split them by a parameter (`facet`).
    A spec that keeps no variant gives no figure.

    Args:
        figures: a protocol's figures.
        data: its runs.
        extent: how far they went.
    """
    by_id = {item.run.id: item for item in data}
    for spec, runs in figures.specs("comparison"):
        there = [by_id[run.id] for run in runs if run.id in by_id]
        found = by_variant(compared(there, extent.compared_among(runs)))
        limit = spec.options.get("stable_below")
        groups = [m for m in found.values() if limit is None or closing_range(m) < limit]
        if groups:
            yield _comparison(figures, spec, groups)


def _comparison(figures: ProtocolFigures, spec: FigureSpec, groups: Sequence[Members]) -> Drawing:
    shown = [item.run for members in groups for item in members]
    # One width for all lines, or their noise could not be compared.
    window, smoothing = widest_windows(list(chain.from_iterable(groups)))
    selected = figures.selected(shown)
    options: dict[str, Any] = {
        "title": figures.titled(spec.title),
        "closing": window.used if spec.options.get("epochs") == "window" else None,
        "highlight": None if selected is None else figures.key(selected),
        "band": band_words(groups),
        "smoothing": smoothing_words(smoothing),
    }
    labels = figures.labels(shown)
    series = []
    for members in groups:
        key = figures.key(members[0].run)
        series.append(seed_series(members, "val_accuracy", smoothing, key, labels[key]))
    styles = figures.styles_of(shown)
    facet = spec.options.get("facet")
    figure = (
        comparison(series, styles, **options)
        if facet is None
        else comparison_facets(series, _facets(facet, groups, series), styles, **options)
    )
    return Drawing(spec.name, figure, shown)


def _facets(parameter: str, groups: Sequence[Members], series: Sequence[Series]) -> list[Facet]:
    """One panel per value of a parameter, in rising order."""
    panels: dict[Any, list[str]] = {}
    for members, line in zip(groups, series, strict=True):
        panels.setdefault(members[0].run.settings[parameter], []).append(line.key)
    return [Facet(f"{parameter} = {value}", tuple(panels[value])) for value in sorted(panels)]
