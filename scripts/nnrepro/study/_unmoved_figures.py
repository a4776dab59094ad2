"""Headers of the kinds of figure that have no file of their own in `nnrepro.figures` yet."""

from typing import Any, Literal

from nnrepro.study.options import Images, Metric, Share, Swept


def curves(figure: Any, histories: Any, published: Any) -> None:
    """Cost and accuracy of each variant over the epochs."""


def comparison(
    figure: Any,
    histories: Any,
    *,
    epochs: Literal["all", "window"] = "all",
    facet: Swept | None = None,
    stable_below: Share | None = None,
) -> None:
    """Test accuracy of several variants over the epochs."""


def accuracy_time(figure: Any, runs: Any, variants: Any, *, metric: Metric) -> None:
    """A metric and the training time of each variant."""


def overview(figure: Any, runs: Any, published: Any, *, metric: Metric) -> None:
    """Reproduced and published values of all variants."""


def heatmap(
    figure: Any, runs: Any, variants: Any, *, metric: Metric, rows: Swept, columns: Swept
) -> None:
    """A metric over two parameters, with averages."""


def feature_maps(figure: Any, maps: Any, *, images: Images) -> None:
    """What layers make of test images."""
