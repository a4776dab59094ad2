"""The curves of each variant, from histories."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from nnrepro.measures.convergence import ACCURACY_TOLERANCE, LOSS_TOLERANCE
from nnrepro.measures.runs import RunData
from nnrepro.plots.curves import CurvePanel, PublishedMark, curves
from nnrepro.plots.drawing import Draw, Drawing, ProtocolFigures
from nnrepro.plots.seeds import (
    Members,
    band_words,
    by_variant,
    converged_at,
    convergence_words,
    seed_series,
    smoothing_words,
    widest_windows,
)
from nnrepro.published.levels import CurveLevel
from nnrepro.study.run import Run

_NO_LEVELS: Mapping[tuple[str, str], Sequence[CurveLevel]] = {}


def curve_drawings(
    figures: ProtocolFigures,
    data: Sequence[RunData],
    published: Mapping[tuple[str, str], Sequence[CurveLevel]] = _NO_LEVELS,
) -> Iterator[Drawing]:
    """Cost and accuracy of every variant by epoch, all its seeds in one figure.

    Args:
        figures: the protocol.
        data: its runs.
        published: what was published of the curves, by experiment and variant.
    """
    for (experiment, variant), members in by_variant(data).items():
        run = members[0].run
        levels = published.get((experiment, variant), ())
        title = f"{figures.study.experiments[experiment].title}, {run.label}"
        figure = curves(
            _panel(figures, members, levels, "Cost", "loss"),
            _panel(figures, members, levels, "Accuracy", "accuracy"),
            figures.styles[figures.key(run)],
            title=figures.titled(title),
            band=band_words([members]),
            smoothing=smoothing_words(widest_windows(members)[1]),
            convergence=convergence_words(*widest_windows(members)),
            epochs=max(int(item.run.settings["epochs"]) for item in members),
            published=_published_words(levels),
        )
        yield Drawing(f"{experiment}/{variant}", figure, [item.run for item in members])


def curves_by_variant(
    figures: ProtocolFigures,
    data: Sequence[RunData],
    published: Mapping[tuple[str, str], Sequence[CurveLevel]] = _NO_LEVELS,
) -> dict[str, Draw]:
    """How to draw each variant's curves by themselves; arguments as for `curve_drawings`."""
    return {
        "/".join(key): partial(curve_drawings, figures, members, published)
        for key, members in by_variant(data).items()
    }


def _panel(
    figures: ProtocolFigures,
    members: Members,
    levels: Sequence[CurveLevel],
    name: str,
    metric: str,
) -> CurvePanel:
    """A metric on the training and on the test set."""
    run = members[0].run
    tolerance, ceiling = _JUDGED[metric]
    _, smoothing = widest_windows(members)
    train, test = (
        seed_series(members, series, smoothing, figures.key(run), run.label)
        for series in (metric, f"val_{metric}")
    )
    marks = tuple(_mark(level, run) for level in levels if level.curve.endswith(metric))
    converged = converged_at(members, f"val_{metric}", tolerance)
    return CurvePanel(name, train, test, converged, ceiling, marks)


_JUDGED = {"loss": (LOSS_TOLERANCE, None), "accuracy": (ACCURACY_TOLERANCE, 1.0)}
"""By metric: tolerance of its convergence, and the largest value that it can have."""


def _mark(level: CurveLevel, run: Run) -> PublishedMark:
    """Where a published level stands: over the epochs that the protocol asks for."""
    last = run.protocol_epochs
    first = 1 if level.closing is None else max(1, last - level.closing + 1)
    return PublishedMark(_name(level), level.value, first, last)


def _name(level: CurveLevel) -> str:
    """A published level in a word or two; one of a training curve says so."""
    name = level.kind if level.closing is None else f"last {level.closing}"
    return f"train {name}" if level.curve.startswith("train") else name


def _published_words(levels: Sequence[CurveLevel]) -> str:
    """What the published levels of a figure are, as a sentence; empty without any."""
    meanings = {
        "max": "the highest of all epochs",
        "min": "the lowest of all epochs",
        "mean": "the mean of all epochs",
    }
    words = [
        f"{_name(level)}, {meanings[level.kind]}"
        if level.closing is None
        else f"{_name(level)}, the mean of the last {level.closing} epochs"
        if level.closing > 1
        else f"{_name(level)}, the last epoch"
        for level in levels
    ]
    return f"Published: {'; '.join(dict.fromkeys(words))}." if words else ""
