"""The curves of each variant, from histories."""

from collections.abc import Iterator, Sequence

from nnrepro.analysis.archive import RunData
from nnrepro.analysis.convergence import ACCURACY_TOLERANCE, LOSS_TOLERANCE
from nnrepro.plots.curves import CurvePanel, curves
from nnrepro.plots.drawing import Drawing, ProtocolFigures
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


def curve_drawings(figures: ProtocolFigures, data: Sequence[RunData]) -> Iterator[Drawing]:
    """Cost and accuracy of every variant by epoch, all its seeds in one figure."""
    for (experiment, variant), members in by_variant(data).items():
        run = members[0].run
        title = f"{figures.study.experiments[experiment].title}, {run.label}"
        figure = curves(
            _panel(figures, members, "Cost", "loss", tolerance=LOSS_TOLERANCE),
            _panel(
                figures, members, "Accuracy", "accuracy", tolerance=ACCURACY_TOLERANCE, ceiling=1.0
            ),
            figures.styles[figures.key(run)],
            title=figures.titled(title),
            band=band_words([members]),
            smoothing=smoothing_words(widest_windows(members)[1]),
            convergence=convergence_words(*widest_windows(members)),
            epochs=max(int(item.run.settings["epochs"]) for item in members),
        )
        yield Drawing(f"{experiment}/{variant}", figure, [item.run for item in members])


def _panel(
    figures: ProtocolFigures,
    members: Members,
    name: str,
    metric: str,
    *,
    tolerance: float,
    ceiling: float | None = None,
) -> CurvePanel:
    """A metric on the training and on the test set."""
    run = members[0].run
    _, smoothing = widest_windows(members)
    train, test = (
        seed_series(members, series, smoothing, figures.key(run), run.label)
        for series in (metric, f"val_{metric}")
    )
    return CurvePanel(name, train, test, converged_at(members, f"val_{metric}", tolerance), ceiling)
