"""Figures drawn from histories: the curves of each variant, and comparisons of variants."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnrepro.analysis.archive import RunData
from nnrepro.analysis.convergence import (
    ACCURACY_TOLERANCE,
    LOSS_TOLERANCE,
    convergence,
    smooth,
)
from nnrepro.analysis.metrics import Window, windows
from nnrepro.plots.comparison import Facet, comparison, comparison_facets
from nnrepro.plots.curves import CurvePanel, curves
from nnrepro.plots.drawing import Drawing, ProtocolFigures
from nnrepro.plots.series import FloatArray, Series

Members = list[RunData]


def curve_drawings(figures: ProtocolFigures, data: Sequence[RunData]) -> Iterator[Drawing]:
    """Cost and accuracy of every variant by epoch, all its seeds in one figure."""
    for (experiment, variant), members in _by_variant(data).items():
        run = members[0].run
        _, width = _windows(members)
        figure = curves(
            CurvePanel(
                "Cost",
                _series(members, "loss", width),
                _series(members, "val_loss", width),
                converged_at=_converged_at(members, "val_loss", LOSS_TOLERANCE),
            ),
            CurvePanel(
                "Accuracy",
                _series(members, "accuracy", width),
                _series(members, "val_accuracy", width),
                converged_at=_converged_at(members, "val_accuracy", ACCURACY_TOLERANCE),
                ceiling=1.0,
            ),
            figures.styles[variant],
            title=figures.titled(run.label),
            band=_band(members),
            smoothing=_smoothing(width),
            epochs=int(run.settings["epochs"]),
        )
        yield Drawing(f"{experiment}/{variant}", figure, [item.run for item in members])


def comparison_drawings(figures: ProtocolFigures, data: Sequence[RunData]) -> Iterator[Drawing]:
    """Test accuracy of several variants by epoch.

    A spec may show the closing window alone (`epochs: window`), keep the variants whose test
    accuracy ranges over less than `stable_below` in it, and split them by a parameter (`facet`).
    A spec that keeps no variant gives no figure.
    """
    by_id = {item.run.id: item for item in data}
    for spec, runs in figures.specs("comparison"):
        found = _by_variant([by_id[run.id] for run in runs if run.id in by_id])
        limit = spec.options.get("stable_below")
        groups = [m for m in found.values() if limit is None or _closing_range(m) < limit]
        if not groups:
            continue
        shown = [item.run for members in groups for item in members]
        window, width = _windows(groups[0])
        variants = {members[0].run.variant for members in groups}
        selected = figures.selected(shown)
        options: dict[str, Any] = {
            "title": figures.titled(spec.title),
            "closing": window.used if spec.options.get("epochs") == "window" else None,
            "highlight": selected if selected in variants else None,
            "band": _band(max(groups, key=len)),
            "smoothing": _smoothing(width),
        }
        series = [_series(members, "val_accuracy", width) for members in groups]
        facet = spec.options.get("facet")
        figure = (
            comparison(series, figures.styles, **options)
            if facet is None
            else comparison_facets(series, _facets(facet, groups), figures.styles, **options)
        )
        yield Drawing(spec.name, figure, shown)


def _by_variant(data: Sequence[RunData]) -> Mapping[tuple[str, str], Members]:
    groups: dict[tuple[str, str], Members] = {}
    for item in data:
        groups.setdefault((item.run.experiment, item.run.variant), []).append(item)
    return groups


def _values(members: Members, metric: str) -> FloatArray:
    """The metric of all seeds, shape [seeds, epochs], cut to the shortest history."""
    epochs = min(item.history.epochs for item in members)
    return np.stack([getattr(item.history, metric)[:epochs] for item in members])


def _windows(members: Members) -> tuple[Window, Window]:
    """Closing window and smoothing width of a variant."""
    return windows(members[0].run, min(item.history.epochs for item in members))


def _series(members: Members, metric: str, width: Window) -> Series:
    values = _values(members, metric)
    mean = values.mean(axis=0)
    several = len(members) > 1
    return Series(
        key=members[0].run.variant,
        label=members[0].run.label,
        epochs=np.arange(1, values.shape[1] + 1, dtype=np.float64),
        mean=mean,
        low=values.min(axis=0) if several else None,
        high=values.max(axis=0) if several else None,
        smoothed=smooth(mean, width.used) if width.used > 1 else None,
    )


def _converged_at(members: Members, metric: str, tolerance: float) -> int | None:
    """Convergence epoch of the mean curve; None where it does not converge."""
    window, width = _windows(members)
    mean = _values(members, metric).mean(axis=0)
    found = convergence(mean, window.used, width.used, tolerance)
    return found.epoch if found.converged else None


def _closing_range(members: Members) -> float:
    """Largest minus smallest test accuracy in the closing window, mean over the seeds."""
    window, _ = _windows(members)
    return float(np.ptp(_values(members, "val_accuracy")[:, -window.used :], axis=1).mean())


def _facets(parameter: str, groups: Sequence[Members]) -> list[Facet]:
    """One panel per value of a parameter, in rising order."""
    panels: dict[Any, list[str]] = {}
    for members in groups:
        run = members[0].run
        panels.setdefault(run.settings[parameter], []).append(run.variant)
    return [
        Facet(f"{parameter} = {value}", tuple(variants))
        for value, variants in sorted(panels.items())
    ]


def _band(members: Members) -> str:
    return f"smallest to largest of {len(members)} seeds" if len(members) > 1 else ""


def _smoothing(width: Window) -> str:
    return f"mean of {width.used} epochs" if width.used > 1 else ""
