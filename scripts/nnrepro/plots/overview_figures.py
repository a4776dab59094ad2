"""The overview of a protocol's variants, from the variants table and the published numbers."""

import re
from collections.abc import Collection, Iterable, Iterator

import numpy as np
import pandas as pd

from nnrepro.plots.drawing import Drawing, ProtocolFigures
from nnrepro.plots.metric_words import chosen_metric, interval_words, metric_words
from nnrepro.plots.overview import OverviewRow, overview
from nnrepro.study.extent import Extent
from nnrepro.study.run import Run
from nnrepro.tables.columns import KEYS, floats, metric_values, rows_of

_PRINTED_WINDOW = re.compile(r"^last\d+_mean_")


def overview_drawings(
    figures: ProtocolFigures,
    variants: pd.DataFrame,
    extent: Extent,
    published: pd.DataFrame | None = None,
) -> Iterator[Drawing]:
    """Every variant by one metric, with its interval and what was published of it.

    Each stands for itself beside its published number, so that one that went on for longer than
    most is shown with all its epochs, and says how many. A spec of which no run has the metric
    gives no figure.

    Args:
        figures: the protocol.
        variants: the variants table of all epochs.
        extent: how far the runs went.
        published: the table of published beside reproduced numbers, values as text.
    """
    for spec, runs in figures.specs("overview"):
        table = rows_of(variants, runs)
        metric = chosen_metric(figures, spec.options["metric"])
        numbers = pd.DataFrame(
            {
                "value": floats(metric_values(table, metric)),
                "low": floats(metric_values(table, metric, suffix="_ci95_low")),
                "high": floats(metric_values(table, metric, suffix="_ci95_high")),
            }
        )
        if numbers["value"].isna().all():
            continue
        printed = _published(published, figures.protocol, metric)
        labels = figures.labels(runs)
        longer = extent.compared_among(runs)
        seeds: dict[str, list[Run]] = {}
        for run in runs:
            seeds.setdefault(figures.key(run), []).append(run)
        rows = [
            OverviewRow(
                key,
                labels[key] + _length(extent, members, longer),
                figures.study.experiments[members[0].experiment].title,
                **{str(name): None if np.isnan(n) else n for name, n in row.items()},
                published=printed.get(f"{members[0].experiment}/{members[0].variant}"),
            )
            for (key, members), row in zip(seeds.items(), numbers.to_dict("records"), strict=True)
        ]
        figure = overview(
            rows,
            figures.styles_of(runs),
            metric=metric_words(table, metric),
            interval=interval_words(metric_values(table, metric, suffix="_interval")),
            title=figures.titled(spec.title),
        )
        yield Drawing(spec.name, figure, runs)


def _length(extent: Extent, runs: Iterable[Run], longer: Collection[str]) -> str:
    """The epochs of a variant, to be added to its label where they are more than most have."""
    found = extent.runs(runs)
    if not any(run.id in longer for run in found):
        return ""
    epochs = [int(run.settings["epochs"]) for run in found]
    return f", {' to '.join(map(str, sorted({min(epochs), max(epochs)})))} epochs"


def _published(table: pd.DataFrame | None, protocol: str, metric: str) -> dict[str, float]:
    """What a protocol's report printed of a metric, by `experiment/variant`; the first counts.

    Numbers on a second test set and differences from a baseline are other quantities.
    """
    if table is None:
        return {}
    names = (
        table["metric"].astype("str").str.replace(_PRINTED_WINDOW, "last_window_mean_", regex=True)
    )
    rows = table[table[KEYS[0]].eq(protocol) & names.eq(metric)]
    for column in ("test_set", "baseline"):
        if column in rows.columns:
            rows = rows[rows[column].isna()]
    printed: dict[str, float] = {}
    for row in rows.to_dict("records"):
        printed.setdefault(str(row["runs"]), float(row["value"]))
    return printed
